// Who has how much of an executor's heap: its tasks, and the map outputs that it holds.
//
// What executors keep has its room from the model (StorageBooks). Of these two each has a share
// that does not depend on what else happens, so that a task spills alike wherever it runs.
#pragma once

#include <cstdint>

#include "core/data/task_memory.hpp"
#include "core/model/application.hpp"
#include "core/model/cluster_spec.hpp"

namespace forkyard::sim {

// What Spark promises a task whatever the others do: of what storage cannot have, the share of
// one of as many tasks as the executor can run (DP-MEM-06).
[[nodiscard]] MemoryLimits task_memory(const ClusterSpec& cluster, const AppConf& conf);

// Bytes of map outputs that an executor process has in memory: what Spark leaves to the program.
[[nodiscard]] std::int64_t output_memory(const AppConf& conf);

}  // namespace forkyard::sim
