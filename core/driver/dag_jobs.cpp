// The last part of the DAG scheduler: how stages and jobs end.
#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "core/driver/dag_scheduler.hpp"

namespace forkyard {

namespace {

constexpr std::size_t cancelled_groups_max = 1000;  // the latest are remembered (SCH-DAG-65)

}  // namespace

void DagScheduler::on(Step& step, const JobCancelled& event) {
    cancel_jobs(step, {event.job}, event.reason);
}

void DagScheduler::on(Step& step, const JobGroupCancelled& event) {
    std::vector<JobId> jobs;
    for (const auto& [id, job] : jobs_) {
        if (job.group == event.group) {
            jobs.push_back(id);
        }
    }
    if (event.future) {
        cancelled_groups_.push_back(event.group);
        if (cancelled_groups_.size() > cancelled_groups_max) {
            cancelled_groups_.pop_front();
        }
    }
    cancel_jobs(step, jobs, fmt::format("part of cancelled job group {}", event.group));
}

void DagScheduler::on(Step& step, const StageCancelled& event) {
    const Stage* stage = find(event.stage);
    if (stage != nullptr) {
        cancel_jobs(step,
                    {stage->jobs.begin(), stage->jobs.end()},
                    event.reason.empty()
                        ? fmt::format("because Stage {} was cancelled", event.stage.value)
                        : event.reason);
    }
}

// A job that only waits has no running stage: Spark leaves it.
void DagScheduler::on(Step& step, const AllJobsCancelled& /*event*/) {
    std::set<JobId> jobs;
    for (const StageId id : running_) {
        const std::set<JobId>& users = stages_.at(id).jobs;
        jobs.insert(users.begin(), users.end());
    }
    cancel_jobs(step, {jobs.begin(), jobs.end()}, "as part of cancellation of all jobs");
}

void DagScheduler::cancel_jobs(Step& step,
                               const std::vector<JobId>& jobs,
                               const std::string& reason) {
    for (const JobId job : jobs) {
        if (jobs_.contains(job) || barrier_waits_.contains(job)) {
            // Without a reason the blank stays (SCH-DAG-65).
            finish_job(step,
                       job,
                       EndStatus::killed,
                       fmt::format("Job {} cancelled {}", job.value, reason));
        }
    }
}

void DagScheduler::stop_all_jobs(Step& step, EndStatus status, const std::string& reason) {
    while (!barrier_waits_.empty() || !jobs_.empty()) {
        const JobId job =
            barrier_waits_.empty() ? jobs_.begin()->first : barrier_waits_.begin()->first;
        finish_job(
            step, job, status, fmt::format("Job {} cancelled because {}", job.value, reason));
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

void DagScheduler::finish_stage(Step& step, Stage& stage, EndStatus status, Retry retry) {
    running_.erase(stage.id);
    if (retry == Retry::no) {  // SCH-OCC-04
        commits_.end_stage(stage.id);
    }
    if (status == EndStatus::succeeded) {
        stage.failed_attempts.clear();  // SCH-DAG-38
    }
    step.act(FinishStage{app_, {stage.id, stage.attempts - 1}, status});
}

// A job that still waits for slots has no stages.
void DagScheduler::finish_job(Step& step, JobId id, EndStatus status, const std::string& reason) {
    if (barrier_waits_.erase(id) == 0) {
        forget_stages_of(step, id, status);
    }
    step.act(FinishJob{app_, id, status, reason});
}

// Stages that no other job uses are stopped and forgotten; their map outputs stay
// registered (SCH-DAG-15, SCH-DAG-24).
void DagScheduler::forget_stages_of(Step& step, JobId id, EndStatus status) {
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
        // What still runs is of no use to anybody (SPARK-30388).
        const bool left_running = conf_.bug == Bug::spark_30388 && status == EndStatus::succeeded &&
                                  running_.erase(stage_id) > 0;
        // A stage that is not running may have tasks of an earlier attempt (SPARK-50648).
        const bool left_zombies = conf_.bug == Bug::spark_50648 && status != EndStatus::succeeded &&
                                  !running_.contains(stage_id);
        if (running_.contains(stage_id)) {
            finish_stage(
                step, stage, status == EndStatus::failed ? EndStatus::failed : EndStatus::killed);
        }
        if (!left_running && !left_zombies) {
            orders_.stop.push_back(
                {stage_id, status == EndStatus::succeeded ? "Stage finished" : "Stage cancelled"});
        }
        waiting_.erase(stage_id);
        failed_.erase(stage_id);
        if (stage.is_map()) {
            map_stages_[stage.shuffle.index()] = StageId{};
        }
        stages_.erase(found);
    }
    if (failed_.empty() && conf_.bug != Bug::spark_17644) {
        resubmit_at_.reset();  // the timer that is under way is for nobody (SCH-DAG-51)
    }
}

}  // namespace forkyard
