// Driver programs in C++: what they ask for as events, and what they hear.
#include <utility>

#include <fmt/format.h>

#include "core/model/argument_text.hpp"
#include "core/plan/lineage_text.hpp"
#include "sim/host/input_files.hpp"
#include "sim/run/user_programs.hpp"
#include "sim/scenario/scenario_file.hpp"
#include "sim/session/check_definition.hpp"

namespace forkyard::sim {

tl::expected<Event, std::string> UserPrograms::defined(AppId app,
                                                       const DatasetSpec& dataset) const {
    const StepSpec& step = dataset.steps.back();
    DatasetDefined event;
    event.app = app;
    event.name = dataset.name;
    event.of = dataset.steps.size() > 1 ? dataset.steps.front().value : "";
    event.step = step.kind;
    event.value = step.value;
    event.args = to_text(step.args);
    event.partitions = step.partitions;
    event.cost = step.cost;
    event.broadcast = step.broadcast;
    if (reads_files(step.kind)) {
        Result<std::vector<FoundFile>> files =
            input_files(resolve_path(scenario_.folder, step.value));
        if (!files) {
            return tl::make_unexpected(files.error().what);
        }
        for (FoundFile& file : *files) {
            event.inputs.push_back({0, std::move(file.name), file.size});
        }
    }
    std::string why = why_undefinable(control_.driver(app).program(), event);
    why = why.empty() ? why_no_function(event) : why;
    if (!why.empty()) {
        return tl::make_unexpected(std::move(why));
    }
    return event;
}

tl::expected<Event, std::string> UserPrograms::defined(AppId app, const JobSpec& job) const {
    JobDefined event;
    event.app = app;
    event.name = job.name;
    event.of = job.of;
    event.action = job.action;
    event.args = to_text(job.args);
    std::string why = why_undefinable(control_.driver(app).program(), event);
    why = why.empty() ? why_no_function(event) : why;
    if (!why.empty()) {
        return tl::make_unexpected(std::move(why));
    }
    return event;
}

tl::expected<Event, std::string> UserPrograms::defined(
    AppId app, const ProgramThread::Unpersist& asked) const {
    DatasetUnpersisted event{app, asked.dataset};
    std::string why = why_undefinable(control_.driver(app).program(), event);
    if (!why.empty()) {
        return tl::make_unexpected(std::move(why));
    }
    return event;
}

tl::expected<Event, std::string> UserPrograms::defined(AppId app,
                                                       const ProgramThread::BroadcastOrder& order) {
    AppProgram& program = programs_[app.index()];
    const auto number = static_cast<std::uint32_t>(program.broadcasts.size());
    const auto value = std::make_shared<const BroadcastValue>(
        cut_broadcast(*order.value, scenario_.apps[app.index()].conf.broadcast));
    program.broadcasts.push_back(value);
    program.reply = Value{std::int64_t{number}};
    return BroadcastCreated{app, BroadcastId{number}, value->sizes()};
}

// What is destroyed cannot be used any more (Broadcast.assertValid).
tl::expected<Event, std::string> UserPrograms::defined(AppId app,
                                                       const ProgramThread::DropBroadcast& order) {
    const std::string& at =
        control_.driver(app).dag_scheduler().broadcasts().destroyed_at(order.id);
    if (!at.empty()) {
        return tl::make_unexpected(destroyed_broadcast(order.id, at));
    }
    if (order.destroyed_at.empty()) {
        return BroadcastUnpersisted{app, order.id};
    }
    programs_[app.index()].broadcasts[order.id.index()] = nullptr;
    return BroadcastDestroyed{app, order.id, order.destroyed_at};
}

ProgramThread::Reply UserPrograms::lineage_of(AppId app, const std::string& dataset) const {
    const Driver& driver = control_.driver(app);
    if (!driver.program().knows(dataset)) {
        return tl::make_unexpected(fmt::format("there is no dataset `{}`", dataset));
    }
    return Value{lineage_text(driver.program().lineage(),
                              driver.program().dataset(dataset),
                              [&](RddId rdd) { return driver.dag_scheduler().count_kept(rdd); })};
}

// What makes no sense is refused on the spot, and the program may say something else.
std::optional<Event> UserPrograms::resume(Agenda& agenda, const Due& due) {
    const AppId app{due.app};
    AppProgram& program = programs_[app.index()];
    if (program.closed || program.ended || program.attempt != due.generation ||
        program.session == nullptr) {
        return std::nullopt;
    }
    if (std::optional<Event> due_first = checkpoint(app, program)) {
        return due_first;
    }
    if (Thread& own = program.threads[due.index]; own.next < own.jobs.size()) {
        next_turn(agenda, app, due.index, due.time, due.cause);
        return std::nullopt;
    }
    while (true) {
        const ProgramThread::Request request = program.session->resume(std::move(program.reply));
        program.reply = Value{};
        if (const auto* ended = std::get_if<ProgramThread::Ended>(&request)) {
            program.failure = ended->failure;
            program.session.reset();
            if (program.failure.empty()) {
                next_turn(agenda, app, due.index, due.time, due.cause);
            } else {
                close_later(agenda, app, due.time, due.cause);
            }
            return std::nullopt;
        }
        if (const auto* asked = std::get_if<ProgramThread::LineageAsked>(&request)) {
            program.reply = lineage_of(app, asked->dataset);  // nothing happens for it
            continue;
        }
        if (const auto* read = std::get_if<ProgramThread::AccumulatorRead>(&request)) {
            program.reply =
                Value{control_.driver(app).dag_scheduler().accumulated(read->accumulator)};
            continue;
        }
        tl::expected<Event, std::string> event =
            std::visit([&](const auto& order) { return defined(app, order); },
                       std::get<ProgramThread::Order>(request));
        if (event) {
            return std::move(*event);
        }
        program.reply = tl::make_unexpected(std::move(event.error()));
    }
}

void UserPrograms::go_on(Agenda& agenda, SimTime now, std::uint64_t seq, AppId app) {
    const AppProgram& program = programs_[app.index()];
    next_turn(agenda, app, static_cast<std::uint32_t>(program.threads.size() - 1), now, seq);
}

// The next jobs of its thread are those that its driver has now and had not before.
void UserPrograms::add_jobs(Agenda& agenda, SimTime now, std::uint64_t seq, AppId app) {
    AppProgram& program = programs_[app.index()];
    std::uint32_t known = 0;
    for (const Thread& thread : program.threads) {
        known += static_cast<std::uint32_t>(thread.jobs.size());
    }
    Thread& own = program.threads.back();
    const auto all = static_cast<std::uint32_t>(control_.driver(app).program().jobs().size());
    for (std::uint32_t job = known; job < all; ++job) {
        own.jobs.insert(own.jobs.begin() + own.next + (job - known), job);
    }
    go_on(agenda, now, seq, app);
}

// Of a sampling or a checkpoint that went well it hears nothing: what it asked for is another job.
void UserPrograms::reply_to_session(AppProgram& program,
                                    const PlanJob& plan,
                                    const FinishJob& action,
                                    const std::string& failure) {
    if (action.status == EndStatus::succeeded && failure.empty()) {
        if (!plan.samples && !plan.checkpoint) {
            program.reply = results_.back().value;
        }
    } else {
        program.reply = tl::make_unexpected(failure.empty() ? action.reason : failure);
    }
}

}  // namespace forkyard::sim
