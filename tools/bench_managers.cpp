#include "tools/bench_managers.hpp"

#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "core/policy/registry.hpp"
#include "sim/bench/statistics.hpp"
#include "tools/bench_cluster.hpp"

namespace forkyard::tools {

namespace {

constexpr std::uint32_t applications = 100;
constexpr std::uint32_t node_cores = 10;  // of a node, one for each executor

Scenario whole_cluster(const std::string& manager, std::uint32_t nodes) {
    Scenario scenario;
    scenario.cluster.manager = manager;
    for (std::uint32_t n = 0; n < nodes; ++n) {
        NodeSpec& node = scenario.cluster.nodes.emplace_back();
        node.name = fmt::format("w-{}", n + 1);
        node.cores = node_cores;
        node.memory = Bytes{std::int64_t{64} << 30};
    }
    for (std::uint32_t a = 0; a < applications; ++a) {
        AppSpec& app = scenario.apps.emplace_back();
        app.name = fmt::format("app-{}", a + 1);
        app.conf.executor_cores = 1;
        app.conf.cores_max = nodes * node_cores / applications;
        app.conf.yarn.am_unmanaged = true;
    }
    return scenario;
}

// Until every core is granted; false: it never comes to that.
bool fill(BenchCluster& cluster, std::uint32_t grants) {
    cluster.join_all();
    for (std::uint32_t a = 0; a < applications; ++a) {
        cluster.handle(AppSubmitted{AppId{a}, {}});
        cluster.handle(ExecutorsRequested{AppId{a}, grants / applications});
    }
    while (cluster.granted() < grants && cluster.wake()) {
    }
    return cluster.granted() == grants && !cluster.problem();
}

}  // namespace

Result<void> bench_managers(Figures& figures) {
    for (const PolicyInfo& policy : policies()) {
        if (policy.name == "local" || policy.name == "chaos") {
            continue;  // one has no cluster, the other that of a standalone master
        }
        for (const std::uint32_t nodes : {1'000U, 10'000U}) {
            const Scenario scenario = whole_cluster(std::string{policy.name}, nodes);
            std::vector<double> seconds;
            for (int run = 0; run < 5; ++run) {
                const auto begin = std::chrono::steady_clock::now();
                const std::unique_ptr<ClusterManager> manager = make_policy(scenario);
                BenchCluster cluster{scenario, *manager};
                if (!fill(cluster, nodes * node_cores)) {
                    return fail(
                        {fmt::format("{} {}",
                                     policy.name,
                                     cluster.problem().value_or("does not fill the cluster")),
                         {},
                         {}});
                }
                seconds.push_back(
                    std::chrono::duration<double>(std::chrono::steady_clock::now() - begin)
                        .count());
            }
            const double median = sim::median(seconds);
            figures.add(
                fmt::format("{}, {} nodes, {} executors", policy.name, nodes, nodes * node_cores),
                median * 1000,
                "ms");
            figures.add("  one of them", median * 1e6 / (nodes * node_cores), "us");
        }
    }
    return {};
}

}  // namespace forkyard::tools
