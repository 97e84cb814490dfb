// Everything the state machines can ask for: their outputs.
//
// Names are imperatives. A machine never carries an action out; the event loop
// journals it and does. The same `fields` convention as in event.hpp.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "core/event.hpp"
#include "core/ids.hpp"
#include "core/model/units.hpp"
#include "core/sim_time.hpp"

namespace forkyard {

enum class Locality : std::uint8_t { process_local, node_local, no_pref, rack_local, any };
enum class EndStatus : std::uint8_t { succeeded, failed, killed };
enum class AskedBy : std::uint8_t { driver, manager };

// Why a task was launched where it was.
enum class LaunchReason : std::uint8_t {
    best_locality,     // at the most local level that it could have
    only_free,         // less local than it would like: its places had no room in time
    speculative_copy,  // beside a slow attempt
    retry_elsewhere,   // an earlier attempt failed on another executor
};

enum class ExclusionScope : std::uint8_t { executor, node };
enum class ExclusionLevel : std::uint8_t { task, stage, app };

// How many executors the application wants in all.
struct RequestExecutors {
    static constexpr std::string_view kind = "executor.request";
    static constexpr std::uint32_t unlimited = 0x7fffffff;  // Spark's Int.MaxValue
    AppId app{};
    std::uint32_t total = unlimited;

    template <class Self, class V>
    static void fields(Self& self, V& v) {
        v("app", self.app);
        v("total", self.total);
    }
};

struct LaunchExecutor {
    static constexpr std::string_view kind = "executor.launch";
    AppId app{};
    ExecutorId exec{};
    NodeId node{};
    std::uint32_t cores = 0;
    Bytes memory{};

    template <class Self, class V>
    static void fields(Self& self, V& v) {
        v("app", self.app);
        v("exec", self.exec);
        v("node", self.node);
        v("cores", self.cores);
        v("memory", self.memory);
    }
};

struct KillExecutor {
    static constexpr std::string_view kind = "executor.kill";
    AppId app{};
    ExecutorId exec{};
    LossReason reason = LossReason::requested;
    AskedBy by = AskedBy::driver;

    template <class Self, class V>
    static void fields(Self& self, V& v) {
        v("app", self.app);
        v("exec", self.exec);
        v("reason", self.reason);
        v("by", self.by);
    }
};

struct DecommissionExecutor {
    static constexpr std::string_view kind = "executor.decommission";
    AppId app{};
    ExecutorId exec{};
    AskedBy by = AskedBy::driver;

    template <class Self, class V>
    static void fields(Self& self, V& v) {
        v("app", self.app);
        v("exec", self.exec);
        v("by", self.by);
    }
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

// Gets no task any more: for one task, one stage, or the whole application.
struct Exclude {
    static constexpr std::string_view kind = "exclude";
    AppId app{};
    ExclusionScope scope = ExclusionScope::executor;
    ExecutorId exec{};
    NodeId node{};
    ExclusionLevel level = ExclusionLevel::app;
    StageAttempt stage{};                      // of a task or a stage
    std::optional<std::uint32_t> partition{};  // of a task
    std::uint32_t failures = 0;                // that led to it; of a node: executors that are out

    template <class Self, class V>
    static void fields(Self& self, V& v) {
        v("app", self.app);
        v("scope", self.scope);
        if (self.scope == ExclusionScope::executor) {
            v("target", self.exec);
        } else {
            v("target", self.node);
        }
        v("level", self.level);
        v("stage", self.stage);
        v("partition", self.partition);
        v("failures", self.failures);
    }
};

// The exclusion's time has passed.
struct Include {
    static constexpr std::string_view kind = "include";
    AppId app{};
    ExclusionScope scope = ExclusionScope::executor;
    ExecutorId exec{};
    NodeId node{};
    ExclusionLevel level = ExclusionLevel::app;

    template <class Self, class V>
    static void fields(Self& self, V& v) {
        v("app", self.app);
        v("scope", self.scope);
        if (self.scope == ExclusionScope::executor) {
            v("target", self.exec);
        } else {
            v("target", self.node);
        }
        v("level", self.level);
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

struct RegisterMapOutput {
    static constexpr std::string_view kind = "map-output.register";
    AppId app{};
    ShuffleId shuffle{};
    std::uint32_t partition = 0;
    ExecutorId exec{};

    template <class Self, class V>
    static void fields(Self& self, V& v) {
        v("app", self.app);
        v("shuffle", self.shuffle);
        v("partition", self.partition);
        v("exec", self.exec);
    }
};

struct UnregisterMapOutput {
    static constexpr std::string_view kind = "map-output.unregister";
    AppId app{};
    ShuffleId shuffle{};
    std::uint32_t partition = 0;
    ExecutorId exec{};

    template <class Self, class V>
    static void fields(Self& self, V& v) {
        v("app", self.app);
        v("shuffle", self.shuffle);
        v("partition", self.partition);
        v("exec", self.exec);
    }
};

// A choice that was made: the only place where chance enters a decision. Recorded
// as a D line; its kind is the point where it was made.
struct Choice {
    static constexpr std::string_view kind = "choice";
    std::string point{};  // offer.order, fault.pick, fault.probability
    std::string label{};  // the entity, by meaning
    std::uint64_t n = 0;
    std::uint64_t pick = 0;

    template <class Self, class V>
    static void fields(Self& self, V& v) {
        v("label", self.label);
        v("n", self.n);
        v("pick", self.pick);
    }
};

using Action = std::variant<Choice,
                            RequestExecutors,
                            LaunchExecutor,
                            KillExecutor,
                            DecommissionExecutor,
                            NumberStages,
                            SubmitStage,
                            FinishStage,
                            SkipStage,
                            ResubmitStage,
                            LaunchTask,
                            SpeculateTask,
                            KillTask,
                            Exclude,
                            Include,
                            FinishJob,
                            FinishApp,
                            RegisterMapOutput,
                            UnregisterMapOutput>;

// A wake-up asked for. Not a record: the TimerFired event is, when it comes.
struct TimerRequest {
    SimTime at{};
    TimerFired timer{};
};

// What one event leads to, collected by the machines in the order of their
// decisions. Reused from event to event, so that deciding does not allocate.
struct Decisions {
    std::vector<Action> actions{};
    std::vector<TimerRequest> timers{};
    // What the event means for tasks (executor_lost, resubmitted): events of the
    // same instant, which come back to the driver one by one.
    std::vector<TaskFinished> consequences{};

    void clear() {
        actions.clear();
        timers.clear();
        consequences.clear();
    }
};

}  // namespace forkyard
