// The third part of the DAG scheduler: fetch failures, broken barriers, lost executors.
#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "core/driver/dag_scheduler.hpp"

namespace forkyard {

// A2.9.
void DagScheduler::fetch_failed(Step& step,
                                Stage& stage,
                                const TaskFinished& event,
                                std::uint64_t epoch) {
    const StageId id = stage.id;
    if (event.task.stage.attempt + 1 != stage.attempts) {
        return;  // of an older attempt (SCH-DAG-41)
    }
    const bool planned = conf_.ignore_decommission_fetch_failure && event.from.valid() &&
                         executors_.decommissioned(event.from);
    if (!planned) {  // SCH-DAG-50
        stage.failed_attempts.insert(event.task.stage.attempt);
    }
    if (running_.contains(id)) {
        const bool again = stage.failed_attempts.size() < conf_.stage_attempts_consecutive_max;
        finish_stage(step, stage, EndStatus::failed, again ? Retry::yes : Retry::no);
    }
    const StageId parent = map_stages_[event.shuffle.index()];
    if (parent.valid() && plan_of(stages_.at(parent)).barrier) {
        outputs_.unregister_all(step, event.shuffle);  // SCH-BAR-08
    } else if (event.map && event.from.valid()) {
        outputs_.unregister_output(step, event.shuffle, *event.map, event.from);
    }
    if (plan_of(stage).barrier && stage.is_map()) {
        outputs_.unregister_all(step, stage.shuffle);
    } else if (plan_of(stage).barrier) {  // SCH-BAR-09
        abort_stage(step,
                    id,
                    fmt::format("Could not recover from a failed barrier ResultStage. Most recent "
                                "failure reason: {}",
                                event.reason));
    }
    Stage* left = find(id);
    if (left != nullptr && !abort_if_failed_too_often(step, *left, event.reason)) {
        const bool first = !failed_.contains(id);
        resubmit_later(step, *left, event.reason);
        if (parent.valid() && failed_.insert(parent).second) {
            Stage& lost = stages_.at(parent);
            lost.failure = event.reason;
            step.act(
                WaitStage{app_, {parent, lost.attempts}, WaitReason::max_failures_backoff, {}});
        }
        if (first && parent.valid() && plan_of(stages_.at(parent)).indeterminate &&
            conf_.bug != Bug::spark_23207) {
            roll_back(step, parent);
        }
    } else if (conf_.bug == Bug::spark_17644) {
        resubmit_at_ = step.now;  // a look is thought to be under way
    }
    if (event.from.valid()) {
        const bool of_node = conf_.unregister_output_on_host &&
                             (conf_.shuffle_service || executors_.goes_with_node(event.from));
        lose_executor(step, event.from, epoch, true, of_node);  // SCH-DAG-45
    }
}

bool DagScheduler::abort_if_failed_too_often(Step& step, Stage& stage, const std::string& reason) {
    if (stage.failed_attempts.size() < conf_.stage_attempts_consecutive_max) {
        return false;
    }
    abort_stage(step,  // SCH-DAG-36
                stage.id,
                fmt::format("{} has failed the maximum allowable number of times: {}. Most recent "
                            "failure reason: {}",
                            title(stage),
                            conf_.stage_attempts_consecutive_max,
                            reason));
    return true;
}

// One of a barrier's tasks ended badly: so did all of them (SCH-BAR-06).
void DagScheduler::barrier_failed(Step& step, Stage& stage, const TaskFinished& event) {
    if (event.task.stage.attempt + 1 != stage.attempts || !running_.contains(stage.id)) {
        return;  // of an older attempt, or not the first of this one (SCH-BAR-07)
    }
    const std::string reason = fmt::format(
        "Stage failed because barrier task {} of s{}.{} "
        "finished unsuccessfully: {}",
        event.task.partition,
        stage.id.value,
        event.task.stage.attempt,
        event.reason);
    orders_.stop.push_back({stage.id, reason});
    finish_stage(step, stage, EndStatus::failed);
    stage.failed_attempts.insert(event.task.stage.attempt);
    if (abort_if_failed_too_often(step, stage, reason)) {
        return;
    }
    if (!stage.is_map()) {  // some of its results may be out already (SCH-BAR-09)
        abort_stage(step,
                    stage.id,
                    fmt::format("Could not recover from a failed barrier ResultStage. Most recent "
                                "failure reason: {}",
                                reason));
        return;
    }
    outputs_.unregister_all(step, stage.shuffle);
    resubmit_later(step, stage, reason);
}

// Failures of the next 200 ms join the first.
void DagScheduler::resubmit_later(Step& step, Stage& stage, const std::string& reason) {
    if (!failed_.insert(stage.id).second) {
        return;
    }
    stage.failure = reason;
    step.act(WaitStage{app_, {stage.id, stage.attempts}, WaitReason::max_failures_backoff, {}});
    if (!resubmit_at_) {
        resubmit_at_ = step.now + resubmit_delay;
        step.out.timers.push_back(
            {*resubmit_at_, TimerFired{TimerKind::resubmit_stages, app_, {}}});
    }
}

void DagScheduler::on_resubmit_timer(Step& step) {
    resubmit_at_.reset();
    cache_.forget();
    std::vector<std::pair<JobId, StageId>> again;
    for (const StageId id : std::exchange(failed_, {})) {
        const Stage* stage = find(id);
        if (stage != nullptr && !stage->jobs.empty()) {
            again.emplace_back(*stage->jobs.begin(), id);
        }
    }
    std::sort(again.begin(), again.end());
    for (const auto& [job, id] : again) {
        Stage* stage = find(id);
        if (stage == nullptr) {
            continue;
        }
        if (!running_.contains(id) && !waiting_.contains(id)) {
            step.act(ResubmitStage{app_, id, stage->failure});
        }
        submit_stage(step, id);
    }
}

// ---- indeterminate stages (A2.10)

// The map stage will give other output, so what was made from the old one must go.
void DagScheduler::roll_back(Step& step, StageId map_stage) {
    const std::set<StageId> stages = succeeding(map_stage);
    abort_results_begun(step, stages);
    if (!conf_.old_fetch_protocol) {
        return;
    }
    for (const StageId id : stages) {  // SCH-DAG-56
        const Stage* stage = find(id);
        if (stage != nullptr && stage->is_map() &&
            missing_partitions(*stage).size() < plan_of(*stage).tasks) {
            abort_stage(step,
                        id,
                        "A shuffle map stage with indeterminate output was failed and retried, "
                        "which spark.shuffle.useOldFetchProtocol = true does not allow");
        }
    }
}

// A result that was handed out cannot be taken back (SCH-DAG-54).
void DagScheduler::abort_results_begun(Step& step, const std::set<StageId>& among) {
    for (const StageId id : among) {
        const Stage* stage = find(id);
        if (stage == nullptr || stage->is_map() || stage->jobs.empty() ||
            jobs_.at(*stage->jobs.begin()).finished_count == 0) {
            continue;
        }
        abort_stage(step,
                    id,
                    fmt::format("A shuffle map stage with indeterminate output was failed and "
                                "retried. However, Spark cannot rollback the {} to re-process the "
                                "input data, and has to fail this job. Please eliminate the "
                                "indeterminacy by checkpointing the RDD before repartition and "
                                "try again",
                                title(*stage)));
    }
}

// The map stage, and all stages between it and the active jobs' final ones.
std::set<StageId> DagScheduler::succeeding(StageId map_stage) const {
    std::set<StageId> found{map_stage};
    for (const auto& [id, stage] : stages_) {  // parents have smaller numbers
        const bool follows = std::any_of(stage.parents.begin(),
                                         stage.parents.end(),
                                         [&](StageId parent) { return found.contains(parent); });
        if (follows && !stage.jobs.empty()) {
            found.insert(id);
        }
    }
    return found;
}

// ---- executors

void DagScheduler::on(Step& step, const ExecutorLost& event) {
    forget_blocks_of(event.exec);
    const bool node_lost =
        event.reason == LossReason::worker_lost &&
        !(executors_.knows(event.exec) && files_kept_.contains(executors_.at(event.exec).node));
    const bool with_node = node_lost || (event.reason == LossReason::decommissioned &&
                                         executors_.goes_with_node(event.exec));
    // With an external shuffle service the files outlive the process (SCH-DAG-46).
    const bool files_lost = with_node || !conf_.shuffle_service;
    lose_executor(step, event.exec, outputs_.epoch(), files_lost, with_node);
}

void DagScheduler::on_executor_added(ExecutorId exec) {
    failure_epochs_.erase(exec);
    files_lost_epochs_.erase(exec);
}

bool DagScheduler::output_elsewhere(const TaskAttempt& task, ExecutorId exec) const {
    const auto stage = stages_.find(task.stage.stage);
    if (stage == stages_.end() || !stage->second.is_map()) {
        return false;
    }
    const ExecutorId holder = outputs_.location(stage->second.shuffle, task.partition);
    return holder == fallback_storage || (holder.valid() && executors_.knows(holder) &&
                                          executors_.at(holder).node != executors_.at(exec).node);
}

bool DagScheduler::is_on(ExecutorId holder, NodeId node) const {
    return holder != fallback_storage && executors_.at(holder).node == node;
}

void DagScheduler::on_files_kept(NodeId node, bool kept) {
    if (kept) {
        files_kept_.insert(node);
    } else {
        files_kept_.erase(node);
    }
}

void DagScheduler::on_worker_removed(Step& step, NodeId node) {
    if (files_kept_.contains(node)) {
        return;
    }
    cache_.forget();
    outputs_.remove_outputs(step, [&](ExecutorId holder) { return is_on(holder, node); });
}

void DagScheduler::forget_blocks_of(ExecutorId exec) {
    if (conf_.bug != Bug::spark_15262) {  // a beat of it made its block manager known again
        cache_.remove_executor(exec);
        broadcasts_.remove_executor(exec);
    }
}

// Once for each epoch, and apart for the executor and for its files (SCH-DAG-47): they may
// have survived it.
void DagScheduler::lose_executor(
    Step& step, ExecutorId exec, std::uint64_t epoch, bool files_lost, bool of_node) {
    const auto newer = [&](std::map<ExecutorId, std::uint64_t>& epochs) {
        const auto known = epochs.find(exec);
        if (known != epochs.end() && known->second >= epoch) {
            return false;
        }
        epochs[exec] = epoch;
        return true;
    };
    if (newer(failure_epochs_)) {
        forget_blocks_of(exec);
        cache_.forget();
    }
    if (files_lost && newer(files_lost_epochs_)) {
        drop_outputs_of(step, exec, of_node);
    }
}

void DagScheduler::drop_outputs_of(Step& step, ExecutorId exec, bool of_node) {
    if (!of_node || !executors_.knows(exec)) {  // unknown: it never registered
        outputs_.remove_outputs(step, [&](ExecutorId holder) { return holder == exec; });
        return;
    }
    const NodeId node = executors_.at(exec).node;
    outputs_.remove_outputs(step, [&](ExecutorId holder) { return is_on(holder, node); });
}

}  // namespace forkyard
