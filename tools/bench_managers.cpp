#include "tools/bench_managers.hpp"

#include <chrono>
#include <map>
#include <memory>
#include <string>
#include <tuple>
#include <variant>
#include <vector>

#include <fmt/format.h>

#include "core/policy/ledger.hpp"
#include "core/policy/registry.hpp"
#include "sim/bench/statistics.hpp"

namespace forkyard::tools {

namespace {

constexpr std::uint32_t applications = 100;
constexpr std::uint32_t cores = 10;  // of a node, one for each executor

Scenario whole_cluster(const std::string& manager, std::uint32_t nodes) {
    Scenario scenario;
    scenario.cluster.manager = manager;
    for (std::uint32_t n = 0; n < nodes; ++n) {
        NodeSpec& node = scenario.cluster.nodes.emplace_back();
        node.name = fmt::format("w-{}", n + 1);
        node.cores = cores;
        node.memory = Bytes{std::int64_t{64} << 30};
    }
    for (std::uint32_t a = 0; a < applications; ++a) {
        AppSpec& app = scenario.apps.emplace_back();
        app.name = fmt::format("app-{}", a + 1);
        app.conf.executor_cores = 1;
        app.conf.cores_max = nodes * cores / applications;
        app.conf.yarn.am_unmanaged = true;
    }
    return scenario;
}

// Nodes, applications and executors around a policy; every action goes through the ledger, as
// in a run.
class Cluster final : public Chooser {
public:
    explicit Cluster(const Scenario& scenario)
        : scenario_{scenario}, manager_{make_policy(scenario)}, ledger_{scenario} {}

    std::uint64_t choose(std::string_view /*point*/,
                         std::string_view /*label*/,
                         std::uint64_t /*n*/) override {
        return 0;
    }

    // Until every core is granted; false: it never comes to that.
    [[nodiscard]] bool fill(std::uint32_t grants) {
        for (std::uint32_t n = 0; n < scenario_.cluster.nodes.size(); ++n) {
            const NodeSpec& node = scenario_.cluster.nodes[n];
            handle(WorkerJoined{NodeId{n}, node.cores, node.memory, node.rack});
        }
        for (std::uint32_t a = 0; a < applications; ++a) {
            handle(AppSubmitted{AppId{a}, {}});
            handle(ExecutorsRequested{AppId{a}, grants / applications});
        }
        while (granted_ < grants && !timers_.empty() && !refused_) {
            const auto first = timers_.extract(timers_.begin());
            now_ = std::get<0>(first.key());
            if (manager_->due(now_, first.mapped())) {
                handle(first.mapped());
            }
        }
        return granted_ == grants && !refused_;
    }

private:
    void handle(const Event& event) {
        ledger_.hear(event);
        Decisions decisions;
        Step step{now_, decisions, *this};
        manager_->handle(step, event);
        for (const TimerRequest& request : decisions.timers) {
            timers_.emplace(std::tuple{request.at, request.timer.app, request.timer.what},
                            request.timer);
        }
        for (const Action& action : decisions.actions) {
            refused_ = refused_ || ledger_.enter(action).has_value();
            if (const auto* grant = std::get_if<LaunchExecutor>(&action)) {
                ++granted_;
                handle(ExecutorRegistered{
                    grant->app, grant->exec, grant->node, grant->cores, grant->memory});
            }
        }
    }

    const Scenario& scenario_;
    std::unique_ptr<ClusterManager> manager_;
    Ledger ledger_;
    SimTime now_{};
    std::multimap<std::tuple<SimTime, AppId, TimerKind>, TimerFired> timers_;
    std::uint32_t granted_ = 0;
    bool refused_ = false;
};

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
                Cluster cluster{scenario};
                if (!cluster.fill(nodes * cores)) {
                    return fail({fmt::format("{} does not fill the cluster", policy.name), {}, {}});
                }
                seconds.push_back(
                    std::chrono::duration<double>(std::chrono::steady_clock::now() - begin)
                        .count());
            }
            const double median = sim::median(seconds);
            figures.add(
                fmt::format("{}, {} nodes, {} executors", policy.name, nodes, nodes * cores),
                median * 1000,
                "ms");
            figures.add("  one of them", median * 1e6 / (nodes * cores), "us");
        }
    }
    return {};
}

}  // namespace forkyard::tools
