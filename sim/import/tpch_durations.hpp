// What each partition of a traced stage takes on a cluster of a given size.
//
// In Decima's simulator a time is drawn when a task starts, by what its executor did before:
// that cannot be said in a scenario, which knows partitions. So the first tasks of the stage,
// one for each executor, take the times of a first wave, and the others those of the rest, in
// the order of the trace and repeating. Times with an executor's start-up in them (`fresh`) are
// left out of the first wave, as there; a scenario's executors live on between jobs.
#pragma once

#include <cstdint>
#include <vector>

#include "core/sim_time.hpp"
#include "sim/import/tpch_trace.hpp"

namespace forkyard::sim {

// Which measured counts stand for a cluster of `executors`: the count itself where the
// published simulators use it, else its two neighbours; the outermost one beyond the ends.
struct MeasuredNeighbours {
    std::uint32_t lower = 0;
    std::uint32_t upper = 0;
};
[[nodiscard]] MeasuredNeighbours measured_neighbours(std::uint32_t executors);

// One time a partition. Between two counts each partition takes the time of one of them, drawn
// with `key`: the nearer one the likelier. A count that the stage does not have is its largest.
[[nodiscard]] std::vector<SimDuration> partition_durations(const TpchStage& stage,
                                                           std::uint32_t executors,
                                                           std::uint64_t key);

}  // namespace forkyard::sim
