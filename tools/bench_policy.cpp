#include "tools/bench_policy.hpp"

#include <chrono>
#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

#include <fmt/format.h>

#include "sim/bench/statistics.hpp"
#include "sim/plugin/make_manager.hpp"
#include "tools/bench_cluster.hpp"

namespace forkyard::tools {

namespace {

constexpr std::uint32_t nodes = 100;
constexpr std::uint32_t cores = 4;        // of a node; an executor takes two
constexpr std::uint64_t events = 20'000;  // in one run

Scenario small_cluster(const std::string& policy) {
    Scenario scenario;
    scenario.cluster.manager = policy;
    for (std::uint32_t n = 0; n < nodes; ++n) {
        NodeSpec& node = scenario.cluster.nodes.emplace_back();
        node.name = fmt::format("w-{}", n + 1);
        node.cores = cores;
        node.memory = Bytes{std::int64_t{8} << 30};
    }
    AppSpec& app = scenario.apps.emplace_back();
    app.name = "app";
    app.conf.executor_cores = 2;
    return scenario;
}

// A full cluster in which the oldest executor is lost, again and again: its node's room is free,
// and the policy has to fill it.
Result<void> churn(BenchCluster& cluster, std::string_view manager) {
    cluster.join_all();
    cluster.handle(AppSubmitted{AppId{0}, {}});
    cluster.handle(ExecutorsRequested{AppId{0}, nodes * cores / 2});
    while (cluster.granted() == 0 && cluster.wake()) {
    }
    while (cluster.told() < events && !cluster.problem()) {
        if (!cluster.lose_oldest() && !cluster.wake()) {
            return fail({fmt::format("the cluster manager {} launches no executor in an empty "
                                     "cluster",
                                     manager),
                         "--policy",
                         {},
                         Exit::failed});
        }
    }
    if (!cluster.problem()) {
        return {};
    }
    return fail({fmt::format("the cluster manager {} {}", manager, *cluster.problem()),
                 "--policy",
                 {},
                 Exit::failed});
}

}  // namespace

Result<void> bench_policy(Figures& figures, const std::string& policy) {
    const Scenario scenario = small_cluster(policy);
    std::vector<double> rates;
    for (int run = 0; run < 5; ++run) {
        const Result<std::unique_ptr<ClusterManager>> manager = sim::make_manager(scenario, ".");
        if (!manager) {
            return fail(manager.error());
        }
        BenchCluster cluster{scenario, **manager};
        const auto begin = std::chrono::steady_clock::now();
        Result<void> done = churn(cluster, (*manager)->name());
        if (!done) {
            return done;
        }
        const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begin;
        rates.push_back(static_cast<double>(cluster.told()) / took.count());
    }
    figures.add(fmt::format("{}, {} nodes, {} executors", policy, nodes, nodes * cores / 2),
                sim::median(rates),
                "events/s");
    return {};
}

}  // namespace forkyard::tools
