// Execution memory of synthetic tasks. Each asks its executor's memory manager when it begins:
// what it does not get it spills, which its node's disk writes and reads again; and it waits
// while it would get less than it is promised (DP-MEM-06). At its end all is given back.
#include <algorithm>
#include <utility>

#include "sim/cluster/cluster_model.hpp"

namespace forkyard::sim {

// Bytes that it spills; none: it has to wait.
Result<std::optional<std::int64_t>> ClusterModel::take_memory(Moment at,
                                                              std::uint32_t slot,
                                                              std::int64_t bytes) {
    const Task& task = tasks_[slot];
    if (bytes == 0) {
        return std::optional<std::int64_t>{0};
    }
    std::vector<BlockChange> changes;
    const std::optional<std::int64_t> granted =
        storage_.acquire_execution(task.app, task.exec, task.ticket, bytes, changes);
    Result<void> done = carry_out(at, task.app, task.exec, changes);
    if (!done) {
        return fail(done.error());
    }
    return granted ? std::optional{bytes - *granted} : std::nullopt;
}

// It begins when another task of its executor has ended.
void ClusterModel::await_memory(std::uint32_t slot) {
    Task& task = tasks_[slot];
    release_kept(task);
    task.inputs.clear();
    task.own().waits_to_begin = true;
    executor(task.exec).await_memory.push_back(slot);
}

void ClusterModel::release_memory(Task& task, std::uint32_t slot) {
    storage_.end_task(task.exec, task.ticket);
    std::erase(executor(task.exec).await_memory, slot);
    std::erase(executor(task.exec).await_broadcasts, slot);
}

// Those that wait ask again, in the order in which they came.
Result<void> ClusterModel::offer_memory(Moment at, ExecutorId exec) {
    return begin_waiting(at, exec, std::exchange(executor(exec).await_memory, {}));
}

Result<void> ClusterModel::begin_waiting(Moment at,
                                         ExecutorId exec,
                                         const std::vector<std::uint32_t>& waiting) {
    for (const std::uint32_t slot : waiting) {
        Task& task = tasks_[slot];
        task.own().waits_to_begin = false;
        if (task.decided || executor(exec).state != Executor::State::alive) {
            continue;
        }
        const bool hangs = std::exchange(task.own().hangs_when_begun, false);
        Result<void> begun = begin_task(
            at, slot, std::max(at.now, task.starts + scenario_.cluster.task_overhead), hangs);
        if (!begun) {
            return begun;
        }
        if (hangs) {
            hang_from_start(slot, at.now);
        }
    }
    return {};
}

// What it has to wait for first comes first.
void ClusterModel::hang_from_start(std::uint32_t slot, SimTime since) {
    Task& task = tasks_[slot];
    if (task.special != nullptr && task.special->waits_to_begin) {
        task.special->hangs_when_begun = true;
    } else {
        hold(task, since);
    }
}

}  // namespace forkyard::sim
