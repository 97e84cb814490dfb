#include "tools/bench_policy.hpp"

#include <chrono>
#include <cstdint>
#include <deque>
#include <memory>
#include <utility>
#include <variant>
#include <vector>

#include <fmt/format.h>

#include "core/policy/ledger.hpp"
#include "sim/bench/statistics.hpp"
#include "sim/plugin/make_manager.hpp"

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
class Churn final : public Chooser {
public:
    Churn(const Scenario& scenario, ClusterManager& manager)
        : scenario_{scenario}, manager_{manager}, ledger_{scenario} {}

    std::uint64_t choose(std::string_view /*point*/,
                         std::string_view /*label*/,
                         std::uint64_t /*n*/) override {
        return 0;
    }

    Result<void> run() {
        for (std::uint32_t n = 0; n < nodes; ++n) {
            const NodeSpec& node = scenario_.cluster.nodes[n];
            handle(WorkerJoined{NodeId{n}, node.cores, node.memory, node.rack});
        }
        handle(AppSubmitted{AppId{0}, {}});
        handle(ExecutorsRequested{AppId{0}, nodes * cores / 2});
        while (told_ < events && problem_.empty()) {
            if (!granted_.empty()) {
                const LaunchExecutor grant = granted_.front();
                granted_.pop_front();
                running_.push_back(grant.exec);
                handle(ExecutorRegistered{
                    grant.app, grant.exec, grant.node, grant.cores, grant.memory});
            } else if (!running_.empty()) {
                const ExecutorId oldest = running_.front();
                running_.pop_front();
                handle(ExecutorLost{AppId{0}, oldest, LossReason::exited, 1, {}});
            } else {
                problem_ = "launches no executor in an empty cluster";
            }
        }
        if (problem_.empty()) {
            return {};
        }
        return fail({fmt::format("the cluster manager {} {}", manager_.name(), problem_),
                     "--policy",
                     {},
                     Exit::failed});
    }
    [[nodiscard]] std::uint64_t told() const { return told_; }

private:
    void handle(const Event& event) {
        ++told_;
        ledger_.hear(event);
        decisions_.clear();
        Step step{SimTime{}, decisions_, *this};
        manager_.handle(step, event);
        if (manager_.failure() != nullptr) {
            problem_ = *manager_.failure();
        }
        for (const Action& action : decisions_.actions) {
            if (const auto rule = ledger_.enter(action)) {
                problem_ = *rule;
            }
            if (const auto* grant = std::get_if<LaunchExecutor>(&action)) {
                granted_.push_back(*grant);
            }
        }
    }

    const Scenario& scenario_;
    ClusterManager& manager_;
    Ledger ledger_;
    Decisions decisions_;
    std::deque<LaunchExecutor> granted_;
    std::deque<ExecutorId> running_;
    std::uint64_t told_ = 0;
    std::string problem_;
};

}  // namespace

Result<void> bench_policy(Figures& figures, const std::string& policy) {
    const Scenario scenario = small_cluster(policy);
    std::vector<double> rates;
    for (int run = 0; run < 5; ++run) {
        const Result<std::unique_ptr<ClusterManager>> manager = sim::make_manager(scenario, ".");
        if (!manager) {
            return fail(manager.error());
        }
        Churn churn{scenario, **manager};
        const auto begin = std::chrono::steady_clock::now();
        Result<void> done = churn.run();
        if (!done) {
            return done;
        }
        const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begin;
        rates.push_back(static_cast<double>(churn.told()) / took.count());
    }
    figures.add(fmt::format("{}, {} nodes, {} executors", policy, nodes, nodes * cores / 2),
                sim::median(rates),
                "events/s");
    return {};
}

}  // namespace forkyard::tools
