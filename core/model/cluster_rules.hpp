// What holds of a cluster by its manager: for its books, and for whoever checks a run.
#pragma once

#include <algorithm>

#include "core/model/room.hpp"
#include "core/model/scenario.hpp"

namespace forkyard {

// Whether cores limit a node of YARN, or memory alone (CM-YARN-26).
[[nodiscard]] inline bool counts_cores(const YarnSpec& yarn) {
    return yarn.dominant || yarn.scheduler == YarnSchedulerKind::fair;
}

// Whether the cores of a node's executors may not be more than it has. On Kubernetes a pod may ask
// for fewer than its executor has slots (CM-K8S-18).
[[nodiscard]] inline bool counts_cores(const Scenario& scenario) {
    const ClusterSpec& cluster = scenario.cluster;
    if (cluster.manager == "yarn") {
        return counts_cores(cluster.yarn);
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

// ---- what an application takes of a node

// Whether executors and drivers run in containers, with memory beside their heap.
[[nodiscard]] inline bool has_containers(const ClusterSpec& cluster) {
    return cluster.manager == "yarn" || cluster.manager == "kubernetes" ||
           cluster.manager == "mesos";
}

// What a pod asks for; its executor has all its cores as slots (CM-K8S-18).
[[nodiscard]] inline std::int64_t executor_millicores(const AppConf& conf) {
    return conf.pods.request_millicores.value_or(conf.executor_cores.value_or(1) * 1000);
}

// What an executor with so many cores is asked for as. On Kubernetes: of whole cores.
[[nodiscard]] inline Room executor_room(const ClusterSpec& cluster,
                                        const AppConf& conf,
                                        std::int64_t cores) {
    if (!has_containers(cluster)) {
        return {cores, conf.executor_memory};
    }
    if (cluster.manager == "mesos") {
        return {cores + conf.mesos.extra_cores, mesos_executor_memory(conf)};
    }
    if (cluster.manager == "kubernetes") {
        cores = (executor_millicores(conf) + 999) / 1000;
    }
    return {cores, container_memory(conf.executor_memory, conf.container)};
}
[[nodiscard]] inline Room executor_room(const ClusterSpec& cluster, const AppConf& conf) {
    return executor_room(cluster, conf, conf.executor_cores.value_or(1));
}

// The same of a driver in cluster mode.
[[nodiscard]] inline Room driver_room(const ClusterSpec& cluster, const AppConf& conf) {
    return {conf.driver_cores,
            has_containers(cluster) ? container_memory(conf.driver_memory, conf.driver_container)
                                    : conf.driver_memory};
}

// YARN gives whole multiples of its smallest container (CM-YARN-01).
[[nodiscard]] inline Room rounded_up(const YarnSpec& yarn, const Room& room) {
    const std::int64_t unit = yarn.container_min.count;
    const std::int64_t memory = std::max(room.memory.count, unit);
    return {std::max(room.cores, std::int64_t{yarn.cores_min}),
            Bytes{(memory + unit - 1) / unit * unit}};
}

// As it is entered in the books.
[[nodiscard]] inline Room booked(const ClusterSpec& cluster, const Room& room) {
    return cluster.manager == "yarn" ? rounded_up(cluster.yarn, room) : room;
}

// Whether the node has that room while it is empty.
[[nodiscard]] inline bool may_hold(const ClusterSpec& cluster,
                                   const NodeSpec& node,
                                   const Room& room) {
    const bool cores_count = cluster.manager != "yarn" || counts_cores(cluster.yarn);
    const Room taken = booked(cluster, room);
    return node.memory >= taken.memory && (!cores_count || node.cores >= taken.cores);
}

}  // namespace forkyard
