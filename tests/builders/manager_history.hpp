// A random history of a cluster: nodes, applications, drivers, requests with their hints, and
// losses as the seed has them, told to a manager, or to several at once that must agree.
//
// Whatever the manager does goes through the ledger. Its timers fire when they are due.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <tuple>
#include <utility>
#include <variant>
#include <vector>

#include <doctest/doctest.h>
#include <fmt/format.h>

#include "core/policy/ledger.hpp"
#include "core/policy/registry.hpp"
#include "core/random.hpp"
#include "tests/builders/choosers.hpp"
#include "tests/builders/lines.hpp"

namespace forkyard {

enum class NodesIn { come_and_go, stay };

class ManagerHistory {
public:
    // `scenario` must outlive it.
    ManagerHistory(const Scenario& scenario,
                   std::uint64_t seed,
                   NodesIn nodes = NodesIn::come_and_go)
        : scenario_{scenario},
          key_{random_key(seed, Stream::test)},
          nodes_come_and_go_{nodes == NodesIn::come_and_go},
          ledger_{scenario},
          nodes_(scenario.cluster.nodes.size()),
          apps_(scenario.apps.size()) {
        add(make_policy(scenario));
        for (std::uint32_t n = 0; n < nodes_.size() && !nodes_come_and_go_; ++n) {
            join(n);
        }
    }
    ManagerHistory(const ManagerHistory&) = delete;
    ManagerHistory& operator=(const ManagerHistory&) = delete;

    [[nodiscard]] const ClusterManager& manager() const { return *managers_.front(); }
    // From now on it is told the same, and must do the same.
    void add(std::unique_ptr<ClusterManager> manager) {
        REQUIRE(manager != nullptr);
        managers_.push_back(std::move(manager));
    }
    // What they have done, all but notes.
    [[nodiscard]] std::size_t grants() const { return grants_made_; }
    [[nodiscard]] std::size_t losses() const { return losses_; }
    [[nodiscard]] std::size_t drivers() const { return drivers_started_; }

    // One thing more happens, some time later.
    void go_on() {
        const std::uint64_t pause = below(20) == 0 ? below(700'000) : below(2'000);
        fire_until(now_ + std::chrono::milliseconds{pause});
        const std::uint64_t what = below(1'000);
        if (what < 150 && nodes_come_and_go_) {
            change_node(static_cast<std::uint32_t>(below(nodes_.size())));
        } else if (what < 500) {
            request(static_cast<std::uint32_t>(below(apps_.size())));
        } else if (what < 750) {
            register_one();
        } else if (what < 985) {
            lose_one();
        } else if (what < 997) {
            lose_driver(static_cast<std::uint32_t>(below(apps_.size())), LossReason::killed);
        } else {
            end(static_cast<std::uint32_t>(below(apps_.size())));
        }
        lose_the_doomed();
        if (!lent_.empty()) {
            return_some();
        }
    }

private:
    enum class NodeState { away, up, draining, silent };
    enum class DriverState { none, launched, running };
    struct App {
        bool there = false;
        bool ended = false;
        DriverState driver = DriverState::none;  // in cluster mode
        LaunchDriver launch{};                   // of it
    };
    struct Running {
        LaunchExecutor grant;
        bool registered = false;
        bool exited = false;
    };
    std::uint64_t below(std::uint64_t bound) { return draw_below(key_, draws_++, bound); }

    void change_node(std::uint32_t n) {
        NodeState& node = nodes_[n];
        const NodeId id{n};
        if (node == NodeState::up && below(4) == 0) {
            node = NodeState::draining;
            tell(WorkerDraining{id, now_ + std::chrono::seconds{60}});
        } else if (node == NodeState::up && below(2) == 0) {
            node = NodeState::silent;
            lose_drivers(id);
            tell(WorkerBeat{id, BeatState::silent, now_});
        } else if (node == NodeState::silent && below(2) == 0) {
            node = NodeState::up;
            tell(WorkerBeat{id, BeatState::back, now_});
        } else if (node == NodeState::away) {
            join(n);
        } else {
            leave(id);
        }
    }
    void join(std::uint32_t n) {
        nodes_[n] = NodeState::up;
        const NodeSpec& spec = scenario_.cluster.nodes[n];
        tell(WorkerJoined{NodeId{n}, spec.cores, spec.memory, spec.rack});
    }
    void leave(NodeId node) {
        nodes_[node.index()] = NodeState::away;
        lose_drivers(node);
        tell(WorkerLost{node});
        doom(node);
    }
    // What ran there is lost, some of it a little later.
    void doom(NodeId node) {
        for (const auto& [exec, running] : running_) {
            if (running.grant.node == node) {
                doomed_.emplace(exec, LossReason::worker_lost);
            }
        }
    }
    void request(std::uint32_t n) {
        App& app = apps_[n];
        if (app.ended) {
            return;
        }
        if (!app.there) {
            app.there = true;
            tell(AppSubmitted{AppId{n}, {}});
        }
        if (app.driver == DriverState::launched) {
            app.driver = DriverState::running;
            ++drivers_started_;
            tell(DriverStarted{AppId{n}, app.launch.node, app.launch.attempt});
        }
        // It may have been refused, or its driver waits.
        if (!app.ended && (!scenario_.apps[n].cluster_mode || app.driver == DriverState::running)) {
            const auto total = static_cast<std::uint32_t>(below(12));
            tell(ExecutorsRequested{AppId{n}, total, hints()});
            if (scenario_.apps[n].conf.mesos.fine_grained) {
                tell(OffersRevived{AppId{n}, static_cast<std::uint32_t>(below(12))});
            }
        }
    }
    PlacementHints hints() {
        PlacementHints hints;
        if (below(2) == 0) {
            return hints;
        }
        for (std::uint32_t n = 0; n < nodes_.size(); ++n) {
            if (below(3) == 0) {
                hints.on.push_back({NodeId{n}, static_cast<std::uint32_t>(1 + below(8))});
                hints.local_tasks += hints.on.back().tasks;
            }
        }
        if (below(4) == 0) {
            hints.excluded.emplace_back(static_cast<std::uint32_t>(below(nodes_.size())));
        }
        return hints;
    }
    void lose_drivers(NodeId node) {
        for (std::uint32_t n = 0; n < apps_.size(); ++n) {
            if (apps_[n].driver != DriverState::none && apps_[n].launch.node == node) {
                lose_driver(n, LossReason::worker_lost);
            }
        }
    }
    // Its executors end by themselves.
    void lose_driver(std::uint32_t n, LossReason reason) {
        if (apps_[n].driver == DriverState::none) {
            return;
        }
        apps_[n].driver = DriverState::none;
        doom(AppId{n});
        tell(DriverLost{AppId{n}, apps_[n].launch.node, reason, 137});
    }
    void doom(AppId app) {
        for (const auto& [exec, running] : running_) {
            if (running.grant.app == app) {
                doomed_.emplace(exec, LossReason::app_finished);
            }
        }
    }
    // Of the cores that were lent to an executor, which may have ended meanwhile.
    void return_some() {
        const auto chosen =
            std::next(lent_.begin(), static_cast<std::ptrdiff_t>(below(lent_.size())));
        const LaunchExecutor& grant = running_.at(chosen->first).grant;
        const auto cores = static_cast<std::uint32_t>(1 + below(chosen->second));
        chosen->second -= cores;
        if (chosen->second == 0) {
            lent_.erase(chosen);
        }
        const SimDuration refuse = std::chrono::seconds{below(2) == 0 ? 5 : 0};
        const auto waiting = static_cast<std::uint32_t>(below(8));
        tell(CoresReturned{grant.app, grant.exec, cores, refuse, waiting});
    }
    void register_one() {
        for (auto& [exec, running] : running_) {
            if (!running.registered && below(2) == 0) {
                const LaunchExecutor& grant = running.grant;
                running.registered = true;
                tell(ExecutorRegistered{
                    grant.app, grant.exec, grant.node, grant.cores, grant.memory});
                return;
            }
        }
    }
    void lose_one() {
        if (running_.empty()) {
            return;
        }
        const auto chosen =
            std::next(running_.begin(), static_cast<std::ptrdiff_t>(below(running_.size())));
        constexpr LossReason reasons[] = {LossReason::exited,
                                          LossReason::exited,
                                          LossReason::requested,
                                          LossReason::requested,
                                          LossReason::idle,
                                          LossReason::heartbeat_timeout,
                                          LossReason::preempted,
                                          LossReason::launch_failed};
        if (below(4) == 0 && !chosen->second.exited) {
            chosen->second.exited = true;
            tell(ExecutorExited{chosen->second.grant.app, chosen->second.grant.exec});
            return;
        }
        lose(chosen->first, reasons[below(std::size(reasons))]);
    }
    void lose_the_doomed() {
        const std::map<ExecutorId, LossReason> doomed = doomed_;
        for (const auto& [exec, reason] : doomed) {
            if (below(2) == 0) {
                lose(exec, reason);
            }
        }
    }
    void lose(ExecutorId exec, LossReason reason) {
        const auto found = running_.find(exec);
        doomed_.erase(exec);
        if (found == running_.end()) {
            return;
        }
        const AppId app = found->second.grant.app;
        running_.erase(found);
        lent_.erase(exec);
        ++losses_;
        const std::int32_t code = below(3) == 0 ? 0 : 1;
        tell(ExecutorLost{app, exec, reason, code, {}});
    }
    void end(std::uint32_t n) {
        if (!apps_[n].there || apps_[n].ended) {
            return;
        }
        forget(AppId{n});
        ask_all(
            [&](ClusterManager& manager, Step& step) { manager.end_application(step, AppId{n}); });
    }
    void forget(AppId app) {
        apps_[app.index()].ended = true;
        apps_[app.index()].driver = DriverState::none;
        ledger_.end_application(app);
        doom(app);
    }

    void fire_until(SimTime end) {
        while (!timers_.empty() && std::get<SimTime>(timers_.begin()->first) <= end) {
            const TimerFired timer = timers_.begin()->second;
            now_ = std::get<SimTime>(timers_.begin()->first);
            timers_.erase(timers_.begin());
            const bool due = managers_.front()->due(now_, timer);
            for (const auto& manager : managers_) {
                REQUIRE(manager->due(now_, timer) == due);
            }
            if (due) {
                tell(timer);
                if (timer.what == TimerKind::worker_timeout) {
                    given_up(timer.node);
                }
            }
        }
        now_ = end;
    }
    // A node that a manager has given up has left for everybody else as well.
    void given_up(NodeId node) {
        if (nodes_[node.index()] != NodeState::away) {
            leave(node);
        }
    }
    void tell(const Event& event) {
        ledger_.hear(event);
        ask_all([&](ClusterManager& manager, Step& step) { manager.handle(step, event); });
    }
    template <class Question>
    void ask_all(Question&& question) {
        Decisions first;
        for (std::size_t i = 0; i < managers_.size(); ++i) {
            Decisions decisions;
            Step step{now_, decisions, chooser_};
            question(*managers_[i], step);
            if (i == 0) {
                first = std::move(decisions);
            } else {
                REQUIRE(text_of(decisions) == text_of(first));
                REQUIRE(managers_[i]->digest() == manager().digest());
            }
        }
        follow(first);
    }
    void follow(const Decisions& decisions) {
        for (const Action& action : decisions.actions) {
            INFO(line_of(action));
            REQUIRE(ledger_.enter(action).value_or("") == "");
            if (const auto* grant = std::get_if<LaunchExecutor>(&action)) {
                running_.emplace(grant->exec, Running{*grant});
                ++grants_made_;
            } else if (const auto* offer = std::get_if<OfferCores>(&action)) {
                lent_[offer->exec] += offer->cores;
            } else if (const auto* driver = std::get_if<LaunchDriver>(&action)) {
                apps_[driver->app.index()].driver = DriverState::launched;
                apps_[driver->app.index()].launch = *driver;
            } else if (const auto* kill = std::get_if<KillExecutor>(&action)) {
                doomed_.emplace(kill->exec, kill->reason);
            } else if (const auto* removed = std::get_if<RemoveApplication>(&action)) {
                forget(removed->app);
            }
        }
        for (const TimerRequest& request : decisions.timers) {
            REQUIRE(ledger_.enter(now_, request).value_or("") == "");
            timers_.emplace(std::tuple{request.at, request.timer.app, request.timer.what},
                            request.timer);
        }
    }
    static Lines text_of(const Decisions& decisions) {
        Lines lines;
        for (const Action& action : decisions.actions) {
            lines.push_back(line_of(action));
            if (const auto* grant = std::get_if<LaunchExecutor>(&action)) {
                lines.back() += fmt::format(", {} bytes", grant->memory.count);
            } else if (const auto* kill = std::get_if<KillExecutor>(&action)) {
                lines.back() += fmt::format(", of a{}", kill->app.value);
            }
        }
        for (const TimerRequest& request : decisions.timers) {
            lines.push_back(fmt::format("timer {} of a{} w{} at {} us",
                                        static_cast<int>(request.timer.what),
                                        request.timer.app.value,
                                        request.timer.node.value,
                                        micros(request.at)));
        }
        return lines;
    }

    const Scenario& scenario_;
    std::uint64_t key_;
    bool nodes_come_and_go_;
    std::uint64_t draws_ = 0;
    Ledger ledger_;
    NoChoice chooser_;
    SimTime now_{};
    std::vector<std::unique_ptr<ClusterManager>> managers_;
    std::vector<NodeState> nodes_;
    std::vector<App> apps_;
    std::map<ExecutorId, Running> running_;
    std::map<ExecutorId, std::uint32_t> lent_;  // cores
    std::map<ExecutorId, LossReason> doomed_;
    std::multimap<std::tuple<SimTime, AppId, TimerKind>, TimerFired> timers_;
    std::size_t grants_made_ = 0;
    std::size_t losses_ = 0;
    std::size_t drivers_started_ = 0;
};

}  // namespace forkyard
