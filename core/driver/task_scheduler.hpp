// Offers free slots to task sets.
//
// A pure state machine: told of executors, task sets and ended tasks, it launches
// tasks (LaunchTask) and reports task sets that have to be given up. Sets are served
// in FIFO order: lower job first, then lower stage (SCH-POOL-01); within a set, one
// task an executor a sweep (SCH-TSI-02). The order of executors in a round of more
// than one is a choice (SCH-TSI-01), unless forkyard.offers is in-order.
//
// In Spark: TaskSchedulerImpl, with the slot counting of CoarseGrainedSchedulerBackend.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/driver/task_set_manager.hpp"
#include "core/event.hpp"
#include "core/ids.hpp"
#include "core/model/conf.hpp"
#include "core/step.hpp"

namespace forkyard {

class TaskScheduler {
public:
    // `label` names the application in choices.
    TaskScheduler(AppId app, std::string label, const AppConf& conf);

    void add_executor(ExecutorId exec, NodeId node, std::uint32_t cores);
    // Forgets the executor. What that means for its tasks comes back as events of the
    // same instant: resubmitted for lost outputs, executor-lost for running attempts.
    void remove_executor(Step& step, const ExecutorLost& event);

    // Earlier attempts of the stage become zombies (SCH-TSI-10).
    void submit(TaskSet set);
    // Nothing more of the stage is launched; its running attempts are killed.
    void kill_stage(Step& step, StageId stage, const std::string& reason);
    void partition_done(StageId stage, std::uint32_t partition);

    struct TaskEnd {
        bool known = false;                     // false: a duplicate or a task of a lost executor
        std::uint64_t epoch = 0;                // of its task set
        std::optional<std::string> set_failed;  // why its set is given up
    };
    [[nodiscard]] TaskEnd end_task(const TaskFinished& event);

    // Offers all free executors, or one.
    void offer_all(Step& step);
    void offer(Step& step, ExecutorId exec);

    [[nodiscard]] bool alive(ExecutorId exec) const;
    [[nodiscard]] std::uint32_t free_cores(ExecutorId exec) const;
    [[nodiscard]] std::uint32_t registered_cores() const { return registered_cores_; }
    [[nodiscard]] bool has_waiting_tasks() const { return next_set() != nullptr; }
    [[nodiscard]] std::uint64_t digest() const { return digest_; }
    // Who waits for what, one line a task set.
    void describe_waiting(std::vector<std::string>& lines) const;

private:
    struct Running {
        TaskSetManager* set;
        TaskAttempt task;
    };
    struct Executor {
        bool alive = false;
        bool blamed = false;  // lost in a way that is the application's fault
        NodeId node;
        std::uint32_t cores = 0;
        std::uint32_t free = 0;
        std::vector<Running> running;
    };

    [[nodiscard]] TaskSetManager* next_set() const;
    [[nodiscard]] TaskSetManager* set_of(StageAttempt stage) const;
    void stop_running(Executor& entry, const TaskFinished& event);
    [[nodiscard]] std::vector<ExecutorId> offers_in_order(Step& step, const TaskSetManager& first);
    void serve(Step& step, std::vector<ExecutorId>& offers);
    void launch(Step& step, TaskSetManager& set, ExecutorId exec);
    void set_free(ExecutorId exec, std::uint32_t free);
    void forget_if_finished(TaskSetManager* set);

    AppId app_;
    std::string label_;
    std::uint32_t cpus_;
    std::uint32_t failures_max_;
    OfferOrder order_;
    std::vector<Executor> executors_;  // by number
    std::vector<ExecutorId> free_;     // those with room for a task, ascending
    std::vector<std::unique_ptr<TaskSetManager>>
        sets_;  // in FIFO order, with zombies that still run
    std::uint32_t registered_cores_ = 0;
    std::uint64_t digest_ = 0;  // of free cores and running attempts, in no order
};

}  // namespace forkyard
