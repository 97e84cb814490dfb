#include "core/policy/yarn/yarn.hpp"

#include <algorithm>
#include <variant>

#include <fmt/format.h>

#include "core/model/cluster_rules.hpp"
#include "core/policy/drain.hpp"

namespace forkyard {

namespace {

// How long a master may say nothing (yarn.am.liveness-monitor.expiry-interval-ms): it polls
// twice in that time, whatever its pauses are said to be (CM-YARN-14).
constexpr SimDuration master_expiry = std::chrono::seconds{600};

std::vector<std::string> racks_of(const ClusterSpec& cluster) {
    std::vector<std::string> racks;
    for (const NodeSpec& node : cluster.nodes) {
        racks.push_back(node.rack);
    }
    return racks;
}

std::set<NodeId> excluded_by(const YarnConf& conf, const ClusterSpec& cluster) {
    std::set<NodeId> nodes;
    for (std::uint32_t n = 0; n < cluster.nodes.size(); ++n) {
        const auto& names = conf.excluded_nodes;
        if (std::find(names.begin(), names.end(), cluster.nodes[n].name) != names.end()) {
            nodes.emplace(n);
        }
    }
    return nodes;
}

}  // namespace

Yarn::Yarn(const Scenario& scenario)
    : scenario_{scenario},
      spec_{scenario.cluster.yarn},
      manager_{scenario.cluster.yarn, scenario.apps.size()},
      preemption_{scenario.cluster.yarn} {
    for (const AppSpec& app : scenario.apps) {
        const YarnConf& conf = app.conf.yarn;
        apps_.push_back(Application{
            AmAllocator{app.conf, racks_of(scenario.cluster), excluded_by(conf, scenario.cluster)},
            PollClock{conf.poll_shortest, std::min(conf.poll_longest, master_expiry / 2)}});
    }
}

void Yarn::handle(Step& step, const Event& event) {
    std::visit([&](const auto& e) { on(step, e); }, event);
    arm_preemption(step);
}

Room Yarn::executor_room(AppId app) const {
    return forkyard::executor_room(scenario_.cluster, scenario_.apps[app.index()].conf);
}

// ---- nodes

void Yarn::on(Step& step, const WorkerJoined& event) {
    silent_.forget(event.node);
    lose_node(step, event.node);
    manager_.add_node(event.node, {event.cores, event.memory}, event.rack);
    arm_beat(step);
}

void Yarn::on(Step& step, const WorkerLost& event) {
    silent_.forget(event.node);
    lose_node(step, event.node);
    arm_beat(step);
}

// What ran there is booked out with it: it gives nothing back when its end is told.
void Yarn::lose_node(Step& step, NodeId node) {
    manager_.remove_node(node);
    for (auto& [exec, container] : grants_) {
        if (container.node == node) {
            manager_.free(container);
            container.room = {};
        }
    }
    take_back(step, node);
    for (Application& app : apps_) {
        if (app.master && app.master->node == node) {
            app.master->node = NodeId{};
        }
    }
    for (std::uint32_t n = 0; n < apps_.size(); ++n) {
        const Application& app = apps_[n];
        if (!app.master || app.master->node.valid() || app.ended) {
            continue;
        }
        if (app.orphaned) {
            restart(step, AppId{n});
        } else if (!scenario_.apps[n].cluster_mode) {
            lose_master(step, AppId{n}, node);
        }
    }
}

void Yarn::on(Step& step, const WorkerBeat& event) {
    const bool silent = silent_.hear(event);
    manager_.set_silent(event.node, silent);
    if (silent) {
        SilentNodes::wake_after(step, event, spec_.node_expiry, TimerKind::worker_timeout);
        return;
    }
    arm_beat(step);
    for (std::uint32_t n = 0; n < apps_.size(); ++n) {
        arm_poll(step, AppId{n});
    }
}

// Graceful decommission of a node: containers that have begun may end; those that a master
// has not fetched yet are taken back, and it asks again.
void Yarn::on(Step& step, const WorkerDraining& event) {
    manager_.drain(event.node);
    for (const auto& [exec, container] : grants_) {
        if (container.node == event.node) {
            ask_to_leave(step, scenario_, container.app, exec);
        }
    }
    take_back(step, event.node);
}

// Containers there that no master has fetched: it asks for others.
void Yarn::take_back(Step& step, NodeId node) {
    for (std::uint32_t n = 0; n < apps_.size(); ++n) {
        std::vector<Container>& fetched = apps_[n].fetched;
        const std::size_t before = fetched.size();
        for (const Container& container : fetched) {
            if (container.node == node) {
                manager_.free(container);
            }
        }
        std::erase_if(fetched, [&](const Container& c) { return c.node == node; });
        if (fetched.size() < before && works(apps_[n])) {
            ask(step, AppId{n});
        }
    }
}

// ---- applications

void Yarn::on(Step& step, const AppSubmitted& event) {
    const AppSpec& spec = scenario_.apps[event.app.index()];
    const std::optional<Room> master = master_room(event.app);
    Application& app = apps_[event.app.index()];
    switch (manager_.submit(event.app, spec.queue, spec.priority, master)) {
        case ResourceManager::Admission::unknown_queue:
            app.ended = true;
            step.act(RemoveApplication{
                event.app,
                fmt::format("Application rejected by queue placement policy: unknown queue {}",
                            spec.queue)});
            return;
        case ResourceManager::Admission::too_many:
            app.ended = true;
            step.act(RemoveApplication{
                event.app,
                fmt::format("Queue {} already has {} applications, cannot accept submission",
                            spec.queue,
                            spec_.applications_max)});
            return;
        case ResourceManager::Admission::accepted:
            break;
    }
    app.submitted = true;
    if (!master) {
        start_master(step, event.app);
    }
    arm_beat(step);
}

std::optional<Room> Yarn::master_room(AppId app) const {
    const AppSpec& spec = scenario_.apps[app.index()];
    const YarnConf& conf = spec.conf.yarn;
    if (spec.cluster_mode) {
        return driver_room(scenario_.cluster, spec.conf);
    }
    if (conf.am_unmanaged) {
        return std::nullopt;
    }
    ContainerConf container;
    container.overhead = conf.am_overhead;
    return Room{conf.am_cores, container_memory(conf.am_memory, container)};
}

void Yarn::on(Step& step, const DriverStarted& event) {
    start_master(step, event.app);
}

// Nothing is kept for the next attempt; the loss of a node uses none up.
void Yarn::on(Step& step, const DriverLost& event) {
    Application& app = apps_[event.app.index()];
    const AppSpec& spec = scenario_.apps[event.app.index()];
    if (!spec.cluster_mode || !app.master) {
        return;
    }
    stop_master(app);
    app.failures += event.reason == LossReason::worker_lost ? 0 : 1;
    if (app.failures >= spec.conf.app_attempts_max) {
        step.act(RemoveApplication{
            event.app,
            fmt::format("Application failed {} times due to AM Container exited with exitCode: {}",
                        app.failures,
                        event.code)});
        end_application(step, event.app);
        return;
    }
    if (event.reason == LossReason::worker_lost && app.master->node.valid()) {
        app.orphaned = true;  // until its node is given up, nobody would tell
        return;
    }
    restart(step, event.app);
}

void Yarn::stop_master(Application& app) {
    app.runs = false;
    app.stale = ExecutorId{last_executor_};
    for (const Container& container : app.fetched) {
        manager_.free(container);
    }
    app.fetched.clear();
    for (const Ended& end : app.completed) {
        app.allocator.released(end.node);  // no master waits to be told
    }
    app.completed.clear();
}

// The driver of a client outlives its master; the executors do not, and the next master begins
// from scratch (CM-YARN-19).
void Yarn::lose_master(Step& step, AppId id, NodeId node) {
    Application& app = apps_[id.index()];
    for (const Ended& end : app.completed) {
        tell_asked(step, id, end);
    }
    stop_master(app);
    for (const auto& [exec, container] : grants_) {
        if (container.app == id && container.node != node) {
            step.act(KillExecutor{id, exec, LossReason::killed, AskedBy::manager});
        }
    }
    restart(step, id);
}

void Yarn::restart(Step& step, AppId id) {
    Application& app = apps_[id.index()];
    app.orphaned = false;
    manager_.free(*app.master);
    app.master.reset();
    app.allocator.set_target(0);
    app.allocator.update();
    manager_.restart(id);
    arm_beat(step);
}

bool Yarn::works(const Application& app) const {
    return app.runs && !(app.master && silent_.contains(app.master->node));
}

void Yarn::start_master(Step& step, AppId id) {
    Application& app = apps_[id.index()];
    app.runs = true;
    app.polls.restart(step.now);
    ask(step, id);
}

void Yarn::on(Step& step, const ExecutorsRequested& event) {
    Application& app = apps_[event.app.index()];
    if (app.ended) {
        return;
    }
    app.allocator.set_target(event.total);
    AmAllocator::Hints hints{event.hints.local_tasks, {}};
    for (const NodeTasks& tasks : event.hints.on) {
        hints.tasks_on.emplace(tasks.node, tasks.tasks);
    }
    app.allocator.set_hints(std::move(hints));
    app.allocator.nodes().set_by_driver(event.hints.excluded);
    if (works(app)) {
        app.polls.restart(step.now);  // anything new is asked for at once
        poll(step, event.app);
    }
}

void Yarn::end_application(Step& step, AppId id) {
    Application& app = apps_[id.index()];
    if (app.submitted && !app.ended) {
        if (app.master) {
            manager_.free(*app.master);
        }
        for (const Container& container : app.fetched) {
            manager_.free(container);
        }
        manager_.remove(id);
    }
    app.ended = true;
    app.runs = false;
    app.fetched.clear();
    app.completed.clear();
    arm_beat(step);
}

std::vector<std::string> Yarn::describe_waiting() const {
    std::vector<std::string> lines;
    for (std::uint32_t n = 0; n < apps_.size(); ++n) {
        const Application& app = apps_[n];
        const AppSpec& spec = scenario_.apps[n];
        if (!app.submitted || app.ended) {
            continue;
        }
        if (!works(app)) {
            const Room& room = manager_.app(AppId{n}).am;
            lines.push_back(
                fmt::format("{} waits in queue {} for its application master of {} "
                            "cores and {} bytes",
                            spec.name,
                            spec.queue,
                            room.cores,
                            room.memory.count));
        } else if (app.allocator.running() == 0 && app.allocator.pending() > 0) {
            const Room room = manager_.rounded(executor_room(AppId{n}));
            lines.push_back(
                fmt::format("{} has no executor: no node of queue {} has {} cores and "
                            "{} bytes for it",
                            spec.name,
                            spec.queue,
                            room.cores,
                            room.memory.count));
        }
    }
    return lines;
}

}  // namespace forkyard
