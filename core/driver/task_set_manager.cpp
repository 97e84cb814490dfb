#include "core/driver/task_set_manager.hpp"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "core/check.hpp"

namespace forkyard {

TaskSetManager::TaskSetManager(TaskSet set, std::uint32_t failures_max)
    : set_{std::move(set)}, failures_max_{failures_max}, tasks_(set_.partitions.size()) {
    FORKYARD_CHECK(!tasks_.empty(), "a task set has at least one task");
    dense_ = set_.partitions.front() == 0 && set_.partitions.back() + 1 == tasks_.size();
    pending_.reserve(tasks_.size());
    for (std::uint32_t index = size(); index-- > 0;) {
        pending_.push_back(index);
    }
}

TaskAttempt TaskSetManager::launch(ExecutorId exec) {
    FORKYARD_CHECK(wants_slots(), "a zombie or empty task set launches nothing");
    const std::uint32_t index = pending_.back();
    pending_.pop_back();
    Task& task = tasks_[index];
    task.running = true;
    task.holder = exec;
    ++running_;
    return {set_.stage, set_.partitions[index], task.attempts++};
}

std::optional<std::string> TaskSetManager::end(const TaskFinished& event, bool counts) {
    const std::uint32_t index = index_of(event.task.partition);
    Task& task = tasks_[index];
    if (event.status == TaskStatus::resubmitted) {
        task.done = false;
        --done_count_;
        wait_again(index);
        return std::nullopt;
    }
    FORKYARD_CHECK(task.running, "only a running attempt can end");
    task.running = false;
    --running_;
    if (event.status == TaskStatus::success) {
        task.winner = event.task.attempt;
        task.holder = event.exec;
        task.failures = 0;  // SCH-TSM-19
        mark_done(task);
        zombie_ = zombie_ || done_count_ == size();
        return std::nullopt;
    }
    if (event.status == TaskStatus::fetch_failed) {
        // The stage will be tried again as a whole; running tasks go on (SCH-TSM-21).
        mark_done(task);
        task.holder = ExecutorId{};
        zombie_ = true;
        return std::nullopt;
    }
    if (zombie_ || task.done) {
        return std::nullopt;
    }
    if (counts && ++task.failures >= failures_max_) {
        zombie_ = true;
        return fmt::format("Task {} in stage s{}.{} failed {} times, most recent failure: {}",
                           event.task.partition,
                           set_.stage.stage.value,
                           set_.stage.attempt,
                           task.failures,
                           event.reason);
    }
    wait_again(index);
    return std::nullopt;
}

void TaskSetManager::partition_done(std::uint32_t partition) {
    const auto found = std::lower_bound(set_.partitions.begin(), set_.partitions.end(), partition);
    if (found == set_.partitions.end() || *found != partition) {
        return;
    }
    const auto index = static_cast<std::uint32_t>(found - set_.partitions.begin());
    Task& task = tasks_[index];
    if (task.done) {
        return;
    }
    task.failures = 0;  // SCH-TSM-19
    mark_done(task);
    std::erase(pending_, index);
    zombie_ = zombie_ || done_count_ == size();
}

std::vector<TaskAttempt> TaskSetManager::outputs_on(ExecutorId exec) const {
    std::vector<TaskAttempt> lost;
    if (!set_.map_side || zombie_) {
        return lost;
    }
    for (std::uint32_t index = 0; index < size(); ++index) {
        const Task& task = tasks_[index];
        if (task.done && !task.running && task.holder == exec) {
            lost.push_back({set_.stage, set_.partitions[index], task.winner});
        }
    }
    return lost;
}

std::uint32_t TaskSetManager::index_of(std::uint32_t partition) const {
    if (dense_) {
        return partition;
    }
    const auto found = std::lower_bound(set_.partitions.begin(), set_.partitions.end(), partition);
    FORKYARD_CHECK(found != set_.partitions.end() && *found == partition,
                   "the partition belongs to the task set");
    return static_cast<std::uint32_t>(found - set_.partitions.begin());
}

void TaskSetManager::mark_done(Task& task) {
    if (!task.done) {
        task.done = true;
        ++done_count_;
    }
}

void TaskSetManager::wait_again(std::uint32_t index) {
    pending_.push_back(index);  // on top: a retry is the next candidate (SCH-TSM-01)
}

}  // namespace forkyard
