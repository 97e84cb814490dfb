// Another executor's blocks, mapped read-only from its arenas for as long as a task needs them,
// and checked.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string_view>
#include <utility>
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

    enum class Added { ok, unreadable, corrupt };
    // Maps what the process `pid` granted; `checks`: against the checksum, if it has one.
    [[nodiscard]] Added add(int pid, const wire::BlockPlace& place, bool checks);

    // All regions of the part, by map index.
    [[nodiscard]] std::vector<std::string_view> regions(const Part& part) const;

private:
    // The arena with all its bytes up to there; null: it cannot be mapped.
    [[nodiscard]] const MappedArena* arena(int pid, int fd, std::uint64_t bytes);

    // By process and descriptor. An arena grows, and is mapped anew then: what was mapped before
    // stays, since tasks have views of it.
    std::map<std::pair<int, int>, std::vector<std::unique_ptr<MappedArena>>> arenas_;
    std::map<Part, std::map<std::uint32_t, std::string_view>> regions_;
};

}  // namespace forkyard::sim
