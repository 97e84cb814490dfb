// How many tasks would rather run somewhere, and where: what dynamic allocation tells its
// manager beside the number of executors.
//
// A stage attempt counts from its submission to its end, whatever has become of its tasks in
// between (ALLOC-20).
//
// In Spark: ExecutorAllocationListener, with stageAttemptToExecutorPlacementHints.
#pragma once

#include <cstdint>
#include <map>

#include "core/driver/task_set.hpp"
#include "core/event_cluster.hpp"
#include "core/ids.hpp"

namespace forkyard {

class LocalityHints {
public:
    void begin(const TaskSet& set);
    void end(StageAttempt stage) { stages_.erase(stage); }
    // In order of node; those `excluded` do not count as places (CM-YARN-16).
    [[nodiscard]] PlacementHints hints(std::vector<NodeId> excluded) const;

private:
    struct Stage {
        std::uint32_t local_tasks = 0;
        std::map<NodeId, std::uint32_t> on{};
    };
    std::map<StageAttempt, Stage> stages_{};
};

}  // namespace forkyard
