// Whether an application's executors fit into its cluster at all.
#include <algorithm>
#include <string>

#include <fmt/format.h>

#include "sim/scenario/builders.hpp"
#include "sim/scenario/units.hpp"

namespace forkyard::sim {

namespace {

// What an executor takes of a node: its heap, and where it runs in a container the rest too.
Bytes booked_memory(const AppConf& conf, const std::string& manager) {
    const bool contained = manager == "yarn" || manager == "kubernetes" || manager == "mesos";
    return !contained ? conf.executor_memory
                      : container_memory(conf.executor_memory, conf.container);
}

// Spark's client refuses at the start what YARN never grants (CM-YARN-01).
void check_container(const AppSpec& app,
                     const YarnSpec& yarn,
                     Bytes memory,
                     const Position& at,
                     Diagnostics& problems) {
    const std::uint32_t cores = app.conf.executor_cores.value_or(1);
    if (memory > yarn.container_max) {
        problems.error(at,
                       fmt::format("the executors of `{}` take {}, the largest container is {}",
                                   app.name,
                                   print_size(memory),
                                   print_size(yarn.container_max)),
                       "lower `spark.executor.memory` or raise "
                       "`yarn.scheduler.maximum-allocation-mb`");
    } else if (cores > yarn.cores_max) {
        problems.error(at,
                       fmt::format("the executors of `{}` take {} cores, the largest container "
                                   "has {}",
                                   app.name,
                                   cores,
                                   yarn.cores_max),
                       "lower `spark.executor.cores` or raise "
                       "`yarn.scheduler.maximum-allocation-vcores`");
    }
}

}  // namespace

void check_fit(const AppSpec& app,
               const ClusterSpec& cluster,
               const Position& at,
               Diagnostics& problems) {
    const AppConf& conf = app.conf;
    const std::uint32_t cores = conf.mesos.fine_grained
                                    ? conf.mesos.own_cores + conf.task_cpus
                                    : conf.executor_cores.value_or(conf.task_cpus);
    const Bytes memory = booked_memory(conf, cluster.manager);
    if (cluster.manager == "yarn") {
        check_container(app, cluster.yarn, memory, at, problems);
    }
    const bool fits =
        std::any_of(cluster.nodes.begin(), cluster.nodes.end(), [&](const NodeSpec& node) {
            const bool others = cluster.manager == "mesos" && !node.reserved_for.empty() &&
                                node.reserved_for != app.queue;
            return node.cores >= cores && node.memory >= memory && !others;
        });
    const std::string wanted =
        fmt::format("executors of `{}` ({} cores, {})", app.name, cores, print_size(memory));
    if (cluster.local_cluster && conf.executor_memory > cluster.nodes.front().memory) {
        problems.error(
            at,
            fmt::format("the local cluster has {} a worker, an executor of `{}` wants {}",
                        print_size(cluster.nodes.front().memory),
                        app.name,
                        print_size(conf.executor_memory)),
            "raise the third number of local-cluster[...], or lower "
            "`spark.executor.memory`");
    } else if (!fits && !cluster.nodes.empty()) {
        problems.warning(at,
                         fmt::format("the {} fit on no worker, so it waits for resources", wanted),
                         "see `spark.executor.cores` and `spark.executor.memory`");
    } else if (conf.cores_max < cores) {
        problems.warning(at,
                         fmt::format("the {} are more than `spark.cores.max` ({}), so it waits "
                                     "for resources",
                                     wanted,
                                     conf.cores_max));
    }
}

}  // namespace forkyard::sim
