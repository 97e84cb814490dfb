#include "core/policy/chaos.hpp"

#include <iterator>
#include <variant>

namespace forkyard {

void Chaos::handle(Step& step, const Event& event) {
    if (const auto* timer = std::get_if<TimerFired>(&event);
        timer != nullptr && timer->what == TimerKind::policy) {
        do_harm(step);
        return;
    }
    if (const auto* joined = std::get_if<WorkerJoined>(&event)) {
        nodes_.insert(joined->node);
    } else if (const auto* gone = std::get_if<WorkerLost>(&event)) {
        nodes_.erase(gone->node);
    } else if (const auto* registered = std::get_if<ExecutorRegistered>(&event)) {
        executors_.emplace(registered->exec, registered->app);
    } else if (const auto* exited = std::get_if<ExecutorExited>(&event)) {
        executors_.erase({exited->exec, exited->app});
    } else if (const auto* lost = std::get_if<ExecutorLost>(&event)) {
        executors_.erase({lost->exec, lost->app});
    } else if (const auto* submitted = std::get_if<AppSubmitted>(&event)) {
        if (apps_.empty()) {
            next_.set(step, step.now + spec_.every, TimerFired{TimerKind::policy, {}, {}});
        }
        apps_.insert(submitted->app);
    }
    const std::size_t before = step.out.actions.size();
    master_.handle(step, event);
    for (std::size_t i = before; i < step.out.actions.size(); ++i) {
        if (const auto* removed = std::get_if<RemoveApplication>(&step.out.actions[i])) {
            forget(removed->app);
        }
    }
}

void Chaos::end_application(Step& step, AppId app) {
    forget(app);
    master_.end_application(step, app);
}

void Chaos::forget(AppId app) {
    apps_.erase(app);
    if (apps_.empty()) {
        next_.stop();
    }
}

bool Chaos::due(SimTime now, const TimerFired& timer) const {
    return timer.what == TimerKind::policy ? next_.rings(now) : master_.due(now, timer);
}

void Chaos::do_harm(Step& step) {
    const std::uint64_t pick =
        step.choose("policy.harm", "chaos", 1 + executors_.size() + nodes_.size());
    if (pick > 0 && pick <= executors_.size()) {
        const auto [exec, app] =
            *std::next(executors_.begin(), static_cast<std::ptrdiff_t>(pick - 1));
        step.act(InjectFault{FaultKind::kill_executor, app, exec});
    } else if (pick > 0) {
        const auto place = static_cast<std::ptrdiff_t>(pick - 1 - executors_.size());
        InjectFault slow{FaultKind::slow_worker};
        slow.node = *std::next(nodes_.begin(), place);
        slow.percent = spec_.slow_percent;
        slow.lasts = spec_.slow_lasts;
        step.act(slow);
    }
    next_.set(step, step.now + spec_.every, TimerFired{TimerKind::policy, {}, {}});
}

}  // namespace forkyard
