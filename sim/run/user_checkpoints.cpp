// Checkpoints of driver programs in C++: what follows a job whose lineage has a mark.
#include <utility>

#include <fmt/format.h>

#include "sim/run/user_programs.hpp"
#include "sim/session/check_definition.hpp"

namespace forkyard::sim {

tl::expected<Event, std::string> UserPrograms::defined(
    AppId app, const ProgramThread::CheckpointOrder& asked) const {
    const Program& program = control_.driver(app).program();
    const AppSpec& spec = scenario_.apps[app.index()];
    DatasetMarked event{app, asked.dataset, {}};
    std::string why = why_undefinable(program, event);
    if (!why.empty()) {
        return tl::make_unexpected(std::move(why));
    }
    if (!asked.local) {
        const std::string& folder = asked.folder.empty() ? spec.conf.checkpoint_dir : asked.folder;
        if (folder.empty()) {
            return tl::make_unexpected(
                "no checkpoint directory has been set: call set_checkpoint_dir, or give "
                "spark.checkpoint.dir");
        }
        const RddId rdd = program.lineage().rdd_of(program.dataset(asked.dataset));
        event.folder = fmt::format("{}/rdd-{}", folder, rdd.value);
    }
    return event;
}

void UserPrograms::on(Agenda& agenda, SimTime now, std::uint64_t seq, const DatasetMarked& event) {
    programs_[event.app.index()].checkpoints.mark(
        control_.driver(event.app).program().dataset(event.name), event.name);
    go_on(agenda, now, seq, event.app);
}

void UserPrograms::on(Agenda& agenda,
                      SimTime now,
                      std::uint64_t seq,
                      const DatasetCheckpointed& event) {
    programs_[event.app.index()].checkpoints.go_on(control_.driver(event.app).program().lineage());
    go_on(agenda, now, seq, event.app);
}

// As an action of Spark does it: within its job, so that each wave of a take counts as one.
void UserPrograms::follow_job(AppId app, const PlanJob& plan, EndStatus status) {
    AppProgram& program = programs_[app.index()];
    const Program& known = control_.driver(app).program();
    const bool succeeded = status == EndStatus::succeeded;
    if (plan.checkpoint && succeeded) {
        program.checkpoints.computed();
    } else if (plan.checkpoint) {
        abandon_action(program);
    } else if (succeeded) {
        program.checkpoints.begin(
            known.lineage(), known.stage(plan.final_stage).root, known.job_spec(plan).action);
    }
}

// The action has thrown: what it had yet to do is not done.
void UserPrograms::abandon_action(AppProgram& program) {
    program.checkpoints.give_up();
    program.threads.back().next = static_cast<std::uint32_t>(program.threads.back().jobs.size());
}

// What comes before the program's next turn, if anything does (RDDCheckpointData).
std::optional<Event> UserPrograms::checkpoint(AppId app, AppProgram& program) const {
    CheckpointWalk& walk = program.checkpoints;
    if (!walk.is_due()) {
        return std::nullopt;
    }
    const Driver& driver = control_.driver(app);
    const Lineage& lineage = driver.program().lineage();
    const bool local = lineage.is_marked_local(walk.dataset());
    if (local && !lineage.at(walk.dataset()).storage) {
        program.reply = tl::make_unexpected(
            fmt::format("`{}` was unpersisted before it was checkpointed: executors do not keep it",
                        walk.name()));
        abandon_action(program);
        return std::nullopt;
    }
    // Whatever executors keep of it, files have none of it yet.
    const std::uint32_t there =
        local ? driver.dag_scheduler().count_kept(lineage.rdd_of(walk.dataset())) : 0;
    const std::uint32_t wanted = lineage.partitions(walk.dataset());
    if (walk.state() == CheckpointWalk::State::found && (!local || there < wanted)) {
        walk.compute();
        return CheckpointDefined{app, fmt::format("checkpoint at {}", walk.name()), walk.name()};
    }
    return DatasetCheckpointed{app, walk.name(), walk.action()};
}

}  // namespace forkyard::sim
