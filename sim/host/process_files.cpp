// Files of executors that the driver's process holds: while it copies them to another executor,
// and for the shuffle services of nodes and the fallback storage, which it stands for.
//
// An arena has no name, but its descriptor can be opened by who knows its number: so the
// duplicate is there before the executor is gone, and no byte is copied for it.
#include <fcntl.h>
#include <unistd.h>
#include <utility>

#include <fmt/format.h>

#include "core/check.hpp"
#include "sim/executor/adopt_output.hpp"
#include "sim/host/process_host.hpp"

namespace forkyard::sim {

namespace {

constexpr std::chrono::seconds patience{60};

}  // namespace

Result<void> ProcessHost::pump_until(const bool& done, ExecutorId exec) {
    const auto deadline = std::chrono::steady_clock::now() + patience;
    while (!done) {
        Result<void> pumped = pump();
        if (!pumped) {
            return pumped;
        }
        if (std::chrono::steady_clock::now() > deadline) {
            return fail({fmt::format("{} does not hand its files over", who(exec)),
                         {},
                         "look whether it was stopped by hand",
                         Exit::divergence});
        }
    }
    return {};
}

void ProcessHost::take_own_grant(const wire::BlocksHead& head, wire::Unpacker places) {
    auto list = places.take_list<wire::BlockPlace>(head.count);
    if (!list) {
        garbled(ExecutorId{head.fetch.holder}, "a grant that is cut off");
        return;
    }
    granted_ = head;
    granted_places_ = std::move(*list);
    answered_ = true;
}

Result<void> ProcessHost::ask_for_grant(ExecutorId holder,
                                        AppId app,
                                        const std::vector<wire::BlockName>& blocks) {
    wire::Packer packer;
    packer.add(wire::GrantRequest{
        {0, 0, holder.value, app.value, static_cast<std::uint32_t>(blocks.size())}, wire::none});
    for (const wire::BlockName& block : blocks) {
        packer.add(block);
    }
    answered_ = false;
    Result<void> sent = send(holder, wire::Type::grant_request, packer.bytes());
    return sent ? pump_until(answered_, holder) : sent;
}

// All that it has of that shuffle.
Result<void> ProcessHost::hold_files(ExecutorId exec, const WrittenShuffle& shuffle) {
    std::vector<wire::BlockName> all;
    for (std::uint32_t partition = 0; partition < shuffle.partitions; ++partition) {
        all.push_back({shuffle.shuffle.value, wire::every_map, partition});
    }
    Result<void> granted = ask_for_grant(exec, shuffle.app, all);
    if (!granted) {
        return granted;
    }
    Files files;
    for (wire::BlockPlace& place : granted_places_) {
        UniqueFd& own = files.arenas[place.fd];
        if (own.value() < 0) {
            const std::string path = fmt::format("/proc/{}/fd/{}", granted_.pid, place.fd);
            own = UniqueFd{open(path.c_str(), O_RDONLY | O_CLOEXEC)};
            if (own.value() < 0) {
                return fail({fmt::format("the files of e{} cannot be opened", exec.value),
                             path,
                             "raise the descriptor limit of the process",
                             Exit::unavailable});
            }
        }
        place.fd = own.value();
        files.places.emplace(place.block, place);
    }
    if (!files.places.empty()) {
        files_[{exec, shuffle.app, shuffle.shuffle}] = std::move(files);
    }
    return {};
}

Result<void> ProcessHost::copy_output(ExecutorId from,
                                      ExecutorId to,
                                      const WrittenShuffle& shuffle,
                                      std::uint32_t map) {
    const FilesKey key{from, shuffle.app, shuffle.shuffle};
    const auto known = files_.find(key);
    if (known == files_.end() || !known->second.places.contains({shuffle.shuffle.value, map, 0})) {
        Result<void> held = hold_files(from, shuffle);
        if (!held) {
            return held;
        }
    }
    const Files& files = files_.at(key);
    wire::Packer packer;
    packer.add(wire::AdoptHead{
        shuffle.app.value, shuffle.shuffle.value, map, getpid(), shuffle.partitions});
    for (std::uint32_t partition = 0; partition < shuffle.partitions; ++partition) {
        const auto place = files.places.find({shuffle.shuffle.value, map, partition});
        FORKYARD_CHECK(place != files.places.end(), "an output that is passed on is there");
        packer.add(place->second);
    }
    if (to == fallback_storage) {
        if (!adopt_output(outside_, wire::Unpacker{packer.bytes()})) {
            return fail({"a map output cannot be copied to the fallback storage",
                         {},
                         "raise the memory or descriptor limits of the process",
                         Exit::unavailable});
        }
        return {};
    }
    answered_ = false;
    Result<void> sent = send(to, wire::Type::adopt, packer.bytes());
    return sent ? pump_until(answered_, to) : sent;
}

// ---- as the shuffle service of its node

Result<void> ProcessHost::keep_files(ExecutorId exec, const std::vector<WrittenShuffle>& shuffles) {
    for (const WrittenShuffle& shuffle : shuffles) {
        Result<void> held = hold_files(exec, shuffle);
        if (!held) {
            return held;
        }
    }
    kept_.insert(exec);
    return {};
}

bool ProcessHost::serve(ExecutorId reader,
                        const wire::FetchRequest& request,
                        const std::vector<wire::BlockName>& blocks) {
    const ExecutorId holder{request.holder};
    const bool outside = holder == fallback_storage;
    if (!outside && !kept_.contains(holder)) {
        return false;
    }
    std::vector<wire::BlockPlace> places;
    for (const wire::BlockName& block : blocks) {
        if (outside) {
            outside_.find(request.app, block, places);
            continue;
        }
        const auto files = files_.find({holder, AppId{request.app}, ShuffleId{block.store}});
        if (files == files_.end() || !files->second.places.contains(block)) {
            return false;
        }
        places.push_back(files->second.places.at(block));
    }
    wire::Packer packer;
    packer.add(wire::BlocksHead{
        request, reader.value, getpid(), static_cast<std::uint32_t>(places.size())});
    for (const wire::BlockPlace& place : places) {
        packer.add(place);
    }
    (void)send(reader, wire::Type::blocks, packer.bytes());
    return true;
}

Result<void> ProcessHost::drop_files(ExecutorId exec) {
    if (kept_.contains(exec)) {
        while (!executors_.at(exec).readers.empty()) {
            Result<void> pumped = pump();
            if (!pumped) {
                return pumped;
            }
        }
    }
    kept_.erase(exec);
    forget_files(exec);
    return {};
}

void ProcessHost::forget_files(ExecutorId exec) {
    std::erase_if(files_, [&](const auto& entry) { return entry.first.exec == exec; });
}

}  // namespace forkyard::sim
