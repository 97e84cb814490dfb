// Jobs to stages to task sets, and back when outputs are lost.
//
// A job's final plan stage is cut into stages along the shuffles of its program; a
// stage is submitted when all outputs of its parents are registered, with one task
// for each partition that is missing. A fetch failure fails the stage attempt, drops
// what the dead holder had, and 200 ms later the stages concerned are submitted
// again. Task sets to run and stages to stop go to the driver, which passes them on:
// this machine knows nothing of executors' slots.
//
// In Spark: DAGScheduler. Left out: barrier stages, indeterminate stages, cached data.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "core/driver/map_output_tracker.hpp"
#include "core/driver/task_set.hpp"
#include "core/event.hpp"
#include "core/ids.hpp"
#include "core/model/conf.hpp"
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

    DagScheduler(AppId app, const Program& program, const AppConf& conf);

    // Gives the job its stages, parents first, and writes their numbers into the event.
    void number_stages(JobSubmitted& event);

    void on(Step& step, const JobSubmitted& event);
    void on(Step& step, const JobCancelled& event);
    // `status`, `epoch` and `set_failed` are what the task scheduler answered for the attempt.
    void on(Step& step,
            const TaskFinished& event,
            TaskStatus status,
            std::uint64_t epoch,
            const std::optional<std::string>& set_failed);
    void on(Step& step, const ExecutorLost& event);
    void on_executor_added(ExecutorId exec);
    void on_resubmit_timer(Step& step);
    // The task set is given up: so is the stage, and with it its jobs (SCH-DAG-61).
    void give_up(Step& step, StageAttempt stage, const std::string& reason);
    void stop_all_jobs(Step& step, EndStatus status, const std::string& reason);

    [[nodiscard]] Orders take_orders();
    [[nodiscard]] bool resubmit_due(SimTime now) const {
        return !failed_.empty() && resubmit_at_ && *resubmit_at_ <= now;
    }
    [[nodiscard]] bool idle() const { return jobs_.empty(); }
    [[nodiscard]] std::uint64_t digest() const { return outputs_.digest(); }
    [[nodiscard]] const MapOutputTracker& outputs() const { return outputs_; }
    void describe_waiting(std::vector<std::string>& lines) const;

private:
    struct Job {
        StageId final_stage;
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
        std::uint32_t attempts = 0;               // submitted so far
        std::set<std::uint32_t> pending;          // partitions of a running map stage
        std::set<std::uint32_t> failed_attempts;  // in a row
        std::string failure;                      // of the attempt that is to be tried again
        [[nodiscard]] bool is_map() const { return shuffle.valid(); }
    };

    StageId map_stage_for(PlanId plan, JobId job, std::vector<StageId>& stages);
    StageId new_stage(PlanId plan, ShuffleId shuffle, std::vector<StageId> parents);
    void add_job_to(StageId stage, JobId job, std::vector<StageId>& stages);
    [[nodiscard]] ShuffleId shuffle_of(PlanId plan);

    void submit_stage(Step& step, StageId id);
    void submit_missing_tasks(Step& step, Stage& stage);
    void submit_waiting_children(Step& step, StageId parent);
    void skip_complete_stages(Step& step, JobId job);
    [[nodiscard]] std::vector<StageId> missing_parents(const Stage& stage) const;
    [[nodiscard]] std::vector<std::uint32_t> missing_partitions(const Stage& stage) const;
    [[nodiscard]] bool available(const Stage& stage) const;

    void map_task_succeeded(Step& step,
                            Stage& stage,
                            const TaskFinished& event,
                            std::uint64_t epoch);
    void result_task_succeeded(Step& step, Stage& stage, const TaskFinished& event);
    void map_stage_ended(Step& step, Stage& stage);
    void fetch_failed(Step& step, Stage& stage, const TaskFinished& event, std::uint64_t epoch);
    void resubmit_later(Step& step, Stage& stage, const TaskFinished& event);
    void lose_outputs(Step& step, ExecutorId exec, std::uint64_t epoch);
    void abort_stage(Step& step, StageId id, const std::string& reason);
    void finish_stage(Step& step, Stage& stage, EndStatus status);
    void finish_job(Step& step, JobId job, EndStatus status, const std::string& reason);

    [[nodiscard]] Stage* find(StageId id);

    AppId app_;
    const Program& program_;
    std::uint32_t attempts_consecutive_max_;
    std::uint32_t attempts_max_;
    MapOutputTracker outputs_;
    std::map<StageId, Stage> stages_;
    std::map<JobId, Job> jobs_;
    std::vector<ShuffleId> shuffles_;  // by plan stage; invalid: none yet
    std::vector<StageId> map_stages_;  // by shuffle: the stage in use; invalid: none
    std::set<StageId> waiting_;
    std::set<StageId> running_;
    std::set<StageId> failed_;
    std::map<ExecutorId, std::uint64_t> failure_epochs_;
    std::optional<SimTime> resubmit_at_;
    std::uint32_t next_stage_ = 0;
    std::uint32_t next_shuffle_ = 0;
    Orders orders_;
};

}  // namespace forkyard
