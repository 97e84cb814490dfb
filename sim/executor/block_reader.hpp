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

    // Maps what a holder granted; `maps` are the map outputs wanted from it, ascending.
    // False: the holder is gone.
    [[nodiscard]] bool add(int pid,
                           int fd,
                           const std::vector<wire::BlockPlace>& places,
                           const std::vector<std::uint32_t>& maps);

    // All regions, by map index.
    [[nodiscard]] std::vector<std::string_view> regions() const;

private:
    std::vector<std::unique_ptr<MappedArena>> arenas_;
    std::map<std::uint32_t, std::string_view> regions_;
};

}  // namespace forkyard::sim
