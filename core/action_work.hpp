// Decisions about jobs, stages and tasks.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/ids.hpp"
#include "core/sim_time.hpp"

namespace forkyard {

enum class Locality : std::uint8_t { process_local, node_local, no_pref, rack_local, any };

enum class EndStatus : std::uint8_t { succeeded, failed, killed };

// Why a task was launched where it was.
enum class LaunchReason : std::uint8_t {
    best_locality,     // at the most local level that it could have
    only_free,         // less local than it would like: its places had no room in time
    speculative_copy,  // beside a slow attempt
    retry_elsewhere,   // an earlier attempt failed on another executor
};

// What the tasks of a stage wait for that are not launched yet: one reason at a time, the
// same for all of them. A closed list; the words are those of the journal.
enum class WaitReason : std::uint8_t {
    parent_stage,          // its input is still being made
    no_executor,           // none has registered, none is about to
    executor_starting,     // granted, but not registered, or not enough of them yet
    slots_full,            // all slots are in use
    locality_wait,         // there are free slots, but less local than it puts up with yet
    resource_profile,      // no executor of its profile: there are no profiles yet
    excluded,              // there are free slots, but only where it may not run
    pool_share,            // FAIR: the slots are in use, and shared with another pool or set
    behind_in_fifo,        // FIFO: the slots are in use, and another set is served first
    barrier_short,         // fewer free slots than the stage has tasks
    max_failures_backoff,  // it failed, and is tried again a little later
    driver_busy,           // the driver takes no time yet: never
    decommissioning,       // all executors left are on their way out
};

// The stages of a job that waited for the slots of a barrier stage; others have theirs in
// job.submitted.
struct NumberStages {
    static constexpr std::string_view kind = "job.stages";
    AppId app{};
    JobId job{};
    StageId final_stage{};
    std::vector<StageId> stages{};

    template <class Self, class V>
    static void fields(Self& self, V& v) {
        v("app", self.app);
        v("job", self.job);
        v("final", self.final_stage);
        v("stages", self.stages);
    }
};

struct SubmitStage {
    static constexpr std::string_view kind = "stage.submit";
    AppId app{};
    StageAttempt stage{};
    std::string name{};
    std::uint32_t tasks = 0;
    std::vector<StageId> parents{};
    // Which of the program's stages this is, and whether it writes a shuffle. Known
    // to the host, not part of the record.
    PlanId plan{};
    ShuffleId shuffle{};
    JobId job{};

    template <class Self, class V>
    static void fields(Self& self, V& v) {
        v("app", self.app);
        v("stage", self.stage);
        v("name", self.name);
        v("tasks", self.tasks);
        v("parents", self.parents);
    }
};

struct FinishStage {
    static constexpr std::string_view kind = "stage.finish";
    AppId app{};
    StageAttempt stage{};
    EndStatus status = EndStatus::succeeded;

    template <class Self, class V>
    static void fields(Self& self, V& v) {
        v("app", self.app);
        v("stage", self.stage);
        v("status", self.status);
    }
};

struct SkipStage {
    static constexpr std::string_view kind = "stage.skip";
    AppId app{};
    StageId stage{};
    JobId job{};
    std::string name{};
    std::uint32_t tasks = 0;

    template <class Self, class V>
    static void fields(Self& self, V& v) {
        v("app", self.app);
        v("stage", self.stage);
        v("job", self.job);
        v("name", self.name);
        v("tasks", self.tasks);
    }
};

// A job computes none of these partitions: for a checkpoint, since executors keep them; for the
// second sample of a sort, since the first was large enough.
struct SkipPartitions {
    static constexpr std::string_view kind = "partition.skip";
    AppId app{};
    JobId job{};
    std::vector<std::uint32_t> partitions{};

    template <class Self, class V>
    static void fields(Self& self, V& v) {
        v("app", self.app);
        v("job", self.job);
        v("partitions", self.partitions);
    }
};

// The next attempt of a stage whose output is missing, or that met a fetch failure.
struct ResubmitStage {
    static constexpr std::string_view kind = "stage.resubmit";
    AppId app{};
    StageId stage{};
    std::string reason{};

    template <class Self, class V>
    static void fields(Self& self, V& v) {
        v("app", self.app);
        v("stage", self.stage);
        v("reason", self.reason);
    }
};

// From now on the tasks of the attempt (or of the one to come) that are not launched wait
// for something else than before. Their launch ends it.
struct WaitStage {
    static constexpr std::string_view kind = "stage.wait";
    AppId app{};
    StageAttempt stage{};
    WaitReason why = WaitReason::slots_full;
    std::string on{};  // which parents, level, job, pool, slots; empty: nothing more to say

    template <class Self, class V>
    static void fields(Self& self, V& v) {
        v("app", self.app);
        v("stage", self.stage);
        v("why", self.why);
        v("on", self.on);
    }
};

// The same for a job whose stages have no numbers yet.
struct WaitJob {
    static constexpr std::string_view kind = "job.wait";
    AppId app{};
    JobId job{};
    WaitReason why = WaitReason::barrier_short;
    std::string on{};

    template <class Self, class V>
    static void fields(Self& self, V& v) {
        v("app", self.app);
        v("job", self.job);
        v("why", self.why);
        v("on", self.on);
    }
};

struct LaunchTask {
    static constexpr std::string_view kind = "task.launch";
    AppId app{};
    TaskAttempt task{};
    ExecutorId exec{};
    NodeId node{};
    Locality loc = Locality::any;
    bool spec = false;
    LaunchReason why = LaunchReason::best_locality;

    template <class Self, class V>
    static void fields(Self& self, V& v) {
        v("app", self.app);
        v("task", self.task);
        v("exec", self.exec);
        v("node", self.node);
        v("loc", self.loc);
        v("spec", self.spec);
        v("why", self.why);
    }
};

// A running attempt has become slow: a second copy of its task may be launched.
struct SpeculateTask {
    static constexpr std::string_view kind = "task.speculate";
    AppId app{};
    TaskAttempt task{};
    ExecutorId exec{};
    SimDuration run{0};        // since its launch
    SimDuration threshold{0};  // that it has passed

    template <class Self, class V>
    static void fields(Self& self, V& v) {
        v("app", self.app);
        v("task", self.task);
        v("exec", self.exec);
        v("run", self.run);
        v("threshold", self.threshold);
    }
};

struct KillTask {
    static constexpr std::string_view kind = "task.kill";
    AppId app{};
    TaskAttempt task{};
    ExecutorId exec{};
    std::string reason{};

    template <class Self, class V>
    static void fields(Self& self, V& v) {
        v("app", self.app);
        v("task", self.task);
        v("exec", self.exec);
        v("reason", self.reason);
    }
};

struct FinishJob {
    static constexpr std::string_view kind = "job.finish";
    AppId app{};
    JobId job{};
    EndStatus status = EndStatus::succeeded;
    std::string reason{};

    template <class Self, class V>
    static void fields(Self& self, V& v) {
        v("app", self.app);
        v("job", self.job);
        v("status", self.status);
        v("reason", self.reason);
    }
};

struct FinishApp {
    static constexpr std::string_view kind = "app.finish";
    AppId app{};
    EndStatus status = EndStatus::succeeded;
    std::string reason{};

    template <class Self, class V>
    static void fields(Self& self, V& v) {
        v("app", self.app);
        v("status", self.status);
        v("reason", self.reason);
    }
};

// The driver's process ends, or is known to have ended: its room is free (cluster deploy mode).
struct ExitDriver {
    static constexpr std::string_view kind = "driver.exit";
    AppId app{};
    EndStatus status = EndStatus::succeeded;
    std::int32_t code = 0;  // of the process

    template <class Self, class V>
    static void fields(Self& self, V& v) {
        v("app", self.app);
        v("status", self.status);
        v("code", self.code);
    }
};

// What the driver would write to its log for its user to read.
struct Warn {
    static constexpr std::string_view kind = "warning";
    AppId app{};
    std::string text{};

    template <class Self, class V>
    static void fields(Self& self, V& v) {
        v("app", self.app);
        v("text", self.text);
    }
};

struct AnswerCommit {
    static constexpr std::string_view kind = "commit.answer";
    AppId app{};
    TaskAttempt task{};
    bool allowed = false;
    ExecutorId exec{};  // that has asked

    template <class Self, class V>
    static void fields(Self& self, V& v) {
        v("app", self.app);
        v("task", self.task);
        v("allowed", self.allowed);
        v("exec", self.exec);
    }
};

// To each task that waits at a barrier: go on, or fail.
struct AnswerBarrier {
    static constexpr std::string_view kind = "barrier.answer";
    AppId app{};
    TaskAttempt task{};
    bool released = false;
    std::string reason{};  // of a failure
    // Of all tasks, by partition. For the host: the record has them with the requests.
    std::vector<std::string> messages{};

    template <class Self, class V>
    static void fields(Self& self, V& v) {
        v("app", self.app);
        v("task", self.task);
        v("released", self.released);
        v("reason", self.reason);
    }
};

}  // namespace forkyard
