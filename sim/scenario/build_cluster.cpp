#include <algorithm>
#include <array>
#include <optional>
#include <string>
#include <string_view>

#include <fmt/format.h>

#include "sim/scenario/builders.hpp"
#include "sim/scenario/conf_properties.hpp"
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

// local-cluster[WORKERS,CORES,MEMORY]: a standalone cluster of so many alike, the memory of each
// in MiB; blanks around the numbers do not count. None: not as it must be.
std::optional<std::array<std::uint32_t, 3>> parse_local_cluster(std::string_view manager) {
    constexpr std::string_view begin = "local-cluster[";
    constexpr std::string_view blanks = " \t";
    if (!manager.starts_with(begin) || !manager.ends_with(']')) {
        return std::nullopt;
    }
    std::string_view rest = manager.substr(begin.size(), manager.size() - begin.size() - 1);
    std::array<std::uint32_t, 3> numbers{};
    for (std::size_t i = 0; i < numbers.size(); ++i) {
        const bool last = i + 1 == numbers.size();
        const std::size_t end = last ? rest.size() : rest.find(',');
        if (end == std::string_view::npos) {
            return std::nullopt;
        }
        std::string_view digits = rest.substr(0, end);
        digits.remove_prefix(std::min(digits.find_first_not_of(blanks), digits.size()));
        digits = digits.substr(0, digits.find_last_not_of(blanks) + 1);
        const bool plain = digits.find_first_not_of("0123456789") == std::string_view::npos;
        const auto number = plain && digits.size() <= 6 ? parse_whole(digits) : std::nullopt;
        if (!number || *number == 0) {
            return std::nullopt;
        }
        numbers[i] = static_cast<std::uint32_t>(*number);
        rest.remove_prefix(last ? rest.size() : end + 1);
    }
    return numbers;
}

// In Spark: LocalSparkCluster. Its master and workers follow the rules of standalone ones.
void build_local_cluster(const TableReader& cluster, ClusterSpec& out, Diagnostics& problems) {
    const auto numbers = parse_local_cluster(out.manager);
    if (!numbers) {
        problems.error(cluster.at("manager"),
                       fmt::format("`{}` is no local cluster", out.manager),
                       "write it as local-cluster[WORKERS,CORES,MEMORY], the memory of a worker in "
                       "MiB, as in local-cluster[2,1,1024]");
        return;
    }
    if (cluster.has("worker")) {
        problems.error(cluster.at("worker"),
                       "a local cluster makes its own workers",
                       "leave [[cluster.worker]] out, or set `manager` to \"standalone\"");
    }
    out.manager = "standalone";
    out.local = true;
    NodeSpec node;
    node.cores = (*numbers)[1];
    node.memory = Bytes{std::int64_t{(*numbers)[2]} << 20};
    for (std::uint32_t i = 1; i <= numbers->front(); ++i) {
        node.name = fmt::format("worker-{}", i);
        out.nodes.push_back(node);
    }
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

void build_cluster(const TableReader& scenario, Scenario& out, Diagnostics& problems) {
    const TableReader cluster = scenario.table("cluster");
    ClusterSpec& spec = out.cluster;
    spec.manager = cluster.text("manager");
    spec.executor_start = cluster.duration("executor_start");
    spec.driver_start = cluster.duration("driver_start");
    spec.message_delay = cluster.duration("message_delay");
    spec.task_overhead = cluster.duration("task_overhead");
    if (spec.manager.starts_with("local-cluster")) {
        build_local_cluster(cluster, spec, problems);
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
    out.master = read_master_conf(given);
}

}  // namespace forkyard::sim
