#include "core/policy/registry.hpp"

#include <array>

#include "core/policy/chaos.hpp"
#include "core/policy/kubernetes/kubernetes.hpp"
#include "core/policy/local.hpp"
#include "core/policy/mesos/mesos.hpp"
#include "core/policy/standalone.hpp"
#include "core/policy/yarn/yarn.hpp"

namespace forkyard {

namespace {

template <class Policy>
std::unique_ptr<ClusterManager> make(const Scenario& scenario) {
    return std::make_unique<Policy>(scenario);
}

constexpr std::array table{
    PolicyInfo{"local", "no cluster: local[4] runs tasks in the driver", make<Local>},
    PolicyInfo{"standalone",
               "Spark's own master: first application first, executors spread over the workers",
               make<Standalone>},
    PolicyInfo{"yarn",
               "queues with capacities or fair shares, containers given at the nodes' beats",
               make<Yarn>},
    PolicyInfo{"kubernetes",
               "drivers make pods in batches, the pod made first goes to the best node",
               make<Kubernetes>},
    PolicyInfo{"mesos",
               "the master offers what is free to who has least of it, applications choose",
               make<Mesos>},
    PolicyInfo{"chaos",
               "a standalone master that kills executors and slows workers by choice",
               make<Chaos>},
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
