// What the actions of users' programs make of the rows that tasks return.
#include <algorithm>
#include <iterator>
#include <string>
#include <utility>
#include <vector>

#include "core/check.hpp"
#include "core/data/action_arguments.hpp"
#include "core/data/merge_results.hpp"
#include "core/data/range_bounds.hpp"
#include "sim/run/user_programs.hpp"

namespace forkyard::sim {

namespace {

std::uint64_t wanted_rows(const JobSpec& job) {
    const auto args = action_arguments(job.action, values_of(job.args));
    FORKYARD_CHECK(args.has_value(), "the arguments of an action have been checked");
    return args->n;
}

bool in_waves(const PlanJob& job, const JobSpec& spec) {
    return !job.samples && (spec.action == ActionKind::take || spec.action == ActionKind::first ||
                            spec.action == ActionKind::show);
}

}  // namespace

// How far a take looks next (DP-RDD-21): 1 partition, then 4 times what was scanned
// while nothing was found, else 1.5 times what should be needed, at most 4 times.
std::uint32_t UserPrograms::scan_until(const AppProgram& program,
                                       const PlanJob& job,
                                       std::uint32_t plan_job,
                                       AppId app,
                                       std::uint32_t from) const {
    const JobSpec& spec = spec_of(app, job);
    const std::uint32_t all = control_.driver(app).program().stage(job.final_stage).tasks;
    if (!in_waves(job, spec)) {
        return all;
    }
    const std::uint64_t wanted = wanted_rows(spec);
    if (from == 0) {
        return wanted == 0 ? 0 : 1;
    }
    std::uint64_t found = 0;
    for (const Rows& rows : program.taken.at(plan_job)) {
        found += rows.count;
    }
    const std::uint64_t cap = std::uint64_t{from} * 4;
    const std::uint64_t missing = wanted > found ? wanted - found : 0;
    const std::uint64_t more =
        found == 0 ? cap : std::min(cap, (3 * missing * from + 2 * found - 1) / (2 * found));
    return static_cast<std::uint32_t>(
        std::min<std::uint64_t>(all, from + std::max<std::uint64_t>(1, more)));
}

// True when the job's action is done; false when a take has to look further.
Result<bool> UserPrograms::finish(AppId app, AppProgram& program, JobId id, RunningJob& job) {
    const PlanJob& plan = control_.driver(app).program().jobs()[job.plan_job];
    const AppSpec& spec = scenario_.apps[app.index()];
    const JobSpec& job_spec = spec_of(app, plan);
    const PlanStage& final_stage = control_.driver(app).program().stage(plan.final_stage);
    if (final_stage.synthetic) {
        return true;
    }
    if (plan.checkpoint) {
        const bool into_files = saved_.of(app, id) != nullptr;
        const Result<void> written =
            into_files ? saved_.commit(app, id, final_stage.tasks) : Result<void>{};
        return written.map([] { return true; });
    }
    if (plan.samples) {
        const PlanStage& sorted = control_.driver(app).program().stage(plan.bounds_for);
        return finish_sample(program, job, plan.bounds_for, sorted.children_partitions);
    }
    std::vector<Rows>& rows = program.taken[job.plan_job];
    std::move(job.rows.begin(), job.rows.end(), std::back_inserter(rows));
    if (in_waves(plan, job_spec) && rows.size() < final_stage.tasks) {
        std::uint64_t found = 0;
        for (const Rows& part : rows) {
            found += part.count;
        }
        if (found < wanted_rows(job_spec)) {
            return false;
        }
    }
    std::vector<std::string_view> views;
    views.reserve(rows.size());
    for (const Rows& part : rows) {
        views.emplace_back(part.bytes);
    }
    const std::vector<Value> args = values_of(job_spec.args);
    Computed<Value> merged = merge_results(job_spec.action, args, views);
    rows.clear();
    if (!merged) {
        return fail({merged.error(), {}, {}, Exit::failed});
    }
    if (job_spec.action == ActionKind::save) {
        Result<void> saved = saved_.commit(app, id, final_stage.tasks);
        if (!saved) {
            return fail(saved.error());
        }
    }
    JobResult result{app, id, plan.name, job_spec.action, std::move(*merged), {}};
    if (job_spec.action == ActionKind::show) {
        ShowForm form = action_arguments(job_spec.action, args)->form;
        form.none = spec.conf.compat == Compat::spark_3_0 ? "null" : "NULL";
        List& shown = result.value.list();
        result.text = show_text(shown, form);
        shown.resize(std::min<std::uint64_t>(shown.size(), form.rows));
    }
    results_.push_back(std::move(result));
    return true;
}

// Spark's RangePartitioner: partitions with far more keys than others are sampled again, each key
// with the same probability, by a second job (DP-RDD-10).
bool UserPrograms::finish_sample(AppProgram& program,
                                 const RunningJob& job,
                                 PlanId bounds_for,
                                 std::uint32_t partitions) {
    std::vector<KeySample> found;
    for (const Rows& rows : job.rows) {
        Computed<KeySample> sample =
            rows.bytes.empty() ? Computed<KeySample>{KeySample{}} : decode_sample(rows.bytes);
        FORKYARD_CHECK(sample.has_value(), "a sampling task returns a sample");
        found.push_back(std::move(*sample));
    }
    const auto first = program.sampled.find(job.plan_job);
    if (first == program.sampled.end()) {
        Resample again = oversized(found, partitions);
        if (!again.partitions.empty()) {
            program.sampled[job.plan_job] = {std::move(found), std::move(again)};
            return false;
        }
    } else {
        auto& [samples, again] = first->second;
        for (const std::uint32_t partition : again.partitions) {
            samples[partition] = std::move(found[partition]);
            samples[partition].fraction = again.fraction;
        }
        found = std::move(samples);
        program.sampled.erase(first);
    }
    program.bounds[bounds_for.value] = range_bounds(found, partitions);
    return true;
}

void UserPrograms::keep(AppId app, JobId id, std::uint32_t partition, const TaskAnswer& answer) {
    AppProgram& program = programs_[app.index()];
    const auto found = program.running.find(id);
    if (found != program.running.end()) {
        found->second.rows[partition - found->second.from] = {
            answer.result, static_cast<std::uint64_t>(answer.rows)};
    }
}

}  // namespace forkyard::sim
