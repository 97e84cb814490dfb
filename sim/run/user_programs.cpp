#include "sim/run/user_programs.hpp"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "core/plan/define_datasets.hpp"
#include "core/plan/lowering.hpp"
#include "core/report/readable.hpp"
#include "sim/host/input_files.hpp"
#include "sim/scenario/scenario_file.hpp"
#include "sim/session/program_registry.hpp"

namespace forkyard::sim {

UserPrograms::UserPrograms(const Scenario& scenario,
                           const ControlPlane& control,
                           std::string out_folder)
    : scenario_{scenario},
      control_{control},
      checkpoint_folders_{out_folder},
      saved_{std::move(out_folder)},
      programs_(scenario.apps.size()) {}

Result<void> UserPrograms::start(Agenda& agenda) {
    for (std::uint32_t i = 0; i < scenario_.apps.size(); ++i) {
        const AppSpec& app = scenario_.apps[i];
        AppSubmitted event;
        event.app = AppId{i};
        Result<std::vector<InputFile>> inputs = input_files_of(app, scenario_.folder);
        if (!inputs) {
            return fail(inputs.error());
        }
        event.inputs = std::move(*inputs);
        if (auto refused = refused_step(app, event.inputs)) {  // files have changed since
            return fail({std::move(refused->why),
                         app.datasets[refused->dataset].name,
                         {},
                         Exit::bad_input});
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
        const std::string& name = spec_of(id, jobs[j]).thread;
        auto thread = std::find_if(program.threads.begin(),
                                   program.threads.end(),
                                   [&](const Thread& t) { return t.name == name; });
        if (thread == program.threads.end()) {
            program.threads.push_back({.name = name, .jobs = {}});
            thread = program.threads.end() - 1;
        }
        thread->jobs.push_back(j);
    }
    if (app.program) {
        program.threads.push_back({.name = "program", .jobs = {}});
        program.session =
            std::make_unique<ProgramThread>(*find_program(app.program->name), app.program->args);
    }
    program.threads_left = static_cast<std::uint32_t>(program.threads.size());
}

void UserPrograms::next_turn(
    Agenda& agenda, AppId app, std::uint32_t thread_index, SimTime now, std::uint64_t cause) {
    AppProgram& program = programs_[app.index()];
    Thread& thread = program.threads[thread_index];
    const AppSpec& spec = scenario_.apps[app.index()];
    const bool checkpoints = is_session(program, thread_index) && program.checkpoints.is_due();
    if (thread.next < thread.jobs.size() && !checkpoints) {
        const PlanJob& job = control_.driver(app).program().jobs()[thread.jobs[thread.next]];
        agenda.add({.time = std::max(now, spec_of(app, job).at),
                    .order_class = DueClass::submission,
                    .kind = DueKind::job,
                    .app = app.value,
                    .entity = thread_index,
                    .index = thread_index,
                    .generation = program.attempt,
                    .cause = cause});
    } else if (is_session(program, thread_index)) {
        agenda.add({.time = now,
                    .order_class = DueClass::submission,
                    .kind = DueKind::program,
                    .app = app.value,
                    .entity = thread_index,
                    .index = thread_index,
                    .generation = program.attempt,
                    .cause = cause});
    } else if (--program.threads_left == 0) {
        close_later(agenda, app, std::max(now, spec.open_until), cause);
    }
}

void UserPrograms::close_later(Agenda& agenda, AppId app, SimTime when, std::uint64_t cause) const {
    agenda.add({.time = when,
                .order_class = DueClass::submission,
                .kind = DueKind::close,
                .app = app.value,
                .generation = programs_[app.index()].attempt,
                .cause = cause});
}

void UserPrograms::begin(Agenda& agenda, SimTime now, std::uint64_t seq, AppId app) {
    AppProgram& program = programs_[app.index()];
    AppProgram fresh;  // whatever became of an attempt before it, if it began at all
    fresh.attempt = program.attempt + 1;
    fresh.next_job = program.next_job;
    fresh.plan_jobs = std::move(program.plan_jobs);
    program = std::move(fresh);
    std::erase_if(results_, [&](const JobResult& result) { return result.app == app; });
    make_threads(app, program);
    for (std::uint32_t t = 0; t < program.threads.size(); ++t) {
        next_turn(agenda, app, t, now, seq);
    }
    if (program.threads.empty()) {
        close_later(agenda, app, std::max(now, scenario_.apps[app.index()].open_until), seq);
    }
}

void UserPrograms::stop(AppId app) {
    programs_[app.index()].closed = true;
    programs_[app.index()].session.reset();
    saved_.abort(app);
}

// A job that would save where this run has saved is never submitted: its action throws.
Result<std::optional<JobSubmitted>> UserPrograms::submit(Agenda& agenda, const Due& due) {
    const AppId app{due.app};
    const std::uint32_t thread_index = due.index;
    AppProgram& program = programs_[app.index()];
    if (program.closed || program.ended || program.attempt != due.generation) {
        return std::optional<JobSubmitted>{};
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
    if (const auto only = control_.driver(app).program().only_partition(plan)) {
        job.from = *only;
        job.until = *only + 1;
    }
    job.until = std::min(job.until, final_stage.tasks);
    if (!final_stage.synthetic) {
        job.rows.resize(job.until - job.from);
    }
    const AppSpec& app_spec = scenario_.apps[app.index()];
    const JobSpec& spec = spec_of(app, plan);
    const bool saves = spec.action == ActionKind::save && !plan.samples;
    const std::string path = saves ? std::get<std::string>(spec.args.at(0)) : std::string{};
    if (saves && app_spec.conf.save.validated && saved_.exists(path)) {
        ++thread.next;
        const std::string reason = fmt::format("output directory `{}` already exists", path);
        const bool session = is_session(program, thread_index);
        if (session) {
            program.reply = tl::make_unexpected(reason);
        }
        if (session || !gives_up(agenda, app, spec, due.time, due.cause, reason)) {
            next_turn(agenda, app, thread_index, due.time, due.cause);
        }
        return std::optional<JobSubmitted>{};
    }
    const JobId id{program.next_job++};
    Result<void> begun;
    if (saves) {
        begun = saved_.begin(app, id, path, app_spec.conf.save);
    } else if (plan.checkpoint && !plan.checkpoint->empty()) {
        begun = checkpoint_folders_.add(app, *plan.checkpoint).and_then([&](std::string folder) {
            return saved_.begin_checkpoint(app, id, std::move(folder));
        });
    }
    if (!begun) {
        return fail(begun.error());
    }
    JobSubmitted event;
    event.app = app;
    event.job = id;
    event.name = plan.name;
    event.plan_job = index;
    event.from = job.from;
    event.until = job.until;
    event.map_stage = plan.map_stage;
    if (const auto first = program.sampled.find(index); first != program.sampled.end()) {
        event.only = first->second.again.partitions;
    }
    program.plan_jobs.emplace(id, index);
    program.running.emplace(id, std::move(job));
    return event;
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
        if (program.attempt == 0 || program.closed || program.ended) {
            continue;
        }
        for (const Thread& thread : program.threads) {
            if (thread.next == thread.jobs.size()) {
                continue;
            }
            const PlanJob& job = control_.driver(AppId{static_cast<std::uint32_t>(i)})
                                     .program()
                                     .jobs()[thread.jobs[thread.next]];
            const SimTime begins = spec_of(AppId{static_cast<std::uint32_t>(i)}, job).at;
            if (begins > now) {
                lines.push_back(fmt::format(
                    "{}: job {} is to be submitted at {}", app.name, job.name, at(begins)));
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

std::optional<AppClosed> UserPrograms::close(AppId app, std::uint32_t attempt) {
    AppProgram& program = programs_[app.index()];
    if (program.closed || program.ended || program.attempt != attempt) {
        return std::nullopt;
    }
    program.closed = true;
    return AppClosed{app, program.failure};
}

void UserPrograms::follow(Agenda& agenda, SimTime now, std::uint64_t seq, const Event& event) {
    std::visit(
        [&](const auto& e) {
            if constexpr (requires { on(agenda, now, seq, e); }) {
                on(agenda, now, seq, e);
            }
        },
        event);
}

void UserPrograms::on(Agenda& agenda, SimTime now, std::uint64_t seq, const JobSubmitted& event) {
    const PlanJob& plan = plan_job(event.app, event.job);
    const std::optional<SimTime>& cancel = spec_of(event.app, plan).cancel_at;
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
    const PlanJob plan = plan_job(action.app, action.job);
    const JobSpec& spec = spec_of(action.app, plan);
    Thread& thread = program.threads[job.thread];
    bool complete = true;
    std::string failure = action.status == EndStatus::failed ? action.reason : std::string{};
    if (action.status != EndStatus::succeeded) {
        saved_.abort(action.app, action.job);
    } else {
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
    if (!failure.empty() && !is_session(program, job.thread) &&  // that decides for itself
        gives_up(agenda, action.app, spec, now, seq, failure)) {
        return {};
    }
    if (complete) {
        ++thread.next;
    }
    if (is_session(program, job.thread) && complete) {
        reply_to_session(program, plan, action, failure);
    }
    if (is_session(program, job.thread)) {
        follow_job(action.app, plan, action.status);
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

// An action has thrown: whether that is the end of the program.
bool UserPrograms::gives_up(Agenda& agenda,
                            AppId app,
                            const JobSpec& job,
                            SimTime now,
                            std::uint64_t cause,
                            const std::string& reason) {
    if (job.on_failure != OnFailure::stop) {
        return false;
    }
    AppProgram& program = programs_[app.index()];
    program.failure = reason;
    agenda.add({.time = now,
                .order_class = DueClass::submission,
                .kind = DueKind::close,
                .app = app.value,
                .generation = program.attempt,
                .cause = cause});
    return true;
}

void UserPrograms::on(const FinishApp& action) {
    programs_[action.app.index()].ended = true;
}

const std::vector<Value>* UserPrograms::bounds(AppId app, PlanId writer) const {
    const auto& bounds = programs_[app.index()].bounds;
    const auto found = bounds.find(writer.value);
    return found == bounds.end() ? nullptr : &found->second;
}

std::uint32_t UserPrograms::sample_fraction(AppId app, JobId job) const {
    const AppProgram& program = programs_[app.index()];
    const auto first = program.sampled.find(program.plan_jobs.at(job));
    return first == program.sampled.end() ? 0 : first->second.again.fraction;
}

const PlanJob& UserPrograms::plan_job(AppId app, JobId job) const {
    return control_.driver(app).program().jobs()[programs_[app.index()].plan_jobs.at(job)];
}

}  // namespace forkyard::sim
