// Tasks that hang, or whose reports are held; and the task reaper that ends executors.
#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "core/event_text.hpp"
#include "sim/cluster/cluster_model.hpp"

namespace forkyard::sim {

namespace {

constexpr std::int32_t exit_killed_by_reaper = 57;  // Spark's ExecutorExitCode

}  // namespace

Result<bool> ClusterModel::hang_task(Moment at, const RunningTaskView& target) {
    return change_task(at, target, [&](std::uint32_t slot) { return hang_at(at, slot); });
}

bool ClusterModel::hang_at(Moment at, std::uint32_t slot) {
    Task& task = tasks_[slot];
    const SimTime since = worked_until(task, at.now);
    if (task.status == TaskStatus::killed || task.hangs() ||
        (task.ends != time_never && task.ends < since && !task.saves())) {
        return false;  // its report is under way
    }
    hold(task, std::max(since, task.starts));
    if (live_ != nullptr) {
        live_->hang(task.exec, task.ticket, true);
    }
    return true;
}

void ClusterModel::hold(Task& task, SimTime since) {
    TaskSpecial& own = task.own();
    own.hangs_since = since;
    own.left.reset();
    if (task.ends != time_never) {
        own.left = std::max(SimDuration{0}, task.ends - since);
    }
    task.ends = time_never;
    ++task.generation;
}

// It goes on with what was left; or ends, if it was told to meanwhile.
bool ClusterModel::resume_task(Moment at, const RunningTaskView& target) {
    const std::uint32_t slot = find_task(target.exec, target.task);
    if (slot == no_slot || executor(target.exec).state != Executor::State::alive ||
        !tasks_[slot].hangs()) {
        return false;
    }
    Task& task = tasks_[slot];
    TaskSpecial& own = *task.special;
    const SimTime frozen = executor(task.exec).frozen_at;
    const SimTime since = std::exchange(own.hangs_since, time_never);
    const SimTime now = std::max(std::min(at.now, frozen), since);
    own.hung += now - since;
    if (task.read_ends > since || !own.left) {  // what is not known begins after it
        task.read_ends += now - since;
    }
    if (own.left) {
        task.fixed_frozen = task.decided && frozen != time_never;
        // Nothing leaves an executor that is frozen meanwhile.
        const SimDuration least{frozen == time_never ? 0 : 1};
        task.ends = (task.fixed_frozen ? at.now : now) + std::max(*own.left, least);
    }
    if (live_ != nullptr) {
        live_->hang(task.exec, task.ticket, false);
    }
    if (task.decided || (own.left && (live_ == nullptr || task.saves()))) {
        schedule_end(slot);
    } else if (live_ == nullptr && !task.is(SaveState::waits)) {
        expect_answer(slot, at.now);
    }
    look_again_later(at, slot);
    return true;
}

void ClusterModel::describe_hanging(std::vector<std::string>& lines) const {
    for (const Executor& entry : executors_) {
        for (const std::uint32_t slot : entry.slots) {
            const Task& task = tasks_[slot];
            if (task.hangs()) {
                lines.push_back(fmt::format("{}: task {}/p{}#{} hangs on {}",
                                            scenario_.apps[task.app.index()].name,
                                            to_text(task.task.stage),
                                            task.task.partition,
                                            task.task.attempt,
                                            to_text(task.exec)));
            }
        }
    }
}

Result<bool> ClusterModel::hold_report(Moment at, const RunningTaskView& target, SimDuration held) {
    return change_task(at, target, [&](std::uint32_t slot) {
        Task& task = tasks_[slot];
        if (task.ends < at.now && !task.saves()) {
            return false;  // it is under way
        }
        task.own().held = held;
        if (task.ends != time_never) {
            ++task.generation;
            schedule_end(slot);
        }
        return true;
    });
}

// ---- the task reaper

// A task that may not hear that it is killed. Spark's TaskReaper (Executor.scala) looks each
// pollingInterval whether it has ended, and at the first look after killTimeout ends the
// executor. A look at that very moment is one after it: a look takes its time.
void ClusterModel::watch(Moment at, std::uint32_t slot) {
    Task& task = tasks_[slot];
    const ReaperConf& reaper = scenario_.apps[task.app.index()].conf.reaper;
    if (!reaper.enabled || !reaper.kill_timeout || task.own().reaped_at != time_never) {
        return;
    }
    const auto looks =
        (*reaper.kill_timeout + reaper.polling_interval - SimDuration{1}) / reaper.polling_interval;
    task.own().reaped_at = at.now + delay() + looks * reaper.polling_interval;
    expect_reaper(slot, task.own().reaped_at, at.seq);
}

void ClusterModel::expect_reaper(std::uint32_t slot, SimTime when, std::uint64_t cause) {
    const Task& task = tasks_[slot];
    agenda_.add({.time = when,
                 .order_class = DueClass::executor_lost,
                 .kind = DueKind::reap,
                 .app = task.app.value,
                 .entity = task.exec.value,
                 .order = task.order,
                 .index = slot,
                 .generation = task.ticket,
                 .cause = cause});
}

Result<void> ClusterModel::reap(Moment at, const Due& due) {
    const Task& task = tasks_[due.index];
    const bool ended =
        !task.used || task.ticket != due.generation || (task.decided && task.ends <= at.now);
    // In a frozen executor the reaper stands still too: at the thaw it looks again.
    if (ended || executor(task.exec).state != Executor::State::alive ||
        executor(task.exec).frozen_at != time_never) {
        return {};
    }
    return lose_executor(at, task.exec, {LossReason::exited, exit_killed_by_reaper, SimDuration{0}})
        .map([](bool /*effect*/) {});
}

}  // namespace forkyard::sim
