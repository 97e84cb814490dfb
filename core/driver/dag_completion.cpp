// The second part of the DAG scheduler: what follows from the ends of tasks.
#include <algorithm>
#include <cstddef>
#include <optional>
#include <string>
#include <utility>

#include "core/driver/dag_scheduler.hpp"

namespace forkyard {

void DagScheduler::on(Step& step,
                      const TaskFinished& event,
                      TaskStatus status,
                      std::uint64_t epoch,
                      const std::optional<std::string>& set_failed) {
    commits_.end_task(event.task, status);
    Stage* stage = find(event.task.stage.stage);
    if (stage == nullptr) {
        return;  // of a job that has ended (SCH-DAG-23)
    }
    const bool older = event.task.stage.attempt + 1 < stage->attempts;
    if (set_failed) {
        abort_stage(step, stage->id, *set_failed);
        return;
    }
    switch (status) {
        case TaskStatus::success:
            // Another try may have given other output: of a map stage only the latest counts,
            // since 3.4.2 (SCH-DAG-57), and the latest goes on with all of its tasks.
            if (older && (!plan_of(*stage).indeterminate || conf_.compat == Compat::spark_3_0 ||
                          conf_.bug == Bug::spark_45182)) {
                if (conf_.bug != Bug::spark_23433 && conf_.bug != Bug::spark_5259) {
                    orders_.done.push_back({stage->id, event.task.partition});
                }
            } else if (older && stage->is_map()) {
                accumulate(step, event);
                return;
            }
            if (stage->is_map()) {
                accumulate(step, event);
                map_task_succeeded(step, *stage, event, epoch);
            } else {
                result_task_succeeded(step, *stage, event);
            }
            break;
        case TaskStatus::fetch_failed:
            fetch_failed(step, *stage, event, epoch);
            break;
        case TaskStatus::resubmitted:
            stage->pending.insert(event.task.partition);  // SCH-DAG-28
            [[fallthrough]];  // a barrier's tasks have to be together (SCH-BAR-06)
        default:
            if (plan_of(*stage).barrier) {
                barrier_failed(step, *stage, event);
            }
            break;
    }
}

void DagScheduler::map_task_succeeded(Step& step,
                                      Stage& stage,
                                      const TaskFinished& event,
                                      std::uint64_t epoch) {
    const bool current = event.task.stage.attempt + 1 == stage.attempts;
    if (current || conf_.bug != Bug::spark_5259) {
        stage.pending.erase(event.task.partition);
    }
    const auto failed = failure_epochs_.find(event.exec);
    // An output that may be gone with its executor is not registered (SCH-DAG-26), but
    // the partition is no longer pending (SCH-DAG-27).
    if (failed == failure_epochs_.end() || epoch > failed->second) {
        if (conf_.bug == Bug::spark_5259) {
            held_back_[stage.id][event.task.partition] = {event.exec, event.sizes};
        } else {
            outputs_.register_output(
                step, stage.shuffle, event.task.partition, event.exec, event.sizes);
        }
    }
    if (running_.contains(stage.id) && stage.pending.empty()) {
        map_stage_ended(step, stage);
    }
}

// An output counts from its registration on; with SPARK-5259 from before.
bool DagScheduler::available(const Stage& stage) const {
    return held_back_.empty() ? outputs_.available(stage.shuffle)
                              : missing_partitions(stage).empty();
}

void DagScheduler::announce_held_back(Step& step, const Stage& stage) {
    const auto held = held_back_.extract(stage.id);
    if (held.empty()) {
        return;
    }
    for (const auto& [partition, output] : held.mapped()) {
        outputs_.register_output(step, stage.shuffle, partition, output.exec, output.sizes);
    }
}

void DagScheduler::map_stage_ended(Step& step, Stage& stage) {
    const StageId id = stage.id;
    announce_held_back(step, stage);
    const bool complete = available(stage);
    finish_stage(step, stage, EndStatus::succeeded);
    outputs_.raise_epoch();  // SCH-DAG-32
    cache_.forget();
    if (complete) {
        finish_map_stage_jobs(step, id);
        submit_waiting_children(step, id);
        return;
    }
    step.act(ResubmitStage{app_, id, "outputs were lost while it ran"});
    submit_stage(step, id);
}

// Before its children, which may be of other jobs (SCH-DAG-71).
void DagScheduler::finish_map_stage_jobs(Step& step, StageId id) {
    const Stage* stage = find(id);
    if (stage == nullptr) {
        return;
    }
    for (const JobId job : std::set<JobId>{stage->jobs}) {
        if (jobs_.at(job).map_stage && jobs_.at(job).final_stage == id) {
            finish_job(step, job, EndStatus::succeeded, "");
        }
    }
}

void DagScheduler::result_task_succeeded(Step& step, Stage& stage, const TaskFinished& event) {
    const JobId id = *stage.jobs.begin();
    const auto found = jobs_.find(id);
    if (found == jobs_.end()) {
        return;
    }
    Job& job = found->second;
    char& finished = job.finished[event.task.partition - job.from];
    if (finished != 0) {
        return;  // a result counts once (SCH-DAG-22)
    }
    finished = 1;
    accumulate(step, event);
    if (++job.finished_count < job.finished.size()) {
        return;
    }
    // The last result may come from an attempt older than one that has failed already.
    if (running_.contains(stage.id)) {
        finish_stage(step, stage, EndStatus::succeeded);
    }
    finish_job(step, id, EndStatus::succeeded, "");
}

// Whatever becomes of the output: a map task that is run again adds again, the results of a
// partition count once (DP-BC-05, 06; DAGScheduler.handleTaskCompletion).
void DagScheduler::accumulate(Step& step, const TaskFinished& event) {
    accumulators_.add(step, app_, program_.lineage().accumulators(), event.accumulated);
}

// What its tasks use is sent with them, and what is destroyed cannot be (Broadcast.assertValid).
std::optional<std::string> DagScheduler::gone_broadcast(const PlanStage& stage) const {
    for (const BroadcastId id : stage.broadcasts) {
        if (const std::string& at = broadcasts_.destroyed_at(id); !at.empty()) {
            return destroyed_broadcast(id, at);
        }
    }
    return std::nullopt;
}

std::int64_t DagScheduler::accumulated(const std::string& name) const {
    const std::vector<std::string>& names = program_.lineage().accumulators();
    const auto found = std::find(names.begin(), names.end(), name);
    return accumulators_.value(static_cast<std::size_t>(found - names.begin()));
}

void DagScheduler::on(Step& /*step*/, const BroadcastCreated& event) {
    broadcasts_.create(event.pieces);
}

void DagScheduler::on(Step& step, const BroadcastUnpersisted& event) {
    broadcasts_.unpersist(event.broadcast);
    step.act(RemoveBroadcast{app_, event.broadcast});
}

void DagScheduler::on(Step& step, const BroadcastDestroyed& event) {
    broadcasts_.destroy(event.broadcast, event.at);
    step.act(RemoveBroadcast{app_, event.broadcast});
}

void DagScheduler::on(Step& /*step*/, const BroadcastFetched& event) {
    if (executors_.alive(event.exec)) {
        broadcasts_.add(event.block, event.exec);
    }
}

void DagScheduler::on(Step& /*step*/, const BlockCached& event) {
    if (executors_.alive(event.exec)) {  // the report may come after the loss
        cache_.add(event.block, event.exec);
    }
}

void DagScheduler::on(Step& /*step*/, const BlockDropped& event) {
    cache_.remove(event.block, event.exec);
}

void DagScheduler::on(Step& step, const CommitRequested& event) {
    const bool allowed = !event.deny && commits_.ask(event.task);
    step.act(AnswerCommit{app_, event.task, allowed, event.exec});
}

void DagScheduler::on(Step& step, const MapOutputMoved& event) {
    outputs_.move_output(step, event.shuffle, event.partition, event.exec);
}

}  // namespace forkyard
