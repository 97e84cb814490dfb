// A cluster manager alone: the test plays workers, applications and executors.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include "core/policy/registry.hpp"
#include "tests/builders/app_of.hpp"
#include "tests/builders/choosers.hpp"
#include "tests/builders/lines.hpp"

namespace forkyard {

struct WorkerSize {
    std::uint32_t cores = 10;
    std::int64_t memory_mib = 4096;
};

inline Bytes mebibytes(std::int64_t count) {
    return Bytes{count << 20};
}

// What an application asks of a cluster; the rest is as Spark has it.
struct Wish {
    std::int64_t memory_mib = 256;
    std::optional<std::uint32_t> executor_cores{};
    std::optional<std::uint32_t> cores_max{};
};

using Cores = std::vector<std::uint32_t>;

class ClusterOf {
public:
    ClusterOf(const std::vector<WorkerSize>& workers,
              const std::vector<Wish>& wishes,
              bool spread_out = true)
        : ClusterOf{workers, wishes, spreading(spread_out)} {}
    ClusterOf(const std::vector<WorkerSize>& workers,
              const std::vector<Wish>& wishes,
              const MasterConf& master) {
        for (const WorkerSize& size : workers) {
            NodeSpec node;
            node.name = "w-" + std::to_string(scenario_.cluster.nodes.size() + 1);
            node.cores = size.cores;
            node.memory = mebibytes(size.memory_mib);
            scenario_.cluster.nodes.push_back(std::move(node));
        }
        for (const Wish& wish : wishes) {
            AppSpec app = app_of({}, {});
            app.conf.executor_memory = mebibytes(wish.memory_mib);
            app.conf.executor_cores = wish.executor_cores;
            if (wish.cores_max) {
                app.conf.cores_max = *wish.cores_max;
            }
            scenario_.apps.push_back(std::move(app));
        }
        scenario_.master = master;
        manager_ = make_policy(scenario_);
        REQUIRE(manager_ != nullptr);
        for (std::uint32_t n = 0; n < workers.size(); ++n) {
            (void)joins(n);
        }
    }

    Lines joins(std::uint32_t node) {
        const NodeSpec& spec = scenario_.cluster.nodes[node];
        return handle(WorkerJoined{NodeId{node}, spec.cores, spec.memory, spec.rack});
    }
    Lines worker_lost(std::uint32_t node) { return handle(WorkerLost{NodeId{node}}); }
    // The application registers, or changes how many executors it wants in all.
    Lines asks(std::uint32_t app, std::uint32_t total = RequestExecutors::unlimited) {
        return handle(ExecutorsRequested{AppId{app}, total});
    }
    Lines runs(std::uint32_t exec) {
        const LaunchExecutor& grant = grants_.at(exec);
        return handle(
            ExecutorRegistered{grant.app, ExecutorId{exec}, grant.node, grant.cores, grant.memory});
    }
    // The executor's process has ended: its room is free.
    Lines gone(std::uint32_t exec,
               LossReason reason = LossReason::requested,
               std::int32_t code = 0) {
        const AppId app = grants_.at(exec).app;
        grants_.erase(exec);
        return handle(ExecutorLost{app, ExecutorId{exec}, reason, code});
    }
    // Of the application, all of them, in order of number.
    Lines all_gone(std::uint32_t app) {
        Lines lines;
        for (const std::uint32_t exec : executors(app)) {
            for (std::string& line : gone(exec)) {
                lines.push_back(std::move(line));
            }
        }
        return lines;
    }
    void ends(std::uint32_t app) {
        Decisions decisions;
        Step step{now_, decisions, chooser_};
        manager_->end_application(step, AppId{app});
    }
    Lines beats_stop(std::uint32_t node, std::int64_t at_ms) {
        now_ = SimTime{std::chrono::milliseconds{at_ms}};
        return handle(WorkerBeat{NodeId{node}, BeatState::silent, now_});
    }
    // The master looks after the worker at this time, if that leads to anything.
    Lines checks(std::uint32_t node, std::int64_t at_ms) {
        now_ = SimTime{std::chrono::milliseconds{at_ms}};
        const TimerFired timer{TimerKind::worker_timeout, {}, NodeId{node}};
        return manager_->due(now_, timer) ? handle(timer) : Lines{};
    }

    // Cores that the application has on each worker.
    [[nodiscard]] Cores cores(std::uint32_t app) const {
        Cores cores(scenario_.cluster.nodes.size());
        for (const auto& [exec, grant] : grants_) {
            if (grant.app == AppId{app}) {
                cores[grant.node.index()] += grant.cores;
            }
        }
        return cores;
    }
    [[nodiscard]] std::vector<std::uint32_t> executors(std::uint32_t app) const {
        std::vector<std::uint32_t> numbers;
        for (const auto& [exec, grant] : grants_) {
            if (grant.app == AppId{app}) {
                numbers.push_back(exec);
            }
        }
        return numbers;
    }

private:
    static MasterConf spreading(bool spread_out) {
        MasterConf master;
        master.spread_out = spread_out;
        return master;
    }
    Lines handle(const Event& event) {
        Decisions decisions;
        Step step{now_, decisions, chooser_};
        manager_->handle(step, event);
        for (const Action& action : decisions.actions) {
            if (const auto* grant = std::get_if<LaunchExecutor>(&action)) {
                grants_.emplace(grant->exec.value, *grant);
            }
        }
        return lines_of(decisions.actions);
    }

    Scenario scenario_;
    std::unique_ptr<ClusterManager> manager_;
    NoChoice chooser_;
    SimTime now_{};
    std::map<std::uint32_t, LaunchExecutor> grants_;
};

// Three workers of 10 cores and 4096 MiB, all free; one application that asks for
// `limit` executors: the cores it gets on each worker.
inline Cores placed(Wish wish, bool spread_out, std::uint32_t limit = RequestExecutors::unlimited) {
    ClusterOf cluster{{{}, {}, {}}, {wish}, spread_out};
    (void)cluster.asks(0, limit);
    return cluster.cores(0);
}

}  // namespace forkyard
