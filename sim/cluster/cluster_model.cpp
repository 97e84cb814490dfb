#include "sim/cluster/cluster_model.hpp"

#include <algorithm>
#include <limits>
#include <utility>

#include <fmt/format.h>

#include "core/check.hpp"
#include "sim/cluster/memory_shares.hpp"

namespace forkyard::sim {

ClusterModel::ClusterModel(const Scenario& scenario,
                           const ControlPlane& control,
                           const UserPrograms& programs,
                           ExecutorHost& host,
                           LiveHost* live,
                           Agenda& agenda)
    : scenario_{scenario},
      control_{control},
      host_{host},
      live_{live},
      agenda_{agenda},
      storage_{scenario},
      stages_{scenario, control, programs, shuffles_},
      nodes_(scenario.cluster.nodes.size()),
      drivers_(scenario.apps.size()),
      takes_synthetic_{host.takes_synthetic()} {
    std::vector<std::string> racks;
    for (std::size_t n = 0; n < nodes_.size(); ++n) {
        const std::string& rack = scenario.cluster.nodes[n].rack;
        const auto found = std::find(racks.begin(), racks.end(), rack);
        nodes_[n].rack = static_cast<std::uint32_t>(found - racks.begin());
        if (found == racks.end()) {
            racks.push_back(rack);
        }
    }
}

void ClusterModel::start() {
    for (std::uint32_t n = 0; n < nodes_.size(); ++n) {
        const NodeSpec& spec = scenario_.cluster.nodes[n];
        agenda_.add(
            {.time = spec.joins_at,
             .order_class = spec.joins_at == SimTime{} ? DueClass::node_at_start : DueClass::node,
             .kind = DueKind::rejoin,
             .entity = n,
             .index = n});
    }
}

// ---- actions

Result<void> ClusterModel::launch_executor(Moment at, const LaunchExecutor& action) {
    if (executors_.size() <= action.exec.index()) {
        executors_.resize(action.exec.index() + 1);
    }
    Executor& entry = executor(action.exec);
    FORKYARD_CHECK(entry.state == Executor::State::none, "an executor's number is granted once");
    entry.state = Executor::State::starting;
    entry.app = action.app;
    entry.node = action.node;
    entry.cores = action.cores;
    entry.speed = scenario_.cluster.nodes[action.node.index()].speed;
    entry.memory = action.memory;
    ++open_executors_;
    if (!nodes_[action.node.index()].up) {
        return {};  // nobody is there to start it; the manager will find out
    }
    entry.launched_at = at.now;
    entry.launch_seq = at.seq;
    if (live_ == nullptr) {
        registers(action.exec, at.now);
    }
    // Fine-grained on Mesos it may be lent all that its node has.
    const bool borrows = scenario_.apps[action.app.index()].conf.mesos.fine_grained;
    const AppConf& conf = scenario_.apps[action.app.index()].conf;
    const bool passes_on = conf.decommission.storage && conf.decommission.shuffle_blocks;
    return host_.start({action.exec,
                        action.app,
                        borrows ? scenario_.cluster.nodes[action.node.index()].cores : action.cores,
                        fmt::format("{} on {}",
                                    scenario_.apps[action.app.index()].name,
                                    scenario_.cluster.nodes[action.node.index()].name),
                        beat_interval(entry),
                        action.node,
                        conf.fetch,
                        output_memory(conf),
                        live_ != nullptr && (conf.shuffle_service || passes_on),
                        live_ != nullptr && conf.shuffle_service});
}

Result<void> ClusterModel::kill_executor(Moment at, const KillExecutor& action) {
    const std::int32_t code = 137;
    return lose_executor(at, action.exec, {action.reason, code, SimDuration{0}})
        .map([](bool /*effect*/) {});
}

void ClusterModel::end_application(Moment at, AppId app) {
    drivers_[app.index()].runs = false;
    drivers_[app.index()].launched = false;
    for (std::uint32_t number = 0; number < executors_.size(); ++number) {
        Executor& entry = executors_[number];
        if (entry.app != app || entry.state == Executor::State::none ||
            entry.state == Executor::State::gone || entry.state == Executor::State::stopping) {
            continue;
        }
        const ExecutorId exec{number};
        entry.frozen_at = time_never;
        entry.leaving.reset();
        for (const std::uint32_t slot : entry.slots) {
            Task& task = tasks_[slot];
            host_.discard(task.ticket);
            if (task.special != nullptr) {  // nothing more befalls it
                task.special->hangs_since = time_never;
                task.special->held = SimDuration{0};
            }
            end_at(slot,
                   at.now,
                   TaskStatus::killed,
                   "the application has ended",
                   DueClass::executor_lost);  // before its executor's end
        }
        if (entry.state != Executor::State::dead) {
            host_.stop(exec);
            entry.state = Executor::State::stopping;
        }
        agenda_.add({.time = at.now + delay(),
                     .order_class = DueClass::executor_lost,
                     .kind = DueKind::event,
                     .app = app.value,
                     .entity = number,
                     .order = std::numeric_limits<std::uint64_t>::max(),
                     .index = agenda_.store(ExecutorLost{app, exec, LossReason::app_finished, 0}),
                     .cause = at.seq});
    }
    release_files_of(app);
    std::erase_if(copying_, [&](const auto& entry) { return entry.first.first == app; });
}

// ---- what comes up

Result<bool> ClusterModel::come_up(const Due& due, Event& event) {
    answer_.reset();
    const auto is = [&](auto known) {
        if (known) {
            event = *known;
        }
        return known.has_value();
    };
    switch (due.kind) {
        case DueKind::task_end:
            return task_ended(due, event);
        case DueKind::look_again:
        case DueKind::task_answer: {
            const Task& task = tasks_[due.index];
            if (!task.used || task.generation != due.generation) {
                return false;
            }
            return (due.kind == DueKind::look_again ? begin_again({due.time, due.cause}, due.index)
                                                    : take_answer(due.index, due.time))
                .map([] { return false; });
        }
        case DueKind::commit:
            return commit(due).map([] { return false; });
        case DueKind::registers:
            return registered({due.time, due.cause}, ExecutorId{due.index}, event);
        case DueKind::beat:
            return is(beat({due.time, due.cause}, ExecutorId{due.index}));
        case DueKind::worker_beat:
            return is(worker_beat(NodeId{due.index}));
        case DueKind::node_lost: {
            const Node& node = nodes_[due.index];
            event = WorkerLost{NodeId{due.index}};
            return node.known_up && node.life == due.generation;
        }
        case DueKind::reap:
            return reap({due.time, due.cause}, due).map([] { return false; });
        case DueKind::moves:
            return go_on_leaving({due.time, due.cause}, ExecutorId{due.index}).map([] {
                return false;
            });
        case DueKind::look:
            return look_to_exit({due.time, due.cause}, due).map([] { return false; });
        case DueKind::overdue:
            return end_grace({due.time, due.cause}, ExecutorId{due.index}).map([] {
                return false;
            });
        case DueKind::evict:
            return evict({due.time, due.cause}, due).map([] { return false; });
        case DueKind::remove_rdd:
            return remove_rdd({due.time, due.cause}, AppId{due.app}, RddId{due.index}).map([] {
                return false;
            });
        case DueKind::piece:
            return is(
                piece_came({due.time, due.cause}, ExecutorId{due.entity}, BroadcastId{due.index}));
        case DueKind::remove_broadcast:
            return remove_broadcast(AppId{due.app}, BroadcastId{due.index}).map([] {
                return false;
            });
        case DueKind::rejoin:
        case DueKind::reregister:
            return register_worker(due, event);
        default:
            FORKYARD_CHECK(false, "an entry of the agenda that is not the cluster's");
    }
    return false;
}

bool ClusterModel::confirm(const Event& event) const {
    if (const auto* lost = std::get_if<ExecutorLost>(&event)) {
        const Executor::State state = executor(lost->exec).state;
        return state != Executor::State::gone && state != Executor::State::none;
    }
    if (const auto* exited = std::get_if<ExecutorExited>(&event)) {
        return executor(exited->exec).state == Executor::State::dead;
    }
    if (const auto* asked = std::get_if<ExecutorDisconnected>(&event)) {
        return executor(asked->exec).state == Executor::State::dead;
    }
    if (const auto* heard = std::get_if<HeartbeatChanged>(&event)) {
        return executor(heard->exec).state == Executor::State::alive;
    }
    if (const auto* started = std::get_if<DriverStarted>(&event)) {
        const Driver& driver = drivers_[started->app.index()];
        return driver.launched && driver.attempt == started->attempt;
    }
    if (const auto* told = std::get_if<ExecutorDecommissioning>(&event)) {
        return executor(told->exec).state == Executor::State::alive;
    }
    if (const auto* moved = std::get_if<MapOutputMoved>(&event)) {
        return confirm_move(*moved);
    }
    if (const auto* drained = std::get_if<WorkerDraining>(&event)) {
        return nodes_[drained->node.index()].draining;
    }
    if (const auto* called = std::get_if<ExecutorsCalled>(&event)) {
        return drivers_[called->app.index()].runs;
    }
    return connected(event);
}

Result<void> ClusterModel::settle(Moment at, const Event& event) {
    if (Result<void> dropped = drop_gone(at); !dropped) {
        return dropped;
    }
    if (const auto* lost = std::get_if<ExecutorLost>(&event)) {
        any_lost_ = true;
        executor(lost->exec).state = Executor::State::gone;
        --open_executors_;
        return replicate_lost(at, lost->app, lost->exec);
    }
    if (const auto* registered = std::get_if<ExecutorRegistered>(&event)) {
        Executor& entry = executor(registered->exec);
        entry.state = Executor::State::alive;
        entry.registered_at = at.now;
        expect_beat(registered->exec, at.now + SimDuration{1}, at.seq);
        if (entry.leaves_at_start) {
            begin_leave(at, registered->exec, *std::exchange(entry.leaves_at_start, {}));
        }
    } else if (const auto* joined = std::get_if<WorkerJoined>(&event)) {
        nodes_[joined->node.index()].known_up = true;
    } else if (const auto* gone = std::get_if<WorkerLost>(&event)) {
        nodes_[gone->node.index()].known_up = false;
        // Those granted there since it went down never started.
        for (std::uint32_t app = 0; app < drivers_.size(); ++app) {
            if (drivers_[app].node == gone->node) {
                lose_driver(at, AppId{app}, LossReason::worker_lost, 137);
            }
        }
        for (std::uint32_t number = 0; number < executors_.size(); ++number) {
            const Executor& entry = executors_[number];
            if (entry.node == gone->node && entry.state == Executor::State::starting) {
                tell_loss(ExecutorId{number}, at.now, at.seq, LossReason::worker_lost, 137);
            }
        }
    } else if (const auto* submitted = std::get_if<AppSubmitted>(&event)) {
        const AppId app = submitted->app;
        drivers_[app.index()].runs = !scenario_.apps[app.index()].cluster_mode;
    } else if (const auto* started = std::get_if<DriverStarted>(&event)) {
        drivers_[started->app.index()].runs = true;
    } else if (const auto* orphaned = std::get_if<DriverLost>(&event)) {
        if (scenario_.apps[orphaned->app.index()].cluster_mode) {
            end_application(at, orphaned->app);  // its executors see that it is gone
        }
    } else if (const auto* timer = std::get_if<TimerFired>(&event)) {
        if (timer->what == TimerKind::worker_timeout) {  // its master has given it up
            tell_loss(timer->node, at.now, at.seq);
        } else if (timer->what == TimerKind::master_recovery) {  // and here all that are silent
            tell_silent_losses(at);
        }
    } else if (const auto* heard = std::get_if<HeartbeatChanged>(&event)) {
        Executor& entry = executor(heard->exec);
        entry.first_beat = true;
        entry.silent = heard->state == BeatState::silent;
    } else if (const auto* fetched = std::get_if<BroadcastFetched>(&event)) {
        return go_on_fetching(at, *fetched);
    } else if (const auto* ended = std::get_if<TaskFinished>(&event)) {
        if (ended->status == TaskStatus::executor_lost) {
            const std::uint32_t slot = find_task(ended->exec, ended->task);
            if (slot != no_slot) {
                free_task(slot);
            }
        }
        Result<void> kept = keep_made(at, *ended);
        arm_leaving(at, ended->exec);
        return kept ? offer_memory(at, ended->exec) : kept;
    }
    return {};
}

void ClusterModel::complete(ExecutorLost& event) const {
    const Executor& entry = executor(event.exec);
    for (const std::uint32_t slot : entry.slots) {
        if (live_ == nullptr && tasks_[slot].starts >= entry.died_at) {
            event.unstarted.push_back(tasks_[slot].task);
        }
    }
}

void ClusterModel::complete(SimTime now, TaskFinished& event) const {
    const std::uint32_t slot = find_task(event.exec, event.task);
    if (slot == no_slot || event.status == TaskStatus::resubmitted) {
        return;
    }
    const SimTime until = std::min(now, executor(event.exec).died_at);
    event.run = std::max(SimDuration{0}, until - tasks_[slot].starts);
}

// ---- views

bool ClusterModel::lives(ExecutorId exec) const {
    return exec.index() < executors_.size() && (executor(exec).state == Executor::State::starting ||
                                                executor(exec).state == Executor::State::alive);
}

std::vector<ExecutorView> ClusterModel::executors() const {
    std::vector<ExecutorView> views;
    for (std::uint32_t number = 0; number < executors_.size(); ++number) {
        const Executor& entry = executors_[number];
        if (entry.state == Executor::State::alive || entry.state == Executor::State::starting) {
            views.push_back({ExecutorId{number}, entry.app, entry.node, entry.slots.empty()});
        }
    }
    return views;
}

std::vector<RunningTaskView> ClusterModel::running_tasks() const {
    std::vector<RunningTaskView> views;
    for (const Executor& entry : executors_) {
        for (const std::uint32_t slot : entry.slots) {
            views.push_back({tasks_[slot].app, tasks_[slot].task, tasks_[slot].exec});
        }
    }
    return views;
}

bool ClusterModel::holds_output(ExecutorId exec, AppId app, const std::string& stage) const {
    const ShuffleId shuffle = stages_.shuffle_of(app, stage);
    return shuffle.valid() && shuffles_.holds(app, shuffle, exec);
}

}  // namespace forkyard::sim
