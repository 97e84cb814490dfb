// Files of executors that the driver's process holds: while it copies them to another executor,
// and for the shuffle services of nodes and the fallback storage, which it stands for.
//
// An arena has no name, but its descriptor can be opened by who knows its number: so the
// duplicate is there before the executor is gone, and no byte is copied for it.
#include <algorithm>
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

bool has_map(const std::vector<wire::BlockPlace>& places, std::uint32_t map) {
    return std::any_of(places.begin(), places.end(), [&](const wire::BlockPlace& place) {
        return place.map == map;
    });
}

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

Result<void> ProcessHost::ask_for_grant(const wire::FetchRequest& fetch) {
    const ExecutorId holder{fetch.holder};
    const wire::GrantRequest ask{fetch, wire::none};
    answered_ = false;
    Result<void> sent = send(holder, wire::Type::grant_request, wire::bytes_of(ask));
    return sent ? pump_until(answered_, holder) : sent;
}

// Asks for the places of each partition.
Result<void> ProcessHost::hold_files(ExecutorId exec, const WrittenShuffle& shuffle) {
    Files files;
    for (std::uint32_t partition = 0; partition < shuffle.partitions; ++partition) {
        Result<void> granted =
            ask_for_grant({0, exec.value, shuffle.app.value, shuffle.shuffle.value, partition});
        if (!granted) {
            return granted;
        }
        if (granted_.fd < 0) {
            return {};  // it has written nothing of that shuffle
        }
        if (files.fd.value() < 0) {
            const std::string path = fmt::format("/proc/{}/fd/{}", granted_.pid, granted_.fd);
            files.fd = UniqueFd{open(path.c_str(), O_RDONLY | O_CLOEXEC)};
            if (files.fd.value() < 0) {
                return fail({fmt::format("the files of e{} cannot be opened", exec.value),
                             path,
                             "raise the descriptor limit of the process",
                             Exit::unavailable});
            }
        }
        files.places.push_back(std::move(granted_places_));
    }
    files_[{exec, shuffle.app, shuffle.shuffle}] = std::move(files);
    return {};
}

Result<void> ProcessHost::copy_output(ExecutorId from,
                                      ExecutorId to,
                                      const WrittenShuffle& shuffle,
                                      std::uint32_t map) {
    const FilesKey key{from, shuffle.app, shuffle.shuffle};
    const auto known = files_.find(key);
    if (known == files_.end() || !has_map(known->second.places.front(), map)) {
        Result<void> held = hold_files(from, shuffle);
        if (!held) {
            return held;
        }
    }
    const Files& files = files_.at(key);
    wire::Packer packer;
    packer.add(wire::AdoptHead{shuffle.app.value,
                               shuffle.shuffle.value,
                               map,
                               getpid(),
                               files.fd.value(),
                               shuffle.partitions});
    for (std::uint32_t partition = 0; partition < shuffle.partitions; ++partition) {
        const auto& places = files.places[partition];
        const auto place = std::find_if(
            places.begin(), places.end(), [&](const auto& at) { return at.map == map; });
        FORKYARD_CHECK(place != places.end(), "an output that is passed on is there");
        packer.add(wire::BlockPlace{partition, 0, place->offset, place->length});
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

bool ProcessHost::serve(ExecutorId reader, const wire::FetchRequest& request) {
    const ExecutorId holder{request.holder};
    if (holder == fallback_storage) {
        std::vector<wire::BlockPlace> places;
        const int fd = outside_.places(request.app, request.shuffle, request.partition, places);
        if (fd >= 0) {
            serve(reader, request, fd, places);
        }
        return fd >= 0;
    }
    const auto files = files_.find({holder, AppId{request.app}, ShuffleId{request.shuffle}});
    if (!kept_.contains(holder) || files == files_.end() ||
        request.partition >= files->second.places.size()) {
        return false;
    }
    serve(reader, request, files->second.fd.value(), files->second.places[request.partition]);
    return true;
}

void ProcessHost::serve(ExecutorId reader,
                        const wire::FetchRequest& request,
                        int fd,
                        const std::vector<wire::BlockPlace>& places) {
    wire::Packer packer;
    packer.add(wire::BlocksHead{.fetch = request,
                                .reader = reader.value,
                                .pid = getpid(),
                                .fd = fd,
                                .count = static_cast<std::uint32_t>(places.size())});
    for (const wire::BlockPlace& place : places) {
        packer.add(place);
    }
    (void)send(reader, wire::Type::blocks, packer.bytes());
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
