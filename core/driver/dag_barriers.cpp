// Jobs that cannot be, and those that wait until the cluster has a slot for each task of their
// barrier stages.
//
// Spark looks when the job is submitted and then every
// spark.scheduler.barrier.maxConcurrentTasksCheck.interval from there; here only the looks
// that find something are events: the first with room enough, or the last one allowed.
#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "core/driver/dag_scheduler.hpp"

namespace forkyard {

std::optional<std::string> DagScheduler::refusal(const JobSubmitted& event) const {
    const PlanJob& job = program_.jobs()[event.plan_job];
    const PlanStage& stage = program_.stage(job.final_stage);
    const std::uint32_t last = std::max(event.until, event.from + 1) - 1;
    if (event.from < event.until && last >= stage.tasks) {  // SCH-DAG-07
        return fmt::format(
            "Attempting to access a non-existent partition: {}. Total number of partitions: {}",
            last,
            stage.tasks);
    }
    if (job.map_stage && event.from == event.until) {
        return "Can't run submitMapStage on RDD with 0 partitions";
    }
    // Spark counts the slots first, so a job that lacks them waits all the same.
    const bool whole = event.until - event.from == stage.tasks || event.from == event.until;
    if (stage.barrier && !whole && !lacks_slots(job.final_stage)) {  // SCH-BAR-05
        return "[SPARK-24820]: a barrier stage runs with all of its partitions, or not at all: "
               "instead of first or take, collect and take from that";
    }
    return std::nullopt;
}

// Of the stages that the job would have to make.
bool DagScheduler::lacks_slots(PlanId plan) const {
    const PlanStage& stage = program_.stage(plan);
    if (stage.barrier && stage.tasks > executors_.slots()) {
        return true;
    }
    return std::any_of(stage.parents.begin(), stage.parents.end(), [&](PlanId parent) {
        const ShuffleId shuffle = shuffles_[parent.index()];
        const bool known = shuffle.valid() && map_stages_[shuffle.index()].valid();
        return !known && lacks_slots(parent);
    });
}

void DagScheduler::wait_for_slots(Step& step, const JobSubmitted& event) {
    BarrierWait wait;
    wait.event = event;
    wait.since = step.now;
    barrier_waits_.emplace(event.job, std::move(wait));
    if (program_.jobs()[event.plan_job].map_stage) {  // that one is not tried again
        fail_for_slots(step, event.job);
        return;
    }
    step.act(WaitJob{app_,
                     event.job,
                     WaitReason::barrier_short,
                     fmt::format("{} slots in all", executors_.slots())});
}

void DagScheduler::fail_for_slots(Step& step, JobId job) {
    finish_job(step,
               job,
               EndStatus::failed,
               fmt::format("[SPARK-24819]: a barrier stage needs more slots than the {} of the "
                           "cluster: use fewer partitions or more executors",
                           executors_.slots()));
}

SimTime DagScheduler::last_check(const BarrierWait& wait) const {
    return wait.since + conf_.barrier_check_interval * conf_.barrier_check_failures_max;
}

void DagScheduler::arm_barrier_checks(Step& step) {
    for (auto& [job, wait] : barrier_waits_) {
        SimTime when = last_check(wait);
        if (!lacks_slots(program_.jobs()[wait.event.plan_job].final_stage)) {
            // Counted from the submission, whose own look has failed.
            const SimTime elapsed{std::max(step.now - wait.since, SimDuration{1})};
            const SimTime look = multiple_from(elapsed, conf_.barrier_check_interval);
            when = std::min(when, wait.since + look.time_since_epoch());
        }
        if (wait.armed.insert(when).second) {
            step.out.timers.push_back({when, TimerFired{TimerKind::barrier_check, app_, {}}});
        }
    }
}

bool DagScheduler::barrier_check_due(SimTime now) const {
    return std::any_of(barrier_waits_.begin(), barrier_waits_.end(), [&](const auto& entry) {
        const BarrierWait& wait = entry.second;
        return wait.armed.contains(now) &&
               (now >= last_check(wait) ||
                !lacks_slots(program_.jobs()[wait.event.plan_job].final_stage));
    });
}

void DagScheduler::on_barrier_timer(Step& step) {
    std::vector<JobId> due;
    for (const auto& [job, wait] : barrier_waits_) {
        if (wait.armed.contains(step.now)) {
            due.push_back(job);
        }
    }
    for (const JobId job : due) {
        const BarrierWait& wait = barrier_waits_.at(job);
        if (!lacks_slots(program_.jobs()[wait.event.plan_job].final_stage)) {
            JobSubmitted event = wait.event;
            barrier_waits_.erase(job);
            number_stages(event);
            if (event.final_stage.valid()) {
                step.act(NumberStages{app_, job, event.final_stage, event.stages});
            }
            on(step, event);
        } else if (step.now >= last_check(wait)) {
            fail_for_slots(step, job);
        }
    }
}

}  // namespace forkyard
