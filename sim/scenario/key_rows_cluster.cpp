// The table's rows for the top level, the cluster and the properties.
#include <array>

#include "sim/scenario/key_table.hpp"

namespace forkyard::sim {
namespace {

using enum KeyType;
constexpr KeyState later = KeyState::later;

constexpr std::array key_rows{
    KeyRow{"format", whole, required, "1", "version of the scenario file: 1"},
    KeyRow{"name", text, "", "", "free text; default: the file's name"},
    KeyRow{"description", text, "", "", "free text"},
    KeyRow{"seed", whole, "1", "0..", "where all chance comes from"},
    KeyRow{"clock", choice, "virtual", "virtual wall", "wall: real time, work and signals"},
    KeyRow{"time_limit", duration, "1h", "", "then the run ends, and says who waits for what"},
    KeyRow{"explore", table, "", "", "kept for later", later},
    KeyRow{"lab", table, "", "", "kept for later", later},
    KeyRow{"sweep", table, "", "", "kept for later", later},
    KeyRow{"repro", table, "", "", "expect = \"fail I12\" or \"pass\", and link", later},
    KeyRow{"choice", tables, "", "", "point, label, n, pick", later},
    KeyRow{"cluster", table, "", "", "nodes, network, disks and the cluster manager"},
    KeyRow{"cluster.manager",
           choice,
           "standalone",
           "standalone local local-cluster yarn kubernetes mesos chaos plugin exec",
           "who hands out executors; local[4], local-cluster[2,1,1024], plugin:FILE and "
           "exec:COMMAND carry their arguments"},
    KeyRow{"cluster.executor_start", duration, "0s", "", "from grant to registration"},
    KeyRow{"cluster.driver_start", duration, "0s", "", "cluster deploy mode: from launch to start"},
    KeyRow{"cluster.message_delay", duration, "0s", "", "of control messages, one way"},
    KeyRow{"cluster.policy_faults", boolean, "false", "", "the policy may ask for faults"},
    KeyRow{"cluster.task_overhead", duration, "0s", "", "added to every task"},
    KeyRow{"cluster.worker", tables, "", "", "a node, or several alike"},
    KeyRow{"cluster.worker[].name", name, "", "", "with count above 1: NAME-1, NAME-2, ..."},
    KeyRow{"cluster.worker[].count", whole, "1", "1", "how many of them"},
    KeyRow{"cluster.worker[].cores", whole, required, "1", "cores of each"},
    KeyRow{"cluster.worker[].memory", size, required, "", "memory of each"},
    KeyRow{"cluster.worker[].resources",
           table,
           "",
           "",
           "such as { gpu = 1 }; on no worker: there is what executors ask for"},
    KeyRow{"cluster.worker[].resources.*", whole, "", "", ""},
    KeyRow{"cluster.worker[].rack", name, "default", "", "rack it stands in"},
    KeyRow{"cluster.worker[].speed", decimal, "1.0", "", "0.5: work takes twice as long"},
    KeyRow{"cluster.worker[].spot", boolean, "false", "", "may be taken away: a note for readers"},
    KeyRow{"cluster.worker[].joins_at", duration, "0s", "", "when it joins the cluster"},
    KeyRow{
        "cluster.worker[].labels", table, "", "", "such as { zone = \"a\" }: a note for readers"},
    KeyRow{"cluster.worker[].labels.*", text, "", "", ""},
    KeyRow{"cluster.worker[].reserved_for", text, "", "", "Mesos: offered to this role alone"},
    KeyRow{"cluster.network", table, "", "", "without it transfers take no time"},
    KeyRow{"cluster.network.latency", duration, "0s", "", "once per holder and task"},
    KeyRow{"cluster.network.bandwidth", rate, "", "", "not shared; none: takes no time"},
    KeyRow{"cluster.network.cross_rack_latency", duration, "", "", "default: as within a rack"},
    KeyRow{"cluster.network.cross_rack_bandwidth", rate, "", "", "default: as within a rack"},
    KeyRow{"cluster.disk", table, "", "", "without it disks take no time"},
    KeyRow{"cluster.disk.bandwidth", rate, "", "", "of each node"},
    KeyRow{"cluster.conf", properties, "", "", "properties of masters and nodes"},
    KeyRow{"cluster.policy_time_limit", duration, "10s", "", "real time, for a plug-in's answer"},
    KeyRow{"cluster.plugin", any, "", "", "a table, handed to the plug-in as it is"},
    KeyRow{"cluster.yarn", table, "", "", "YARN"},
    KeyRow{"cluster.yarn.scheduler", choice, "capacity", "capacity fair", "its scheduler"},
    KeyRow{"cluster.yarn.policy", choice, "fair", "fair drf", "what is fair: memory, or both"},
    KeyRow{"cluster.yarn.queue", tables, "", "", "none: one queue `default`"},
    KeyRow{"cluster.yarn.queue[].name", name, required, "", ""},
    KeyRow{"cluster.yarn.queue[].parent", text, "root", "", ""},
    KeyRow{"cluster.yarn.queue[].capacity", decimal, "", "", "percent of the parent"},
    KeyRow{"cluster.yarn.queue[].max_capacity", decimal, "", "", "percent of the parent"},
    KeyRow{"cluster.yarn.queue[].weight", decimal, "", "", "fair scheduler"},
    KeyRow{"cluster.kubernetes", table, "", "", "Kubernetes"},
    KeyRow{"cluster.kubernetes.scoring",
           choice,
           "least-allocated",
           "least-allocated most-allocated",
           "which node a pod goes to"},
    KeyRow{"cluster.kubernetes.quota", tables, "", "", "none: unlimited"},
    KeyRow{"cluster.kubernetes.quota[].namespace", text, required, "", ""},
    KeyRow{"cluster.kubernetes.quota[].cores", whole, "", "0", ""},
    KeyRow{"cluster.kubernetes.quota[].memory", size, "", "", ""},
    KeyRow{"cluster.kubernetes.quota[].pods", whole, "", "0", ""},
    KeyRow{"cluster.chaos", table, "", "", "the manager `chaos`"},
    KeyRow{"cluster.chaos.every", duration, "10s", "", "between two faults"},
    KeyRow{
        "cluster.chaos.factor", decimal, "3.0", "", "work on a slow worker takes so much longer"},
    KeyRow{"cluster.chaos.for", duration, "30s", "", "how long a worker is slow"},
    KeyRow{"cluster.mesos", table, "", "", "Mesos"},
    KeyRow{"cluster.mesos.role", tables, "", "", ""},
    KeyRow{"cluster.mesos.role[].name", name, required, "", ""},
    KeyRow{"cluster.mesos.role[].weight", decimal, "", "", ""},
    KeyRow{"cluster.mesos.role[].cores", whole, "0", "0", "guaranteed to it"},
    KeyRow{"cluster.mesos.role[].memory", size, "0", "", "guaranteed to it"},
    KeyRow{"conf", properties, "", "", "Spark properties, for every application"},
};

}  // namespace

std::span<const KeyRow> cluster_keys() {
    return key_rows;
}

}  // namespace forkyard::sim
