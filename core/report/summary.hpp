// What came out of a run: a fold over its records.
//
// SummaryFold is told of every record while a run goes on (or while a journal is read)
// and keeps counters only, so it costs next to nothing; summary() makes the readable
// form. It asks nobody: a report of a journal and of a live run are the same.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/action.hpp"
#include "core/event.hpp"
#include "core/ids.hpp"
#include "core/journal/record.hpp"
#include "core/model/scenario.hpp"
#include "core/sim_time.hpp"

namespace forkyard {

enum class StageStatus : std::uint8_t { running, skipped, succeeded, failed, killed };

struct JobSummary {
    JobId id{};
    std::string name{};
    std::optional<EndStatus> status{};  // none: still running when the run ended
    std::string reason{};
    std::uint32_t stages = 0;  // all of them, those skipped included
    std::uint32_t skipped = 0;
    std::uint64_t tasks = 0;  // partitions of the stages that were not skipped
    SimTime submitted{};
    SimTime ended{};
};

// Of the task attempts of a stage that succeeded, in all; each under its name in Spark's task
// metrics (DP-BC-09). Sizes in bytes.
struct StageMetrics {
    SimDuration executor_run_time{0};
    std::int64_t result_size = 0;
    std::int64_t records_read = 0;
    std::int64_t shuffle_bytes_written = 0;
    std::int64_t memory_bytes_spilled = 0;
    std::int64_t disk_bytes_spilled = 0;
};

struct StageSummary {
    StageId id{};
    std::string name{};          // empty: skipped, and never submitted
    std::uint32_t attempts = 0;  // submitted
    std::uint32_t tasks = 0;     // partitions
    StageStatus status = StageStatus::running;
    std::uint64_t launched = 0;  // task attempts
    StageMetrics metrics{};
};

struct AppSummary {
    AppId id{};
    std::string name{};
    Outcome outcome = Outcome::timed_out;
    std::string reason{};
    std::optional<SimTime> submitted{};
    std::optional<SimTime> ended{};
    std::vector<JobSummary> jobs{};
    std::vector<StageSummary> stages{};
    std::map<std::string, std::int64_t> accumulators{};  // what they come to
};

struct ExecutorSummary {
    ExecutorId id{};
    AppId app{};
    std::string node{};
    std::uint32_t cores = 0;
    bool registered = false;
    SimTime granted{};
    std::optional<SimTime> lost{};
    LossReason reason = LossReason::app_finished;  // when lost
    std::uint64_t tasks = 0;                       // attempts launched on it
    SimDuration busy{0};                           // summed over its ended attempts
};

// Map outputs of one stage that went with an executor.
struct LostOutputs {
    std::string stage{};  // its name
    std::vector<std::uint32_t> partitions{};
};

// Tasks of one stage attempt that ran again because of a loss.
struct RanAgain {
    StageAttempt stage{};
    std::string name{};
    std::vector<std::uint32_t> partitions{};
};

// An executor that went by no wish of its application, and what that meant.
struct LossSummary {
    AppId app{};
    ExecutorId exec{};
    std::string node{};
    SimTime at{};                        // when first noticed
    std::optional<LossReason> reason{};  // none: only a failed fetch told of it
    std::int32_t code = 0;
    std::vector<LostOutputs> outputs{};
    std::uint64_t attempts = 0;  // that ran there and ended with it
    std::uint64_t fetches = 0;   // that failed for want of its outputs
    std::vector<RanAgain> again{};
};

// Task attempts that failed for the same reason.
struct FailureSummary {
    AppId app{};
    std::string reason{};
    std::uint64_t count = 0;
    TaskAttempt first{};
};

struct Summary {
    std::string scenario{};
    std::uint64_t seed = 0;
    ClockKind clock = ClockKind::virtual_time;
    Outcome outcome = Outcome::succeeded;  // the worst of the applications
    SimDuration makespan{0};               // end of the last application
    std::vector<AppSummary> apps{};
    std::vector<ExecutorSummary> executors{};
    struct {
        std::uint64_t started = 0;  // registered
        std::uint64_t lost = 0;     // not idle, requested or app-finished
        std::uint64_t peak = 0;     // registered at the same time
    } executor_counts{};
    struct {
        std::uint64_t launched = 0;
        std::uint64_t succeeded = 0;
        std::uint64_t failed = 0;  // failed, fetch-failed, executor-lost, commit-denied
        std::uint64_t killed = 0;
        std::uint64_t speculative = 0;
    } tasks{};
    struct {
        std::uint64_t planned = 0;                  // faults of the scenario
        std::uint64_t asked = 0;                    // by the policy, with an effect
        std::uint64_t applied = 0;                  // of them, those that took effect
        std::uint64_t noeffect = 0;                 // and those that did not
        std::vector<std::string> without_effect{};  // their names, or their kinds
    } faults{};
    std::vector<LossSummary> losses{};
    std::vector<FailureSummary> failures{};  // most frequent first
};

class SummaryFold {
public:
    explicit SummaryFold(const Scenario& scenario);

    void on(EventHead head, const Event& event);
    void on(ActionHead head, SimTime time, const Action& action);
    void on(EventHead head, const FaultRecord& fault);

    // At any time; what has not ended counts as timed-out (applications) or running.
    [[nodiscard]] Summary summary() const;

private:
    static constexpr std::uint32_t none = 0xffffffffU;
    static constexpr std::size_t reasons_max = 64;  // told apart, for each application

    // Partitions whose work was lost, with the loss that is to blame. Shared by all
    // stages that write the same shuffle.
    struct Lineage {
        std::vector<std::uint32_t> lost_by;  // by partition: number of the loss + 1; 0: none
        std::uint32_t pending = 0;
    };
    struct Stage {
        StageSummary summary{};
        ShuffleId shuffle{};
        std::uint32_t lineage = none;  // none: nothing of it was lost yet
        bool skipped = false;
    };
    struct Shuffle {
        StageId stage{};  // that wrote it last
        std::uint32_t lineage = none;
        std::uint32_t tasks = 0;
    };
    struct Job {
        JobSummary summary{};
        StageId final_stage{};
        std::uint32_t partitions = 0;
        std::vector<StageId> stages{};
    };
    struct App {
        AppSummary summary{};
        std::vector<Stage> stages{};  // by number, like all below
        std::vector<Shuffle> shuffles{};
        std::vector<Job> jobs{};
        std::map<std::string, FailureSummary> failures{};
    };
    struct Executor {
        ExecutorSummary summary{};
        std::uint32_t loss = none;
    };

    void on(SimTime now, const AppSubmitted& event);
    void on(SimTime now, const JobSubmitted& event);
    void on(SimTime now, const NumberStages& action);
    void on(SimTime now, const ExecutorRegistered& event);
    void on(SimTime now, const ExecutorLost& event);
    void on(SimTime now, const TaskFinished& event);
    void on(SimTime now, const TaskSpilled& event);
    void on(SimTime now, const UpdateAccumulator& action);
    void on(SimTime now, const LaunchExecutor& action);
    void on(SimTime now, const SubmitStage& action);
    void on(SimTime now, const FinishStage& action);
    void on(SimTime now, const SkipStage& action);
    void on(SimTime now, const SkipPartitions& action);
    void on(SimTime now, const LaunchTask& action);
    void on(SimTime now, const FinishJob& action);
    void on(SimTime now, const FinishApp& action);
    void on(SimTime now, const UnregisterMapOutput& action);
    template <class T>
    void on(SimTime /*now*/, const T& /*of no interest*/) {}

    [[nodiscard]] App& app(AppId id) { return apps_[id.index()]; }
    [[nodiscard]] Stage& stage(AppId app, StageId id);
    [[nodiscard]] Shuffle& shuffle(AppId app, ShuffleId id);
    [[nodiscard]] Executor& executor(ExecutorId id);
    // The loss of this executor, made when it is first heard of.
    [[nodiscard]] std::uint32_t loss_of(SimTime now, AppId app, ExecutorId exec);
    void lose_work(AppId app, StageId id, std::uint32_t partition, std::uint32_t loss);
    void note_again(const LaunchTask& action, const Stage& stage);
    void note_failure(const TaskFinished& event);
    [[nodiscard]] AppSummary summary_of(const App& app) const;

    std::vector<std::string> nodes_{};
    Summary totals_{};
    std::vector<App> apps_{};
    std::vector<Executor> executors_{};
    std::vector<Lineage> lineages_{};
    std::vector<std::string> faults_{};       // names, or kinds of those without one
    std::vector<FaultState> fault_states_{};  // by fault; ended: nothing heard yet
    std::uint64_t alive_ = 0;
    SimTime now_{};
};

[[nodiscard]] std::string_view to_text(Outcome outcome);
[[nodiscard]] std::string_view to_text(StageStatus status);
// none: "running".
[[nodiscard]] std::string_view to_text(std::optional<EndStatus> status);

}  // namespace forkyard
