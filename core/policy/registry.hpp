// The explicit table of policies by name. A new policy is one header, one source
// and one row in registry.cpp.
#pragma once

#include <memory>
#include <span>
#include <string_view>

#include "core/model/scenario.hpp"
#include "core/policy/cluster_manager.hpp"

namespace forkyard {

struct PolicyInfo {
    std::string_view name;  // cluster.manager
    std::string_view help;
    std::unique_ptr<ClusterManager> (*make)(const Scenario& scenario);
};

[[nodiscard]] std::span<const PolicyInfo> policies();

// nullptr: no such policy.
[[nodiscard]] std::unique_ptr<ClusterManager> make_policy(const Scenario& scenario);

}  // namespace forkyard
