// Nodes, applications and executors around a policy that is measured: what it launches registers
// at once, its timers fire when nothing else is to do, and every action goes through the ledger,
// as in a run.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <tuple>
#include <variant>

#include "core/model/scenario.hpp"
#include "core/policy/cluster_manager.hpp"
#include "core/policy/ledger.hpp"

namespace forkyard::tools {

class BenchCluster final : public Chooser {
public:
    // Both must outlive it.
    BenchCluster(const Scenario& scenario, ClusterManager& manager)
        : scenario_{scenario}, manager_{manager}, ledger_{scenario} {}

    std::uint64_t choose(std::string_view /*point*/,
                         std::string_view /*label*/,
                         std::uint64_t /*n*/) override {
        return 0;
    }

    void join_all() {
        for (std::uint32_t n = 0; n < scenario_.cluster.nodes.size(); ++n) {
            const NodeSpec& node = scenario_.cluster.nodes[n];
            handle(WorkerJoined{NodeId{n}, node.cores, node.memory, node.rack});
        }
    }

    // The event, and what follows at once.
    void handle(const Event& event) {
        tell(event);
        while (!launched_.empty() && !problem_) {
            const LaunchExecutor grant = launched_.front();
            launched_.pop_front();
            ++granted_;
            running_.push_back(grant);
            tell(ExecutorRegistered{grant.app, grant.exec, grant.node, grant.cores, grant.memory});
        }
    }

    // The next timer that leads to something. False: there is none.
    [[nodiscard]] bool wake() {
        while (!timers_.empty() && !problem_) {
            const auto first = timers_.extract(timers_.begin());
            now_ = std::get<0>(first.key());
            if (manager_.due(now_, first.mapped())) {
                handle(first.mapped());
                return true;
            }
        }
        return false;
    }

    // The executor that has run for longest ends. False: none runs.
    [[nodiscard]] bool lose_oldest() {
        if (running_.empty()) {
            return false;
        }
        const LaunchExecutor oldest = running_.front();
        running_.pop_front();
        handle(ExecutorLost{oldest.app, oldest.exec, LossReason::exited, 1, {}});
        return true;
    }

    [[nodiscard]] std::uint64_t told() const { return told_; }
    [[nodiscard]] std::uint64_t granted() const { return granted_; }
    // A rule that the policy has broken, or its own failure.
    [[nodiscard]] const std::optional<std::string>& problem() const { return problem_; }

private:
    void tell(const Event& event) {
        ++told_;
        ledger_.hear(event);
        decisions_.clear();
        Step step{now_, decisions_, *this};
        manager_.handle(step, event);
        if (const std::string* failure = manager_.failure()) {
            problem_ = *failure;
        }
        for (const TimerRequest& request : decisions_.timers) {
            timers_.emplace(std::tuple{request.at, request.timer.app, request.timer.what},
                            request.timer);
        }
        for (const Action& action : decisions_.actions) {
            if (auto rule = ledger_.enter(action); rule && !problem_) {
                problem_ = std::move(rule);
            }
            if (const auto* grant = std::get_if<LaunchExecutor>(&action)) {
                launched_.push_back(*grant);
            }
        }
    }

    const Scenario& scenario_;
    ClusterManager& manager_;
    Ledger ledger_;
    Decisions decisions_;
    SimTime now_{};
    std::multimap<std::tuple<SimTime, AppId, TimerKind>, TimerFired> timers_;
    std::deque<LaunchExecutor> launched_;
    std::deque<LaunchExecutor> running_;
    std::uint64_t told_ = 0;
    std::uint64_t granted_ = 0;
    std::optional<std::string> problem_;
};

}  // namespace forkyard::tools
