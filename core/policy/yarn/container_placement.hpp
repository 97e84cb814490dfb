// On which nodes an application master asks for new containers, so that they are where the
// tasks want to run.
//
// In Spark: LocalityPreferredContainerPlacementStrategy (CM-YARN-15).
#pragma once

#include <cstdint>
#include <map>
#include <vector>

#include "core/ids.hpp"

namespace forkyard {

struct PlacementDemand {
    std::uint32_t containers = 0;   // to ask for
    std::uint32_t local_tasks = 0;  // that prefer nodes
    std::uint32_t task_cpus = 1;
    std::uint32_t executor_cores = 1;
    std::map<NodeId, std::uint32_t> tasks_on{};       // that prefer each node
    std::map<NodeId, std::uint32_t> containers_on{};  // that run there
    std::vector<std::vector<NodeId>> pending{};       // nodes of each request under way
};

// For each container the nodes it is asked for on, in order of number; none: anywhere. Those
// without a preference come first.
[[nodiscard]] std::vector<std::vector<NodeId>> place_containers(const PlacementDemand& demand);

}  // namespace forkyard
