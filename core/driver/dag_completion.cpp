// The second half of the DAG scheduler: what follows from the end of tasks, from
// fetch failures, and from the loss of executors.
#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "core/check.hpp"
#include "core/driver/dag_scheduler.hpp"

namespace forkyard {

void DagScheduler::on(Step& step,
                      const TaskFinished& event,
                      TaskStatus status,
                      std::uint64_t epoch,
                      const std::optional<std::string>& set_failed) {
    Stage* stage = find(event.task.stage.stage);
    if (stage == nullptr) {
        return;  // of a job that has ended (SCH-DAG-23)
    }
    switch (status) {
        case TaskStatus::success:
            if (event.task.stage.attempt + 1 < stage->attempts) {
                orders_.done.push_back({stage->id, event.task.partition});
            }
            if (stage->is_map()) {
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
            break;
        default:
            if (set_failed) {
                abort_stage(step, stage->id, *set_failed);
            }
            break;
    }
}

void DagScheduler::map_task_succeeded(Step& step,
                                      Stage& stage,
                                      const TaskFinished& event,
                                      std::uint64_t epoch) {
    stage.pending.erase(event.task.partition);
    const auto failed = failure_epochs_.find(event.exec);
    // An output that may be gone with its executor is not registered (SCH-DAG-26), but
    // the partition is no longer pending (SCH-DAG-27).
    if (failed == failure_epochs_.end() || epoch > failed->second) {
        outputs_.register_output(step, stage.shuffle, event.task.partition, event.exec);
    }
    if (running_.contains(stage.id) && stage.pending.empty()) {
        map_stage_ended(step, stage);
    }
}

void DagScheduler::map_stage_ended(Step& step, Stage& stage) {
    const bool complete = available(stage);
    finish_stage(step, stage, EndStatus::succeeded);
    outputs_.raise_epoch();  // SCH-DAG-32
    if (complete) {
        submit_waiting_children(step, stage.id);
        return;
    }
    step.act(ResubmitStage{app_, stage.id, "outputs were lost while it ran"});
    submit_stage(step, stage.id);
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
    if (++job.finished_count < job.finished.size()) {
        return;
    }
    // The last result may come from an attempt older than one that has failed already.
    if (running_.contains(stage.id)) {
        finish_stage(step, stage, EndStatus::succeeded);
    }
    finish_job(step, id, EndStatus::succeeded, "");
}

void DagScheduler::fetch_failed(Step& step,
                                Stage& stage,
                                const TaskFinished& event,
                                std::uint64_t epoch) {
    if (event.task.stage.attempt + 1 != stage.attempts) {
        return;  // of an older attempt (SCH-DAG-41)
    }
    stage.failed_attempts.insert(event.task.stage.attempt);
    if (running_.contains(stage.id)) {
        finish_stage(step, stage, EndStatus::failed);
    }
    if (stage.failed_attempts.size() >= attempts_consecutive_max_) {  // SCH-DAG-36
        abort_stage(step,
                    stage.id,
                    fmt::format("{} s{} ({}) has failed the maximum allowable number of times: {}. "
                                "Most recent failure reason: {}",
                                stage.is_map() ? "ShuffleMapStage" : "ResultStage",
                                stage.id.value,
                                program_.stage(stage.plan).name,
                                attempts_consecutive_max_,
                                event.reason));
    } else {
        resubmit_later(step, stage, event);
    }
    if (event.from.valid()) {
        lose_outputs(step, event.from, epoch);
    }
}

// The stage and the one whose output it missed; failures of the next 200 ms join them.
void DagScheduler::resubmit_later(Step& step, Stage& stage, const TaskFinished& event) {
    if (failed_.insert(stage.id).second) {
        stage.failure = event.reason;
        if (!resubmit_at_) {
            resubmit_at_ = step.now + resubmit_delay;
            step.out.timers.push_back(
                {*resubmit_at_, TimerFired{TimerKind::resubmit_stages, app_, {}}});
        }
    }
    const StageId parent = map_stages_[event.shuffle.index()];
    if (parent.valid() && failed_.insert(parent).second) {
        stages_.at(parent).failure = event.reason;
    }
}

void DagScheduler::on_resubmit_timer(Step& step) {
    resubmit_at_.reset();
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

void DagScheduler::on(Step& step, const ExecutorLost& event) {
    lose_outputs(step, event.exec, outputs_.epoch());
}

// Drops the executor's outputs of all shuffles, once for each epoch (A2.9, SCH-DAG-42).
void DagScheduler::lose_outputs(Step& step, ExecutorId exec, std::uint64_t epoch) {
    const auto known = failure_epochs_.find(exec);
    if (known != failure_epochs_.end() && known->second >= epoch) {
        return;
    }
    failure_epochs_[exec] = epoch;
    outputs_.remove_outputs_on(step, exec);
}

// ---- ends

void DagScheduler::on(Step& step, const JobCancelled& event) {
    if (jobs_.contains(event.job)) {
        // After the blank a reason would follow (SCH-DAG-65).
        finish_job(
            step, event.job, EndStatus::killed, fmt::format("Job {} cancelled ", event.job.value));
    }
}

void DagScheduler::stop_all_jobs(Step& step, EndStatus status, const std::string& reason) {
    while (!jobs_.empty()) {
        finish_job(step, jobs_.begin()->first, status, reason);
    }
}

void DagScheduler::give_up(Step& step, StageAttempt stage, const std::string& reason) {
    if (find(stage.stage) != nullptr) {
        abort_stage(step, stage.stage, reason);
    }
}

void DagScheduler::abort_stage(Step& step, StageId id, const std::string& reason) {
    const std::set<JobId> jobs = stages_.at(id).jobs;
    if (running_.contains(id)) {
        finish_stage(step, stages_.at(id), EndStatus::failed);
    }
    for (const JobId job : jobs) {
        if (jobs_.contains(job)) {
            finish_job(step,
                       job,
                       EndStatus::failed,
                       fmt::format("Job aborted due to stage failure: {}", reason));
        }
    }
}

void DagScheduler::finish_stage(Step& step, Stage& stage, EndStatus status) {
    running_.erase(stage.id);
    if (status == EndStatus::succeeded) {
        stage.failed_attempts.clear();  // SCH-DAG-38
    }
    step.act(FinishStage{app_, {stage.id, stage.attempts - 1}, status});
}

// Stages that no other job uses are stopped and forgotten; their map outputs stay
// registered (SCH-DAG-15, SCH-DAG-24).
void DagScheduler::finish_job(Step& step, JobId id, EndStatus status, const std::string& reason) {
    const Job job = std::move(jobs_.at(id));
    jobs_.erase(id);
    for (const StageId stage_id : job.stages) {
        const auto found = stages_.find(stage_id);
        if (found == stages_.end()) {
            continue;
        }
        Stage& stage = found->second;
        stage.jobs.erase(id);
        if (!stage.jobs.empty()) {
            continue;
        }
        if (running_.contains(stage_id)) {
            finish_stage(
                step, stage, status == EndStatus::failed ? EndStatus::failed : EndStatus::killed);
        }
        orders_.stop.push_back(
            {stage_id, status == EndStatus::succeeded ? "Stage finished" : "Stage cancelled"});
        waiting_.erase(stage_id);
        failed_.erase(stage_id);
        if (stage.is_map()) {
            map_stages_[stage.shuffle.index()] = StageId{};
        }
        stages_.erase(found);
    }
    if (failed_.empty()) {
        resubmit_at_.reset();  // the timer that is under way is for nobody (SCH-DAG-51)
    }
    step.act(FinishJob{app_, id, status, reason});
}

}  // namespace forkyard
