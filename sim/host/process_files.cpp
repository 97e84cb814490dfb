// Files of executors that the driver's process holds: while it copies them to another executor,
// and for the shuffle services of nodes and the fallback storage, which it stands for.
//
// An arena has no name, but its descriptor can be opened by who knows its number: so the
// duplicate is there before the executor is gone, and no byte is copied for it.
#include <algorithm>
#include <cerrno>
#include <cstring>
#include <unistd.h>
#include <utility>

#include <fmt/format.h>

#include "core/check.hpp"
#include "sim/executor/adopt_output.hpp"
#include "sim/host/process_host.hpp"
#include "sim/process/peer_file.hpp"

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
    if (head.fetch.request != 0) {
        on_copy_granted(head, *list);
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
    return hold({exec, shuffle.app, shuffle.shuffle}, granted_.pid, granted_places_);
}

// Under the wall clock its process may be gone by now: then we have nothing of it.
Result<void> ProcessHost::hold(const FilesKey& key,
                               std::int32_t pid,
                               const std::vector<wire::BlockPlace>& places) {
    for (wire::BlockPlace place : places) {
        Arena& own = files_[key].arenas[place.fd];
        if (own == nullptr) {
            UniqueFd opened = open_peer_file(pid, place.fd);
            const bool full = errno == EMFILE || errno == ENFILE || errno == ENOMEM;
            if (!opened.valid() && live_ && !full) {
                return {};  // what is left of a process that has ended may be forbidden, too
            }
            if (!opened.valid()) {
                return fail({fmt::format("the files of e{} cannot be opened: {}",
                                         key.exec.value,
                                         std::strerror(errno)),
                             fmt::format("descriptor {} of pid {}", place.fd, pid),
                             "raise the descriptor limit of the process",
                             Exit::unavailable});
            }
            own = std::make_shared<const UniqueFd>(std::move(opened));
        }
        place.fd = own->value();
        files_[key].places.insert_or_assign(place.block, HeldPlace{place, own});
    }
    return {};
}

Result<void> ProcessHost::copy_output(ExecutorId from,
                                      ExecutorId to,
                                      const WrittenShuffle& shuffle,
                                      std::uint32_t map) {
    const FilesKey key{from, shuffle.app, shuffle.shuffle};
    const auto has = [&] {
        const auto known = files_.find(key);
        return known != files_.end() &&
               known->second.places.contains({shuffle.shuffle.value, map, 0});
    };
    if (!has() && !live_) {
        Result<void> held = hold_files(from, shuffle);
        if (!held) {
            return held;
        }
    }
    const auto taker = executors_.find(to);
    const bool takes = to == fallback_storage || (taker != executors_.end() &&
                                                  taker->second.state == Executor::State::running);
    if (live_ && (!has() || !takes)) {
        return {};  // one of the two is gone, as its readers will find
    }
    const Files& files = files_.at(key);
    wire::Packer packer;
    packer.add(wire::AdoptHead{
        shuffle.app.value, shuffle.shuffle.value, map, getpid(), shuffle.partitions});
    for (std::uint32_t partition = 0; partition < shuffle.partitions; ++partition) {
        const auto place = files.places.find({shuffle.shuffle.value, map, partition});
        FORKYARD_CHECK(place != files.places.end(), "an output that is passed on is there");
        packer.add(place->second.place);
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
    adopting_[to].push_back(files.places.at({shuffle.shuffle.value, map, 0}).arena);
    if (live_) {  // it may have to pass it on itself
        Files& takers = files_[{to, shuffle.app, shuffle.shuffle}];
        for (std::uint32_t partition = 0; partition < shuffle.partitions; ++partition) {
            const wire::BlockName name{shuffle.shuffle.value, map, partition};
            takers.places.insert_or_assign(name, files.places.at(name));
        }
    }
    answered_ = false;
    Result<void> sent = send(to, wire::Type::adopt, packer.bytes());
    return sent && !live_ ? pump_until(answered_, to) : sent;
}

// ---- as the shuffle service of its node

Result<void> ProcessHost::keep_files(ExecutorId exec, const std::vector<WrittenShuffle>& shuffles) {
    for (const WrittenShuffle& shuffle : shuffles) {
        if (live_) {
            break;  // it has told where they are
        }
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
    const auto alive = executors_.find(holder);
    const bool served = alive != executors_.end() && alive->second.served;
    if (!outside && !served && !kept_.contains(holder)) {
        return false;
    }
    std::vector<wire::BlockPlace> places;
    const auto task = waiting_.find(request.ticket);
    for (const wire::BlockName& block : blocks) {
        if (outside) {
            outside_.find(request.app, block, places);
            continue;
        }
        const auto files = files_.find({holder, AppId{request.app}, ShuffleId{block.store}});
        if (files == files_.end() || !files->second.places.contains(block)) {
            return false;
        }
        const HeldPlace& held = files->second.places.at(block);
        places.push_back(held.place);
        if (task != waiting_.end()) {
            task->second.served.insert(held.arena);
        }
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
    if (kept_.contains(exec) && !live_) {
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
