// Events of tasks and of what they leave behind: outputs and cached blocks.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/ids.hpp"
#include "core/sim_time.hpp"

namespace forkyard {

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
    result_lost,  // it went well, but its result was gone when the driver fetched it
};

// What the tasks of a barrier stage wait for each other with.
enum class BarrierOp : std::uint8_t { sync, all_gather };

// An executor keeps a partition of a dataset or a stage, from now on or in another place.
struct BlockCached {
    static constexpr std::string_view kind = "block.cached";
    AppId app{};
    RddBlock block{};
    ExecutorId exec{};
    std::int64_t bytes = 0;
    bool disk = false;  // not in memory

    template <class Self, class V>
    static void fields(Self& self, V& v) {
        v("app", self.app);
        v("block", self.block);
        v("exec", self.exec);
        v("bytes", self.bytes);
        v("disk", self.disk);
    }
};

// It keeps it no more: others were in the way of it, or it was lost.
struct BlockDropped {
    static constexpr std::string_view kind = "block.dropped";
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
    ExecutorId from{};  // that had it

    template <class Self, class V>
    static void fields(Self& self, V& v) {
        v("app", self.app);
        v("shuffle", self.shuffle);
        v("partition", self.partition);
        v("exec", self.exec);
        v("from", self.from);
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
    // What it added to each accumulator of its program, by number; to none after the last.
    std::vector<std::int64_t> accumulated{};

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
        v.if_any("accumulated", self.accumulated);
    }
};

// What a task that has ended put away for want of memory (DP-MEM-09).
struct TaskSpilled {
    static constexpr std::string_view kind = "task.spilled";
    AppId app{};
    TaskAttempt task{};
    ExecutorId exec{};
    std::int64_t memory = 0;  // bytes of it, by the estimate
    std::int64_t disk = 0;    // bytes written

    template <class Self, class V>
    static void fields(Self& self, V& v) {
        v("app", self.app);
        v("task", self.task);
        v("exec", self.exec);
        v("memory", self.memory);
        v("disk", self.disk);
    }
};

// An executor has got a piece of a broadcast variable, and is a source of it from now on.
struct BroadcastFetched {
    static constexpr std::string_view kind = "broadcast.fetched";
    AppId app{};
    BroadcastPiece block{};
    ExecutorId exec{};
    ExecutorId from{};  // invalid: the driver
    std::int64_t bytes = 0;

    template <class Self, class V>
    static void fields(Self& self, V& v) {
        v("app", self.app);
        v("block", self.block);
        v("exec", self.exec);
        v("from", self.from);
        v("bytes", self.bytes);
    }
};

// An attempt asks whether it may commit its output.
struct CommitRequested {
    static constexpr std::string_view kind = "commit.requested";
    AppId app{};
    TaskAttempt task{};
    ExecutorId exec{};
    bool deny = false;  // a fault wants it to be answered with no

    template <class Self, class V>
    static void fields(Self& self, V& v) {
        v("app", self.app);
        v("task", self.task);
        v("exec", self.exec);
        v("deny", self.deny);
    }
};

// A task of a barrier stage has come to its sync of this epoch, and waits for the others.
struct BarrierRequested {
    static constexpr std::string_view kind = "barrier.requested";
    AppId app{};
    TaskAttempt task{};
    ExecutorId exec{};
    std::uint32_t tasks = 0;  // that have to come, this one included
    std::uint32_t epoch = 0;  // syncs before this one
    BarrierOp op = BarrierOp::sync;
    std::string message{};  // all-gather: for the others

    template <class Self, class V>
    static void fields(Self& self, V& v) {
        v("app", self.app);
        v("task", self.task);
        v("exec", self.exec);
        v("tasks", self.tasks);
        v("epoch", self.epoch);
        v("op", self.op);
        v("message", self.message);
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

}  // namespace forkyard
