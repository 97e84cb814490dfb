// Whether an application's executors, and its driver in cluster mode, fit into its cluster at all.
#include <algorithm>
#include <string>
#include <string_view>

#include <fmt/format.h>

#include "core/model/cluster_rules.hpp"
#include "sim/scenario/builders.hpp"
#include "sim/scenario/units.hpp"

namespace forkyard::sim {

namespace {

struct Wanted {
    std::string who;          // "the executors of `a`"
    std::string_view prefix;  // of the properties that say how large: "spark.executor"
    std::string_view role;    // of its application, where agents may be reserved for one
    Room room{};
    Resources resources{};
};

// Spark's client refuses at the start what YARN never grants (CM-YARN-01).
void check_container(const Wanted& wanted,
                     const YarnSpec& yarn,
                     const Position& at,
                     Diagnostics& problems) {
    if (wanted.room.memory > yarn.container_max) {
        problems.error(at,
                       fmt::format("a container for {} takes {}, the largest is {}",
                                   wanted.who,
                                   print_size(wanted.room.memory),
                                   print_size(yarn.container_max)),
                       fmt::format("lower `{}.memory` or raise "
                                   "`yarn.scheduler.maximum-allocation-mb`",
                                   wanted.prefix));
    } else if (wanted.room.cores > yarn.cores_max) {
        problems.error(at,
                       fmt::format("a container for {} takes {} cores, the largest has {}",
                                   wanted.who,
                                   wanted.room.cores,
                                   yarn.cores_max),
                       fmt::format("lower `{}.cores` or raise "
                                   "`yarn.scheduler.maximum-allocation-vcores`",
                                   wanted.prefix));
    }
}

// Whether there is a worker for it.
bool check_workers(const Wanted& wanted,
                   const ClusterSpec& cluster,
                   const Position& at,
                   Diagnostics& problems) {
    if (cluster.manager == "yarn") {
        check_container(wanted, cluster.yarn, at, problems);
    }
    const auto has_room = [&](const NodeSpec& node) {
        const bool others = cluster.manager == "mesos" && !node.reserved_for.empty() &&
                            node.reserved_for != wanted.role;
        return !others && may_hold(cluster, node, wanted.room);
    };
    const auto holds_all = [&](const NodeSpec& node) {
        return has_room(node) &&
               (!counts_resources(cluster) || holds(node.resources, wanted.resources));
    };
    const auto& nodes = cluster.nodes;
    if (nodes.empty() || std::any_of(nodes.begin(), nodes.end(), holds_all)) {
        return true;
    }
    if (std::any_of(nodes.begin(), nodes.end(), has_room)) {
        problems.warning(
            at,
            fmt::format("no worker has room and the resources for {}, so it waits "
                        "for them",
                        wanted.who),
            fmt::format("see `{}.resource` and the worker's `resources`", wanted.prefix));
    } else {
        const Room room = booked(cluster, wanted.room);
        problems.warning(
            at,
            fmt::format("no worker has room for {} ({} cores, {}), so it waits for resources",
                        wanted.who,
                        room.cores,
                        print_size(room.memory)),
            fmt::format("see `{0}.cores` and `{0}.memory`", wanted.prefix));
    }
    return false;
}

}  // namespace

void check_fit(const AppSpec& app,
               const ClusterSpec& cluster,
               const Position& at,
               Diagnostics& problems) {
    const AppConf& conf = app.conf;
    if (cluster.local_cluster && conf.executor_memory > cluster.nodes.front().memory) {
        problems.error(
            at,
            fmt::format("the local cluster has {} a worker, an executor of `{}` wants {}",
                        print_size(cluster.nodes.front().memory),
                        app.name,
                        print_size(conf.executor_memory)),
            "raise the third number of local-cluster[...], or lower "
            "`spark.executor.memory`");
        return;
    }
    if (app.cluster_mode) {
        (void)check_workers({fmt::format("the driver of `{}`", app.name),
                             "spark.driver",
                             app.queue,
                             driver_room(cluster, conf),
                             conf.driver_resources},
                            cluster,
                            at,
                            problems);
    }
    // One without a size of its own is of no use to a task that it has too few cores for.
    const std::uint32_t cores = conf.mesos.fine_grained
                                    ? conf.mesos.own_cores + conf.task_cpus
                                    : conf.executor_cores.value_or(conf.task_cpus);
    const Wanted executors{fmt::format("the executors of `{}`", app.name),
                           "spark.executor",
                           app.queue,
                           executor_room(cluster, conf, cores),
                           executor_resources(conf.resources)};
    const bool limited = is_standalone(cluster) || cluster.manager == "mesos";
    if (check_workers(executors, cluster, at, problems) && limited && conf.cores_max < cores) {
        problems.warning(at,
                         fmt::format("{} have more cores ({}) than `spark.cores.max` ({}), so it "
                                     "waits for resources",
                                     executors.who,
                                     cores,
                                     conf.cores_max));
    }
}

}  // namespace forkyard::sim
