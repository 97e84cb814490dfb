#include <string>
#include <vector>

#include <fmt/format.h>

#include "core/model/cluster_rules.hpp"
#include "sim/scenario/builders.hpp"
#include "sim/scenario/conf_properties.hpp"
#include "sim/scenario/local_master.hpp"
#include "sim/scenario/units.hpp"

namespace forkyard::sim {
namespace {

void build_worker(const TableReader& worker,
                  std::size_t index,
                  UniqueNames& names,
                  ClusterSpec& out,
                  Diagnostics& problems) {
    NodeSpec node;
    const std::string name =
        worker.maybe_text("name").value_or(fmt::format("worker-{}", index + 1));
    node.cores = worker.count("cores");
    node.memory = worker.size("memory");
    node.rack = worker.text("rack");
    node.speed = worker.decimal("speed");
    node.joins_at = worker.time("joins_at");
    node.spot = worker.boolean("spot");
    node.reserved_for = worker.maybe_text("reserved_for").value_or("");
    const TableReader labels = worker.table("labels");
    if (labels.self() != nullptr) {
        for (const TreeMember& label : labels.self()->members) {
            node.labels.emplace(label.key, labels.text(label.key));
        }
    }
    const TableReader resources = worker.table("resources");
    if (resources.self() != nullptr) {
        for (const TreeMember& resource : resources.self()->members) {
            node.resources.emplace(resource.key, resources.count(resource.key));
        }
        if (!is_standalone(out)) {
            problems.warning(worker.at("resources"),
                             fmt::format("{} does not book `resources`: executors have what they "
                                         "ask for",
                                         out.manager));
        }
    }
    if (node.speed.count <= 0) {
        problems.error(worker.at("speed"), "`speed` must be above 0");
    }
    if (worker.has("memory") && node.memory.count == 0) {
        problems.error(worker.at("memory"), "`memory` must be above 0");
    }
    const std::uint32_t count = worker.count("count");
    for (std::uint32_t i = 1; i <= count; ++i) {
        node.name = count == 1 ? name : fmt::format("{}-{}", name, i);
        names.add(node.name, worker.at("name"));
        out.nodes.push_back(node);
    }
}

void build_workers(const TableReader& cluster, ClusterSpec& out, Diagnostics& problems) {
    UniqueNames names{"worker", problems};
    const std::vector<TableReader> workers = cluster.tables("worker");
    if (workers.empty() && (!cluster.has("worker") || cluster.items("worker").empty())) {
        problems.error(cluster.at(), "the cluster has no workers", "add a [[cluster.worker]]");
    }
    for (std::size_t i = 0; i < workers.size(); ++i) {
        build_worker(workers[i], i, names, out, problems);
    }
}

ChaosSpec build_chaos(const TableReader& cluster, Diagnostics& problems) {
    const TableReader chaos = cluster.table("chaos");
    ChaosSpec out;
    out.every = chaos.duration("every");
    out.slow_lasts = chaos.duration("for");
    const Millionths factor = chaos.decimal("factor");
    out.slow_percent = static_cast<std::uint32_t>(factor.count * 100 / one.count);
    if (out.every == SimDuration{0} || out.slow_lasts == SimDuration{0}) {
        problems.error(chaos.at(), "`every` and `for` must be above 0");
    }
    if (factor <= one || out.slow_percent <= 100) {
        problems.error(chaos.at("factor"), "`factor` must be above 1");
    }
    if (cluster.text("manager") == "chaos" && !cluster.boolean("policy_faults")) {
        problems.error(cluster.at("manager"),
                       "the manager `chaos` asks for faults, which a policy may not here",
                       "set `policy_faults` to true");
    }
    return out;
}

NetworkSpec build_network(const TableReader& network) {
    NetworkSpec out;
    out.latency = network.duration("latency");
    out.bandwidth = network.maybe_rate("bandwidth").value_or(BytesPerSecond{});
    out.cross_rack_latency = network.maybe_duration("cross_rack_latency").value_or(out.latency);
    out.cross_rack_bandwidth = network.maybe_rate("cross_rack_bandwidth").value_or(out.bandwidth);
    return out;
}

}  // namespace

void build_cluster(const TableReader& scenario,
                   DataFiles files,
                   Scenario& out,
                   Diagnostics& problems) {
    const TableReader cluster = scenario.table("cluster");
    ClusterSpec& spec = out.cluster;
    spec.manager = cluster.text("manager");
    spec.executor_start = cluster.duration("executor_start");
    spec.driver_start = cluster.duration("driver_start");
    spec.message_delay = cluster.duration("message_delay");
    spec.task_overhead = cluster.duration("task_overhead");
    if (spec.manager.starts_with("local-cluster")) {
        build_local_cluster(cluster, spec, problems);
    } else if (spec.manager.starts_with("local")) {
        build_local(cluster, spec, problems);
    } else {
        build_workers(cluster, spec, problems);
    }
    if (cluster.has("network")) {
        spec.network = build_network(cluster.table("network"));
    }
    if (cluster.has("disk")) {
        // A disk without a bandwidth takes no time, like no disk at all.
        spec.disk_bandwidth = cluster.table("disk").maybe_rate("bandwidth");
    }
    ConfProperties given{ConfScope::master, problems};
    given.add_layer(cluster.node("conf"));
    build_managers(cluster, given, spec, problems);
    build_plugin(cluster, files, out.folder, spec, problems);
    spec.chaos = build_chaos(cluster, problems);
    spec.policy_faults = cluster.boolean("policy_faults");
    out.master = read_master_conf(given);
}

void check_roles(const TableReader& scenario, const Scenario& out, Diagnostics& problems) {
    std::vector<std::string> roles;
    std::uint64_t guaranteed = 0;
    for (const RoleSpec& role : out.cluster.mesos.roles) {
        roles.push_back(role.name);
        guaranteed += role.cores;
    }
    std::uint64_t there = 0;
    for (const NodeSpec& node : out.cluster.nodes) {
        there += node.cores;
    }
    if (out.cluster.manager == "mesos" && guaranteed > there) {
        problems.warning(
            scenario.table("cluster").table("mesos").at("role"),
            fmt::format("roles are guaranteed {} cores, and the agents have {}", guaranteed, there),
            "what is missing is kept from all others");
    }
    for (const AppSpec& app : out.apps) {
        if (!contains(roles, app.queue)) {
            roles.push_back(app.queue);
        }
    }
    for (const TableReader& worker : scenario.table("cluster").tables("worker")) {
        const auto role = worker.maybe_text("reserved_for");
        if (role && !contains(roles, *role)) {
            report_unknown("role", *role, worker.at("reserved_for"), roles, problems);
        }
    }
}

}  // namespace forkyard::sim
