// A world of a few lines around the real control plane: tasks that take a drawn time,
// executors that die at drawn times, some of them noticed late. Enough for the folds to
// be tried on decisions that no test wrote by hand.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "core/driver/control_plane.hpp"
#include "core/journal/record.hpp"
#include "core/policy/registry.hpp"
#include "core/random.hpp"
#include "core/report/invariants/driver_view.hpp"

namespace forkyard {

struct Chances {
    std::uint64_t seed = 1;
    std::uint32_t kills = 0;             // executors that die
    std::uint32_t failures_percent = 0;  // of attempts that fail
};

class SmallCluster final : public DriverView {
public:
    SmallCluster(const Scenario& scenario, Chances chances)
        : scenario_{scenario},
          chances_{chances},
          key_{random_key(chances.seed, Stream::test)},
          control_{scenario, make_policy(scenario)} {}

    std::uint32_t free_cores(AppId app, ExecutorId exec) const override {
        return control_.driver(app).task_scheduler().executors().free_cores(exec);
    }
    bool alive(AppId app, ExecutorId exec) const override {
        return control_.driver(app).task_scheduler().executors().alive(exec);
    }

    // Who waits for what, when it did not end.
    [[nodiscard]] std::vector<std::string> waiting() const { return control_.describe_waiting(); }

    // To the end, or until `events_max`; each fold is told of every record, and `settled`
    // is called after each event. Returns whether all applications ended.
    template <class Settled, class... Folds>
    bool run(std::uint64_t events_max, Settled&& settled, Folds&... folds) {
        start();
        while (!queue_.empty() && seq_ < events_max) {
            auto node = queue_.extract(queue_.begin());
            now_ = node.key().first;
            Event event = std::move(node.mapped());
            if (!happens(event)) {
                continue;
            }
            control_.prepare(event);
            const EventHead head{++seq_, now_, 0};
            (folds.on(head, event), ...);
            decisions_.clear();
            Step step{now_, decisions_, chooser_};
            control_.handle(step, event);
            std::uint32_t sub = 0;
            for (const Action& action : decisions_.actions) {
                const ActionHead action_head{seq_, ++sub};
                (folds.on(action_head, now_, action), ...);
            }
            settled();
            carry_out();
        }
        return control_.finished();
    }

private:
    class First final : public Chooser {
        std::uint64_t choose(std::string_view /*point*/,
                             std::string_view /*label*/,
                             std::uint64_t n) override {
            return mix64(++asked_) % n;
        }
        std::uint64_t asked_ = 0;
    };
    struct StageOf {
        std::vector<StageId> parents;
        ShuffleId shuffle;
    };

    std::uint64_t chance(std::uint64_t bound) { return draw_below(key_, ++draws_, bound); }

    void add(SimTime at, Event event) { queue_.emplace(std::pair{at, next_++}, std::move(event)); }

    void start() {
        for (std::uint32_t i = 0; i < scenario_.cluster.nodes.size(); ++i) {
            const NodeSpec& node = scenario_.cluster.nodes[i];
            add(SimTime{}, WorkerJoined{NodeId{i}, node.cores, node.memory, node.rack});
        }
        for (std::uint32_t i = 0; i < scenario_.apps.size(); ++i) {
            add(SimTime{}, AppSubmitted{AppId{i}, {}});
        }
        for (std::uint32_t i = 0; i < chances_.kills; ++i) {
            const ExecutorId victim{static_cast<std::uint32_t>(1 + chance(12))};
            const SimTime dies{std::chrono::milliseconds{chance(2000)}};
            const SimTime noticed = dies + std::chrono::milliseconds{chance(2) * chance(300)};
            deaths_.emplace_back(victim, dies);
            add(noticed, ExecutorLost{AppId{0}, victim, LossReason::killed, 137});
        }
    }

    // Who was not there yet when death came lives on.
    [[nodiscard]] bool granted_before(const std::pair<ExecutorId, SimTime>& death) const {
        const auto granted = granted_at_.find(death.first);
        return granted != granted_at_.end() && granted->second < death.second;
    }

    [[nodiscard]] bool dead(ExecutorId exec) const {
        return gone_.contains(exec) ||
               std::any_of(deaths_.begin(), deaths_.end(), [&](const auto& death) {
                   return death.first == exec && death.second <= now_ && granted_before(death);
               });
    }

    // Completes what the world decides when it happens; false: it does not.
    bool happens(Event& event) {
        if (auto* lost = std::get_if<ExecutorLost>(&event)) {
            const auto app = born_.find(lost->exec);
            if (app == born_.end() || (lost->reason == LossReason::killed && !dead(lost->exec))) {
                return false;
            }
            lost->app = app->second;
            return gone_.insert(lost->exec).second;
        }
        if (const auto* registered = std::get_if<ExecutorRegistered>(&event)) {
            return !gone_.contains(registered->exec);
        }
        if (const auto* timer = std::get_if<TimerFired>(&event)) {
            return control_.due(now_, *timer);
        }
        if (auto* ended = std::get_if<TaskFinished>(&event)) {
            return happens(*ended);
        }
        return true;
    }

    bool happens(TaskFinished& event) {
        if (event.status == TaskStatus::executor_lost || event.status == TaskStatus::resubmitted) {
            return true;
        }
        if (dead(event.exec) || !running_.erase({event.app, event.task})) {
            return false;
        }
        if (event.status == TaskStatus::killed) {
            return true;
        }
        for (const StageId parent : stages_[{event.app, event.task.stage.stage}].parents) {
            const ShuffleId shuffle = stages_[{event.app, parent}].shuffle;
            for (const auto& [where, holder] : outputs_) {
                if (where.first == std::pair{event.app, shuffle} && dead(holder)) {
                    event.status = TaskStatus::fetch_failed;
                    event.shuffle = shuffle;
                    event.from = holder;
                    event.reason = "gone";
                }
            }
        }
        return true;
    }

    void carry_out() {
        for (TaskFinished& event : decisions_.consequences) {
            // Before all else of this instant.
            queue_.emplace(std::pair{now_, consequence_++}, std::move(event));
        }
        for (const TimerRequest& request : decisions_.timers) {
            add(request.at, request.timer);
        }
        for (const Action& action : decisions_.actions) {
            std::visit([this](const auto& a) { carry_out(a); }, action);
        }
        // The program's next job comes when the last one has ended.
        for (const Action& action : decisions_.actions) {
            if (const auto* job = std::get_if<FinishJob>(&action)) {
                next_job(job->app, job->reason);
            } else if (const auto* app = std::get_if<RequestExecutors>(&action)) {
                next_job(app->app, "");
            }
        }
    }

    void carry_out(const RequestExecutors& action) {
        add(now_, ExecutorsRequested{action.app, action.total});
    }
    void carry_out(const LaunchExecutor& action) {
        born_.emplace(action.exec, action.app);
        granted_at_.emplace(action.exec, now_);
        add(now_ + std::chrono::milliseconds{chance(50)},
            ExecutorRegistered{action.app, action.exec, action.node, action.cores, action.memory});
    }
    void carry_out(const KillExecutor& action) {
        add(now_, ExecutorLost{action.app, action.exec, action.reason, 0});
    }
    void carry_out(const SubmitStage& action) {
        stages_[{action.app, action.stage.stage}] = {action.parents, action.shuffle};
    }
    void carry_out(const LaunchTask& action) {
        running_.insert({action.app, action.task});
        TaskFinished end;
        end.app = action.app;
        end.task = action.task;
        end.exec = action.exec;
        if (chance(100) < chances_.failures_percent) {
            end.status = TaskStatus::failed;
            end.reason = "out of luck";
        }
        add(now_ + std::chrono::milliseconds{20 + chance(200)}, end);
    }
    void carry_out(const KillTask& action) {
        TaskFinished end;
        end.app = action.app;
        end.task = action.task;
        end.exec = action.exec;
        end.status = TaskStatus::killed;
        end.reason = action.reason;
        add(now_ + std::chrono::milliseconds{chance(5)}, end);
    }
    void carry_out(const RegisterMapOutput& action) {
        outputs_[{{action.app, action.shuffle}, action.partition}] = action.exec;
    }
    void carry_out(const UnregisterMapOutput& action) {
        outputs_.erase({{action.app, action.shuffle}, action.partition});
    }
    void carry_out(const FinishApp& action) {
        for (const auto& [exec, app] : born_) {
            if (app == action.app) {
                add(now_, ExecutorLost{app, exec, LossReason::app_finished, 0});
            }
        }
    }
    template <class T>
    void carry_out(const T& /*nothing to do*/) {}

    void next_job(AppId app, const std::string& failure) {
        if (control_.driver(app).finished()) {
            return;
        }
        const Program& program = control_.driver(app).program();
        std::uint32_t& next = next_jobs_[app];
        if (!failure.empty() || next == program.jobs().size()) {
            add(now_, AppClosed{app, failure});
            return;
        }
        JobSubmitted job;
        job.app = app;
        job.job = JobId{next};
        job.name = program.jobs()[next].name;
        job.plan_job = next;
        job.until = program.stage(program.jobs()[next].final_stage).tasks;
        ++next;
        add(now_ + std::chrono::milliseconds{1}, std::move(job));
    }

    const Scenario& scenario_;
    Chances chances_;
    std::uint64_t key_;
    std::uint64_t draws_ = 0;
    ControlPlane control_;
    First chooser_;
    Decisions decisions_;
    std::multimap<std::pair<SimTime, std::uint64_t>, Event> queue_;
    std::uint64_t next_ = 1'000'000'000;
    std::uint64_t consequence_ = 0;
    SimTime now_{};
    std::uint64_t seq_ = 0;
    std::map<ExecutorId, AppId> born_;
    std::map<ExecutorId, SimTime> granted_at_;
    std::set<ExecutorId> gone_;  // the drivers know
    std::vector<std::pair<ExecutorId, SimTime>> deaths_;
    std::set<std::pair<AppId, TaskAttempt>> running_;
    std::map<std::pair<AppId, StageId>, StageOf> stages_;
    std::map<std::pair<std::pair<AppId, ShuffleId>, std::uint32_t>, ExecutorId> outputs_;
    std::map<AppId, std::uint32_t> next_jobs_;
};

}  // namespace forkyard
