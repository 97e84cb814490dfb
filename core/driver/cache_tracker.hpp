// Which executors hold which cached partitions: what the driver's block manager knows of
// persisted stages. It knows nothing of sizes and of eviction.
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

    void add(PlanId stage, std::uint32_t partition, ExecutorId exec);
    void remove_executor(ExecutorId exec);

    // As of the first question since forget().
    [[nodiscard]] const Holders& holders(PlanId stage, std::uint32_t partition);
    // Whether each of so many partitions has one.
    [[nodiscard]] bool complete(PlanId stage, std::uint32_t partitions);
    void forget() { snapshot_.clear(); }

private:
    using Partitions = std::map<std::uint32_t, Holders>;
    [[nodiscard]] const Partitions& snapshot(PlanId stage);

    std::map<PlanId, Partitions> now_{};
    std::map<PlanId, Partitions> snapshot_{};
    const Holders none_{};
};

}  // namespace forkyard
