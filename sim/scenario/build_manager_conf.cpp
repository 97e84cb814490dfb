// What YARN, Kubernetes and Mesos go by: their tables, and the properties of Spark's side.
#include <algorithm>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "sim/scenario/builders.hpp"
#include "sim/scenario/conf_properties.hpp"
#include "sim/scenario/nearest.hpp"
#include "sim/scenario/units.hpp"

namespace forkyard::sim {
namespace {

constexpr Bytes mebibytes(std::uint32_t count) {
    return Bytes{std::int64_t{count} << 20};
}

// ---- of an application

ContainerConf read_container(ConfProperties& given, Compat compat) {
    ContainerConf out;
    out.overhead = given.memory("spark.executor.memoryOverhead");
    put(out.overhead_factor, given.factor("spark.executor.memoryOverheadFactor"));
    if (compat == Compat::spark_4_0) {  // fixed before
        put(out.overhead_min, given.memory("spark.executor.minMemoryOverhead"));
    }
    if (given.boolean("spark.memory.offHeap.enabled").value_or(false)) {
        put(out.off_heap, given.size("spark.memory.offHeap.size"));
    }
    put(out.python, given.memory("spark.executor.pyspark.memory"));
    return out;
}

// "2", "0.5" or "500m", as Kubernetes writes amounts of a processor.
std::optional<std::uint32_t> read_millicores(ConfProperties& given, std::string_view name) {
    const auto text = given.text(name);
    if (!text) {
        return std::nullopt;
    }
    const bool milli = text->ends_with('m');
    const auto value = parse_millionths(milli ? text->substr(0, text->size() - 1) : *text);
    const std::int64_t millicores = value ? value->count / (milli ? 1'000'000 : 1'000) : 0;
    if (millicores < 1 || millicores > 1'000'000'000) {
        given.error(name,
                    {},
                    fmt::format("`{}` must be an amount of cores, which `{}` is not", name, *text),
                    "write it as Kubernetes does, as in \"2\", \"0.5\" or \"500m\"");
        return std::nullopt;
    }
    return static_cast<std::uint32_t>(millicores);
}

PodsConf read_pods(ConfProperties& given, Compat compat) {
    PodsConf out;
    const std::string prefix = "spark.kubernetes.allocation.";
    if (compat != Compat::spark_4_0) {
        out.batch_size = 5;
    }
    if (compat == Compat::spark_3_0) {
        out.pending_blocks = true;
    }
    put(out.batch_size, given.whole(prefix + "batch.size", 1));
    put(out.batch_delay, given.time(prefix + "batch.delay"));
    if (out.batch_delay <= std::chrono::milliseconds{100}) {
        given.error(prefix + "batch.delay",
                    {},
                    fmt::format("`{}batch.delay` must be longer than 100 ms", prefix));
    }
    put(out.pending_max, given.whole(prefix + "maxPendingPods", 1));
    put(out.pods_max, given.whole(prefix + "maximum", 1));
    out.request_millicores = read_millicores(given, "spark.kubernetes.executor.request.cores");
    return out;
}

std::vector<std::string> split_commas(const std::string& text) {
    std::vector<std::string> out;
    for (std::size_t from = 0; from < text.size();) {
        const std::size_t to = std::min(text.find(',', from), text.size());
        if (to > from) {
            out.push_back(text.substr(from, to - from));
        }
        from = to + 1;
    }
    return out;
}

YarnConf read_yarn(ConfProperties& given) {
    YarnConf out;
    put(out.am_cores, given.whole("spark.yarn.am.cores", 1));
    put(out.am_memory, given.memory("spark.yarn.am.memory"));
    out.am_overhead = given.memory("spark.yarn.am.memoryOverhead");
    put(out.am_unmanaged, given.boolean("spark.yarn.unmanagedAM.enabled"));
    put(out.poll_longest, given.time("spark.yarn.scheduler.heartbeat.interval-ms"));
    put(out.poll_shortest, given.time("spark.yarn.scheduler.initial-allocation.interval"));
    out.excluded_nodes = split_commas(given.text("spark.yarn.exclude.nodes").value_or(""));
    put(out.exclude_on_launch_failure,
        given.boolean("spark.yarn.executor.launch.excludeOnFailure.enabled"));
    return out;
}

void read_driver_conf(ConfProperties& given, AppConf& out) {
    put(out.driver_cores, given.whole("spark.driver.cores", 1));
    put(out.driver_memory, given.memory("spark.driver.memory"));
    out.driver_container.overhead = given.memory("spark.driver.memoryOverhead");
    put(out.driver_container.overhead_factor, given.factor("spark.driver.memoryOverheadFactor"));
    if (out.compat == Compat::spark_4_0) {
        put(out.driver_container.overhead_min, given.memory("spark.driver.minMemoryOverhead"));
    }
    put(out.supervise, given.boolean("spark.driver.supervise"));
    if (const auto attempts = given.whole("spark.yarn.maxAppAttempts", 1)) {
        out.app_attempts_max = std::min(out.app_attempts_max, *attempts);  // YARN's own limit
    }
}

// ---- of the cluster

std::optional<Millionths> maybe_decimal(const TableReader& table, std::string_view key) {
    return table.has(key) ? std::optional{table.decimal(key)} : std::nullopt;
}

void check_percent(const TableReader& table, std::string_view key, Diagnostics& problems) {
    const auto value = maybe_decimal(table, key);
    if (value && (value->count < 0 || value->count > 100 * one.count)) {
        problems.error(table.at(key), fmt::format("`{}` must be a percentage, 0 to 100", key));
    }
}

// Up to the root in as many steps as there are queues, or never. A name that is none ends the
// way too: it is reported where it stands.
bool is_below_itself(const QueueSpec& queue, const std::vector<QueueSpec>& queues) {
    const std::string* above = &queue.parent;
    for (std::size_t steps = 0; steps <= queues.size(); ++steps) {
        const auto parent = std::find_if(
            queues.begin(), queues.end(), [&](const QueueSpec& q) { return q.name == *above; });
        if (parent == queues.end()) {
            return false;
        }
        above = &parent->parent;
    }
    return true;
}

void check_queues(const YarnSpec& spec,
                  const std::vector<TableReader>& tables,
                  Diagnostics& problems) {
    std::vector<std::string> known{"root"};
    for (const QueueSpec& queue : spec.queues) {
        known.push_back(queue.name);
    }
    for (std::size_t i = 0; i < spec.queues.size(); ++i) {
        const QueueSpec& queue = spec.queues[i];
        if (!contains(known, queue.parent)) {
            report_unknown("queue", queue.parent, tables[i].at("parent"), known, problems);
            continue;
        }
        if (is_below_itself(queue, spec.queues)) {
            problems.error(tables[i].at("parent"),
                           fmt::format("queue `{}` is below itself", queue.name));
        }
        Millionths sum{0};
        bool all = true;
        for (const QueueSpec& sibling : spec.queues) {
            if (sibling.parent == queue.parent) {
                sum.count += sibling.capacity.value_or(Millionths{0}).count;
                all = all && sibling.capacity.has_value();
            }
        }
        if (sum.count > 100 * one.count || (all && sum.count != 100 * one.count)) {
            problems.error(tables[i].at("capacity"),
                           fmt::format("the capacities below `{}` make {} %, not 100",
                                       queue.parent,
                                       sum.count / one.count));
        }
        if (queue.capacity && queue.max_capacity && *queue.max_capacity < *queue.capacity) {
            problems.error(tables[i].at("max_capacity"),
                           "`max_capacity` must not be below `capacity`");
        }
    }
}

// A queue's name, or its path from the root as Hadoop writes it.
QueueSpec* queue_named(YarnSpec& spec, std::string_view path) {
    const std::string_view name = path.substr(path.rfind('.') + 1);
    const auto found = std::find_if(spec.queues.begin(),
                                    spec.queues.end(),
                                    [&](const QueueSpec& queue) { return queue.name == name; });
    return found == spec.queues.end() ? nullptr : &*found;
}

void read_user_limits(ConfProperties& given, YarnSpec& spec) {
    const std::string prefix = "yarn.scheduler.capacity.";
    const auto each = [&](std::string_view suffix, auto&& set) {
        for (const std::string& path : given.named(prefix, suffix)) {
            const std::string name = prefix + path + std::string{suffix};
            if (spec.queues.empty()) {
                spec.queues.emplace_back().name = "default";
            }
            if (QueueSpec* queue = queue_named(spec, path)) {
                set(*queue, name);
            } else {
                given.error(name, {}, fmt::format("there is no queue `{}`", path));
            }
        }
    };
    each(".user-limit-factor", [&](QueueSpec& queue, const std::string& name) {
        const bool unlimited = given.text(name) == "-1";
        queue.user_limit_factor = unlimited ? Millionths{-1} : given.factor(name).value_or(one);
    });
    each(".minimum-user-limit-percent", [&](QueueSpec& queue, const std::string& name) {
        queue.user_limit_min = given.whole(name, 1).value_or(100);
    });
}

// -1 of a count that is off when below 0.
std::optional<std::uint32_t> read_or_off(ConfProperties& given, std::string_view name, bool& off) {
    off = given.text(name) == "-1";
    return off ? std::nullopt : given.whole(name, 0);
}

void read_resource_manager(ConfProperties& given, YarnSpec& out) {
    put(out.node_beat, given.time("yarn.resourcemanager.nodemanagers.heartbeat-interval-ms"));
    put(out.node_expiry, given.time("yarn.nm.liveness-monitor.expiry-interval-ms"));
    if (const auto mib = given.whole("yarn.scheduler.minimum-allocation-mb", 1)) {
        out.container_min = mebibytes(*mib);
    }
    if (const auto mib = given.whole("yarn.scheduler.maximum-allocation-mb", 1)) {
        out.container_max = mebibytes(*mib);
    }
    put(out.cores_min, given.whole("yarn.scheduler.minimum-allocation-vcores", 1));
    put(out.cores_max, given.whole("yarn.scheduler.maximum-allocation-vcores", 1));
    const std::string calculator = "yarn.scheduler.capacity.resource-calculator";
    if (const auto name = given.text(calculator)) {
        out.dominant = *name == "dominant" || name->ends_with("DominantResourceCalculator");
        if (!out.dominant && *name != "default" && !name->ends_with("DefaultResourceCalculator")) {
            given.error(calculator,
                        {},
                        fmt::format("there is no resource calculator `{}`", *name),
                        "it is `default` or `dominant`, or the name of a class of Hadoop");
        }
    }
    put(out.node_locality_delay,
        read_or_off(given, "yarn.scheduler.capacity.node-locality-delay", out.ignores_locality));
    bool by_size = true;
    out.rack_delay =
        read_or_off(given, "yarn.scheduler.capacity.rack-locality-additional-delay", by_size);
    const std::string per_beat = "yarn.scheduler.capacity.per-node-heartbeat.";
    put(out.off_switch_per_beat, given.whole(per_beat + "maximum-offswitch-assignments", 1));
    put(out.assignments_per_beat, given.whole(per_beat + "maximum-container-assignments", 1));
    if (!given.boolean(per_beat + "multiple-assignments-enabled").value_or(true)) {
        out.assignments_per_beat = 1;
    }
    put(out.am_share, given.ratio("yarn.scheduler.capacity.maximum-am-resource-percent"));
    put(out.applications_max, given.whole("yarn.scheduler.capacity.maximum-applications", 1));
    put(out.preemption, given.boolean("yarn.resourcemanager.scheduler.monitor.enable"));
    const std::string preemption = "yarn.resourcemanager.monitor.capacity.preemption.";
    put(out.preemption_interval, given.time(preemption + "monitoring_interval"));
    put(out.preemption_wait, given.wait(preemption + "max_wait_before_kill"));
    put(out.preemption_per_round, given.ratio(preemption + "total_preemption_per_round"));
    put(out.preemption_ignored, given.ratio(preemption + "max_ignored_over_capacity"));
    put(out.preemption_natural, given.ratio(preemption + "natural_termination_factor"));
    put(out.assign_multiple, given.boolean("yarn.scheduler.fair.assignmultiple"));
    read_user_limits(given, out);
}

YarnSpec build_yarn(const TableReader& yarn, ConfProperties& given, Diagnostics& problems) {
    YarnSpec out;
    if (yarn.text("scheduler") == "fair") {
        out.scheduler = YarnSchedulerKind::fair;
    }
    UniqueNames names{"queue", problems};
    const std::vector<TableReader> queues = yarn.tables("queue");
    for (const TableReader& queue : queues) {
        QueueSpec& spec = out.queues.emplace_back();
        spec.name = queue.text("name");
        spec.parent = queue.text("parent");
        spec.capacity = maybe_decimal(queue, "capacity");
        spec.max_capacity = maybe_decimal(queue, "max_capacity");
        spec.weight = maybe_decimal(queue, "weight").value_or(one);
        names.add(spec.name, queue.at("name"));
        if (spec.name == "root") {
            problems.error(queue.at("name"), "`root` is the queue above all others");
        }
        check_percent(queue, "capacity", problems);
        check_percent(queue, "max_capacity", problems);
        if (spec.weight.count < 0) {
            problems.error(queue.at("weight"), "`weight` must not be below 0");
        }
    }
    check_queues(out, queues, problems);
    read_resource_manager(given, out);
    if (yarn.text("policy") == "drf") {
        out.dominant = true;
    }
    return out;
}

KubernetesSpec build_kubernetes(const TableReader& table, Diagnostics& problems) {
    KubernetesSpec out;
    if (table.text("scoring") == "most-allocated") {
        out.scoring = Scoring::most_allocated;
    }
    UniqueNames names{"namespace", problems};
    for (const TableReader& quota : table.tables("quota")) {
        QuotaSpec& spec = out.quotas.emplace_back();
        spec.name = quota.text("namespace");
        names.add(spec.name, quota.at("namespace"));
        spec.cores = quota.maybe_count("cores");
        spec.memory = quota.has("memory") ? std::optional{quota.size("memory")} : std::nullopt;
        spec.pods = quota.maybe_count("pods");
    }
    return out;
}

}  // namespace

void read_manager_conf(ConfProperties& given, const std::string& manager, AppConf& out) {
    const bool yarn = manager == "yarn";
    const bool kubernetes = manager == "kubernetes";
    out.container = read_container(given, out.compat);
    out.yarn = read_yarn(given);
    out.pods = read_pods(given, out.compat);
    read_mesos(given, manager, out);
    read_driver_conf(given, out);
    if (!yarn && !kubernetes) {
        return;
    }
    // Both start executors of one core, two of them, and wait for most of these (CM 11.1).
    out.executor_cores = out.executor_cores.value_or(1);
    const std::uint32_t instances = given.whole("spark.executor.instances", 1).value_or(2);
    out.executors_static = out.allocation.enabled ? out.allocation.executors_initial : instances;
    out.gate_by_executors = true;
    out.registered_ratio_min =
        given.ratio("spark.scheduler.minRegisteredResourcesRatio").value_or(Millionths{800'000});
    if (yarn) {
        put(out.executor_failures_max, given.whole("spark.yarn.max.executor.failures", 1));
        if (const auto validity = given.time("spark.yarn.executor.failuresValidityInterval")) {
            out.executor_failures_validity = validity;
        }
        out.failure_cap = FailureCap::of_manager;
        return;
    }
    out.failure_cap = FailureCap::exceeded;
    if (!out.executor_failures_max) {
        const std::uint32_t executors =
            out.allocation.enabled ? out.allocation.executors_max : instances;
        out.executor_failures_max = executors > AllocationConf::unlimited / 2
                                        ? AllocationConf::unlimited
                                        : std::max(3U, 2 * executors);
    }
}

void build_managers(const TableReader& cluster,
                    ConfProperties& given,
                    ClusterSpec& out,
                    Diagnostics& problems) {
    out.yarn = build_yarn(cluster.table("yarn"), given, problems);
    out.kubernetes = build_kubernetes(cluster.table("kubernetes"), problems);
    out.mesos = build_mesos(cluster.table("mesos"), problems);
}

}  // namespace forkyard::sim
