// Jobs to stages to task sets, and back when outputs are lost.
//
// A job's final plan stage is cut into stages along the shuffles of its program; a
// stage is submitted when all outputs of its parents are registered, with one task
// for each partition that is missing. A fetch failure fails the stage attempt, drops
// what the dead holder had, and 200 ms later the stages concerned are submitted
// again, wholly where another try may give other output. Task sets to run and stages to
// stop go to the driver, which passes them on: this machine knows nothing of executors'
// slots.
//
// In Spark: DAGScheduler.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "core/driver/accumulators.hpp"
#include "core/driver/broadcast_tracker.hpp"
#include "core/driver/cache_tracker.hpp"
#include "core/driver/commit_coordinator.hpp"
#include "core/driver/executor_table.hpp"
#include "core/driver/map_output_tracker.hpp"
#include "core/driver/partition_set.hpp"
#include "core/driver/task_places.hpp"
#include "core/driver/task_set.hpp"
#include "core/event.hpp"
#include "core/ids.hpp"
#include "core/model/scenario.hpp"
#include "core/plan/program.hpp"
#include "core/step.hpp"

namespace forkyard {

class DagScheduler {
public:
    // Failures of one stage are gathered for this long before it is tried again (SCH-DAG-34).
    static constexpr SimDuration resubmit_delay = std::chrono::milliseconds{200};

    // What the task scheduler has to do.
    struct Orders {
        std::vector<TaskSet> submit;
        struct Stop {
            StageId stage;
            std::string reason;
        };
        std::vector<Stop> stop;
        struct Done {  // made by an older attempt (SCH-DAG-30)
            StageId stage;
            std::uint32_t partition;
        };
        std::vector<Done> done;
    };

    // The first numbers of its stages and shuffles: an application that starts anew goes on.
    struct Numbers {
        std::uint32_t stage = 0;
        std::uint32_t shuffle = 0;
    };

    // All but `first` must outlive it.
    DagScheduler(AppId app,
                 const Scenario& scenario,
                 const Program& program,
                 const ExecutorTable& executors,
                 const Numbers& first);
    // Those that come next.
    [[nodiscard]] Numbers numbers() const { return {next_stage_, next_shuffle_}; }

    // Gives the job its stages, parents first, and writes their numbers into the event;
    // none while a barrier stage of it has more tasks than there are slots.
    void number_stages(JobSubmitted& event);

    void on(Step& step, const JobSubmitted& event);
    void on(Step& step, const JobCancelled& event);
    void on(Step& step, const JobGroupCancelled& event);
    void on(Step& step, const StageCancelled& event);
    void on(Step& step, const AllJobsCancelled& event);
    // `status`, `epoch` and `set_failed` are what the task scheduler answered for the attempt.
    void on(Step& step,
            const TaskFinished& event,
            TaskStatus status,
            std::uint64_t epoch,
            const std::optional<std::string>& set_failed);
    void on(Step& step, const ExecutorLost& event);
    void on(Step& step, const BlockCached& event);
    void on(Step& step, const BlockDropped& event);
    void on(Step& step, const BroadcastCreated& event);
    void on(Step& step, const BroadcastUnpersisted& event);
    void on(Step& step, const BroadcastDestroyed& event);
    void on(Step& step, const BroadcastFetched& event);
    void on(Step& step, const MapOutputMoved& event);
    void on(Step& step, const CommitRequested& event);
    // Nothing of it is kept any more, whatever executors have yet to drop (DP-BLK-14).
    void forget_kept(RddId rdd) { cache_.remove_rdd(rdd); }
    [[nodiscard]] const BroadcastTracker& broadcasts() const { return broadcasts_; }
    // What the accumulator of this name comes to; 0: nothing was added, or there is none.
    [[nodiscard]] std::int64_t accumulated(const std::string& name) const;
    [[nodiscard]] std::uint32_t count_kept(RddId rdd) const { return cache_.count(rdd); }
    void on_executor_added(ExecutorId exec);
    // Whether the map output of this task is on another node than the executor's.
    [[nodiscard]] bool output_elsewhere(const TaskAttempt& task, ExecutorId exec) const;
    // All outputs on the node are gone, whoever made them (SCH-DAG-49).
    void on_worker_removed(Step& step, NodeId node);
    // Or they are not, if its service keeps them where others reach them.
    void on_files_kept(NodeId node, bool kept);
    void on_resubmit_timer(Step& step);
    void on_barrier_timer(Step& step);
    // Asks for the next check that will find something. Called last with every event.
    void arm_barrier_checks(Step& step);
    [[nodiscard]] bool barrier_check_due(SimTime now) const;
    // The task set is given up: so is the stage, and with it its jobs (SCH-DAG-61).
    void give_up(Step& step, StageAttempt stage, const std::string& reason);
    void stop_all_jobs(Step& step, EndStatus status, const std::string& reason);

    [[nodiscard]] bool has_orders() const {
        return !orders_.submit.empty() || !orders_.stop.empty() || !orders_.done.empty();
    }
    [[nodiscard]] Orders take_orders();
    [[nodiscard]] bool resubmit_due(SimTime now) const {
        return !failed_.empty() && resubmit_at_ && *resubmit_at_ <= now;
    }
    [[nodiscard]] bool idle() const { return jobs_.empty() && barrier_waits_.empty(); }
    [[nodiscard]] std::uint64_t digest() const { return outputs_.digest(); }
    [[nodiscard]] const MapOutputTracker& outputs() const { return outputs_; }
    void describe_waiting(std::vector<std::string>& lines) const;
    // The shuffle of a plan stage; invalid: none yet.
    [[nodiscard]] ShuffleId known_shuffle(PlanId plan) const {
        return plan.index() < shuffles_.size() ? shuffles_[plan.index()] : ShuffleId{};
    }
    // The shuffle that a stage of a running job writes; invalid: none.
    [[nodiscard]] ShuffleId written_by(StageId stage) const;

private:
    struct Job {
        StageId final_stage;
        std::string pool;
        std::string group;
        bool map_stage = false;  // done when the final stage's outputs are there
        std::uint32_t from = 0;
        std::vector<char> finished;  // by partition - from
        std::uint32_t finished_count = 0;
        std::vector<StageId> stages;
    };
    struct Stage {
        StageId id;
        PlanId plan;
        ShuffleId shuffle;  // invalid: a result stage
        std::vector<StageId> parents;
        std::set<JobId> jobs;
        JobId first_job;
        std::uint32_t attempts = 0;               // submitted so far
        PartitionSet pending;                     // of a running map stage
        std::set<std::uint32_t> failed_attempts;  // in a row
        std::string failure;                      // of the attempt that is to be tried again
        [[nodiscard]] bool is_map() const { return shuffle.valid(); }
    };

    // A job that has no stages yet, since one of them would be a barrier without room.
    struct BarrierWait {
        JobSubmitted event;
        SimTime since;
        std::set<SimTime> armed{};
    };

    // ---- dag_barriers.cpp: jobs that cannot be, and that wait for slots (SCH-BAR-04)
    [[nodiscard]] std::optional<std::string> refusal(const JobSubmitted& event) const;
    [[nodiscard]] bool lacks_slots(PlanId plan) const;
    [[nodiscard]] SimTime last_check(const BarrierWait& wait) const;
    void wait_for_slots(Step& step, const JobSubmitted& event);
    void fail_for_slots(Step& step, JobId job);

    // ---- dag_scheduler.cpp: jobs to stages to task sets
    StageId map_stage_for(PlanId plan, JobId job, std::vector<StageId>& stages);
    StageId new_stage(PlanId plan, ShuffleId shuffle, std::vector<StageId> parents);
    void add_job_to(StageId stage, JobId job, std::vector<StageId>& stages);
    [[nodiscard]] ShuffleId shuffle_of(PlanId plan);
    void skip_kept(Step& step, JobId id, Job& job);
    void skip_unless(Step& step,
                     JobId id,
                     Job& job,
                     const std::function<bool(std::uint32_t)>& is_wanted);
    void submit_stage(Step& step, StageId id);
    void submit_missing_tasks(Step& step, Stage& stage);
    void submit_waiting_children(Step& step, StageId parent);
    void skip_complete_stages(Step& step, JobId job);
    [[nodiscard]] std::vector<StageId> missing_parents(const Stage& stage);
    [[nodiscard]] std::vector<std::uint32_t> missing_partitions(const Stage& stage) const;
    [[nodiscard]] TaskSet task_set_of(const Stage& stage, std::vector<std::uint32_t> partitions);

    // ---- dag_completion.cpp: what follows from the ends of tasks
    void map_task_succeeded(Step& step,
                            Stage& stage,
                            const TaskFinished& event,
                            std::uint64_t epoch);
    void result_task_succeeded(Step& step, Stage& stage, const TaskFinished& event);
    void accumulate(Step& step, const TaskFinished& event);
    [[nodiscard]] std::optional<std::string> gone_broadcast(const PlanStage& stage) const;
    void map_stage_ended(Step& step, Stage& stage);
    void finish_map_stage_jobs(Step& step, StageId id);

    // ---- dag_failures.cpp: fetch failures, barriers, lost executors
    void fetch_failed(Step& step, Stage& stage, const TaskFinished& event, std::uint64_t epoch);
    void barrier_failed(Step& step, Stage& stage, const TaskFinished& event);
    // Whether the stage may not be tried any more; its jobs have failed then.
    bool abort_if_failed_too_often(Step& step, Stage& stage, const std::string& reason);
    void resubmit_later(Step& step, Stage& stage, const std::string& reason);
    void roll_back(Step& step, StageId map_stage);
    void abort_results_begun(Step& step, const std::set<StageId>& among);
    [[nodiscard]] std::set<StageId> succeeding(StageId map_stage) const;
    void forget_blocks_of(ExecutorId exec);
    void drop_outputs_of(Step& step, ExecutorId exec, bool of_node);
    [[nodiscard]] bool is_on(ExecutorId holder, NodeId node) const;
    // Its epochs are those of the failure that told of it.
    void lose_executor(
        Step& step, ExecutorId exec, std::uint64_t epoch, bool files_lost, bool of_node);

    // ---- dag_jobs.cpp: ends of stages and jobs
    void abort_stage(Step& step, StageId id, const std::string& reason);
    void cancel_jobs(Step& step, const std::vector<JobId>& jobs, const std::string& reason);
    enum class Retry { no, yes };
    void finish_stage(Step& step, Stage& stage, EndStatus status, Retry retry = Retry::no);
    void finish_job(Step& step, JobId job, EndStatus status, const std::string& reason);
    void forget_stages_of(Step& step, JobId job, EndStatus status);

    [[nodiscard]] const PlanStage& plan_of(const Stage& stage) const {
        return program_.stage(stage.plan);
    }
    [[nodiscard]] bool available(const Stage& stage) const;
    void announce_held_back(Step& step, const Stage& stage);
    [[nodiscard]] std::string title(const Stage& stage) const;
    [[nodiscard]] Stage* find(StageId id);

    AppId app_;
    const AppConf& conf_;
    const Program& program_;
    const ExecutorTable& executors_;
    MapOutputTracker outputs_;
    CacheTracker cache_{};
    BroadcastTracker broadcasts_{};
    CommitCoordinator commits_{};
    Accumulators accumulators_{};
    TaskPlaces places_;
    std::map<StageId, Stage> stages_{};
    std::map<JobId, Job> jobs_{};
    std::map<JobId, BarrierWait> barrier_waits_{};
    std::vector<ShuffleId> shuffles_;  // by plan stage; invalid: none yet
    std::vector<StageId> map_stages_;  // by shuffle: the stage in use; invalid: none
    std::set<StageId> waiting_{};
    std::set<StageId> running_{};
    std::set<StageId> failed_{};
    std::map<ExecutorId, std::uint64_t> failure_epochs_{};
    std::map<ExecutorId, std::uint64_t> files_lost_epochs_{};
    std::set<NodeId> files_kept_{};  // whatever becomes of the node
    struct Output {
        ExecutorId exec;
        std::vector<std::int64_t> sizes;
    };
    // With SPARK-5259: known here, but not registered before their stage ends.
    std::map<StageId, std::map<std::uint32_t, Output>> held_back_{};
    std::deque<std::string> cancelled_groups_{};  // jobs of these that come are cancelled, too
    std::optional<SimTime> resubmit_at_{};
    std::uint32_t next_stage_;
    std::uint32_t next_shuffle_;
    Orders orders_{};
};

}  // namespace forkyard
