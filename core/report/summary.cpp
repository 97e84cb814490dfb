#include "core/report/summary.hpp"

#include <algorithm>
#include <utility>
#include <variant>

#include "core/event_text.hpp"

namespace forkyard {

namespace {

// Losses that the application, or its end, wished for.
bool wished_for(LossReason reason) {
    return reason == LossReason::idle || reason == LossReason::requested ||
           reason == LossReason::app_finished;
}

StageStatus stage_status(EndStatus status) {
    switch (status) {
        case EndStatus::succeeded:
            return StageStatus::succeeded;
        case EndStatus::failed:
            return StageStatus::failed;
        case EndStatus::killed:
            break;
    }
    return StageStatus::killed;
}

Outcome outcome_of(EndStatus status) {
    switch (status) {
        case EndStatus::succeeded:
            return Outcome::succeeded;
        case EndStatus::failed:
            return Outcome::failed;
        case EndStatus::killed:
            break;
    }
    return Outcome::killed;
}

template <class T, class IdType>
T& grown(std::vector<T>& entries, IdType id) {
    if (entries.size() <= id.index()) [[unlikely]] {
        entries.resize(id.index() + 1);
    }
    return entries[id.index()];
}

}  // namespace

SummaryFold::SummaryFold(const Scenario& scenario)
    : apps_(scenario.apps.size()), fault_states_(scenario.faults.size(), FaultState::ended) {
    totals_.scenario = scenario.name;
    totals_.seed = scenario.seed;
    totals_.clock = scenario.clock;
    totals_.faults.planned = scenario.faults.size();
    for (const FaultSpec& fault : scenario.faults) {
        faults_.push_back(fault.name.empty() ? std::string{to_text(fault.kind)} : fault.name);
    }
    for (const NodeSpec& node : scenario.cluster.nodes) {
        nodes_.push_back(node.name);
    }
    for (std::uint32_t i = 0; i < apps_.size(); ++i) {
        apps_[i].summary.id = AppId{i};
        apps_[i].summary.name = scenario.apps[i].name;
    }
}

void SummaryFold::on(EventHead head, const Event& event) {
    now_ = head.time;
    std::visit([&](const auto& e) { on(head.time, e); }, event);
}

void SummaryFold::on(ActionHead /*head*/, SimTime time, const Action& action) {
    std::visit([&](const auto& a) { on(time, a); }, action);
}

void SummaryFold::on(EventHead head, const FaultRecord& fault) {
    now_ = head.time;
    if (fault.fault >= fault_states_.size()) {
        totals_.faults.asked += fault.state == FaultState::applied ? 1 : 0;
    } else if (fault.state != FaultState::ended &&
               fault_states_[fault.fault] != FaultState::applied) {
        fault_states_[fault.fault] = fault.state;
    }
}

// ---- events

void SummaryFold::on(SimTime now, const AppSubmitted& event) {
    app(event.app).summary.submitted = now;
}

void SummaryFold::on(SimTime now, const JobSubmitted& event) {
    Job& job = grown(app(event.app).jobs, event.job);
    job.summary.id = event.job;
    job.summary.name = event.name;
    job.summary.submitted = now;
    job.partitions = event.until - event.from;
    on(now, NumberStages{event.app, event.job, event.final_stage, event.stages});
}

void SummaryFold::on(SimTime /*now*/, const NumberStages& action) {
    Job& job = grown(app(action.app).jobs, action.job);
    job.final_stage = action.final_stage;
    job.stages = action.stages;
    if (action.final_stage.valid()) {
        stage(action.app, action.final_stage).summary.tasks = job.partitions;
    }
}

void SummaryFold::on(SimTime now, const ExecutorRegistered& event) {
    Executor& entry = executor(event.exec);
    if (!entry.summary.id.valid()) {
        entry.summary.granted = now;
    }
    entry.summary.id = event.exec;
    entry.summary.app = event.app;
    entry.summary.node = nodes_[event.node.index()];
    entry.summary.cores = event.cores;
    entry.summary.registered = true;
    ++totals_.executor_counts.started;
    totals_.executor_counts.peak = std::max(totals_.executor_counts.peak, ++alive_);
}

void SummaryFold::on(SimTime now, const ExecutorLost& event) {
    Executor& entry = executor(event.exec);
    if (entry.summary.lost) {
        return;
    }
    entry.summary.id = event.exec;
    entry.summary.app = event.app;
    entry.summary.lost = now;
    entry.summary.reason = event.reason;
    if (entry.summary.registered) {
        --alive_;
    }
    if (!wished_for(event.reason)) {
        totals_.executor_counts.lost += entry.summary.registered ? 1 : 0;
        LossSummary& loss = totals_.losses[loss_of(now, event.app, event.exec)];
        loss.reason = event.reason;
        loss.code = event.code;
    }
}

void SummaryFold::on(SimTime now, const TaskFinished& event) {
    if (event.status == TaskStatus::resubmitted) {
        return;  // the end of no attempt
    }
    executor(event.exec).summary.busy += event.run;
    switch (event.status) {
        case TaskStatus::success: {
            ++totals_.tasks.succeeded;
            StageMetrics& metrics = stage(event.app, event.task.stage.stage).summary.metrics;
            metrics.executor_run_time += event.run;
            metrics.result_size += event.result;
            metrics.records_read += event.records;
            metrics.shuffle_bytes_written += event.bytes;
            return;
        }
        case TaskStatus::killed:
            ++totals_.tasks.killed;
            return;
        case TaskStatus::executor_lost: {
            const std::uint32_t loss = loss_of(now, event.app, event.exec);
            ++totals_.losses[loss].attempts;
            lose_work(event.app, event.task.stage.stage, event.task.partition, loss);
            break;
        }
        case TaskStatus::fetch_failed:
            if (event.from.valid() && event.from != fallback_storage) {
                const std::uint32_t loss = loss_of(now, event.app, event.from);
                ++totals_.losses[loss].fetches;
                lose_work(event.app, event.task.stage.stage, event.task.partition, loss);
            }
            break;
        default:
            note_failure(event);
            break;
    }
    ++totals_.tasks.failed;
}

void SummaryFold::on(SimTime /*now*/, const TaskSpilled& event) {
    StageMetrics& metrics = stage(event.app, event.task.stage.stage).summary.metrics;
    metrics.memory_bytes_spilled += event.memory;
    metrics.disk_bytes_spilled += event.disk;
}

// ---- actions

void SummaryFold::on(SimTime /*now*/, const UpdateAccumulator& action) {
    app(action.app).summary.accumulators[action.name] = action.value;
}

void SummaryFold::on(SimTime now, const LaunchExecutor& action) {
    Executor& entry = executor(action.exec);
    entry.summary.id = action.exec;
    entry.summary.app = action.app;
    entry.summary.node = nodes_[action.node.index()];
    entry.summary.cores = action.cores;
    entry.summary.granted = now;
}

void SummaryFold::on(SimTime /*now*/, const SubmitStage& action) {
    Stage& entry = stage(action.app, action.stage.stage);
    entry.summary.name = action.name;
    entry.summary.status = StageStatus::running;
    ++entry.summary.attempts;
    entry.summary.tasks = std::max(entry.summary.tasks, action.tasks);
    entry.shuffle = action.shuffle;
    if (action.shuffle.valid()) {
        Shuffle& written = shuffle(action.app, action.shuffle);
        written.stage = action.stage.stage;
        written.tasks = std::max(written.tasks, action.tasks);
        entry.summary.tasks = written.tasks;
        entry.lineage = written.lineage;
    }
}

void SummaryFold::on(SimTime /*now*/, const FinishStage& action) {
    stage(action.app, action.stage.stage).summary.status = stage_status(action.status);
}

void SummaryFold::on(SimTime /*now*/, const SkipStage& action) {
    Stage& of = stage(action.app, action.stage);
    of.skipped = true;
    of.summary.name = action.name;
    of.summary.tasks = action.tasks;
}

void SummaryFold::on(SimTime /*now*/, const SkipPartitions& action) {
    Job& job = grown(app(action.app).jobs, action.job);
    job.partitions -= static_cast<std::uint32_t>(action.partitions.size());
    if (job.final_stage.valid()) {
        stage(action.app, job.final_stage).summary.tasks = job.partitions;
    }
}

void SummaryFold::on(SimTime /*now*/, const LaunchTask& action) {
    ++totals_.tasks.launched;
    totals_.tasks.speculative += action.spec ? 1 : 0;
    ++executor(action.exec).summary.tasks;
    Stage& of = stage(action.app, action.task.stage.stage);
    ++of.summary.launched;
    if (of.lineage != none && lineages_[of.lineage].pending > 0) [[unlikely]] {
        note_again(action, of);
    }
}

void SummaryFold::on(SimTime now, const FinishJob& action) {
    JobSummary& job = grown(app(action.app).jobs, action.job).summary;
    job.status = action.status;
    job.reason = action.reason;
    job.ended = now;
}

void SummaryFold::on(SimTime now, const FinishApp& action) {
    AppSummary& ended = app(action.app).summary;
    ended.outcome = outcome_of(action.status);
    ended.reason = action.reason;
    ended.ended = now;
}

void SummaryFold::on(SimTime now, const UnregisterMapOutput& action) {
    if (action.exec == fallback_storage) {
        return;  // which loses nothing by itself
    }
    // Outputs are also dropped on purpose: of a barrier stage that failed, of a stage that
    // is rolled back.
    const Executor& holder = executor(action.exec);
    if (holder.loss == none && !holder.summary.lost) {
        return;
    }
    const std::uint32_t number = loss_of(now, action.app, action.exec);
    const StageId id = shuffle(action.app, action.shuffle).stage;
    if (!id.valid()) {
        return;
    }
    lose_work(action.app, id, action.partition, number);
    const std::string& name = stage(action.app, id).summary.name;
    std::vector<LostOutputs>& outputs = totals_.losses[number].outputs;
    if (outputs.empty() || outputs.back().stage != name) {
        outputs.push_back({name, {}});
    }
    outputs.back().partitions.push_back(action.partition);
}

// ---- what was lost, and ran again for it

std::uint32_t SummaryFold::loss_of(SimTime now, AppId app, ExecutorId exec) {
    Executor& entry = executor(exec);
    if (entry.loss == none) {
        entry.loss = static_cast<std::uint32_t>(totals_.losses.size());
        LossSummary& loss = totals_.losses.emplace_back();
        loss.app = app;
        loss.exec = exec;
        loss.node = entry.summary.node;
        loss.at = now;
        if (entry.summary.lost) {
            loss.reason = entry.summary.reason;
        }
    }
    return entry.loss;
}

void SummaryFold::lose_work(AppId app, StageId id, std::uint32_t partition, std::uint32_t loss) {
    Stage& of = stage(app, id);
    if (of.lineage == none) {
        of.lineage = static_cast<std::uint32_t>(lineages_.size());
        lineages_.emplace_back();
        if (of.shuffle.valid()) {
            shuffle(app, of.shuffle).lineage = of.lineage;
        }
    }
    Lineage& lineage = lineages_[of.lineage];
    if (lineage.lost_by.size() <= partition) {
        lineage.lost_by.resize(std::max<std::size_t>(partition + 1, of.summary.tasks));
    }
    lineage.pending += lineage.lost_by[partition] == 0 ? 1 : 0;
    lineage.lost_by[partition] = loss + 1;
}

void SummaryFold::note_again(const LaunchTask& action, const Stage& stage) {
    Lineage& lineage = lineages_[stage.lineage];
    const std::uint32_t partition = action.task.partition;
    if (lineage.lost_by.size() <= partition || lineage.lost_by[partition] == 0) {
        return;
    }
    --lineage.pending;
    std::vector<RanAgain>& again =
        totals_.losses[std::exchange(lineage.lost_by[partition], 0) - 1].again;
    const auto same = std::find_if(again.begin(), again.end(), [&](const RanAgain& entry) {
        return entry.stage == action.task.stage;
    });
    RanAgain& entry = same != again.end()
                          ? *same
                          : again.emplace_back(RanAgain{action.task.stage, stage.summary.name, {}});
    entry.partitions.push_back(partition);
}

void SummaryFold::note_failure(const TaskFinished& event) {
    std::map<std::string, FailureSummary>& failures = app(event.app).failures;
    auto found = failures.find(event.reason);
    if (found == failures.end()) {
        const std::string& key =
            failures.size() < reasons_max ? event.reason : std::string{"(other reasons)"};
        found = failures.try_emplace(key, FailureSummary{event.app, key, 0, event.task}).first;
    }
    ++found->second.count;
}

// ---- the tables behind

SummaryFold::Stage& SummaryFold::stage(AppId id, StageId stage) {
    return grown(app(id).stages, stage);
}

SummaryFold::Shuffle& SummaryFold::shuffle(AppId id, ShuffleId shuffle) {
    return grown(app(id).shuffles, shuffle);
}

SummaryFold::Executor& SummaryFold::executor(ExecutorId id) {
    return grown(executors_, id);
}

}  // namespace forkyard
