// Everything that can happen: the inputs of the state machines.
//
// Names are in the past tense. An event is plain data; its time and its number
// come beside it (EventHead). `fields` lists the keys of the journal record in
// their fixed order, once, for writing, reading, matching and hashing alike: new
// keys go to the end.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "core/ids.hpp"
#include "core/model/units.hpp"
#include "core/sim_time.hpp"

namespace forkyard {

// Why an executor is gone.
enum class LossReason : std::uint8_t {
    exited,
    killed,
    heartbeat_timeout,
    worker_lost,
    preempted,
    decommissioned,
    idle,
    requested,
    excluded,
    launch_failed,
    app_finished,
};

// How a task attempt ended. executor_lost and resubmitted are what the loss of an
// executor means for its running and its finished map tasks.
enum class TaskStatus : std::uint8_t {
    success,
    failed,
    killed,
    fetch_failed,
    executor_lost,
    commit_denied,
    resubmitted,
};

// A change in what is heard from an executor; regular beats are not events.
enum class BeatState : std::uint8_t { first, silent, back, unknown };

// Which machine asked to be woken, and for what.
enum class TimerKind : std::uint8_t {
    resubmit_stages,    // 200 ms after a fetch failure
    expire_executors,   // the heartbeat receiver's check
    registration_wait,  // spark.scheduler.maxRegisteredResourcesWaitingTime
    worker_timeout,     // the master's
    revive_offers,      // a locality wait or an exclusion is over
    speculation,        // a running task has become slow
    unschedulable,      // a task set that may run nowhere has waited long enough
    barrier_check,      // whether the slots for a barrier stage are there by now
};

struct AppSubmitted {
    static constexpr std::string_view kind = "app.submitted";
    AppId app{};
    std::vector<std::int64_t> inputs{};  // bytes of each text file, in program order

    template <class Self, class V>
    static void fields(Self& self, V& v) {
        v("app", self.app);
        v("inputs", self.inputs);
    }
};

struct JobSubmitted {
    static constexpr std::string_view kind = "job.submitted";
    AppId app{};
    JobId job{};
    std::string name{};
    StageId final_stage{};          // filled in by the DAG scheduler, which numbers stages
    std::vector<StageId> stages{};  // all of the job's, parents first
    std::uint32_t plan_job = 0;     // which of the program's jobs; take submits one several times
    std::uint32_t from = 0;         // partitions of the final stage: from .. until - 1
    std::uint32_t until = 0;
    bool map_stage = false;  // it makes the shuffle of its final stage, and no results

    template <class Self, class V>
    static void fields(Self& self, V& v) {
        v("app", self.app);
        v("job", self.job);
        v("name", self.name);
        v("final", self.final_stage);
        v("stages", self.stages);
        v("program", self.plan_job);
        v("from", self.from);
        v("until", self.until);
        v("map-stage", self.map_stage);
    }
};

struct JobCancelled {
    static constexpr std::string_view kind = "job.cancelled";
    AppId app{};
    JobId job{};
    std::string reason{};  // given by its user

    template <class Self, class V>
    static void fields(Self& self, V& v) {
        v("app", self.app);
        v("job", self.job);
        v("reason", self.reason);
    }
};

// All jobs of a group, and those that will be submitted if `future`.
struct JobGroupCancelled {
    static constexpr std::string_view kind = "job-group.cancelled";
    AppId app{};
    std::string group{};
    bool future = false;

    template <class Self, class V>
    static void fields(Self& self, V& v) {
        v("app", self.app);
        v("group", self.group);
        v("future", self.future);
    }
};

// Every job that uses the stage.
struct StageCancelled {
    static constexpr std::string_view kind = "stage.cancelled";
    AppId app{};
    StageId stage{};
    std::string reason{};  // given by its user

    template <class Self, class V>
    static void fields(Self& self, V& v) {
        v("app", self.app);
        v("stage", self.stage);
        v("reason", self.reason);
    }
};

// Every job with a running stage.
struct AllJobsCancelled {
    static constexpr std::string_view kind = "jobs.cancelled";
    AppId app{};

    template <class Self, class V>
    static void fields(Self& self, V& v) {
        v("app", self.app);
    }
};

// A cached partition of a stage: rdd_3_1 in the journal.
struct BlockCached {
    static constexpr std::string_view kind = "block.cached";
    AppId app{};
    RddBlock block{};
    ExecutorId exec{};

    template <class Self, class V>
    static void fields(Self& self, V& v) {
        v("app", self.app);
        v("block", self.block);
        v("exec", self.exec);
    }
};

// A decommissioning executor has passed a map output on.
struct MapOutputMoved {
    static constexpr std::string_view kind = "map-output.moved";
    AppId app{};
    ShuffleId shuffle{};
    std::uint32_t partition = 0;
    ExecutorId exec{};  // that has it now

    template <class Self, class V>
    static void fields(Self& self, V& v) {
        v("app", self.app);
        v("shuffle", self.shuffle);
        v("partition", self.partition);
        v("exec", self.exec);
    }
};

// The user ends the application (kill_at).
struct AppKilled {
    static constexpr std::string_view kind = "app.killed";
    AppId app{};

    template <class Self, class V>
    static void fields(Self& self, V& v) {
        v("app", self.app);
    }
};

// The user's program ended: all jobs done and open_until passed, or a failed job
// that it does not survive.
struct AppClosed {
    static constexpr std::string_view kind = "app.closed";
    AppId app{};
    std::string reason{};  // of a failure; empty: it went well

    template <class Self, class V>
    static void fields(Self& self, V& v) {
        v("app", self.app);
        v("reason", self.reason);
    }
};

struct WorkerJoined {
    static constexpr std::string_view kind = "worker.joined";
    NodeId node{};
    std::uint32_t cores = 0;
    Bytes memory{};
    std::string rack{};

    template <class Self, class V>
    static void fields(Self& self, V& v) {
        v("node", self.node);
        v("cores", self.cores);
        v("memory", self.memory);
        v("rack", self.rack);
    }
};

struct WorkerLost {
    static constexpr std::string_view kind = "worker.lost";
    NodeId node{};

    template <class Self, class V>
    static void fields(Self& self, V& v) {
        v("node", self.node);
    }
};

// A worker's beats at the master stopped or came again.
struct WorkerBeat {
    static constexpr std::string_view kind = "worker.heartbeat";
    NodeId node{};
    BeatState state = BeatState::silent;
    SimTime since{};

    template <class Self, class V>
    static void fields(Self& self, V& v) {
        v("node", self.node);
        v("state", self.state);
        v("since", self.since);
    }
};

// The driver's request reached the cluster manager.
struct ExecutorsRequested {
    static constexpr std::string_view kind = "executor.requested";
    AppId app{};
    std::uint32_t total = 0;

    template <class Self, class V>
    static void fields(Self& self, V& v) {
        v("app", self.app);
        v("total", self.total);
    }
};

struct ExecutorRegistered {
    static constexpr std::string_view kind = "executor.registered";
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

// The process has ended and its node knows, but its driver does not yet; the room is free.
// Where both learn at once there is executor.lost alone.
struct ExecutorExited {
    static constexpr std::string_view kind = "executor.exited";
    AppId app{};
    ExecutorId exec{};

    template <class Self, class V>
    static void fields(Self& self, V& v) {
        v("app", self.app);
        v("exec", self.exec);
    }
};

// The driver learns that it has one executor less.
struct ExecutorLost {
    static constexpr std::string_view kind = "executor.lost";
    AppId app{};
    ExecutorId exec{};
    LossReason reason = LossReason::exited;
    std::int32_t code = 0;
    std::vector<TaskAttempt> unstarted{};  // launched there, but never reported as running

    template <class Self, class V>
    static void fields(Self& self, V& v) {
        v("app", self.app);
        v("exec", self.exec);
        v("reason", self.reason);
        v("code", self.code);
        v("unstarted", self.unstarted);
    }
};

// The driver has lost touch with it and asks its manager why: executor.lost follows.
struct ExecutorDisconnected {
    static constexpr std::string_view kind = "executor.disconnected";
    AppId app{};
    ExecutorId exec{};

    template <class Self, class V>
    static void fields(Self& self, V& v) {
        v("app", self.app);
        v("exec", self.exec);
    }
};

// It is going to end: it finishes what it runs and is given nothing more.
struct ExecutorDecommissioning {
    static constexpr std::string_view kind = "executor.decommissioning";
    AppId app{};
    ExecutorId exec{};

    template <class Self, class V>
    static void fields(Self& self, V& v) {
        v("app", self.app);
        v("exec", self.exec);
    }
};

struct TaskFinished {
    static constexpr std::string_view kind = "task.finished";
    AppId app{};
    TaskAttempt task{};
    ExecutorId exec{};
    TaskStatus status = TaskStatus::success;
    SimDuration run{0};                  // the time on the executor
    std::string reason{};                // of a failure
    ShuffleId shuffle{};                 // fetch-failed: whose output was missing
    ExecutorId from{};                   // fetch-failed: the holder that was gone
    std::int64_t rows = 0;               // returned to the driver
    std::int64_t bytes = 0;              // written to the shuffle
    std::vector<std::int64_t> sizes{};   // of them by partition; empty for synthetic tasks
    std::int64_t records = 0;            // read
    std::int64_t result = 0;             // bytes of the result that goes to the driver
    std::optional<std::uint32_t> map{};  // fetch-failed: whose output, if it is known

    template <class Self, class V>
    static void fields(Self& self, V& v) {
        v("app", self.app);
        v("task", self.task);
        v("exec", self.exec);
        v("status", self.status);
        v("run", self.run);
        v("reason", self.reason);
        v("shuffle", self.shuffle);
        v("from", self.from);
        v("rows", self.rows);
        v("bytes", self.bytes);
        v("sizes", self.sizes);
        v("records", self.records);
        v("result", self.result);
        v("map", self.map);
    }
};

// How far a running attempt has come, as its executor's heartbeat tells.
struct TaskProgressed {
    static constexpr std::string_view kind = "task.progress";
    AppId app{};
    TaskAttempt task{};
    ExecutorId exec{};
    std::int64_t records = 0;  // read so far
    SimDuration run{0};        // time on the executor so far

    template <class Self, class V>
    static void fields(Self& self, V& v) {
        v("app", self.app);
        v("task", self.task);
        v("exec", self.exec);
        v("records", self.records);
        v("run", self.run);
    }
};

struct HeartbeatChanged {
    static constexpr std::string_view kind = "heartbeat";
    AppId app{};
    ExecutorId exec{};
    BeatState state = BeatState::first;
    SimTime since{};

    template <class Self, class V>
    static void fields(Self& self, V& v) {
        v("app", self.app);
        v("exec", self.exec);
        v("state", self.state);
        v("since", self.since);
    }
};

struct TimerFired {
    static constexpr std::string_view kind = "timer";
    TimerKind what = TimerKind::resubmit_stages;
    AppId app{};    // of a driver's timer
    NodeId node{};  // of a master's timer

    template <class Self, class V>
    static void fields(Self& self, V& v) {
        v("what", self.what);
        v("app", self.app);
        v("node", self.node);
    }
};

using Event = std::variant<AppSubmitted,
                           JobSubmitted,
                           JobCancelled,
                           JobGroupCancelled,
                           StageCancelled,
                           AllJobsCancelled,
                           AppKilled,
                           AppClosed,
                           WorkerJoined,
                           WorkerLost,
                           WorkerBeat,
                           ExecutorsRequested,
                           ExecutorRegistered,
                           ExecutorExited,
                           ExecutorLost,
                           ExecutorDisconnected,
                           ExecutorDecommissioning,
                           TaskFinished,
                           TaskProgressed,
                           BlockCached,
                           MapOutputMoved,
                           HeartbeatChanged,
                           TimerFired>;

}  // namespace forkyard
