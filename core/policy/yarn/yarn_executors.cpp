// The ends of executors on YARN: what their containers are said to have ended with, who hears of
// it when, and what a driver is told that asks.
#include <algorithm>

#include "core/policy/yarn/yarn.hpp"

namespace forkyard {

namespace {

// What YARN says of the end of a container.
std::int32_t exit_status(LossReason reason, std::int32_t code) {
    switch (reason) {
        case LossReason::preempted:
            return container_exit::preempted;
        case LossReason::worker_lost:
            return container_exit::aborted;
        case LossReason::decommissioned:
            return code == 0 ? container_exit::success : container_exit::aborted;
        case LossReason::app_finished:
        case LossReason::idle:
        case LossReason::requested:
        case LossReason::excluded:
        case LossReason::heartbeat_timeout:
            return container_exit::killed_by_master;
        default:
            return code;
    }
}

}  // namespace

void Yarn::on(Step& step, const ExecutorExited& event) {
    end_executor(step, event.exec, event.reason, event.code);
}

// Its master answers once it has heard of the container's end, or at once: of one that it has
// heard of, and where there is no master (DRV-03).
void Yarn::on(Step& step, const ExecutorDisconnected& event) {
    Application& app = apps_[event.app.index()];
    const auto ended = std::find_if(app.completed.begin(),
                                    app.completed.end(),
                                    [&](const Ended& each) { return each.exec == event.exec; });
    if (app.runs && ended != app.completed.end()) {
        ended->asked = true;
    } else {
        step.act(ExplainLoss{event.app, event.exec});
    }
}

void Yarn::tell_asked(Step& step, AppId id, const Ended& end) {
    if (end.asked) {
        step.act(ExplainLoss{id, end.exec});
    }
}

void Yarn::on(Step& step, const ExecutorLost& event) {
    end_executor(step, event.exec, event.reason, event.code);
}

void Yarn::end_executor(Step& step, ExecutorId exec, LossReason reason, std::int32_t code) {
    const auto found = grants_.find(exec);
    if (found == grants_.end()) {
        return;
    }
    const Container container = found->second;
    grants_.erase(found);
    preemption_.forget(exec);
    manager_.free(container);
    Application& app = apps_[container.app.index()];
    if (!app.ended) {
        const std::int32_t status = exit_status(reason, code);
        if (exec <= app.stale || status == container_exit::killed_by_master) {
            // No master waits to be told.
            app.allocator.released(container.node);
        } else {
            // Its node tells at its next beat, the master asks from now on (CM-YARN-14).
            const SimTime known = multiple_from(step.now + SimDuration{1}, spec_.node_beat);
            app.completed.push_back({exec, container.node, status, known});
            app.polls.restart(step.now);
        }
        arm_poll(step, container.app);
    }
    arm_beat(step);
}

}  // namespace forkyard
