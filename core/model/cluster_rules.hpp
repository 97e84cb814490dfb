// What holds of a cluster by its manager: for its books, and for whoever checks a run.
#pragma once

#include <algorithm>

#include "core/model/scenario.hpp"

namespace forkyard {

// Whether the cores of a node's executors may not be more than it has. On YARN memory alone
// may limit a node (CM-YARN-26); on Kubernetes a pod may ask for fewer than its executor has
// slots (CM-K8S-18).
[[nodiscard]] inline bool counts_cores(const Scenario& scenario) {
    const ClusterSpec& cluster = scenario.cluster;
    if (cluster.manager == "yarn") {
        return cluster.yarn.dominant || cluster.yarn.scheduler == YarnSchedulerKind::fair;
    }
    return cluster.manager != "kubernetes" ||
           std::none_of(scenario.apps.begin(), scenario.apps.end(), [](const AppSpec& app) {
               return app.conf.pods.request_millicores.has_value();
           });
}

// Whether executors are granted by the rules of Spark's own master.
[[nodiscard]] inline bool is_standalone(const ClusterSpec& cluster) {
    return cluster.manager == "standalone" || cluster.manager == "chaos";
}

// Whether executors and drivers take what else they ask for, GPUs say, of their node: on a
// standalone cluster whose workers tell what they have. Elsewhere it is there.
[[nodiscard]] inline bool counts_resources(const ClusterSpec& cluster) {
    return is_standalone(cluster) &&
           std::any_of(cluster.nodes.begin(), cluster.nodes.end(), [](const NodeSpec& node) {
               return !node.resources.empty();
           });
}

// Whether a driver that loses touch with an executor asks its manager why before it takes it for
// lost (DRV-02). Standalone and Mesos masters tell by themselves.
[[nodiscard]] inline bool is_asked_why(const ClusterSpec& cluster) {
    return cluster.manager == "yarn" || cluster.manager == "kubernetes";
}

// Whether an executor is never granted to an application that asked for fewer by then: a pod
// that waits is left alone for a while (CM-K8S-05). Of a local master none asks.
[[nodiscard]] inline bool grants_are_wanted(const ClusterSpec& cluster) {
    return cluster.manager != "kubernetes" && cluster.manager != "local";
}

}  // namespace forkyard
