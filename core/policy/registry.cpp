#include "core/policy/registry.hpp"

#include <array>

#include "core/policy/standalone.hpp"

namespace forkyard {

namespace {

std::unique_ptr<ClusterManager> make_standalone(const Scenario& scenario) {
    return std::make_unique<Standalone>(scenario);
}

constexpr std::array table{
    PolicyInfo{"standalone",
               "Spark's own master: first application first, executors spread over the workers",
               make_standalone},
};

}  // namespace

std::span<const PolicyInfo> policies() {
    return table;
}

std::unique_ptr<ClusterManager> make_policy(const Scenario& scenario) {
    for (const PolicyInfo& policy : policies()) {
        if (policy.name == scenario.cluster.manager) {
            return policy.make(scenario);
        }
    }
    return nullptr;
}

}  // namespace forkyard
