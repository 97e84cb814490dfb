// A cluster manager over time: the test plays nodes, applications and executors, the world
// keeps the clock and the manager's timers. Actions come as lines, those that a timer led to
// after its time; what the manager only explains is kept apart:
//
//   "at 1000 ms", "grant e3 of 2 on w0 to a0", "kill e1: preempted"
//
// As in a run, every action and every timer goes through the ledger, which must not refuse
// it, and a timer that would lead to nothing is dropped.
#pragma once

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
#include "tests/builders/app_of.hpp"
#include "tests/builders/choosers.hpp"
#include "tests/builders/cluster_of.hpp"
#include "tests/builders/lines.hpp"

namespace forkyard {

// Nodes w-1, w-2, ... and applications a0, a1, ... under that manager; the rest is as its
// defaults are.
inline Scenario managed_by(const std::string& manager,
                           const std::vector<WorkerSize>& nodes,
                           const std::vector<Wish>& wishes) {
    Scenario scenario;
    scenario.cluster.manager = manager;
    for (const WorkerSize& size : nodes) {
        NodeSpec node;
        node.name = fmt::format("w-{}", scenario.cluster.nodes.size() + 1);
        node.cores = size.cores;
        node.memory = mebibytes(size.memory_mib);
        scenario.cluster.nodes.push_back(std::move(node));
    }
    for (const Wish& wish : wishes) {
        AppSpec app = app_of({}, {});
        app.name = fmt::format("a{}", scenario.apps.size());
        app.conf.executor_memory = mebibytes(wish.memory_mib);
        app.conf.executor_cores = wish.executor_cores;
        if (wish.cores_max) {
            app.conf.cores_max = *wish.cores_max;
        }
        scenario.apps.push_back(std::move(app));
    }
    return scenario;
}

// Nodes of so many cores, whose memory never matters; an application for each size of
// executors.
inline Scenario of_cores(const std::string& manager,
                         const std::vector<std::uint32_t>& nodes,
                         const std::vector<std::uint32_t>& executors) {
    std::vector<WorkerSize> sizes;
    for (const std::uint32_t cores : nodes) {
        sizes.push_back({cores, 1'000'000});
    }
    std::vector<Wish> wishes;
    for (const std::uint32_t cores : executors) {
        wishes.push_back({1024, cores, {}});
    }
    return managed_by(manager, sizes, wishes);
}

// How many of these lines grant an executor to the application.
inline std::size_t grants_to(const Lines& lines, std::uint32_t app) {
    std::size_t count = 0;
    for (const std::string& line : only(lines, "grant")) {
        count += line.ends_with(fmt::format(" to a{}", app)) ? 1 : 0;
    }
    return count;
}

enum class NodesAt { start, later };

class ManagerWorld {
public:
    explicit ManagerWorld(Scenario scenario, NodesAt nodes = NodesAt::start)
        : scenario_{std::move(scenario)},
          manager_{make_policy(scenario_)},
          ledger_{scenario_},
          submitted_(scenario_.apps.size()) {
        REQUIRE(manager_ != nullptr);
        for (std::uint32_t n = 0; nodes == NodesAt::start && n < scenario_.cluster.nodes.size();
             ++n) {
            (void)joins(n);
        }
    }
    ManagerWorld(const ManagerWorld&) = delete;
    ManagerWorld& operator=(const ManagerWorld&) = delete;

    // On to that time, with every timer on the way and at it.
    Lines run_until(std::int64_t until_ms) {
        Lines lines;
        const SimTime end{std::chrono::milliseconds{until_ms}};
        while (!timers_.empty() && std::get<SimTime>(timers_.begin()->first) <= end) {
            const auto next = timers_.begin();
            const TimerFired timer = next->second;
            now_ = std::get<SimTime>(next->first);
            timers_.erase(next);
            if (!manager_->due(now_, timer)) {
                continue;
            }
            const Lines done = handle(timer);
            if (!done.empty()) {
                lines.push_back(fmt::format("at {} ms", micros(now_) / 1000));
                append(lines, done);
            }
        }
        now_ = end;
        return lines;
    }

    // What becomes of each choice from now on.
    void chooses(std::uint64_t option) { chooser_.set(option); }
    // Another goes on from the state that the manager has saved.
    void saved_and_loaded() {
        StateWriter out;
        manager_->save(out);
        const std::uint64_t digest = manager_->digest();
        manager_ = make_policy(scenario_);
        StateReader in{out.bytes()};
        manager_->load(in);
        REQUIRE(in.at_end());
        REQUIRE(manager_->digest() == digest);
    }

    // ---- nodes
    Lines joins(std::uint32_t node) {
        const NodeSpec& spec = scenario_.cluster.nodes[node];
        return handle(WorkerJoined{NodeId{node}, spec.cores, spec.memory, spec.rack});
    }
    Lines worker_lost(std::uint32_t node) { return handle(WorkerLost{NodeId{node}}); }
    Lines drains(std::uint32_t node) { return handle(WorkerDraining{NodeId{node}, now_}); }
    // Nothing has been heard of the node since now; or it is heard again.
    Lines falls_silent(std::uint32_t node) {
        return handle(WorkerBeat{NodeId{node}, BeatState::silent, now_});
    }
    Lines is_back(std::uint32_t node) {
        return handle(WorkerBeat{NodeId{node}, BeatState::back, now_});
    }

    Lines drains(std::uint32_t node, std::int64_t until_ms) {
        return handle(WorkerDraining{NodeId{node}, SimTime{std::chrono::milliseconds{until_ms}}});
    }

    // ---- applications
    Lines submits(std::uint32_t app) {
        submitted_[app] = true;
        return handle(AppSubmitted{AppId{app}, {}});
    }
    // How many executors it wants in all; submitted before, if it was not.
    Lines asks(std::uint32_t app,
               std::uint32_t total = RequestExecutors::unlimited,
               const PlacementHints& hints = {}) {
        Lines lines = submitted_[app] ? Lines{} : submits(app);
        append(lines, handle(ExecutorsRequested{AppId{app}, total, hints}));
        return lines;
    }
    // In cluster mode, the one that was launched last.
    Lines driver_starts(std::uint32_t app) {
        const LaunchDriver& launch = drivers_.at(app);
        return handle(DriverStarted{AppId{app}, launch.node, launch.attempt});
    }
    Lines driver_lost(std::uint32_t app, LossReason reason = LossReason::killed) {
        return handle(DriverLost{AppId{app}, drivers_.at(app).node, reason, 137});
    }
    Lines ends(std::uint32_t app) {
        ledger_.end_application(AppId{app});
        Decisions decisions;
        Step step{now_, decisions, chooser_};
        manager_->end_application(step, AppId{app});
        return take(decisions);
    }

    // ---- executors
    Lines runs(std::uint32_t exec) {
        const LaunchExecutor grant = grants_.at(exec);
        return handle(
            ExecutorRegistered{grant.app, ExecutorId{exec}, grant.node, grant.cores, grant.memory});
    }
    // Its node knows that the process has ended, its driver not yet.
    Lines exits(std::uint32_t exec) {
        return handle(ExecutorExited{grants_.at(exec).app, ExecutorId{exec}});
    }
    // Fine-grained Mesos: cores come back from an executor, so many tasks wait; or more do.
    Lines returns(std::uint32_t exec,
                  std::uint32_t cores,
                  std::uint32_t waiting,
                  std::int64_t refuse_s = 0) {
        return handle(CoresReturned{grants_.at(exec).app,
                                    ExecutorId{exec},
                                    cores,
                                    std::chrono::seconds{refuse_s},
                                    waiting});
    }
    Lines revives(std::uint32_t app, std::uint32_t waiting) {
        return handle(OffersRevived{AppId{app}, waiting});
    }
    Lines gone(std::uint32_t exec,
               LossReason reason = LossReason::requested,
               std::int32_t code = 0) {
        const AppId app = grants_.at(exec).app;
        grants_.erase(exec);
        killed_.erase(exec);
        return handle(ExecutorLost{app, ExecutorId{exec}, reason, code, {}});
    }
    // Of the application, all of them, in order of number.
    Lines all_gone(std::uint32_t app, LossReason reason = LossReason::requested) {
        Lines lines;
        for (const std::uint32_t exec : executors(app)) {
            append(lines, gone(exec, reason));
        }
        return lines;
    }
    // Those that the manager has asked to be killed are lost, in order of number.
    Lines killed_ones_go() {
        Lines lines;
        const std::map<std::uint32_t, LossReason> killed = killed_;
        for (const auto& [exec, reason] : killed) {
            append(lines, gone(exec, reason, 143));
        }
        return lines;
    }

    // ---- what there is
    [[nodiscard]] const LaunchExecutor& grant(std::uint32_t exec) const { return grants_.at(exec); }
    [[nodiscard]] std::vector<std::uint32_t> executors(std::uint32_t app) const {
        std::vector<std::uint32_t> numbers;
        for (const auto& [exec, grant] : grants_) {
            if (grant.app == AppId{app}) {
                numbers.push_back(exec);
            }
        }
        return numbers;
    }
    [[nodiscard]] std::size_t count(std::uint32_t app) const { return executors(app).size(); }
    // Cores that the application has on each node.
    [[nodiscard]] Cores cores(std::uint32_t app) const {
        Cores cores(scenario_.cluster.nodes.size());
        for (const auto& [exec, grant] : grants_) {
            if (grant.app == AppId{app}) {
                cores[grant.node.index()] += grant.cores;
            }
        }
        return cores;
    }
    // What the manager has explained since this was last asked.
    [[nodiscard]] Lines notes() { return std::exchange(notes_, {}); }
    // Of each offer of cores so far, how many of its batch were to follow.
    [[nodiscard]] const std::vector<std::uint32_t>& offers_to_come() const { return to_come_; }
    [[nodiscard]] Lines waiting() const { return manager_->describe_waiting(); }

private:
    Lines handle(const Event& event) {
        ledger_.hear(event);
        Decisions decisions;
        Step step{now_, decisions, chooser_};
        manager_->handle(step, event);
        return take(decisions);
    }

    Lines take(const Decisions& decisions) {
        Lines lines;
        for (const Action& action : decisions.actions) {
            const std::string line = line_of(action);
            INFO(line);
            REQUIRE(ledger_.enter(action).value_or("") == "");
            if (const auto* offer = std::get_if<OfferCores>(&action)) {
                to_come_.push_back(offer->more);
            }
            if (const auto* note = std::get_if<Explain>(&action)) {
                notes_.push_back(note->text);
                continue;
            }
            follow(action);
            lines.push_back(line);
        }
        for (const TimerRequest& request : decisions.timers) {
            REQUIRE(ledger_.enter(now_, request).value_or("") == "");
            timers_.emplace(std::tuple{request.at, request.timer.app, request.timer.what},
                            request.timer);
        }
        return lines;
    }

    void follow(const Action& action) {
        if (const auto* grant = std::get_if<LaunchExecutor>(&action)) {
            grants_.emplace(grant->exec.value, *grant);
        } else if (const auto* kill = std::get_if<KillExecutor>(&action)) {
            killed_.emplace(kill->exec.value, kill->reason);
        } else if (const auto* driver = std::get_if<LaunchDriver>(&action)) {
            drivers_.insert_or_assign(driver->app.value, *driver);
        } else if (const auto* removed = std::get_if<RemoveApplication>(&action)) {
            ledger_.end_application(removed->app);
        }
    }

    Scenario scenario_;
    std::unique_ptr<ClusterManager> manager_;
    Ledger ledger_;
    SetChooser chooser_;
    SimTime now_{};
    // At one instant by application, then by what they are for, as in a run.
    std::multimap<std::tuple<SimTime, AppId, TimerKind>, TimerFired> timers_;
    std::vector<bool> submitted_;
    std::map<std::uint32_t, LaunchExecutor> grants_;
    std::map<std::uint32_t, LossReason> killed_;
    std::map<std::uint32_t, LaunchDriver> drivers_;  // the last of each application
    Lines notes_;
    std::vector<std::uint32_t> to_come_;
};

}  // namespace forkyard
