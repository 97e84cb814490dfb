// The map outputs that an executor holds: one arena a shuffle, blocks by offset.
//
// An arena is a memfd that nobody else owns: it goes with the process, so a dead
// executor's outputs are really gone. A reader gets the number of the descriptor with
// each grant and maps it through /proc, read-only; the bytes are not copied. A block is
// the regions of one map output, one after the other.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "core/result.hpp"
#include "sim/host/wire.hpp"
#include "sim/process/unique_fd.hpp"

namespace forkyard::sim {

class ShuffleStore {
public:
    [[nodiscard]] Result<void> put(std::uint32_t app,
                                   std::uint32_t shuffle,
                                   std::uint32_t map,
                                   const std::vector<std::string>& regions);

    // Where this partition's regions are, by map index. -1: there is no such shuffle here.
    [[nodiscard]] int places(std::uint32_t app,
                             std::uint32_t shuffle,
                             std::uint32_t partition,
                             std::vector<wire::BlockPlace>& places) const;

private:
    struct Key {
        std::uint32_t app;
        std::uint32_t shuffle;
        auto operator<=>(const Key&) const = default;
    };
    struct Arena {
        UniqueFd fd;
        std::uint64_t size = 0;
        std::map<std::uint32_t, std::vector<std::uint64_t>> outputs;  // offsets, R + 1 of them
    };
    std::map<Key, Arena> arenas_;
};

}  // namespace forkyard::sim
