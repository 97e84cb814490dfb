#include "core/driver/dag_scheduler.hpp"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "core/check.hpp"

namespace forkyard {

namespace {

std::string stage_list(const std::vector<StageId>& stages) {
    std::string text;
    for (const StageId stage : stages) {
        text += fmt::format("{}s{}", text.empty() ? "" : ", ", stage.value);
    }
    return text;
}

}  // namespace

DagScheduler::DagScheduler(AppId app,
                           const Scenario& scenario,
                           const Program& program,
                           const ExecutorTable& executors,
                           const Numbers& first)
    : app_{app},
      conf_{scenario.apps[app.index()].conf},
      program_{program},
      executors_{executors},
      outputs_{app, conf_.map_sizes, first.shuffle},
      places_{scenario, app, program, executors, outputs_, cache_},
      shuffles_(program.stages().size()),
      map_stages_(first.shuffle),
      next_stage_{first.stage},
      next_shuffle_{first.shuffle} {}

// ---- numbering: parents before children (SCH-DAG-01), one map stage a shuffle (SCH-DAG-02)

void DagScheduler::number_stages(JobSubmitted& event) {
    shuffles_.resize(program_.stages().size());  // the program may have grown
    std::vector<StageId> parents;
    const PlanJob& job = program_.jobs()[event.plan_job];
    const PlanId plan = job.final_stage;
    event.stages.clear();
    if (event.from == event.until) {
        return;  // a job without partitions has no stage (SCH-DAG-06)
    }
    if (lacks_slots(plan) || refusal(event)) {
        return;
    }
    if (job.map_stage) {  // SCH-DAG-70
        event.final_stage = map_stage_for(plan, event.job, event.stages);
        std::sort(event.stages.begin(), event.stages.end());
        return;
    }
    for (const PlanId parent : program_.stage(plan).parents) {
        parents.push_back(map_stage_for(parent, event.job, event.stages));
    }
    event.final_stage = new_stage(plan, ShuffleId{}, std::move(parents));
    add_job_to(event.final_stage, event.job, event.stages);
    std::sort(event.stages.begin(), event.stages.end());
}

StageId DagScheduler::map_stage_for(PlanId plan, JobId job, std::vector<StageId>& stages) {
    const ShuffleId known = shuffles_[plan.index()];
    if (known.valid() && map_stages_[known.index()].valid()) {
        add_job_to(map_stages_[known.index()], job, stages);
        return map_stages_[known.index()];
    }
    std::vector<StageId> parents;
    for (const PlanId parent : program_.stage(plan).parents) {
        parents.push_back(map_stage_for(parent, job, stages));
    }
    const ShuffleId shuffle = shuffle_of(plan);
    const StageId id = new_stage(plan, shuffle, std::move(parents));
    map_stages_[shuffle.index()] = id;
    add_job_to(id, job, stages);
    return id;
}

ShuffleId DagScheduler::shuffle_of(PlanId plan) {
    ShuffleId& shuffle = shuffles_[plan.index()];
    if (!shuffle.valid()) {
        shuffle = ShuffleId{next_shuffle_++};
        map_stages_.emplace_back();
        outputs_.add_shuffle(shuffle, program_.stage(plan).tasks);
    }
    return shuffle;
}

ShuffleId DagScheduler::written_by(StageId stage) const {
    const auto found = stages_.find(stage);
    return found == stages_.end() ? ShuffleId{} : found->second.shuffle;
}

StageId DagScheduler::new_stage(PlanId plan, ShuffleId shuffle, std::vector<StageId> parents) {
    const StageId id{next_stage_++};
    Stage stage;
    stage.id = id;
    stage.plan = plan;
    stage.shuffle = shuffle;
    stage.parents = std::move(parents);
    std::sort(stage.parents.begin(), stage.parents.end());
    stages_.emplace(id, std::move(stage));
    return id;
}

void DagScheduler::add_job_to(StageId id, JobId job, std::vector<StageId>& stages) {
    Stage& stage = stages_.at(id);
    if (!stage.jobs.insert(job).second) {
        return;
    }
    stage.first_job = stage.first_job.valid() ? stage.first_job : job;
    stages.push_back(id);
    for (const StageId parent : stage.parents) {
        add_job_to(parent, job, stages);
    }
}

// ---- submission

void DagScheduler::on(Step& step, const JobSubmitted& event) {
    cache_.forget();  // SCH-DAG-05
    if (const std::optional<std::string> why = refusal(event)) {
        step.act(FinishJob{app_, event.job, EndStatus::failed, *why});
        return;
    }
    if (event.from < event.until && !event.final_stage.valid()) {
        wait_for_slots(step, event);
        return;
    }
    const PlanJob& plan = program_.jobs()[event.plan_job];
    Job job;
    job.final_stage = event.final_stage;
    job.pool = plan.pool;
    job.group = plan.group;
    job.map_stage = plan.map_stage;
    job.from = event.from;
    job.finished.resize(event.until - event.from);
    job.stages = event.stages;
    const bool unwanted =
        std::find(cancelled_groups_.begin(), cancelled_groups_.end(), job.group) !=
        cancelled_groups_.end();
    Job& known = jobs_.emplace(event.job, std::move(job)).first->second;
    if (plan.checkpoint && plan.checkpoint->empty()) {
        skip_kept(step, event.job, known);
    } else if (!event.only.empty()) {
        skip_unless(step, event.job, known, [&](std::uint32_t partition) {
            return std::binary_search(event.only.begin(), event.only.end(), partition);
        });
    }
    const bool empty = known.finished_count == known.finished.size();
    if (unwanted) {
        cancel_jobs(step, {event.job}, fmt::format("part of cancelled job group {}", plan.group));
    } else if (empty) {  // ends at once, with no task (SCH-DAG-06)
        finish_job(step, event.job, EndStatus::succeeded, "");
    } else if (plan.map_stage && available(stages_.at(event.final_stage))) {
        skip_complete_stages(step, event.job);
        finish_job(step, event.job, EndStatus::succeeded, "");
    } else {
        submit_stage(step, event.final_stage);
        skip_complete_stages(step, event.job);
    }
}

// Executors have these partitions of the dataset that is to be checkpointed (DP-BLK-16).
void DagScheduler::skip_kept(Step& step, JobId id, Job& job) {
    const PlanStage& plan = plan_of(stages_.at(job.final_stage));
    const RddId rdd = program_.lineage().rdd_of(plan.root);
    skip_unless(step, id, job, [&](std::uint32_t partition) {
        return cache_.holders({rdd, partition}).empty();
    });
}

void DagScheduler::skip_unless(Step& step,
                               JobId id,
                               Job& job,
                               const std::function<bool(std::uint32_t)>& is_wanted) {
    SkipPartitions skipped{app_, id, {}};
    for (std::uint32_t i = 0; i < job.finished.size(); ++i) {
        if (!is_wanted(job.from + i)) {
            job.finished[i] = 1;
            ++job.finished_count;
            skipped.partitions.push_back(job.from + i);
        }
    }
    if (!skipped.partitions.empty()) {
        step.act(std::move(skipped));
    }
}

void DagScheduler::submit_stage(Step& step, StageId id) {
    Stage* known = find(id);  // none: its job was given up meanwhile
    if (known == nullptr || known->jobs.empty() || waiting_.contains(id) || running_.contains(id) ||
        failed_.contains(id)) {
        return;
    }
    Stage& stage = *known;
    // Since 3.5 (SCH-DAG-39).
    const std::uint32_t attempts_max =
        std::max(conf_.stage_attempts_max, conf_.stage_attempts_consecutive_max);
    if (stage.attempts >= attempts_max && conf_.compat != Compat::spark_3_0 &&
        conf_.bug != Bug::spark_42577) {
        abort_stage(step,
                    id,
                    fmt::format("s{} ({}) has been submitted {} times, the most that "
                                "spark.stage.maxAttempts and spark.stage.maxConsecutiveAttempts "
                                "allow",
                                id.value,
                                program_.stage(stage.plan).name,
                                stage.attempts));
        return;
    }
    const std::vector<StageId> missing = missing_parents(stage);
    if (missing.empty()) {
        submit_missing_tasks(step, stage);
        return;
    }
    waiting_.insert(id);
    step.act(WaitStage{app_, {id, stage.attempts}, WaitReason::parent_stage, stage_list(missing)});
    for (const StageId parent : missing) {
        submit_stage(step, parent);
    }
}

void DagScheduler::submit_missing_tasks(Step& step, Stage& stage) {
    const PlanStage& plan = plan_of(stage);
    if (stage.is_map() && plan.indeterminate && !available(stage) &&
        conf_.bug != Bug::spark_23207) {
        const StageId id = stage.id;
        // A result that was read from the older outputs meanwhile cannot be taken back
        // (SCH-DAG-58).
        if (stage.attempts > 0 && conf_.compat == Compat::spark_4_0 &&
            conf_.bug != Bug::spark_51272) {
            abort_results_begun(step, succeeding(id));
            if (find(id) == nullptr || stages_.at(id).jobs.empty()) {
                return;
            }
        }
        outputs_.unregister_all(step, stage.shuffle);  // SCH-DAG-52
    }
    std::vector<std::uint32_t> partitions = missing_partitions(stage);
    if (partitions.empty()) {  // its last output came from an older attempt (SCH-DAG-18)
        const StageId id = stage.id;
        finish_map_stage_jobs(step, id);
        if (conf_.bug != Bug::spark_23811) {
            submit_waiting_children(step, id);
        }
        return;
    }
    if (const std::optional<std::string> why = gone_broadcast(plan)) {
        abort_stage(step, stage.id, *why);
        return;
    }
    const StageAttempt attempt{stage.id, stage.attempts++};
    running_.insert(stage.id);
    commits_.start_stage(stage.id, plan.tasks);
    stage.pending.clear();
    if (stage.is_map()) {
        for (const std::uint32_t partition : partitions) {
            stage.pending.insert(partition);
        }
    }
    step.act(SubmitStage{.app = app_,
                         .stage = attempt,
                         .name = plan.name,
                         .tasks = static_cast<std::uint32_t>(partitions.size()),
                         .parents = stage.parents,
                         .plan = stage.plan,
                         .shuffle = stage.shuffle,
                         .job = *stage.jobs.begin()});
    orders_.submit.push_back(task_set_of(stage, std::move(partitions)));
}

TaskSet DagScheduler::task_set_of(const Stage& stage, std::vector<std::uint32_t> partitions) {
    TaskSet set;
    set.stage = {stage.id, stage.attempts - 1};
    set.priority = *stage.jobs.begin();  // SCH-DAG-64
    if (conf_.bug == Bug::spark_6880) {  // it may have ended, and its properties with it
        set.priority = stage.first_job;
    }
    const auto job = jobs_.find(set.priority);
    set.pool = job == jobs_.end() ? std::string{} : job->second.pool;
    set.map_side = stage.is_map();
    set.barrier = plan_of(stage).barrier;
    set.task_bytes = plan_of(stage).task_bytes;
    set.epoch = outputs_.epoch();
    std::vector<ShuffleId> reads;
    for (const PlanId parent : plan_of(stage).parents) {
        reads.push_back(shuffles_[parent.index()]);
    }
    set.places = places_.of(stage.plan, reads, partitions);
    set.partitions = std::move(partitions);
    return set;
}

void DagScheduler::submit_waiting_children(Step& step, StageId parent) {
    std::vector<std::pair<JobId, StageId>> children;
    for (const StageId id : waiting_) {
        const Stage& stage = stages_.at(id);
        if (std::find(stage.parents.begin(), stage.parents.end(), parent) != stage.parents.end() &&
            !stage.jobs.empty()) {
            children.emplace_back(*stage.jobs.begin(), id);
        }
    }
    std::sort(children.begin(), children.end());
    for (const auto& [job, id] : children) {
        waiting_.erase(id);
    }
    for (const auto& [job, id] : children) {
        submit_stage(step, id);
    }
}

void DagScheduler::skip_complete_stages(Step& step, JobId job) {
    const auto found = jobs_.find(job);
    if (found == jobs_.end()) {
        return;
    }
    for (const StageId id : found->second.stages) {
        const Stage& stage = stages_.at(id);
        if (stage.attempts == 0 && !waiting_.contains(id)) {
            const PlanStage& plan = program_.stage(stage.plan);
            step.act(SkipStage{app_, id, job, plan.name, plan.tasks});
        }
    }
}

std::string DagScheduler::title(const Stage& stage) const {
    return fmt::format("{} s{} ({})",
                       stage.is_map() ? "ShuffleMapStage" : "ResultStage",
                       stage.id.value,
                       plan_of(stage).name);
}

DagScheduler::Stage* DagScheduler::find(StageId id) {
    const auto found = stages_.find(id);
    return found == stages_.end() ? nullptr : &found->second;
}

DagScheduler::Orders DagScheduler::take_orders() {
    return std::exchange(orders_, Orders{});
}

void DagScheduler::describe_waiting(std::vector<std::string>& lines) const {
    for (const auto& [job, wait] : barrier_waits_) {
        lines.push_back(
            fmt::format("job j{} ({}) waits for a slot for each task of a barrier "
                        "stage: {} slots are there",
                        job.value,
                        wait.event.name,
                        executors_.slots()));
    }
    for (const StageId id : waiting_) {
        std::vector<StageId> parents;
        for (const StageId parent : stages_.at(id).parents) {
            if (!available(stages_.at(parent))) {
                parents.push_back(parent);
            }
        }
        lines.push_back(fmt::format("stage s{} ({}) waits for the outputs of {}",
                                    id.value,
                                    program_.stage(stages_.at(id).plan).name,
                                    stage_list(parents)));
    }
}

}  // namespace forkyard
