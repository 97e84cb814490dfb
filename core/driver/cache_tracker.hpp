// Which executors hold which cached partitions: what the driver's block manager knows of
// what is persisted. It knows nothing of sizes, and of evictions what it is told.
//
// Spark's DAG scheduler does not ask for every task: it keeps the answers and forgets
// them at fixed points (SCH-DAG-05). The snapshot here does the same.
//
// In Spark: BlockManagerMaster, and the cacheLocs of DAGScheduler.
#pragma once

#include <cstdint>
#include <map>
#include <vector>

#include "core/ids.hpp"

namespace forkyard {

class CacheTracker {
public:
    using Holders = std::vector<ExecutorId>;  // ascending

    void add(RddBlock block, ExecutorId exec);
    void remove(RddBlock block, ExecutorId exec);
    void remove_executor(ExecutorId exec);
    void remove_rdd(RddId rdd) { now_.erase(rdd); }

    // As of the first question since forget().
    [[nodiscard]] const Holders& holders(RddBlock block);
    // Whether each of so many partitions has one.
    [[nodiscard]] bool complete(RddId rdd, std::uint32_t partitions);
    void forget() { snapshot_.clear(); }
    // How many partitions are kept, as of now.
    [[nodiscard]] std::uint32_t count(RddId rdd) const {
        const auto found = now_.find(rdd);
        return found == now_.end() ? 0 : static_cast<std::uint32_t>(found->second.size());
    }

private:
    using Partitions = std::map<std::uint32_t, Holders>;
    [[nodiscard]] const Partitions& snapshot(RddId rdd);

    std::map<RddId, Partitions> now_{};
    std::map<RddId, Partitions> snapshot_{};
    const Holders none_{};
};

}  // namespace forkyard
