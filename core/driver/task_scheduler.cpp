// Executors, task sets and ended attempts; the rounds of offers are in
// task_scheduler_offers.cpp, the timers in task_scheduler_timers.cpp.
#include "core/driver/task_scheduler.hpp"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "core/check.hpp"
#include "core/digest.hpp"
#include "core/driver/loss.hpp"

namespace forkyard {

TaskScheduler::TaskScheduler(AppId id, const AppSpec& app, const ClusterSpec& cluster)
    : app_{id},
      label_{app.name},
      conf_{app.conf},
      executors_{cluster,
                 app.conf.task_cpus,
                 app.conf.retained_decommissioned,
                 tasks_by_resources(app.conf.resources)},
      pools_{app.conf.scheduling, app.pools} {
    if (app.conf.exclusion.application) {
        health_.emplace(id, app.conf.exclusion, app.conf.shuffle_service);
    }
}

// ---- executors

void TaskScheduler::add_executor(ExecutorId exec, NodeId node, std::uint32_t cores) {
    starting_.erase(exec);
    executors_.add(exec, node, cores);
    if (running_.size() <= exec.index()) {
        running_.resize(exec.index() + 1);
    }
    new_executor_ = true;
}

void TaskScheduler::disconnect_executor(ExecutorId exec) {
    if (executors_.alive(exec)) {
        executors_.remove(exec);
        disconnected_.insert(exec);
        recompute_levels();
    }
}

bool TaskScheduler::decommission_executor(ExecutorId exec, SimTime now, bool with_node) {
    if (!executors_.active(exec) || executors_.at(exec).to_go) {
        return false;
    }
    executors_.decommission(exec, now, with_node);
    recompute_levels();
    return true;
}

void TaskScheduler::retire_executor(ExecutorId exec, LossReason why) {
    if (executors_.alive(exec) && !executors_.at(exec).to_go) {
        executors_.retire(exec, why);
    }
}

bool TaskScheduler::remove_executor(Step& step,
                                    const ExecutorLost& event,
                                    const HeldElsewhere& held_elsewhere) {
    starting_.erase(event.exec);
    lent_early_.erase(event.exec);
    const bool disconnected = disconnected_.erase(event.exec) > 0;
    if (!disconnected && !executors_.alive(event.exec)) {
        return false;
    }
    const bool decommissioned = executors_.at(event.exec).decommissioning;
    // That it was asked to end, without blame, holds against what it ended with (SCH-BE-05).
    ExecutorLost explained = event;
    const std::optional<LossReason> to_go = executors_.at(event.exec).to_go;
    if (to_go && !blamed_on_app(*to_go)) {
        explained.reason = *to_go;
    }
    const bool kept =
        conf_.bug == Bug::spark_27348 && event.reason == LossReason::heartbeat_timeout;
    if (!disconnected && !kept) {
        executors_.remove(event.exec);
    }
    lost_[event.exec] = {blamed_on_app(explained.reason) && !decommissioned, event.unstarted};
    const std::string reason = describe_loss(explained);
    const auto follows = [&](const TaskAttempt& task, TaskStatus status) {
        TaskFinished end;
        end.app = app_;
        end.task = task;
        end.exec = event.exec;
        end.status = status;
        end.reason = reason;
        step.out.consequences.push_back(std::move(end));
    };
    // An external shuffle service keeps what a lost executor made, but not what one makes
    // way for that takes its disk along; what it has passed on is kept, since 3.4
    // (SCH-TSM-23, SCH-BE-09).
    const bool outputs_gone = !conf_.shuffle_service || decommissioned;
    const bool may_have_moved =
        decommissioned && held_elsewhere && conf_.compat != Compat::spark_3_0;
    for (auto& [number, active] : sets_) {
        const std::size_t before = step.out.consequences.size();
        if (outputs_gone) {
            for (const TaskAttempt& task : active.manager.outputs_on(event.exec)) {
                if (!may_have_moved || !held_elsewhere(task)) {
                    follows(task, TaskStatus::resubmitted);
                }
            }
        }
        for (const Running& running : running_[event.exec.index()]) {
            if (running.set == &active) {
                follows(running.task, TaskStatus::executor_lost);
            }
        }
        // Levels are those of what waits when all of its ends are known (SCH-TSM-23).
        active.ends_to_come = step.out.consequences.size() - before;
        levels_changed_ = true;
        if (active.ends_to_come == 0) {
            active.manager.recompute_levels();
        }
    }
    if (health_) {
        health_->on_executor_removed(event.exec);
    }
    return lost_[event.exec].blamed && !to_go;
}

void TaskScheduler::recompute_levels() {
    levels_changed_ = true;
    for (auto& [number, active] : sets_) {
        active.manager.recompute_levels();
    }
}

// ---- task sets

void TaskScheduler::submit(Step& step, TaskSet set) {
    const StageAttempt stage = set.stage;
    if (taken_for_second(stage.stage)) {
        aborts_.push_back(
            {stage, fmt::format("more than one active taskSet for stage {}", stage.stage.value)});
        return;
    }
    for (ActiveSet* other : sets_of(stage.stage)) {
        other->manager.make_zombie();
        settle(step, *other);
    }
    if (submitted_ == 0) {
        starved_at_ = step.now + conf_.starvation_timeout;
        step.out.timers.push_back({starved_at_, TimerFired{TimerKind::starvation, app_, {}}});
    }
    const std::uint64_t number = submitted_++;
    const auto made =
        sets_.try_emplace(number, app_, std::move(set), conf_, executors_, step.now).first;
    by_stage_[stage] = made;
    pools_.add(made->second);
}

// Spark once gave up where an older task set of the stage seemed active.
bool TaskScheduler::taken_for_second(StageId stage) {
    if (conf_.bug == Bug::spark_19868) {  // its last task has just ended, and nobody noticed
        return just_done_ == stage;
    }
    const std::vector<ActiveSet*> sets = sets_of(stage);
    return conf_.bug == Bug::spark_23433 &&
           std::any_of(sets.begin(), sets.end(), [](const ActiveSet* active) {
               return !active->manager.zombie();
           });
}

void TaskScheduler::kill_stage(Step& step, StageId stage, const std::string& reason) {
    for (ActiveSet* active : sets_of(stage)) {
        active->manager.make_zombie();
        active->manager.kill_running(step, reason);
        settle(step, *active);
    }
}

void TaskScheduler::partition_done(Step& step, StageId stage, std::uint32_t partition) {
    for (ActiveSet* active : sets_of(stage)) {
        active->manager.partition_done(partition);
        settle(step, *active);
    }
}

std::vector<ActiveSet*> TaskScheduler::sets_of(StageId stage) {
    std::vector<ActiveSet*> sets;
    for (auto at = by_stage_.lower_bound({stage, 0});
         at != by_stage_.end() && at->first.stage == stage;
         ++at) {
        sets.push_back(&at->second->second);
    }
    return sets;
}

ActiveSet* TaskScheduler::find(StageAttempt stage) {
    const auto found = by_stage_.find(stage);
    return found == by_stage_.end() ? nullptr : &found->second->second;
}

// Its pool hears of the change; a set that has ended is forgotten.
void TaskScheduler::settle(Step& step, ActiveSet& active) {
    const TaskSetManager& set = active.manager;
    if (!set.finished()) {
        pools_.update(active);
        forget_wait(active);
        return;
    }
    if (health_ && set.all_done() && set.exclusion() != nullptr) {
        health_->on_set_succeeded(step, *set.exclusion(), executors_);
    }
    pools_.remove(active);
    const auto found = by_stage_.find(set.set().stage);
    const Sets::iterator ended = found->second;
    by_stage_.erase(found);
    sets_.erase(ended);
}

// ---- ends of attempts

TaskScheduler::TaskEnd TaskScheduler::end_task(Step& step, const TaskFinished& event) {
    TaskEnd end;
    if (!executors_.knows(event.exec)) {
        return end;
    }
    ActiveSet* active = nullptr;
    bool counts = event.status == TaskStatus::failed || event.status == TaskStatus::result_lost;
    if (event.status == TaskStatus::resubmitted) {
        active = find(event.task.stage);
        if (active == nullptr || (active->manager.zombie() && conf_.bug != Bug::spark_13931)) {
            return end;
        }
    } else {
        std::vector<Running>& running = running_[event.exec.index()];
        const auto found = std::find_if(running.begin(), running.end(), [&](const Running& r) {
            return r.task.partition == event.task.partition && r.task == event.task;
        });
        // A second report, or one from an executor that was declared lost (SCH-TSM-22). One whose
        // connection broke had sent it before.
        const bool alive = executors_.alive(event.exec);
        const bool declared_lost = !alive && !disconnected_.contains(event.exec);
        if (found == running.end() ||
            (declared_lost && event.status != TaskStatus::executor_lost)) {
            return end;
        }
        active = found->set;
        *found = running.back();
        running.pop_back();
        flip(event.exec, event.task);
        if (alive) {
            executors_.give_back(event.exec);
        }
        if (event.status == TaskStatus::executor_lost) {
            // Launched there but never confirmed: not the application's fault, since 3.4
            // (SCH-TSM-18).
            const Lost& lost = lost_[event.exec];
            counts = lost.blamed &&
                     (conf_.bug == Bug::spark_39955 ||
                      std::find(lost.unstarted.begin(), lost.unstarted.end(), event.task) ==
                          lost.unstarted.end());
        }
        if (health_ && event.status == TaskStatus::fetch_failed && event.from.valid()) {
            health_->on_fetch_failure(step, event.from, executors_.at(event.from).node, executors_);
        }
    }
    TaskSetManager& set = active->manager;
    TaskSetManager::End ended = set.end(step, event, counts);
    if (event.status == TaskStatus::resubmitted || event.status == TaskStatus::executor_lost) {
        if (active->ends_to_come > 0 && --active->ends_to_come == 0) {
            set.recompute_levels();
        }
    }
    end.known = ended.known;
    end.status = ended.status;
    end.epoch = set.set().epoch;
    end.set_failed = std::move(ended.abort);
    just_done_ = set.all_done() ? set.set().stage.stage : StageId{};
    settle(step, *active);
    return end;
}

void TaskScheduler::on_progress(const TaskProgressed& event) {
    if (ActiveSet* active = find(event.task.stage)) {
        active->manager.on_progress(event);
    }
}

void TaskScheduler::launch(Step& step,
                           ActiveSet& active,
                           ExecutorId exec,
                           const TaskSetManager::Pick& pick) {
    launched_any_ = true;
    const TaskAttempt task = active.manager.launch(step.now, exec, pick);
    running_[exec.index()].push_back({&active, task});
    flip(exec, task);
    step.act(LaunchTask{app_, task, exec, executors_.at(exec).node, pick.loc, pick.spec, pick.why});
}

void TaskScheduler::flip(ExecutorId exec, const TaskAttempt& task) {
    RowDigest row;
    row.add(exec.value);
    row.add((std::uint64_t{task.stage.stage.value} << 32U) | task.stage.attempt);
    row.add((std::uint64_t{task.partition} << 32U) | task.attempt);
    digest_ ^= row.value();
}

void TaskScheduler::describe_waiting(std::vector<std::string>& lines) const {
    for (const auto& [number, active] : sets_) {
        const TaskSetManager& set = active.manager;
        const StageAttempt stage = set.set().stage;
        const std::uint32_t cores = executors_.registered_cores();
        if (set.wants_slots()) {
            lines.push_back(
                fmt::format("{} tasks of stage s{}.{} wait for a free slot of {} core{}: {}",
                            set.waiting(),
                            stage.stage.value,
                            stage.attempt,
                            conf_.task_cpus,
                            conf_.task_cpus == 1 ? "" : "s",
                            executors_.alive_count() == 0
                                ? "no executor has registered"
                                : fmt::format("{} cores are registered, {} executors have "
                                              "room",
                                              cores,
                                              executors_.with_room().size())));
        } else if (set.running() > 0) {
            lines.push_back(fmt::format("stage s{}.{} waits for {} running task{}",
                                        stage.stage.value,
                                        stage.attempt,
                                        set.running(),
                                        set.running() == 1 ? "" : "s"));
        }
    }
}

}  // namespace forkyard
