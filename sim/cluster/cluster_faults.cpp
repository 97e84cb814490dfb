// What faults do to the model: executors and nodes lost or slowed, tasks failed.
#include <algorithm>
#include <utility>

#include "core/check.hpp"
#include "sim/cluster/cluster_model.hpp"

namespace forkyard::sim {

Result<bool> ClusterModel::lose_executor(Moment at, ExecutorId exec, const Loss& loss) {
    if (exec.index() >= executors_.size()) {
        return false;
    }
    Executor& entry = executor(exec);
    if (entry.state == Executor::State::none || entry.state == Executor::State::gone) {
        return false;
    }
    if (entry.state != Executor::State::dead) {
        if (live_ != nullptr && loss.reason == LossReason::exited) {
            live_->exit(exec, loss.code);
        } else {
            Result<void> killed = host_.kill(exec);
            if (!killed) {
                return fail(killed.error());
            }
        }
        die(at, exec);
    }
    if (loss.notice) {
        agenda_.add_event(at.now + *loss.notice,
                          DueClass::executor_lost,
                          entry.app,
                          exec.value,
                          at.seq,
                          ExecutorLost{entry.app, exec, loss.reason, loss.code});
    }
    expect_beat(exec, at.now, at.seq);
    return true;
}

// The process is gone; others may not know yet.
void ClusterModel::die(Moment at, ExecutorId exec) {
    Executor& entry = executor(exec);
    entry.state = Executor::State::dead;
    entry.died_at = at.now;
    for (const std::uint32_t slot : entry.slots) {
        ++tasks_[slot].generation;  // its report will not come
        tasks_[slot].ends = time_never;
        host_.discard(tasks_[slot].ticket);
    }
    fail_fetches_from(at, exec);
}

Result<bool> ClusterModel::freeze_executor(Moment at, ExecutorId exec) {
    if (exec.index() >= executors_.size()) {
        return false;
    }
    Executor& entry = executor(exec);
    if (entry.state != Executor::State::alive || entry.frozen_at != time_never) {
        return false;
    }
    Result<void> resolved = resolve_all(at, exec);
    if (!resolved) {
        return fail(resolved.error());
    }
    entry.frozen_at = at.now;
    if (live_ != nullptr) {
        live_->freeze(exec);
        return true;
    }
    for (const std::uint32_t slot : entry.slots) {
        if (tasks_[slot].ends != time_never && tasks_[slot].ends > at.now) {
            ++tasks_[slot].generation;
        }
    }
    expect_beat(exec, at.now, at.seq);
    return true;
}

// A frozen task goes on with what was left.
bool ClusterModel::thaw_executor(Moment at, ExecutorId exec) {
    Executor& entry = executor(exec);
    if (entry.state != Executor::State::alive || entry.frozen_at == time_never) {
        return false;
    }
    const SimTime frozen = std::exchange(entry.frozen_at, time_never);
    if (live_ != nullptr) {
        live_->thaw(exec);
        return true;
    }
    for (const std::uint32_t slot : entry.slots) {
        Task& task = tasks_[slot];
        if (task.ends <= frozen) {
            continue;  // its report was under way already
        }
        const SimDuration pause = at.now - std::max(frozen, std::min(task.starts, at.now));
        if (task.starts > frozen) {
            task.starts += pause;
        }
        if (task.read_ends > frozen) {
            task.read_ends += pause;
        }
        if (task.ends != time_never) {
            task.ends += pause;
            schedule_end(slot);
        }
    }
    expect_beat(exec, at.now, at.seq);
    return true;
}

bool ClusterModel::slow_node(NodeId node, Millionths factor) {
    if (!nodes_[node.index()].up) {
        return false;
    }
    nodes_[node.index()].slowed = factor;
    return true;
}

Result<bool> ClusterModel::lose_node(Moment at, NodeId id, std::optional<SimDuration> notice) {
    Node& node = nodes_[id.index()];
    if (!node.up) {
        return false;
    }
    node.up = false;
    node.down_since = at.now;
    if (notice) {
        agenda_.add_event(at.now + *notice, DueClass::node, {}, id.value, at.seq, WorkerLost{id});
    } else {
        const std::int64_t interval = micros(worker_beat_interval());
        const std::int64_t beat = (micros(at.now) + interval - 1) / interval * interval;
        agenda_.add({.time = SimTime{SimDuration{beat}},
                     .order_class = DueClass::heartbeat,
                     .kind = DueKind::worker_beat,
                     .entity = id.value,
                     .index = id.value,
                     .cause = at.seq});
    }
    for (std::uint32_t number = 0; number < executors_.size(); ++number) {
        if (executors_[number].node != id) {
            continue;
        }
        const Result<bool> lost =
            lose_executor(at, ExecutorId{number}, {LossReason::worker_lost, 137, notice});
        if (!lost) {
            return lost;
        }
    }
    return true;
}

bool ClusterModel::rejoin_node(Moment at, NodeId id) {
    Node& node = nodes_[id.index()];
    if (node.up) {
        return false;
    }
    // A master that has not noticed the loss drops the old worker when it registers again.
    if (node.known_up) {
        agenda_.add_event(at.now, DueClass::node, {}, id.value, at.seq, WorkerLost{id});
        for (std::uint32_t number = 0; number < executors_.size(); ++number) {
            const Executor& entry = executors_[number];
            if (entry.node == id && (entry.state == Executor::State::dead ||
                                     entry.state == Executor::State::starting)) {
                agenda_.add_event(
                    at.now,
                    DueClass::executor_lost,
                    entry.app,
                    number,
                    at.seq,
                    ExecutorLost{entry.app, ExecutorId{number}, LossReason::worker_lost, 137});
            }
        }
    }
    agenda_.add({.time = at.now,
                 .order_class = DueClass::node,
                 .kind = DueKind::rejoin,
                 .entity = id.value,
                 .index = id.value,
                 .cause = at.seq});
    return true;
}

Result<bool> ClusterModel::fail_task(Moment at,
                                     const RunningTaskView& target,
                                     std::uint32_t percent,
                                     const std::string& reason) {
    const std::uint32_t slot = find_task(target.exec, target.task);
    if (slot == no_slot || executor(target.exec).state != Executor::State::alive) {
        return false;
    }
    Result<void> resolved = resolve(at, slot);
    if (!resolved) {
        return fail(resolved.error());
    }
    Task& task = tasks_[slot];
    if (task.status != TaskStatus::success) {
        return false;
    }
    if (live_ != nullptr && task.ends == time_never) {  // how far it is nobody knows
        end_at(slot, at.now, TaskStatus::failed, reason);
        return true;
    }
    if (task.ends == time_never) {  // its end is not known yet: it will fail on the way
        task.fault.fail_at_percent = percent;
        task.fault.reason = reason;
        ++task.generation;
        expect_answer(slot, at.now);
        return true;
    }
    const SimTime when = task.starts + (task.ends - task.starts) * percent / 100;
    end_at(slot, std::max(when, at.now), TaskStatus::failed, reason);
    return true;
}

// What is left of a running task takes `factor` times as long.
Result<bool> ClusterModel::slow_task(Moment at, const RunningTaskView& target, Millionths factor) {
    const std::uint32_t slot = find_task(target.exec, target.task);
    if (slot == no_slot || executor(target.exec).state != Executor::State::alive) {
        return false;
    }
    Result<void> resolved = resolve(at, slot);
    if (!resolved) {
        return fail(resolved.error());
    }
    Task& task = tasks_[slot];
    if (task.status != TaskStatus::success || (task.ends != time_never && task.ends < at.now)) {
        return false;  // its report is under way
    }
    if (live_ != nullptr) {
        live_->slow(task.ticket, factor);
    }
    if (task.ends == time_never) {  // its work is not known yet
        task.fault.factor = factor;
        if (live_ == nullptr) {
            ++task.generation;
            expect_answer(slot, at.now);
        }
        return true;
    }
    const SimDuration left =
        work_time({.duration = task.ends - at.now, .bytes = 0, .rate = {}, .factor = factor});
    task.ends = at.now + left;
    if (live_ == nullptr) {
        ++task.generation;
        schedule_end(slot);
    }
    return true;
}

}  // namespace forkyard::sim
