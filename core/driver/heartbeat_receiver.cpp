#include "core/driver/heartbeat_receiver.hpp"

namespace forkyard {

void HeartbeatReceiver::on(Step& step, const HeartbeatChanged& event) {
    if (event.state != BeatState::silent) {
        silent_.erase(event.exec);
        return;
    }
    silent_[event.exec] = event.since;
    step.out.timers.push_back(
        {check_after(event.since), TimerFired{TimerKind::expire_executors, app_, {}}});
}

bool HeartbeatReceiver::due(SimTime now) const {
    for (const auto& [exec, since] : silent_) {
        if (now - since > timeout_) {
            return true;
        }
    }
    return false;
}

std::vector<ExecutorId> HeartbeatReceiver::expire(SimTime now) {
    std::vector<ExecutorId> expired;
    for (const auto& [exec, since] : silent_) {
        if (now - since > timeout_) {
            expired.push_back(exec);
        }
    }
    for (const ExecutorId exec : expired) {
        silent_.erase(exec);
    }
    return expired;
}

// The first check that sees more than the time-out: strictly more, so a check that
// falls on the very instant does not count.
SimTime HeartbeatReceiver::check_after(SimTime since) const {
    return multiple_from(since + timeout_ + SimDuration{1}, interval_);
}

}  // namespace forkyard
