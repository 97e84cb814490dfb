// One task set: the tasks of one stage attempt, which of them wait, run and are
// done, how often each failed.
//
// It picks the next task for an executor and says when the set must be given up. It
// knows nothing of slots (TaskScheduler) and of stages (DagScheduler).
//
// In Spark: TaskSetManager. Every task is without a preferred place here, which
// Spark launches as PROCESS_LOCAL.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/event.hpp"
#include "core/ids.hpp"
#include "core/sim_time.hpp"

namespace forkyard {

// What the DAG scheduler hands over.
struct TaskSet {
    StageAttempt stage{};
    JobId priority{};                         // the lowest active job that needs the stage
    std::vector<std::uint32_t> partitions{};  // ascending
    bool map_side = false;                    // its tasks write map outputs
    std::uint64_t epoch = 0;                  // of the map outputs when it was made
};

class TaskSetManager {
public:
    // A set is given up when one task has failed `failures_max` times.
    TaskSetManager(TaskSet set, std::uint32_t failures_max);

    [[nodiscard]] const TaskSet& set() const { return set_; }
    [[nodiscard]] bool zombie() const { return zombie_; }
    [[nodiscard]] bool wants_slots() const { return !zombie_ && !pending_.empty(); }
    [[nodiscard]] std::uint32_t running() const { return running_; }
    [[nodiscard]] bool finished() const {
        return running_ == 0 && (zombie_ || done_count_ == size());
    }
    [[nodiscard]] std::uint32_t size() const { return static_cast<std::uint32_t>(tasks_.size()); }
    [[nodiscard]] std::uint32_t pending() const {
        return static_cast<std::uint32_t>(pending_.size());
    }

    // Takes the next waiting task; there must be one.
    [[nodiscard]] TaskAttempt launch(ExecutorId exec);

    // The attempt ended. Returns the reason when the set has to be given up.
    [[nodiscard]] std::optional<std::string> end(const TaskFinished& event, bool counts);

    // Another attempt of the stage made this partition.
    void partition_done(std::uint32_t partition);

    // Tasks whose output went with the executor: done here, to be run again
    // (SCH-TSM-23). Empty for result stages and for a zombie (SCH-TSM-24).
    [[nodiscard]] std::vector<TaskAttempt> outputs_on(ExecutorId exec) const;

    void make_zombie() { zombie_ = true; }

private:
    struct Task {
        std::uint32_t attempts = 0;  // launched so far
        std::uint16_t failures = 0;
        bool done = false;
        bool running = false;
        std::uint32_t winner = 0;  // attempt that made the output
        ExecutorId holder;         // where it ran
    };

    [[nodiscard]] std::uint32_t index_of(std::uint32_t partition) const;
    void mark_done(Task& task);
    void wait_again(std::uint32_t index);

    TaskSet set_;
    std::uint32_t failures_max_;
    std::vector<Task> tasks_{};             // by index in set_.partitions
    std::vector<std::uint32_t> pending_{};  // a stack: the last one is next (SCH-TSM-01)
    std::uint32_t running_ = 0;
    std::uint32_t done_count_ = 0;
    bool dense_ = false;  // partitions are 0 .. n-1
    bool zombie_ = false;
};

}  // namespace forkyard
