// How much work an application has: tasks that wait, run, or are to be copied.
//
// It hears what a listener of Spark would and counts as ExecutorAllocationListener does: a
// task waits until its first attempt is launched, and again when that has failed; what
// runs counts until it ends, also for a stage attempt that is over (ALLOC-19); a copy
// that is wanted counts until it starts or its original succeeds (SPARK-41192).
#pragma once

#include <cstdint>
#include <map>
#include <set>

#include "core/action_work.hpp"
#include "core/driver/partition_set.hpp"
#include "core/event_tasks.hpp"
#include "core/ids.hpp"

namespace forkyard {

class TaskDemand {
public:
    void on(const SubmitStage& action);
    void on(const FinishStage& action);
    void on(const LaunchTask& action);
    void on(const SpeculateTask& action);
    // Whether it has to be tried again.
    bool on(const TaskFinished& event);

    [[nodiscard]] std::uint32_t pending() const { return pending_; }
    [[nodiscard]] std::uint32_t pending_copies() const { return copies_; }
    [[nodiscard]] std::uint32_t running() const { return running_; }
    [[nodiscard]] bool any_pending() const { return pending_ + copies_ > 0; }
    [[nodiscard]] bool any_stage() const { return open_ > 0; }

private:
    struct Stage {
        bool open = false;  // submitted, and not finished
        std::uint32_t tasks = 0;
        PartitionSet started{};            // of a retried attempt, or a take, not the first ones
        std::set<std::uint32_t> copies{};  // wanted, not started
        std::uint32_t running = 0;
        std::set<TaskAttempt> running_copies{};

        [[nodiscard]] std::uint32_t waiting() const {
            return open ? tasks - static_cast<std::uint32_t>(started.size()) : 0;
        }
    };

    std::map<StageAttempt, Stage> stages_{};
    std::uint32_t pending_ = 0;
    std::uint32_t copies_ = 0;
    std::uint32_t running_ = 0;
    std::uint32_t open_ = 0;
};

}  // namespace forkyard
