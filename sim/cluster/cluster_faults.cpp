// What faults do to the model: executors and nodes lost or slowed, tasks failed.
#include <algorithm>
#include <utility>

#include "core/check.hpp"
#include "core/model/cluster_rules.hpp"
#include "sim/cluster/cluster_model.hpp"

namespace forkyard::sim {

Result<bool> ClusterModel::lose_executor(Moment at, ExecutorId exec, const Loss& loss) {
    if (exec.index() >= executors_.size()) {
        return false;
    }
    Executor& entry = executor(exec);
    if (entry.state == Executor::State::none || entry.state == Executor::State::stopping ||
        entry.state == Executor::State::gone) {
        return false;
    }
    if (entry.state != Executor::State::dead) {
        Result<void> heard = hear_reports(at, exec);
        if (!heard) {
            return fail(heard.error());
        }
        Result<void> kept = keep_files_of(exec);
        if (!kept) {
            return fail(kept.error());
        }
        if (live_ != nullptr && (loss.reason == LossReason::exited || loss.code == 0)) {
            live_->exit(exec, loss.code);
        } else {
            Result<void> killed = host_.kill(exec);
            if (!killed) {
                return fail(killed.error());
            }
        }
        Result<void> died = die(at, exec);
        if (!died) {
            return fail(died.error());
        }
        tell_leavers_of(at, exec);
        entry.end = loss;
        const bool asked = loss.by_itself && is_asked_why(scenario_.cluster);
        if ((loss.notice != SimDuration{0} || asked) && nodes_[entry.node.index()].up) {
            agenda_.add_event(at.now,
                              DueClass::executor_lost,
                              entry.app,
                              exec.value,
                              at.seq,
                              ExecutorExited{entry.app, exec, loss.reason, loss.code});
        }
        if (loss.notice && asked) {
            agenda_.add_event(at.now + *loss.notice,
                              DueClass::executor_lost,
                              entry.app,
                              exec.value,
                              at.seq,
                              ExecutorDisconnected{entry.app, exec});
            expect_beat(exec, at.now, at.seq);
            return true;
        }
    }
    if (loss.notice) {
        tell_loss(exec, at.now + *loss.notice, at.seq, loss.reason, loss.code);
    }
    expect_beat(exec, at.now, at.seq);
    return true;
}

void ClusterModel::explain_loss(Moment at, const ExplainLoss& action) {
    const Loss& end = executor(action.exec).end;
    tell_loss(action.exec, at.now + delay(), at.seq, end.reason, end.code);
}

// Its reports that are under way arrive: who made them must not be killed before.
Result<void> ClusterModel::hear_reports(Moment at, ExecutorId exec) {
    const Executor& entry = executor(exec);
    for (const std::uint32_t slot : entry.slots) {
        Task& task = tasks_[slot];
        if (is_awaited(task) && task.reported_at() < std::min(at.now, entry.frozen_at)) {
            const Result<TaskAnswer> answer = host_.await(task.ticket);
            if (!answer) {
                return fail(answer.error());
            }
            task.heard = true;
        }
    }
    return {};
}

// The process is gone; others may not know yet.
Result<void> ClusterModel::die(Moment at, ExecutorId exec) {
    Executor& entry = executor(exec);
    entry.state = Executor::State::dead;
    any_lost_ = true;
    entry.died_at = at.now;
    entry.leaving.reset();
    for (const std::uint32_t slot : entry.slots) {
        if (tasks_[slot].reported_at() < std::min(at.now, entry.frozen_at)) {
            continue;  // its report is under way
        }
        ++tasks_[slot].generation;  // and that of others will not come
        tasks_[slot].ends = time_never;
        host_.discard(tasks_[slot].ticket);
    }
    if (!serves_files_of(entry)) {
        entry.files_lost = true;
        fail_fetches_from(at, exec);
    }
    return lose_kept_of(at, exec);
}

// It will be lost when it would register.
bool ClusterModel::fail_start(ExecutorId exec) {
    Executor& entry = executor(exec);
    if (entry.state != Executor::State::starting) {
        return false;
    }
    entry.fails_start = true;
    return true;
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
        if (tasks_[slot].ends != time_never && tasks_[slot].reported_at() > at.now) {
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
    pause_leaving(at, exec, frozen);
    thaw_fetches(at, exec);
    if (live_ != nullptr) {
        live_->thaw(exec);
    }
    for (const std::uint32_t slot : entry.slots) {
        Task& task = tasks_[slot];
        if (task.special != nullptr && task.special->reaped_at <= at.now) {
            expect_reaper(slot, at.now, at.seq);
        }
        look_again_later(at, slot);
        if (task.reported_at() <= frozen || task.hangs()) {
            continue;  // its report was under way already; or it stands still as before
        }
        if (task.ends <= frozen) {  // what is held waits for so much longer
            task.special->held +=
                task.special->held == never_sent ? SimDuration{0} : at.now - frozen;
            schedule_end(slot);
            continue;
        }
        if (task.fixed_frozen) {
            task.ends = std::max(task.ends, at.now);
            schedule_end(slot);
            continue;
        }
        if (live_ != nullptr) {
            continue;
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

bool ClusterModel::slow_node(NodeId id, Millionths factor) {
    Node& node = nodes_[id.index()];
    if (!node.up) {
        return false;
    }
    node.faults.push_back(factor);
    ++slow_nodes_;
    return true;
}

bool ClusterModel::heal_node(NodeId id, Millionths factor) {
    Node& node = nodes_[id.index()];
    const auto found = std::find(node.faults.begin(), node.faults.end(), factor);
    if (found == node.faults.end()) {
        return false;
    }
    node.faults.erase(found);
    --slow_nodes_;
    return true;
}

Result<bool> ClusterModel::lose_node(Moment at, NodeId id, const NodeLoss& loss) {
    Node& node = nodes_[id.index()];
    if (!node.up) {
        return false;
    }
    node.up = false;
    node.draining = false;
    node.down_since = at.now;
    // Told each time: a driver that has begun since the last loss has not heard of it.
    const bool were_kept = std::exchange(node.files_kept, loss.keeps_shuffle);
    if (were_kept || loss.keeps_shuffle) {
        agenda_.add({.time = at.now,
                     .order_class = DueClass::node,
                     .kind = DueKind::event,
                     .entity = id.value,
                     .index = agenda_.store(WorkerFilesKept{id, loss.keeps_shuffle}),
                     .cause = at.seq});
    }
    if (loss.notice) {
        tell_loss(id, at.now + *loss.notice, at.seq);
    } else {
        agenda_.add({.time = multiple_from(at.now, worker_beat_interval()),
                     .order_class = DueClass::heartbeat,
                     .kind = DueKind::worker_beat,
                     .entity = id.value,
                     .index = id.value,
                     .cause = at.seq});
    }
    for (std::uint32_t app = 0; app < drivers_.size(); ++app) {
        if (drivers_[app].node == id) {
            lose_driver(at, AppId{app}, LossReason::worker_lost, 137);
        }
    }
    for (std::uint32_t number = 0; number < executors_.size(); ++number) {
        if (executors_[number].node != id) {
            continue;
        }
        Result<bool> lost =
            lose_executor(at, ExecutorId{number}, {LossReason::worker_lost, 137, loss.notice});
        if (!lost) {
            return lost;
        }
    }
    return lose_files_on(at, id).map([] { return true; });
}

void ClusterModel::tell_loss(NodeId id, SimTime when, std::uint64_t cause) {
    agenda_.add({.time = when,
                 .order_class = DueClass::node,
                 .kind = DueKind::node_lost,
                 .entity = id.value,
                 .index = id.value,
                 .generation = nodes_[id.index()].life,
                 .cause = cause});
}

void ClusterModel::tell_loss(
    ExecutorId exec, SimTime when, std::uint64_t cause, LossReason reason, std::int32_t code) {
    const AppId app = executor(exec).app;
    agenda_.add_event(when,
                      DueClass::executor_lost,
                      app,
                      exec.value,
                      cause,
                      ExecutorLost{app, exec, reason, code});
}

bool ClusterModel::rejoin_node(Moment at, NodeId id) {
    Node& node = nodes_[id.index()];
    if (node.up) {
        return false;
    }
    // A master that has not noticed the loss drops the old worker when it registers again.
    if (node.known_up) {
        ++node.life;
        tell_loss(id, at.now, at.seq);
        for (std::uint32_t number = 0; number < executors_.size(); ++number) {
            const Executor& entry = executors_[number];
            if (entry.node == id && (entry.state == Executor::State::dead ||
                                     entry.state == Executor::State::starting)) {
                tell_loss(ExecutorId{number}, at.now, at.seq, LossReason::worker_lost, 137);
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
    return change_task(
        at, target, [&](std::uint32_t slot) { return fail_at(at, slot, percent, reason); });
}

bool ClusterModel::fail_at(Moment at,
                           std::uint32_t slot,
                           std::uint32_t percent,
                           const std::string& reason) {
    Task& task = tasks_[slot];
    if (task.status != TaskStatus::success || task.hangs()) {
        return false;
    }
    // How far it is nobody knows; or it has done all, and waits.
    if (task.ends == time_never && (live_ != nullptr || task.is(SaveState::waits))) {
        end_at(slot, at.now, TaskStatus::failed, reason);
        return true;
    }
    if (task.ends == time_never) {  // its end is not known yet: it will fail on the way
        task.own().fail_at_percent = percent;
        task.own().fail_reason = reason;
        ++task.generation;
        expect_answer(slot, at.now);
        return true;
    }
    if (task.ends < std::min(at.now, executor(task.exec).frozen_at) && !task.saves()) {
        return false;  // its report is under way
    }
    const SimTime when = task.starts + (task.ends - task.starts) * percent / 100;
    end_at(slot, std::max(when, at.now), TaskStatus::failed, reason);
    return true;
}

Result<bool> ClusterModel::slow_task(Moment at, const RunningTaskView& target, Millionths factor) {
    return change_task(at, target, [&](std::uint32_t slot) { return slow_by(at, slot, factor); });
}

// What is left of a running task takes `factor` times as long.
bool ClusterModel::slow_by(Moment at, std::uint32_t slot, Millionths factor) {
    Task& task = tasks_[slot];
    const SimTime since = worked_until(task, at.now);
    if (task.status != TaskStatus::success || (task.ends != time_never && task.ends < since) ||
        task.is(SaveState::waits) || task.is(SaveState::may_commit)) {
        return false;  // its report is under way, or its work done
    }
    if (live_ != nullptr) {
        live_->slow(task.ticket, factor);
    }
    const bool hangs = task.hangs();
    if (hangs ? !task.special->left : task.ends == time_never) {  // its work is not known yet
        task.factor = compounded(task.factor, factor);
        if (live_ == nullptr && !hangs) {
            ++task.generation;
            expect_answer(slot, at.now);
        }
        return true;
    }
    // Work alone is slowed; reading comes before it, and writing after.
    const SimDuration open = hangs ? *task.special->left : task.ends - since;
    const SimDuration left = std::clamp(open - task.write, SimDuration{0}, task.work);
    const SimDuration slowed =
        work_time({.duration = left, .bytes = 0, .rate = {}, .factor = factor});
    task.work += slowed - left;
    if (hangs) {
        *task.special->left += slowed - left;
        return true;
    }
    task.ends += slowed - left;
    if (live_ == nullptr) {
        ++task.generation;
        schedule_end(slot);
    }
    return true;
}

}  // namespace forkyard::sim
