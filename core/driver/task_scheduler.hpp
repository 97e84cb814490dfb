// Offers free executors to task sets.
//
// A pure state machine: told of executors, task sets and ended attempts, it launches
// tasks (LaunchTask) and reports task sets that have to be given up. Sets are served in
// the order of their pools; each, for each of its levels of locality, gets one task an
// executor a sweep, until a sweep launches nothing (SCH-TSI-02). The order of executors
// in a round of more than one is a choice (SCH-TSI-01), unless forkyard.offers is
// in-order. Spark offers again every spark.scheduler.revive.interval; here a timer is
// asked for when such an offer will lead to something.
//
// In Spark: TaskSchedulerImpl, with the slot counting of CoarseGrainedSchedulerBackend.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "core/driver/active_set.hpp"
#include "core/driver/executor_table.hpp"
#include "core/driver/health_tracker.hpp"
#include "core/driver/offer_order.hpp"
#include "core/driver/pool.hpp"
#include "core/event.hpp"
#include "core/ids.hpp"
#include "core/model/scenario.hpp"
#include "core/step.hpp"

namespace forkyard {

class TaskScheduler {
public:
    // All must outlive it.
    TaskScheduler(AppId id, const AppSpec& app, const ClusterSpec& cluster);

    // It was granted, and is on its way.
    void expect_executor(ExecutorId exec) { starting_.insert(exec); }
    void add_executor(ExecutorId exec, NodeId node, std::uint32_t cores);
    // The driver has lost touch with it: no offers, and its tasks wait for what its
    // manager will say (SCH-TSI-12).
    void disconnect_executor(ExecutorId exec);
    [[nodiscard]] bool is_disconnected(ExecutorId exec) const {
        return disconnected_.contains(exec);
    }
    // `with_node`: all that is on its node goes. False: it does not work, or leaves already.
    bool decommission_executor(ExecutorId exec, SimTime now, bool with_node = false);
    // It was asked to end: no offers from now on (SCH-BE-02).
    void retire_executor(ExecutorId exec, LossReason why);
    // Whether a task's output has another holder by now.
    using HeldElsewhere = std::function<bool(const TaskAttempt&)>;
    // Forgets the executor. What that means for its tasks comes back as events of the
    // same instant: resubmitted for lost outputs, executor-lost for running attempts.
    // Returns whether it failed: the application is to blame, and nobody asked for it.
    bool remove_executor(Step& step,
                         const ExecutorLost& event,
                         const HeldElsewhere& held_elsewhere = {});

    // ---- fine-grained Mesos: an executor has cores only while they are lent (CM-MESOS-12)
    // How many it can use now: none before it has registered, and when it is gone.
    std::uint32_t lend(ExecutorId exec, std::uint32_t cores);
    // What it was lent before it registered.
    std::uint32_t lend_early(ExecutorId exec);
    // Those that are free it has no more; how many they were.
    std::uint32_t reclaim(ExecutorId exec);
    [[nodiscard]] std::uint32_t wanting_tasks() const;

    // Earlier attempts of the stage become zombies (SCH-TSI-10).
    void submit(Step& step, TaskSet set);
    // Nothing more of the stage is launched; its running attempts are killed.
    void kill_stage(Step& step, StageId stage, const std::string& reason);
    void partition_done(Step& step, StageId stage, std::uint32_t partition);

    struct TaskEnd {
        bool known = false;                       // false: a duplicate or a task of a lost executor
        TaskStatus status = TaskStatus::killed;   // as it counts
        std::uint64_t epoch = 0;                  // of its task set
        std::optional<std::string> set_failed{};  // why its set is given up
    };
    [[nodiscard]] TaskEnd end_task(Step& step, const TaskFinished& event);
    void on_progress(const TaskProgressed& event);

    // Offers all free executors, or one.
    void offer_all(Step& step);
    void offer(Step& step, ExecutorId exec);

    // Offers that Spark would have made since the last event, without effect but for the
    // locality timers. Called first with every event.
    void catch_up(SimTime now);
    // Asks for the timers that will lead to something. Called last with every event.
    void arm_timers(Step& step);
    // Records of what task sets wait for, where that has changed. `may_offer`: false while
    // too few executors have registered.
    void say_waits(Step& step, bool may_offer);
    [[nodiscard]] bool due(SimTime now, TimerKind timer) const;
    // Nothing was ever launched, though there were tasks, for long enough (SCH-TSI-17).
    [[nodiscard]] bool starved(SimTime now) const { return now == starved_at_ && !launched_any_; }
    void revive(Step& step);
    void speculate(Step& step);
    // Sets that could run nowhere for too long: why each is given up.
    struct Abort {
        StageAttempt stage{};
        std::string reason{};
    };
    [[nodiscard]] bool has_aborts() const { return !aborts_.empty(); }
    [[nodiscard]] std::vector<Abort> take_aborts();
    void expire_unschedulable(SimTime now);
    void give_up_all(const std::string& reason);

    [[nodiscard]] const ExecutorTable& executors() const { return executors_; }
    // For the whole application.
    [[nodiscard]] std::vector<NodeId> excluded_nodes() const {
        return health_ ? health_->nodes_out() : std::vector<NodeId>{};
    }
    // For dynamic allocation: sets that may run on none of those there are (ALLOC-18).
    [[nodiscard]] std::uint32_t sets_that_want_other_executors() const;
    [[nodiscard]] bool has_waiting_tasks() const { return !pools_.empty(); }
    [[nodiscard]] std::uint64_t digest() const { return digest_; }
    // Who waits for what, one line a task set.
    void describe_waiting(std::vector<std::string>& lines) const;

private:
    using Sets = std::map<std::uint64_t, ActiveSet>;
    using Wait = ActiveSet::Wait;
    struct Running {
        ActiveSet* set = nullptr;
        TaskAttempt task{};
    };
    // What all sets have in common that wait.
    enum class Ground : std::uint8_t { no_executor, starting, leaving, full, room };
    // One round of offers.
    struct Round {
        const std::vector<ExecutorId>* execs = nullptr;  // all with room; null: `only`
        ExecutorId only{};
        std::optional<OfferSequence> order{};
        std::uint32_t size = 1;
        std::uint32_t open = 0;  // offers with room
        [[nodiscard]] ExecutorId at(std::uint32_t i) const {
            return execs == nullptr ? only : (*execs)[order->at(i)];
        }
    };
    struct Sweeps {
        bool launched = false;
        bool rejected = false;
        Locality best = Locality::any;  // the most local launch
        std::vector<std::pair<ExecutorId, TaskSetManager::Pick>> barrier{};
    };

    [[nodiscard]] ActiveSet* find(StageAttempt stage);
    [[nodiscard]] std::vector<ActiveSet*> sets_of(StageId stage);
    [[nodiscard]] bool usable(ExecutorId exec) const;
    void run(Step& step, Round& round);
    void serve(Step& step, Round& round, ActiveSet& active);
    [[nodiscard]] bool sweep(
        Step& step, Round& round, ActiveSet& active, Locality level, Sweeps& out);
    void finish_barrier(Step& step, Round& round, ActiveSet& active, const Sweeps& out);
    void give_up_unsent(const TaskSetManager& set);
    void judge_unschedulable(Step& step, ActiveSet& active);
    void forgive_unschedulable();
    [[nodiscard]] bool asks_for_others() const;
    [[nodiscard]] bool excluding() const {
        return conf_.exclusion.task_and_stage || conf_.exclusion.application;
    }
    [[nodiscard]] std::optional<ExecutorId> idle_executor() const;
    [[nodiscard]] bool to_be_judged(const ActiveSet& active, SimTime now) const;
    [[nodiscard]] std::optional<std::uint32_t> runs_nowhere(const TaskSetManager& set,
                                                            SimTime now) const;
    [[nodiscard]] std::string cannot_run(const TaskSetManager& set, std::uint32_t index) const;
    [[nodiscard]] LaunchStory story_of(const Round& round,
                                       std::uint32_t position,
                                       const TaskSetManager& set,
                                       const TaskSetManager::Pick& pick) const;
    [[nodiscard]] Wait wait_of(const ActiveSet& active) const;
    [[nodiscard]] std::string detail_of(const ActiveSet& active, const Wait& wait) const;
    static void forget_wait(ActiveSet& active);
    [[nodiscard]] std::uint32_t free_slots() const;
    void launch(Step& step, ActiveSet& active, ExecutorId exec, const TaskSetManager::Pick& pick);
    void flip(ExecutorId exec, const TaskAttempt& task);
    [[nodiscard]] bool taken_for_second(StageId stage);
    void settle(Step& step, ActiveSet& active);
    void recompute_levels();
    [[nodiscard]] bool would_launch(SimTime now) const;
    void look(SimTime tick);
    [[nodiscard]] SimTime next_revive(SimTime from) const;
    void arm_revives(Step& step);
    void arm(Step& step, std::set<SimTime>& armed, SimTime when, TimerKind what) const;

    AppId app_;
    std::string label_;
    const AppConf& conf_;
    ExecutorTable executors_;
    std::vector<std::vector<Running>> running_;  // by executor
    struct Lost {
        bool blamed = false;  // in a way that is the application's fault
        std::vector<TaskAttempt> unstarted{};
    };
    std::map<ExecutorId, Lost> lost_{};
    std::set<ExecutorId> disconnected_{};  // their loss is still to be explained
    Sets sets_{};                          // in order of submission
    std::map<StageAttempt, Sets::iterator> by_stage_{};
    PoolTree pools_;
    std::optional<HealthTracker> health_{};
    std::vector<ExecutorId> offered_{};  // in this round, where some are excluded
    std::vector<ActiveSet*> touched_{};  // by this round: their pools hear of it later
    std::vector<Abort> aborts_{};
    std::set<ExecutorId> starting_{};                   // granted, not registered yet
    std::map<ExecutorId, std::uint32_t> lent_early_{};  // cores, to some of these
    Ground ground_ = Ground::no_executor;
    std::uint64_t pool_changes_ = 0;  // as of when the waits were looked at
    std::set<SimTime> revives_{};     // timers that are under way
    std::set<SimTime> looks_{};
    SimTime revived_at_ = time_never;  // the last of these offers and looks
    SimTime looked_at_ = time_never;
    SimTime caught_up_{};
    std::uint64_t submitted_ = 0;
    std::uint64_t digest_ = 0;  // of free cores and running attempts, in no order
    StageId just_done_{};       // whose last task ended with this event
    bool launched_any_ = false;
    SimTime starved_at_ = time_never;
    bool new_executor_ = false;
    bool levels_changed_ = false;  // since all executors were offered last
    bool any_unschedulable_ = false;
};

}  // namespace forkyard
