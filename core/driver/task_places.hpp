// Where the tasks of a stage would rather run: where their partition is cached; else on
// the nodes that have a replica of their input; else, if they read one shuffle, on the
// nodes with a fifth of it or more.
//
// In Spark: DAGScheduler.getPreferredLocs and
// MapOutputTrackerMaster.getPreferredLocationsForShuffle.
#pragma once

#include <span>
#include <vector>

#include "core/driver/cache_tracker.hpp"
#include "core/driver/executor_table.hpp"
#include "core/driver/map_output_tracker.hpp"
#include "core/driver/task_set.hpp"
#include "core/ids.hpp"
#include "core/model/scenario.hpp"
#include "core/plan/program.hpp"

namespace forkyard {

class TaskPlaces {
public:
    // All must outlive it.
    TaskPlaces(const Scenario& scenario,
               AppId app,
               const Program& program,
               const ExecutorTable& executors,
               const MapOutputTracker& outputs,
               CacheTracker& cache)
        : scenario_{scenario},
          app_{app},
          program_{program},
          executors_{executors},
          outputs_{outputs},
          cache_{cache} {}

    // `reads`: the shuffles of the stage's parents.
    [[nodiscard]] Places of(PlanId stage,
                            std::span<const ShuffleId> reads,
                            std::span<const std::uint32_t> partitions) const;

private:
    [[nodiscard]] Places of_synthetic(PlanId stage,
                                      std::span<const ShuffleId> reads,
                                      std::span<const std::uint32_t> partitions) const;
    [[nodiscard]] Places of_real(const PlanStage& stage,
                                 std::span<const ShuffleId> reads,
                                 std::span<const std::uint32_t> partitions) const;
    [[nodiscard]] std::vector<Place> cached(RddBlock block) const;
    [[nodiscard]] std::vector<Place> replicas(const StageSpec& spec, std::uint32_t partition) const;
    class Reducers;
    class Nearest;

    const Scenario& scenario_;
    AppId app_;
    const Program& program_;
    const ExecutorTable& executors_;
    const MapOutputTracker& outputs_;
    CacheTracker& cache_;
};

}  // namespace forkyard
