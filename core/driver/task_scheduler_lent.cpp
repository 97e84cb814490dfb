// Cores that a master lends for one task at a time (fine-grained Mesos).
#include <utility>

#include "core/driver/task_scheduler.hpp"

namespace forkyard {

std::uint32_t TaskScheduler::lend(ExecutorId exec, std::uint32_t cores) {
    if (executors_.alive(exec)) {
        executors_.lend(exec, cores);
        return cores;
    }
    if (starting_.contains(exec)) {
        lent_early_[exec] += cores;
    }
    return 0;
}

std::uint32_t TaskScheduler::lend_early(ExecutorId exec) {
    const auto found = lent_early_.find(exec);
    if (found == lent_early_.end()) {
        return 0;
    }
    const std::uint32_t cores = found->second;
    lent_early_.erase(found);
    executors_.lend(exec, cores);
    return cores;
}

std::uint32_t TaskScheduler::reclaim(ExecutorId exec) {
    return executors_.alive(exec) ? executors_.reclaim(exec) : 0;
}

std::uint32_t TaskScheduler::wanting_tasks() const {
    std::uint32_t tasks = 0;
    for (const auto& [number, active] : sets_) {
        tasks += active.manager.wanting();
    }
    return tasks;
}

}  // namespace forkyard
