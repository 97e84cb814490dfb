// What YARN, Kubernetes and Mesos go by: their tables (YARN's: build_yarn), and the properties of
// Spark's side.
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
        out.creation_timeout = std::chrono::seconds{60};
    }
    put(out.batch_size, given.whole(prefix + "batch.size", 1));
    put(out.batch_delay, given.time(prefix + "batch.delay"));
    if (out.batch_delay <= std::chrono::milliseconds{100}) {
        given.error(prefix + "batch.delay",
                    {},
                    fmt::format("`{}batch.delay` must be longer than 100 ms", prefix));
    }
    put(out.creation_timeout, given.time(prefix + "executor.timeout"));
    put(out.pending_max, given.whole(prefix + "maxPendingPods", 1));
    put(out.pods_max, given.whole(prefix + "maximum", 1));
    out.request_millicores = read_millicores(given, "spark.kubernetes.executor.request.cores");
    return out;
}

constexpr std::string_view exclude_nodes = "spark.yarn.exclude.nodes";

// Without the blanks around each.
std::vector<std::string> split_commas(std::string_view text) {
    std::vector<std::string> out;
    while (!text.empty()) {
        const std::size_t comma = std::min(text.find(','), text.size());
        std::string_view part = text.substr(0, comma);
        text.remove_prefix(std::min(comma + 1, text.size()));
        part.remove_prefix(std::min(part.find_first_not_of(" \t"), part.size()));
        part = part.substr(0, part.find_last_not_of(" \t") + 1);
        if (!part.empty()) {
            out.emplace_back(part);
        }
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
    out.excluded_nodes = split_commas(given.text(exclude_nodes).value_or(""));
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
    out.failure_cap = yarn ? FailureCap::of_manager : FailureCap::exceeded;
    if (yarn) {
        put(out.executor_failures_max, given.whole("spark.yarn.max.executor.failures", 1));
        if (const auto validity = given.time("spark.yarn.executor.failuresValidityInterval")) {
            out.executor_failures_validity = validity;
        }
    }
    if (!out.executor_failures_max) {
        const std::uint32_t executors =
            out.allocation.enabled ? out.allocation.executors_max : instances;
        out.executor_failures_max = executors > AllocationConf::unlimited / 2
                                        ? AllocationConf::unlimited
                                        : std::max(3U, 2 * executors);
    }
}

void check_excluded_nodes(const ConfProperties& given,
                          const ClusterSpec& cluster,
                          const AppSpec& app) {
    std::vector<std::string> known;
    for (const NodeSpec& node : cluster.nodes) {
        known.push_back(node.name);
    }
    for (const std::string& name : app.conf.yarn.excluded_nodes) {
        if (cluster.manager == "yarn" && !contains(known, name)) {
            given.warning(exclude_nodes,
                          fmt::format("there is no worker `{}` to exclude", name),
                          did_you_mean(name, known));
        }
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
