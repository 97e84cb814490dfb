#include "sim/executor/shuffle_store.hpp"

#include <cerrno>
#include <cstring>
#include <sys/mman.h>
#include <unistd.h>

#include <fmt/format.h>

namespace forkyard::sim {

Result<void> ShuffleStore::put(std::uint32_t app,
                               std::uint32_t shuffle,
                               std::uint32_t map,
                               const std::vector<std::string>& regions) {
    const auto failed = [&](const char* what) {
        return fail({fmt::format("a map output cannot be kept: {}: {}", what, std::strerror(errno)),
                     {},
                     "raise the memory or descriptor limits of the process",
                     Exit::unavailable});
    };
    Arena& arena = arenas_[{app, shuffle}];
    if (arena.fd.value() < 0) {
        arena.fd = UniqueFd{memfd_create("forkyard-shuffle", MFD_CLOEXEC)};
        if (arena.fd.value() < 0) {
            return failed("memfd_create");
        }
    }
    std::vector<std::uint64_t> offsets{arena.size};
    for (const std::string& region : regions) {
        std::size_t written = 0;
        while (written < region.size()) {
            const ssize_t n = pwrite(arena.fd.value(),
                                     region.data() + written,
                                     region.size() - written,
                                     static_cast<off_t>(arena.size + written));
            if (n < 0 && errno != EINTR) {
                return failed("pwrite");
            }
            written += n > 0 ? static_cast<std::size_t>(n) : 0;
        }
        arena.size += region.size();
        offsets.push_back(arena.size);
    }
    arena.outputs[map] = std::move(offsets);
    return {};
}

int ShuffleStore::places(std::uint32_t app,
                         std::uint32_t shuffle,
                         std::uint32_t partition,
                         std::vector<wire::BlockPlace>& places) const {
    const auto found = arenas_.find({app, shuffle});
    if (found == arenas_.end()) {
        return -1;
    }
    for (const auto& [map, offsets] : found->second.outputs) {
        if (partition + 1 < offsets.size()) {
            places.push_back(
                {map, 0, offsets[partition], offsets[partition + 1] - offsets[partition]});
        }
    }
    return found->second.fd.value();
}

}  // namespace forkyard::sim
