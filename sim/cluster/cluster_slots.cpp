// The slots of running tasks: taken at the launch, free again at the end.
#include <algorithm>
#include <utility>

#include "sim/cluster/cluster_model.hpp"

namespace forkyard::sim {

std::uint32_t ClusterModel::new_task(Moment at, const LaunchTask& action, const TaskFault& fault) {
    std::uint32_t slot = 0;
    if (free_tasks_.empty()) {
        slot = static_cast<std::uint32_t>(tasks_.size());
        tasks_.emplace_back();
    } else {
        slot = free_tasks_.back();
        free_tasks_.pop_back();
    }
    Executor& entry = executor(action.exec);
    entry.slots.push_back(slot);
    Task& task = tasks_[slot];
    const std::uint32_t generation = task.generation + 1;
    task.used = true;
    task.heard = false;
    task.decided = false;
    task.fixed_frozen = false;
    task.work = SimDuration{0};
    task.write = SimDuration{0};
    task.app = action.app;
    task.task = action.task;
    task.exec = action.exec;
    task.generation = generation;
    task.ticket = ++tickets_;
    task.order = ++entry.launches;
    task.launch_seq = at.seq;
    task.starts = at.now;
    task.read_ends = at.now;
    task.ends = time_never;
    task.factor = fault.factor;
    task.slowed = slow_nodes_ == 0 ? one : slowness(nodes_[entry.node.index()]);
    task.status = TaskStatus::success;
    task.special.reset();
    if (fault.fail_at_percent) {
        task.own().fail_at_percent = fault.fail_at_percent;
        task.own().fail_reason = fault.reason;
    }
    if (fault.held > SimDuration{0}) {
        task.own().held = fault.held;
    }
    task.inputs.clear();
    return slot;
}

// What it has saved, if it has not committed that.
void ClusterModel::drop_output(const Task& task) {
    const bool undone = task.special != nullptr && task.special->save != SaveState::none &&
                        task.special->save != SaveState::committed;
    if (const AttemptOutput output = undone ? output_of(task) : AttemptOutput{};
        !output.folder.empty()) {
        host_.drop(task.exec, output);
    }
}

void ClusterModel::free_task(std::uint32_t slot) {
    Task& task = tasks_[slot];
    drop_output(task);
    ++task.generation;
    release_kept(task);
    release_memory(task, slot);
    task.used = false;
    std::vector<std::uint32_t>& slots = executor(task.exec).slots;
    slots.erase(std::find(slots.begin(), slots.end(), slot));
    free_tasks_.push_back(slot);
}

std::uint32_t ClusterModel::find_task(ExecutorId exec, const TaskAttempt& task) const {
    for (const std::uint32_t slot : executor(exec).slots) {
        if (tasks_[slot].task == task) {
            return slot;
        }
    }
    return no_slot;
}

}  // namespace forkyard::sim
