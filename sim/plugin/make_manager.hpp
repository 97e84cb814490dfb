// The cluster manager of a scenario: built in, or a plug-in, which is started anew for each.
#pragma once

#include <memory>
#include <string>

#include "core/model/scenario.hpp"
#include "core/policy/cluster_manager.hpp"
#include "core/result.hpp"

namespace forkyard::sim {

// `folder`: where a plug-in works, and what its path is relative to. `scenario` must outlive it.
// 69: there is no such manager, or it does not begin.
[[nodiscard]] Result<std::unique_ptr<ClusterManager>> make_manager(const Scenario& scenario,
                                                                   const std::string& folder);

}  // namespace forkyard::sim
