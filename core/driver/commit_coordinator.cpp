#include "core/driver/commit_coordinator.hpp"

namespace forkyard {

void CommitCoordinator::start_stage(StageId stage, std::uint32_t partitions) {
    stages_.try_emplace(stage, Stage{.partitions = partitions});
}

void CommitCoordinator::end_task(const TaskAttempt& task, TaskStatus status) {
    // One that succeeded keeps the lock, and one that was denied did not have it.
    if (status == TaskStatus::success || status == TaskStatus::commit_denied) {
        return;
    }
    Partition* const partition = find(task);
    if (partition == nullptr) {
        return;
    }
    const Committer committer{task.stage.attempt, task.attempt};
    partition->failed.insert(committer);  // it may still ask: its question was under way
    if (partition->committer == committer) {
        partition->committer.reset();  // SCH-OCC-01
    }
}

bool CommitCoordinator::ask(const TaskAttempt& task) {
    Partition* const partition = find(task);
    const Committer committer{task.stage.attempt, task.attempt};
    if (partition == nullptr || partition->committer || partition->failed.contains(committer)) {
        return false;
    }
    partition->committer = committer;
    return true;
}

CommitCoordinator::Partition* CommitCoordinator::find(const TaskAttempt& task) {
    const auto stage = stages_.find(task.stage.stage);
    return stage == stages_.end() || task.partition >= stage->second.partitions
               ? nullptr
               : &stage->second.known[task.partition];
}

}  // namespace forkyard
