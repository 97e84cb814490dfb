// The rhythm of YARN: beats of the nodes, polls of the application masters, and when they are
// worth having.
#include <algorithm>
#include <string_view>
#include <utility>

#include <fmt/format.h>

#include "core/event_text.hpp"
#include "core/policy/yarn/yarn.hpp"

namespace forkyard {

namespace {

std::string_view words(Placed placed) {
    return placed == Placed::node_local   ? "on a node asked for"
           : placed == Placed::rack_local ? "in a rack asked for"
                                          : "anywhere";
}

}  // namespace

void Yarn::on(Step& step, const TimerFired& event) {
    if (event.what == TimerKind::node_heartbeats) {
        next_beat_.stop();
        beat(step);
    } else if (event.what == TimerKind::am_poll) {
        apps_[event.app.index()].next_poll.stop();
        poll(step, event.app);
    } else if (event.what == TimerKind::preemption) {
        next_round_.stop();
        preempt(step);
    } else if (event.what == TimerKind::worker_timeout) {
        silent_.forget(event.node);
        for (const auto& [exec, container] : grants_) {
            if (container.node == event.node) {
                step.act(
                    KillExecutor{container.app, exec, LossReason::worker_lost, AskedBy::manager});
            }
        }
        lose_node(step, event.node);
    }
}

bool Yarn::due(SimTime now, const TimerFired& timer) const {
    switch (timer.what) {
        case TimerKind::node_heartbeats:
            return next_beat_.rings(now) && manager_.wants_beat();
        case TimerKind::am_poll: {
            const Application& app = apps_[timer.app.index()];
            const auto news = news_at(app);
            return app.next_poll.rings(now) && news && *news <= now;
        }
        case TimerKind::preemption:
            return next_round_.rings(now) && preemption_.wants(now, manager_.view(), running());
        case TimerKind::worker_timeout:
            return silent_.lasts(now, timer.node, spec_.node_expiry);
        default:
            return false;
    }
}

void Yarn::beat(Step& step) {
    for (const Container& container : manager_.beat()) {
        Application& app = apps_[container.app.index()];
        step.act(Explain{container.app,
                         container.node,
                         fmt::format("{} of {} cores and {} MiB allocated {}",
                                     container.master ? "application master" : "container",
                                     container.room.cores,
                                     container.room.memory.count >> 20,
                                     words(container.placed))});
        if (container.master) {
            app.master = container;
            if (!scenario_.apps[container.app.index()].cluster_mode) {
                start_master(step, container.app);
                if (++app.attempt > 1) {
                    step.act(RegisterManager{container.app});
                }
                continue;
            }
            step.act(LaunchDriver{container.app,
                                  container.node,
                                  static_cast<std::uint32_t>(container.room.cores),
                                  container.room.memory,
                                  ++app.attempt});
        } else {
            app.fetched.push_back(container);
            arm_poll(step, container.app);
        }
    }
    arm_beat(step);
}

// Masters have gone on; what they ask for is answered from now on.
void Yarn::on(Step& step, const ManagerRestarted& /*event*/) {
    paused_ = false;
    for (std::uint32_t n = 0; n < apps_.size(); ++n) {
        if (works(apps_[n])) {
            poll(step, AppId{n});
        }
    }
    arm_beat(step);
}

void Yarn::poll(Step& step, AppId id) {
    if (paused_) {
        return;
    }
    Application& app = apps_[id.index()];
    app.polls.advance(step.now, app.waits());
    hear_ends(step, id);
    if (app.ended) {
        return;
    }
    fetch(step, id);
    if (app.allocator.nodes().excluded(step.now).size() >= manager_.nodes_up() &&
        manager_.nodes_up() > 0) {
        step.act(
            RemoveApplication{id, "Due to executor failures all available nodes are excluded"});
        end_application(step, id);
        return;
    }
    ask(step, id);
}

void Yarn::hear_ends(Step& step, AppId id) {
    Application& app = apps_[id.index()];
    bool failed = false;
    for (const Ended& end : app.completed) {
        if (end.known_at <= step.now) {
            tell_asked(step, id, end);
            failed = app.allocator.ended(step.now, end.node, end.status) || failed;
        }
    }
    std::erase_if(app.completed, [&](const Ended& end) { return end.known_at <= step.now; });
    if (failed) {
        step.act(RemoveApplication{id,
                                   fmt::format("Max number of executor failures ({}) reached",
                                               app.allocator.failures_max())});
        end_application(step, id);
    }
}

void Yarn::fetch(Step& step, AppId id) {
    Application& app = apps_[id.index()];
    std::vector<AmAllocator::Granted> granted;
    for (const Container& container : app.fetched) {
        granted.push_back({container.node,
                           scenario_.cluster.nodes[container.node.index()].rack,
                           container.room.memory});
    }
    const std::vector<AmAllocator::Verdict> verdicts = app.allocator.take(granted);
    const std::vector<Container> containers = std::move(app.fetched);
    app.fetched.clear();
    for (std::size_t i = 0; i < containers.size(); ++i) {
        const Container& container = containers[i];
        if (verdicts[i] == AmAllocator::Verdict::release) {
            step.act(Explain{id, container.node, "a container that is not needed is released"});
            manager_.free(container);
            continue;
        }
        const ExecutorId exec{++last_executor_};
        grants_.emplace(exec, container);
        step.act(LaunchExecutor{id,
                                exec,
                                container.node,
                                static_cast<std::uint32_t>(executor_room(id).cores),
                                container.room.memory});
    }
}

void Yarn::ask(Step& step, AppId id) {
    Application& app = apps_[id.index()];
    app.allocator.update();
    ResourceManager::Ask ask;
    // What it was given but has not fetched is not asked for a second time.
    const std::uint32_t pending = app.allocator.pending();
    ask.containers = pending - std::min(pending, static_cast<std::uint32_t>(app.fetched.size()));
    ask.size = executor_room(id);
    ask.on_node = app.allocator.pending_on();
    ask.excluded = app.allocator.nodes().excluded(step.now);
    manager_.ask(id, ask);
    arm_beat(step);
    arm_poll(step, id);
}

std::optional<SimTime> Yarn::news_at(const Application& app) const {
    if (!works(app)) {
        return std::nullopt;
    }
    std::optional<SimTime> first;
    if (!app.fetched.empty() || app.allocator.is_short()) {
        first = SimTime{};
    }
    for (const Ended& end : app.completed) {
        first = std::min(first.value_or(end.known_at), end.known_at);
    }
    if (const auto back = app.allocator.nodes().next_return(); back && app.waits()) {
        const SimTime after = *back + SimDuration{1};
        first = std::min(first.value_or(after), after);
    }
    return first;
}

void Yarn::arm_poll(Step& step, AppId id) {
    Application& app = apps_[id.index()];
    const auto news = news_at(app);
    if (!news) {
        return;
    }
    PollClock clock = app.polls;
    clock.advance(std::max(step.now, *news - SimDuration{1}), app.waits());
    const SimTime at = clock.next(app.waits());
    app.next_poll.set(step, at, TimerFired{TimerKind::am_poll, id, {}});
}

void Yarn::arm_beat(Step& step) {
    if (!manager_.wants_beat()) {
        return;
    }
    const SimTime at = multiple_from(step.now + SimDuration{1}, spec_.node_beat);
    next_beat_.set(step, at, TimerFired{TimerKind::node_heartbeats, {}, {}});
}

// ---- what queues give back

std::vector<Preemption::Running> Yarn::running() const {
    std::vector<Preemption::Running> out;
    for (const auto& [exec, container] : grants_) {
        out.push_back({exec, container.app, container.room});
    }
    return out;
}

// Spark does not heed the warning: its executors work on until they are killed.
void Yarn::preempt(Step& step) {
    const Preemption::Round round = preemption_.round(step.now, manager_.view(), running());
    for (const ExecutorId exec : round.marked) {
        const Container& container = grants_.at(exec);
        step.act(
            Explain{container.app,
                    container.node,
                    fmt::format("{} has to go: its queue is above its guarantee", to_text(exec))});
    }
    for (const ExecutorId exec : round.killed) {
        step.act(KillExecutor{grants_.at(exec).app, exec, LossReason::preempted, AskedBy::manager});
    }
}

void Yarn::arm_preemption(Step& step) {
    if (!spec_.preemption || spec_.scheduler != YarnSchedulerKind::capacity) {
        return;
    }
    const SimTime soon = step.now + SimDuration{1};
    std::optional<SimTime> when = preemption_.next_kill();
    if (preemption_.wants(step.now, manager_.view(), running())) {
        when = soon;
    }
    if (!when) {
        return;
    }
    const SimTime at = multiple_from(std::max(*when, soon), spec_.preemption_interval);
    next_round_.set(step, at, TimerFired{TimerKind::preemption, {}, {}});
}

}  // namespace forkyard
