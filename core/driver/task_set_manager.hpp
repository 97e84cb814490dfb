// One task set: the tasks of one stage attempt, which of them wait, run and are done,
// how often each failed, where the next one may go.
//
// It answers an offer of one executor with the task to launch there, keeps to its
// locality wait, asks for second copies of slow tasks, excludes where tasks failed, and
// says when the set must be given up. It knows nothing of slots and of other sets
// (TaskScheduler), and nothing of stages (DagScheduler).
//
// In Spark: TaskSetManager.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "core/driver/executor_table.hpp"
#include "core/driver/locality_wait.hpp"
#include "core/driver/pending_tasks.hpp"
#include "core/driver/speculation.hpp"
#include "core/driver/task_set.hpp"
#include "core/driver/task_set_exclusion.hpp"
#include "core/event.hpp"
#include "core/ids.hpp"
#include "core/model/conf.hpp"
#include "core/step.hpp"

namespace forkyard {

class TaskSetManager {
public:
    // `conf` and `executors` must outlive it.
    TaskSetManager(
        AppId app, TaskSet set, const AppConf& conf, const ExecutorTable& executors, SimTime now);

    [[nodiscard]] const TaskSet& set() const { return set_; }
    [[nodiscard]] std::uint32_t size() const { return static_cast<std::uint32_t>(tasks_.size()); }
    [[nodiscard]] bool zombie() const { return zombie_; }
    [[nodiscard]] std::uint32_t running() const { return running_; }
    [[nodiscard]] std::uint32_t waiting() const { return waiting_; }
    [[nodiscard]] bool all_done() const { return done_count_ == size(); }
    // Worth an offer: something waits, be it for a second copy.
    [[nodiscard]] bool wants_slots() const {
        return !zombie_ && (waiting_ > 0 || copies_wanted_ > 0);
    }
    // Tasks that an offer could launch, second copies among them.
    [[nodiscard]] std::uint32_t wanting() const { return zombie_ ? 0 : waiting_ + copies_wanted_; }
    [[nodiscard]] bool finished() const { return running_ == 0 && (zombie_ || all_done()); }

    // ---- offers

    struct Pick {
        std::uint32_t index = 0;
        Locality loc = Locality::any;
        bool spec = false;
        LaunchReason why = LaunchReason::best_locality;
    };
    struct Answer {
        std::optional<Pick> pick{};
        bool reject = false;  // delay scheduling left the offer unused (SCH-TSM-07)
    };
    // One free executor, for tasks up to this level. What is picked is taken from the
    // lists; launch() or put_back() must follow.
    [[nodiscard]] Answer offer(SimTime now, ExecutorId exec, Locality max);
    [[nodiscard]] TaskAttempt launch(SimTime now, ExecutorId exec, const Pick& pick);
    void put_back(const Pick& pick);  // of a barrier set that got too few slots (SCH-BAR-03)
    // Whether an offer of now, at any level, would be taken.
    [[nodiscard]] bool could_use(SimTime now, ExecutorId exec) const;

    [[nodiscard]] const std::vector<Locality>& levels() const { return wait_.levels(); }
    [[nodiscard]] Locality level() const { return wait_.level(); }
    // The widest level that an offer of now may use; moves on what has waited long enough.
    Locality allowed(SimTime now);
    void reset_wait(SimTime now, Locality level) { wait_.reset(now, level); }
    // The looks of every `interval`, from `from` on, at which the level moves on if
    // nothing else happens.
    [[nodiscard]] std::vector<SimTime> level_changes(SimTime from, SimDuration interval) const;
    // Executors came or went.
    void recompute_levels();
    [[nodiscard]] bool out_for_stage(ExecutorId exec) const;
    // Whether the pick may run there: not excluded, and no copy beside what it copies.
    [[nodiscard]] bool may_run(const Pick& pick, ExecutorId exec) const;
    // How local the task at this index would be there.
    [[nodiscard]] Locality locality_at(std::uint32_t index, ExecutorId exec) const;

    // ---- ends

    struct End {
        bool known = false;  // false: a second report of the same attempt (SCH-TSM-22)
        TaskStatus status = TaskStatus::killed;  // as it counts: a loser's success is killed
        std::optional<std::string> abort{};      // why the set has to be given up
    };
    [[nodiscard]] End end(Step& step, const TaskFinished& event, bool counts);
    // Another attempt of the stage made this partition.
    void partition_done(std::uint32_t partition);
    // Attempts whose output went with the executor: done here, to be run again
    // (SCH-TSM-23). Empty for result stages and for a zombie (SCH-TSM-24).
    [[nodiscard]] std::vector<TaskAttempt> outputs_on(ExecutorId exec) const;
    // Nothing more is launched; what runs goes on.
    void make_zombie() { zombie_ = true; }
    void kill_running(Step& step, const std::string& reason);

    // ---- speculation

    void on_progress(const TaskProgressed& event);
    // Marks what has become slow. Returns whether anything was.
    bool speculate(Step& step);
    // With SPARK-24677 tasks done elsewhere count, of which there is no duration.
    [[nodiscard]] bool speculation_breaks() const {
        return conf_->bug == Bug::spark_24677 && speculation_ && !zombie_ &&
               speculation_->successes() == 0 && speculation_->enough(done_count_);
    }
    // The next look that will find something, if nothing else happens.
    [[nodiscard]] std::optional<SimTime> next_speculation(SimTime now) const;

    // ---- exclusion

    [[nodiscard]] const TaskSetExclusion* exclusion() const {
        return exclusion_ ? &*exclusion_ : nullptr;
    }
    // The task that is asked first whether it can run anywhere; none: nothing waits.
    [[nodiscard]] std::optional<std::uint32_t> last_waiting() const;
    [[nodiscard]] std::uint32_t partition_at(std::uint32_t index) const {
        return set_.partitions[index];
    }

private:
    static constexpr std::uint32_t no_attempt = 0xffffffff;

    struct Task {
        std::uint32_t last = no_attempt;  // its latest attempt; earlier ones are chained
        std::uint16_t attempts = 0;       // launched so far
        std::uint16_t failures = 0;
        std::uint16_t copies = 0;  // running
        bool done = false;
        bool picked = false;       // taken from the lists, not launched yet
        bool slow = false;         // a second copy was asked for, once and for all
        bool copy_wanted = false;  // and has not been launched
    };
    struct Attempt {
        SimTime launched{};
        std::uint32_t index = 0;
        std::uint32_t number = 0;
        std::uint32_t previous = no_attempt;
        ExecutorId exec{};
        bool running = true;
        bool won = false;     // its output or result is the task's
        bool beaten = false;  // another attempt succeeded before it
    };

    [[nodiscard]] bool waits(std::uint32_t index) const {
        const Task& task = tasks_[index];
        return !task.done && task.copies == 0 && !task.picked;
    }
    [[nodiscard]] bool may_copy(std::uint32_t index) const {
        const Task& task = tasks_[index];
        return !task.done && task.copies == 1 && task.copy_wanted && !task.picked;
    }
    [[nodiscard]] bool left_at(Locality level);
    [[nodiscard]] bool left_at(Locality level) const;
    // The lists for this executor, most local first, until `use` is true.
    template <class Pending, class Use>
    bool any_list(Pending& pending, ExecutorId exec, Locality allowed, const Use& use) const;
    [[nodiscard]] bool out_for_task(std::uint32_t index, ExecutorId exec, NodeId node) const;
    [[nodiscard]] bool was_on_node(std::uint32_t index, NodeId node) const;
    std::optional<Pick> dequeue(ExecutorId exec, Locality allowed, bool spec);
    std::optional<std::uint32_t> take(PendingTasks::List& list, ExecutorId exec, bool spec);
    [[nodiscard]] LaunchReason why(std::uint32_t index, ExecutorId exec, Locality loc) const;

    [[nodiscard]] std::uint32_t index_of(std::uint32_t partition) const;
    [[nodiscard]] std::uint32_t find_attempt(std::uint32_t index, std::uint32_t number) const;
    [[nodiscard]] End succeed(Step& step, Attempt& attempt, const TaskFinished& event);
    [[nodiscard]] End fail(Step& step, Attempt& attempt, const TaskFinished& event, bool counts);
    // Changes a task, and the counts of what waits with it.
    template <class Change>
    void change(std::uint32_t index, const Change& change) {
        const bool waited = waits(index);
        const bool wanted = may_copy(index);
        change(tasks_[index]);
        waiting_ += (waits(index) ? 1U : 0U) - (waited ? 1U : 0U);
        copies_wanted_ += (may_copy(index) ? 1U : 0U) - (wanted ? 1U : 0U);
    }
    [[nodiscard]] bool takes_output_along(const Attempt& attempt) const;
    void mark_done(std::uint32_t index);
    void forgive(std::uint32_t index);
    void wait_again(std::uint32_t index);
    [[nodiscard]] bool may_become_slow(std::uint32_t id) const;
    void skip_settled();
    [[nodiscard]] SimTime slow_from(std::uint32_t id,
                                    const Speculation::Limit& limit,
                                    SimTime now) const;

    AppId app_;
    TaskSet set_;
    const AppConf* conf_;
    const ExecutorTable* executors_;
    std::vector<Task> tasks_;          // by index in set_.partitions
    std::vector<Attempt> attempts_{};  // in order of launch
    PendingTasks pending_;
    PendingTasks pending_copies_;
    LocalityWait wait_;
    std::optional<Speculation> speculation_{};
    std::map<std::uint32_t, TaskProgress> progress_{};  // by attempt
    std::optional<TaskSetExclusion> exclusion_{};
    std::uint32_t running_ = 0;        // attempts
    std::uint32_t waiting_ = 0;        // tasks for which waits() holds
    std::uint32_t copies_wanted_ = 0;  // tasks for which may_copy() holds
    std::uint32_t done_count_ = 0;
    std::uint32_t look_from_ = 0;  // attempts before this one cannot become slow
    std::int64_t result_bytes_ = 0;
    bool dense_ = false;  // partitions are 0 .. n-1
    bool zombie_ = false;
};

}  // namespace forkyard
