// The blocks that an executor has in memory, least recently used first.
//
// What is in the way of a new block goes in that order, but never a block that is being read,
// nor one of the dataset that the new block is of; and either enough goes or nothing. A block
// is unrolled first, with memory asked for step by step. What becomes of an evicted block
// (disk, or nothing) is BlockManager's matter.
//
// In Spark: MemoryStore (DP-BLK-05 to 08, 10, 11).
#pragma once

#include <cstdint>
#include <list>
#include <map>
#include <optional>
#include <vector>

#include "core/executor/unified_memory.hpp"
#include "core/ids.hpp"

namespace forkyard {

class MemoryStore {
public:
    // spark.storage.unrollMemoryThreshold and unrollMemoryGrowthFactor, this one in millionths.
    struct Unrolling {
        std::int64_t threshold = std::int64_t{1} << 20;
        std::int64_t growth = 1'500'000;
    };

    // `memory` must outlive it.
    MemoryStore(UnifiedMemory& memory, const Unrolling& unrolling)
        : memory_{memory}, unrolling_{unrolling} {}

    // Whether it is there now; it was not before. `evicted` gets what had to go, even where that
    // was not enough in the end: memory for unrolling is asked for in steps.
    [[nodiscard]] bool unroll(RddBlock block, std::int64_t bytes, std::vector<RddBlock>& evicted);
    // The same of one whose size is known from the start, as of a copy from elsewhere.
    [[nodiscard]] bool put(RddBlock block, std::int64_t bytes, std::vector<RddBlock>& evicted);
    // For execution: `bytes` at least, or nothing.
    void free_for_execution(std::int64_t bytes, std::vector<RddBlock>& evicted) {
        evict(std::nullopt, bytes, evicted);
    }
    void remove(RddBlock block);

    [[nodiscard]] bool contains(RddBlock block) const { return entries_.contains(block); }
    void touch(RddBlock block);  // it is read
    // While somebody reads it, it stays.
    void pin(RddBlock block, bool pinned);

private:
    struct Entry {
        std::int64_t bytes = 0;
        bool pinned = false;
        std::list<RddBlock>::iterator place;
    };

    void evict(std::optional<RddId> for_rdd, std::int64_t bytes, std::vector<RddBlock>& evicted);
    [[nodiscard]] bool reserve(RddId rdd, std::int64_t bytes, std::vector<RddBlock>& evicted);
    void add(RddBlock block, std::int64_t bytes);

    UnifiedMemory& memory_;
    Unrolling unrolling_;
    std::list<RddBlock> by_use_{};  // the latest last
    std::map<RddBlock, Entry> entries_{};
};

}  // namespace forkyard
