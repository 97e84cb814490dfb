// The masters that need no cluster: local, local[N], local[N,F] and local-cluster[N,C,M].
//
// As Spark reads them (SparkMasterRegex); what is not written so is refused, like any
// unknown master (CM-LOC-04).
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "core/model/scenario.hpp"
#include "sim/scenario/diagnostic.hpp"
#include "sim/scenario/source_tree.hpp"
#include "sim/scenario/table_reader.hpp"

namespace forkyard::sim {

struct LocalMaster {
    std::uint32_t cores = 1;
    std::uint32_t failures = 1;  // of a task, that end its job
};

// None: not as it must be, or `*`, for which name_processors stands in before.
[[nodiscard]] std::optional<LocalMaster> parse_local(std::string_view manager);

// A local[*] of the scenario becomes local[N], N being this machine's processors: a journal
// must not depend on where it is replayed.
void name_processors(TreeNode& scenario, Diagnostics& problems);

// The node `localhost`, or the workers of local-cluster; both make them by themselves.
void build_local(const TableReader& cluster, ClusterSpec& out, Diagnostics& problems);
void build_local_cluster(const TableReader& cluster, ClusterSpec& out, Diagnostics& problems);

// What an application is under `local`, whatever its properties say: tasks run in its driver.
void run_in_driver(const TableReader& app,
                   ClusterSpec& cluster,
                   AppSpec& out,
                   Diagnostics& problems);

}  // namespace forkyard::sim
