// What each kind of fault does to the world when it acts, and when it heals.
#include "core/check.hpp"
#include "sim/run/fault_injector.hpp"

namespace forkyard::sim {

Result<bool> FaultInjector::hit(Moment at, const FaultSpec& fault, const Armed& target) {
    if (fault.kind == FaultKind::slow_task) {
        return cluster_.slow_task(at, {target.app, *target.task, target.exec}, fault.factor);
    }
    if (fault.kind == FaultKind::fail_task) {
        return cluster_.fail_task(
            at, {target.app, *target.task, target.exec}, fault.progress, fault.reason);
    }
    if (fault.kind == FaultKind::hang_task) {
        return cluster_.hang_task(at, {target.app, *target.task, target.exec});
    }
    if (fault.kind == FaultKind::hold_completion) {
        return cluster_.hold_report(
            at, {target.app, *target.task, target.exec}, fault.lasts.value_or(never_sent));
    }
    if (fault.kind == FaultKind::deny_commit || fault.kind == FaultKind::delay_commit) {
        TaskFault effect;
        effect.denied = fault.kind == FaultKind::deny_commit;
        effect.commits_later = fault.late;
        return cluster_.hamper_commit(at, {target.app, *target.task, target.exec}, effect);
    }
    if (fault.kind == FaultKind::kill_driver) {
        return cluster_.kill_driver(at, target.app);
    }
    if (fault.kind == FaultKind::restart_manager) {
        return cluster_.stop_manager(at, fault.keeps, fault.down);
    }
    if (fault.kind == FaultKind::slow_worker) {
        return cluster_.slow_node(target.node, fault.factor);
    }
    if (fault.kind == FaultKind::lose_worker) {
        return cluster_.lose_node(at, target.node, {fault.notice, fault.keeps_shuffle});
    }
    if (fault.kind == FaultKind::drain_worker) {
        return cluster_.drain_node(at, target.node, fault.grace);
    }
    if (fault.kind == FaultKind::stop_shuffle_service) {
        return cluster_.stop_service(at, target.node);
    }
    if (fault.kind == FaultKind::fail_executor_start) {
        return cluster_.fail_start(target.exec);
    }
    if (!cluster_.lives(target.exec)) {
        return false;
    }
    if (fault.kind == FaultKind::decommission_executor ||
        fault.kind == FaultKind::preempt_executor) {
        return cluster_.tell_to_leave(at, target.exec, leave_of(fault, target.app));
    }
    if (fault.kind == FaultKind::freeze_executor) {
        return cluster_.freeze_executor(at, target.exec);
    }
    if (fault.kind == FaultKind::exit_executor) {
        return cluster_.lose_executor(
            at, target.exec, {LossReason::exited, fault.code.value_or(1), fault.notice, true});
    }
    FORKYARD_CHECK(fault.kind == FaultKind::kill_executor, "a fault that is built has an effect");
    return cluster_.lose_executor(
        at, target.exec, {LossReason::killed, fault.code.value_or(137), fault.notice, true});
}

// One that is told to leave does so whatever its application is set to; one that is taken
// makes use of its notice only if it has learnt to.
Leave FaultInjector::leave_of(const FaultSpec& fault, AppId app) const {
    const bool taken = fault.kind == FaultKind::preempt_executor;
    return {.reason = taken ? LossReason::preempted : LossReason::decommissioned,
            .grace = fault.grace,
            .gently = !taken || scenario_.apps[app.index()].conf.decommission.enabled,
            .migrates = fault.migrates};
}

std::vector<FaultRecord> FaultInjector::end(Moment at, const Armed& armed) {
    bool ended = false;
    switch (spec(armed.fault).kind) {
        case FaultKind::freeze_executor:
            ended = cluster_.thaw_executor(at, armed.exec);
            break;
        case FaultKind::hang_task:
            ended = cluster_.resume_task(at, {armed.app, *armed.task, armed.exec});
            break;
        case FaultKind::slow_worker:
            ended = cluster_.heal_node(armed.node, spec(armed.fault).factor);
            break;
        case FaultKind::lose_worker:
            ended = cluster_.rejoin_node(at, armed.node);
            break;
        case FaultKind::stop_shuffle_service:
            ended = cluster_.restart_service(at, armed.node, *spec(armed.fault).lasts);
            break;
        default:
            break;
    }
    return ended ? std::vector<FaultRecord>{record(armed, FaultState::ended)}
                 : std::vector<FaultRecord>{};
}

}  // namespace forkyard::sim
