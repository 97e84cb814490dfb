// The end of a task that saves: when its work is done and its file is written, it asks its
// driver whether it may commit, waits for the answer, and commits or gives up.
//
// The commit is a rename, done by the executor when its time has come in the model and no
// loss has come before. Asking is a message like any other; the rename takes no time.
#include <utility>

#include "sim/cluster/cluster_model.hpp"

namespace forkyard::sim {

// Nothing is written once its job is over.
AttemptOutput ClusterModel::output_of(const Task& task) const {
    const StageEntry& stage = stages_.at(task.app, task.task.stage.stage);
    return {stage.save->open ? stage.save->folder : std::string{},
            stage.save->conf.algorithm,
            task.app.value,
            stage.job.value,
            task.task.partition,
            task.ticket};
}

void ClusterModel::answer_commit(Moment at, const AnswerCommit& action) {
    const std::uint32_t slot = find_task(action.exec, action.task);
    if (slot == no_slot || executor(action.exec).state != Executor::State::alive ||
        !tasks_[slot].is(SaveState::waits)) {
        return;
    }
    if (!action.allowed) {
        end_at(slot, at.now + delay(), TaskStatus::commit_denied, "the driver denied its commit");
        return;
    }
    Task& task = tasks_[slot];
    TaskSpecial& own = *task.special;
    own.save = SaveState::may_commit;
    if (task.hangs()) {
        own.left = own.commits_later;  // once it goes on
        return;
    }
    task.ends = at.now + delay() + own.commits_later;
    task.fixed_frozen = executor(task.exec).frozen_at != time_never;
    schedule_end(slot);
}

Result<void> ClusterModel::commit(const Due& due) {
    Task& task = tasks_[due.index];
    if (!task.used || task.generation != due.generation) {
        return {};
    }
    TaskSpecial& own = *task.special;
    if (std::exchange(own.save, SaveState::may_commit) == SaveState::alone &&
        own.commits_later > SimDuration{0}) {
        task.ends += own.commits_later;
        schedule_end(due.index);
        return {};
    }
    const AttemptOutput output = output_of(task);
    if (output.folder.empty()) {
        committed(due.time, due.index);
        return {};
    }
    if (live_ != nullptr) {
        task.ends = time_never;  // until there is news of it
        return host_.commit(task.exec, output);
    }
    return host_.commit(task.exec, output).map([&] { committed(due.time, due.index); });
}

void ClusterModel::committed(SimTime now, std::uint32_t slot) {
    Task& task = tasks_[slot];
    if (!task.is(SaveState::may_commit) || executor(task.exec).state != Executor::State::alive) {
        return;  // it was decided otherwise meanwhile
    }
    if (task.hangs()) {  // it was done before it heard that it was to hang
        task.special->hangs_since = time_never;
    }
    task.special->save = SaveState::committed;
    task.ends = now;
    task.decided = true;
    task.fixed_frozen = executor(task.exec).frozen_at != time_never;
    ++task.generation;
    schedule_end(slot);
}

Result<bool> ClusterModel::hamper_commit(Moment at,
                                         const RunningTaskView& target,
                                         const TaskFault& fault) {
    return change_task(at, target, [&](std::uint32_t slot) {
        Task& task = tasks_[slot];
        if (fault.denied) {
            const bool asks = task.is(SaveState::asks);
            task.own().denied = asks;
            return asks;
        }
        const bool allowed = task.is(SaveState::may_commit);
        if (!task.saves() || (allowed && task.ends == time_never && !task.special->left)) {
            return false;  // it has, or is about to
        }
        task.special->commits_later += fault.commits_later;
        if (allowed && task.hangs()) {
            *task.special->left += fault.commits_later;
        } else if (allowed) {
            task.ends += fault.commits_later;
            ++task.generation;
            schedule_end(slot);
        }
        return true;
    });
}

}  // namespace forkyard::sim
