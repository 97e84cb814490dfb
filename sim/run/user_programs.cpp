#include "sim/run/user_programs.hpp"

#include <algorithm>
#include <filesystem>
#include <utility>

#include <fmt/format.h>

#include "core/check.hpp"
#include "core/data/merge_results.hpp"
#include "core/data/range_bounds.hpp"
#include "core/plan/lowering.hpp"
#include "core/report/readable.hpp"
#include "sim/host/file_cache.hpp"
#include "sim/run/saved_file.hpp"
#include "sim/scenario/scenario_file.hpp"

namespace forkyard::sim {

namespace {

std::uint64_t wanted_rows(const JobSpec& job) {
    if (job.action == ActionKind::first) {
        return 1;
    }
    return static_cast<std::uint64_t>(std::get<std::int64_t>(job.args.at(0)));
}

bool in_waves(const PlanJob& job, const JobSpec& spec) {
    return !job.samples && (spec.action == ActionKind::take || spec.action == ActionKind::first);
}

}  // namespace

UserPrograms::UserPrograms(const Scenario& scenario,
                           const ControlPlane& control,
                           std::string out_folder)
    : scenario_{scenario},
      control_{control},
      out_folder_{std::move(out_folder)},
      programs_(scenario.apps.size()) {}

Result<void> UserPrograms::start(Agenda& agenda) {
    for (std::uint32_t i = 0; i < scenario_.apps.size(); ++i) {
        const AppSpec& app = scenario_.apps[i];
        AppSubmitted event;
        event.app = AppId{i};
        for (const DatasetSpec& dataset : app.datasets) {
            const StepSpec& source = dataset.steps.front();
            if (source.kind == StepKind::read_text) {
                const Result<std::int64_t> bytes =
                    file_size(resolve_path(scenario_.folder, source.value));
                if (!bytes) {
                    return fail(bytes.error());
                }
                event.inputs.push_back(*bytes);
            }
        }
        agenda.add_event(app.submit_at, DueClass::submission, AppId{i}, 0, 0, std::move(event));
        if (app.kill_at) {
            agenda.add_event(*app.kill_at, DueClass::request, AppId{i}, 0, 0, AppKilled{AppId{i}});
        }
        for (const RequestSpec& request : app.requests) {
            agenda.add_event(request.at,
                             DueClass::request,
                             AppId{i},
                             0,
                             0,
                             ExecutorsCalled{AppId{i}, request.call, request.count, request.execs});
        }
    }
    return {};
}

void UserPrograms::make_threads(AppId id, AppProgram& program) const {
    const AppSpec& app = scenario_.apps[id.index()];
    const std::vector<PlanJob>& jobs = control_.driver(id).program().jobs();
    for (std::uint32_t j = 0; j < jobs.size(); ++j) {
        const std::string& name = app.jobs[jobs[j].spec].thread;
        auto thread = std::find_if(program.threads.begin(),
                                   program.threads.end(),
                                   [&](const Thread& t) { return t.name == name; });
        if (thread == program.threads.end()) {
            program.threads.push_back({.name = name, .jobs = {}});
            thread = program.threads.end() - 1;
        }
        thread->jobs.push_back(j);
    }
    program.threads_left = static_cast<std::uint32_t>(program.threads.size());
}

void UserPrograms::next_turn(
    Agenda& agenda, AppId app, std::uint32_t thread_index, SimTime now, std::uint64_t cause) {
    AppProgram& program = programs_[app.index()];
    Thread& thread = program.threads[thread_index];
    const AppSpec& spec = scenario_.apps[app.index()];
    if (thread.next < thread.jobs.size()) {
        const PlanJob& job = control_.driver(app).program().jobs()[thread.jobs[thread.next]];
        agenda.add({.time = std::max(now, spec.jobs[job.spec].at),
                    .order_class = DueClass::submission,
                    .kind = DueKind::job,
                    .app = app.value,
                    .entity = thread_index,
                    .index = thread_index,
                    .cause = cause});
    } else if (--program.threads_left == 0) {
        agenda.add({.time = std::max(now, spec.open_until),
                    .order_class = DueClass::submission,
                    .kind = DueKind::close,
                    .app = app.value,
                    .cause = cause});
    }
}

void UserPrograms::on(Agenda& agenda, SimTime now, std::uint64_t seq, const AppSubmitted& event) {
    AppProgram& program = programs_[event.app.index()];
    make_threads(event.app, program);
    for (std::uint32_t t = 0; t < program.threads.size(); ++t) {
        next_turn(agenda, event.app, t, now, seq);
    }
    if (program.threads.empty()) {
        agenda.add({.time = std::max(now, scenario_.apps[event.app.index()].open_until),
                    .order_class = DueClass::submission,
                    .kind = DueKind::close,
                    .app = event.app.value,
                    .cause = seq});
    }
}

std::optional<JobSubmitted> UserPrograms::submit(AppId app, std::uint32_t thread_index) {
    AppProgram& program = programs_[app.index()];
    if (program.closed || program.ended) {
        return std::nullopt;
    }
    Thread& thread = program.threads[thread_index];
    const std::vector<PlanJob>& jobs = control_.driver(app).program().jobs();
    while (jobs[thread.jobs[thread.next]].samples &&
           program.bounds.contains(jobs[thread.jobs[thread.next]].bounds_for.value)) {
        ++thread.next;  // the job that needs the bounds follows
    }
    const std::uint32_t index = thread.jobs[thread.next];
    const PlanJob& plan = jobs[index];
    const PlanStage& final_stage = control_.driver(app).program().stage(plan.final_stage);
    RunningJob job;
    job.thread = thread_index;
    job.plan_job = index;
    job.from = static_cast<std::uint32_t>(program.taken[index].size());
    job.until = scan_until(program, plan, index, app, job.from);
    job.until = std::min(job.until, final_stage.tasks);
    if (!final_stage.synthetic) {
        job.rows.resize(job.until - job.from);
    }
    const JobSpec& spec = scenario_.apps[app.index()].jobs[plan.spec];
    if (spec.action == ActionKind::save && !plan.samples && !out_folder_.empty()) {
        begin_save(out_folder_, std::get<std::string>(spec.args.at(0)));
    }
    const JobId id{program.next_job++};
    JobSubmitted event;
    event.app = app;
    event.job = id;
    event.name = plan.name;
    event.plan_job = index;
    event.from = job.from;
    event.until = job.until;
    event.map_stage = plan.map_stage;
    program.plan_jobs.emplace(id, index);
    program.running.emplace(id, std::move(job));
    return event;
}

// How far a take looks next (DP-RDD-21): 1 partition, then 4 times what was scanned
// while nothing was found, else 1.5 times what should be needed, at most 4 times.
std::uint32_t UserPrograms::scan_until(const AppProgram& program,
                                       const PlanJob& job,
                                       std::uint32_t plan_job,
                                       AppId app,
                                       std::uint32_t from) const {
    const JobSpec& spec = scenario_.apps[app.index()].jobs[job.spec];
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

std::vector<std::string> UserPrograms::describe_waiting(SimTime now) const {
    std::vector<std::string> lines;
    const auto at = [](SimTime time) { return readable(time.time_since_epoch()); };
    for (std::size_t i = 0; i < programs_.size(); ++i) {
        const AppSpec& app = scenario_.apps[i];
        const AppProgram& program = programs_[i];
        if (app.submit_at > now) {
            lines.push_back(
                fmt::format("{} is to be submitted at {}", app.name, at(app.submit_at)));
        }
        if (program.closed || program.ended) {
            continue;
        }
        for (const Thread& thread : program.threads) {
            if (thread.next == thread.jobs.size()) {
                continue;
            }
            const PlanJob& job = control_.driver(AppId{static_cast<std::uint32_t>(i)})
                                     .program()
                                     .jobs()[thread.jobs[thread.next]];
            if (app.jobs[job.spec].at > now) {
                lines.push_back(fmt::format("{}: job {} is to be submitted at {}",
                                            app.name,
                                            job.name,
                                            at(app.jobs[job.spec].at)));
            }
        }
        if (!program.threads.empty() && program.threads_left == 0 && app.open_until > now) {
            lines.push_back(fmt::format("{} stays open until {}", app.name, at(app.open_until)));
        }
    }
    return lines;
}

bool UserPrograms::confirm(const Event& event) const {
    const auto* cancelled = std::get_if<JobCancelled>(&event);
    return cancelled == nullptr ||
           programs_[cancelled->app.index()].running.contains(cancelled->job);
}

std::optional<AppClosed> UserPrograms::close(AppId app) {
    AppProgram& program = programs_[app.index()];
    if (program.closed || program.ended) {
        return std::nullopt;
    }
    program.closed = true;
    return AppClosed{app, program.failure};
}

void UserPrograms::on(Agenda& agenda, SimTime now, std::uint64_t seq, const JobSubmitted& event) {
    const PlanJob& plan = plan_job(event.app, event.job);
    const std::optional<SimTime>& cancel =
        scenario_.apps[event.app.index()].jobs[plan.spec].cancel_at;
    if (cancel) {
        agenda.add_event(std::max(now, *cancel),
                         DueClass::request,
                         event.app,
                         event.job.value,
                         seq,
                         JobCancelled{event.app, event.job});
    }
}

Result<void> UserPrograms::on(Agenda& agenda,
                              SimTime now,
                              std::uint64_t seq,
                              const FinishJob& action) {
    AppProgram& program = programs_[action.app.index()];
    const auto found = program.running.find(action.job);
    if (found == program.running.end()) {
        return {};
    }
    RunningJob job = std::move(found->second);
    program.running.erase(found);
    const PlanJob& plan = plan_job(action.app, action.job);
    const JobSpec& spec = scenario_.apps[action.app.index()].jobs[plan.spec];
    Thread& thread = program.threads[job.thread];
    bool complete = true;
    std::string failure = action.status == EndStatus::failed ? action.reason : std::string{};
    if (action.status == EndStatus::succeeded) {
        Result<bool> finished = finish(action.app, program, action.job, job);
        if (!finished) {
            if (finished.error().exit != Exit::failed) {
                return fail(finished.error());
            }
            failure = finished.error().what;  // the action itself failed, as reduce of nothing does
        } else {
            complete = *finished;
        }
    }
    if (!failure.empty() && spec.on_failure == OnFailure::stop) {
        program.failure = failure;
        agenda.add({.time = now,
                    .order_class = DueClass::submission,
                    .kind = DueKind::close,
                    .app = action.app.value,
                    .cause = seq});
        return {};
    }
    if (complete) {
        ++thread.next;
    }
    if (plan.samples && action.status != EndStatus::succeeded) {
        // The action has thrown already: the job that it sampled for is never submitted.
        const std::vector<PlanJob>& jobs = control_.driver(action.app).program().jobs();
        while (thread.next < thread.jobs.size() &&
               jobs[thread.jobs[thread.next]].spec == plan.spec) {
            ++thread.next;
        }
    }
    next_turn(agenda, action.app, job.thread, now, seq);
    return {};
}

void UserPrograms::on(const FinishApp& action) {
    programs_[action.app.index()].ended = true;
}

// True when the job's action is done; false when a take has to look further.
Result<bool> UserPrograms::finish(AppId app, AppProgram& program, JobId id, RunningJob& job) {
    const PlanJob& plan = control_.driver(app).program().jobs()[job.plan_job];
    const AppSpec& spec = scenario_.apps[app.index()];
    const JobSpec& job_spec = spec.jobs[plan.spec];
    const PlanStage& final_stage = control_.driver(app).program().stage(plan.final_stage);
    if (final_stage.synthetic) {
        return true;
    }
    if (plan.samples) {
        std::vector<KeySample> samples;
        for (const Rows& rows : job.rows) {
            Computed<KeySample> sample = decode_sample(rows.bytes);
            FORKYARD_CHECK(sample.has_value(), "a sampling task returns a sample");
            samples.push_back(std::move(*sample));
        }
        const std::uint32_t partitions =
            control_.driver(app).program().stage(plan.bounds_for).children_partitions;
        program.bounds[plan.bounds_for.value] = range_bounds(samples, partitions);
        return true;
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
    if (job_spec.action == ActionKind::save && !out_folder_.empty()) {
        Result<void> saved = finish_save(out_folder_, std::get<std::string>(job_spec.args.at(0)));
        if (!saved) {
            return fail(saved.error());
        }
    }
    results_.push_back({app, id, plan.name, job_spec.action, std::move(*merged)});
    return true;
}

Result<void> UserPrograms::keep(AppId app,
                                JobId id,
                                std::uint32_t partition,
                                const TaskAnswer& answer) {
    AppProgram& program = programs_[app.index()];
    const auto found = program.running.find(id);
    if (found == program.running.end()) {
        return {};
    }
    found->second.rows[partition - found->second.from] = {answer.result,
                                                          static_cast<std::uint64_t>(answer.rows)};
    const JobSpec& spec = scenario_.apps[app.index()].jobs[plan_job(app, id).spec];
    if (spec.action == ActionKind::save && !plan_job(app, id).samples && !out_folder_.empty()) {
        return save_part(
            out_folder_, std::get<std::string>(spec.args.at(0)), partition, answer.saved);
    }
    return {};
}

const std::vector<Value>* UserPrograms::bounds(AppId app, PlanId writer) const {
    const auto& bounds = programs_[app.index()].bounds;
    const auto found = bounds.find(writer.value);
    return found == bounds.end() ? nullptr : &found->second;
}

const PlanJob& UserPrograms::plan_job(AppId app, JobId job) const {
    return control_.driver(app).program().jobs()[programs_[app.index()].plan_jobs.at(job)];
}

}  // namespace forkyard::sim
