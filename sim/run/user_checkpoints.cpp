// Checkpoints of driver programs in C++: what follows a job whose lineage has a mark.
#include <utility>

#include <fmt/format.h>

#include "sim/run/user_programs.hpp"

namespace forkyard::sim {

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
    if (plan.checkpoints && succeeded) {
        program.checkpoints.computed();
    } else if (plan.checkpoints) {
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

// What comes before the program's next turn, if anything does (LocalRDDCheckpointData).
std::optional<Event> UserPrograms::checkpoint(AppId app, AppProgram& program) const {
    CheckpointWalk& walk = program.checkpoints;
    if (!walk.is_due()) {
        return std::nullopt;
    }
    const Driver& driver = control_.driver(app);
    const Lineage& lineage = driver.program().lineage();
    if (!lineage.at(walk.dataset()).storage) {
        program.reply = tl::make_unexpected(
            fmt::format("`{}` was unpersisted before it was checkpointed: executors do not keep it",
                        walk.name()));
        abandon_action(program);
        return std::nullopt;
    }
    const std::uint32_t kept = driver.dag_scheduler().count_kept(lineage.rdd_of(walk.dataset()));
    if (walk.state() == CheckpointWalk::State::found && kept < lineage.partitions(walk.dataset())) {
        walk.compute();
        return CheckpointDefined{app, fmt::format("checkpoint at {}", walk.name()), walk.name()};
    }
    return DatasetCheckpointed{app, walk.name(), walk.action()};
}

}  // namespace forkyard::sim
