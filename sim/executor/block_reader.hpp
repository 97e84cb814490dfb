// Another executor's blocks, mapped read-only from its arena for as long as a task
// needs them.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string_view>
#include <vector>

#include "core/result.hpp"
#include "sim/host/wire.hpp"

namespace forkyard::sim {

class MappedArena;

class BlockReader {
public:
    BlockReader();
    ~BlockReader();
    BlockReader(BlockReader&&) noexcept;
    BlockReader& operator=(BlockReader&&) noexcept;

    // A partition of a shuffle.
    struct Part {
        std::uint32_t shuffle = 0;
        std::uint32_t partition = 0;
        auto operator<=>(const Part&) const = default;
    };

    // Maps what a holder granted; `maps` are the map outputs wanted from it, ascending.
    // False: the holder is gone.
    [[nodiscard]] bool add(const Part& part,
                           int pid,
                           int fd,
                           const std::vector<wire::BlockPlace>& places,
                           const std::vector<std::uint32_t>& maps);

    // All regions of the part, by map index.
    [[nodiscard]] std::vector<std::string_view> regions(const Part& part) const;

private:
    std::vector<std::unique_ptr<MappedArena>> arenas_;
    std::map<Part, std::map<std::uint32_t, std::string_view>> regions_;
};

}  // namespace forkyard::sim
