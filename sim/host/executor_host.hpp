// The seam to executors: real processes, or computing within the driver's process.
//
// It starts and ends executors, hands them tasks and brings back what they made. What
// a task sees and when it ends in simulated time is not decided here: the cluster
// model decides, and asks the host to carry it out. Both hosts answer alike, so that
// the journal does not show which one ran. Under the wall clock (LiveHost) executors
// take the time they take, and the host brings the news of it.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <numeric>
#include <optional>
#include <string>
#include <vector>

#include "core/data/compute_task.hpp"
#include "core/data/stage_program.hpp"
#include "core/event.hpp"
#include "core/executor/block_manager.hpp"
#include "core/ids.hpp"
#include "core/model/application.hpp"
#include "core/model/fetch_conf.hpp"
#include "core/result.hpp"
#include "core/sim_time.hpp"
#include "sim/host/attempt_output.hpp"
#include "sim/host/broadcast_value.hpp"

namespace forkyard::sim {

// Where the outputs of one shuffle are, by map partition, when a task is launched.
struct ShuffleView {
    ShuffleId shuffle;
    std::vector<ExecutorId> holders;   // by map partition; invalid: nobody
    std::vector<ExecutorId> distinct;  // ascending
    std::vector<std::uint32_t> maps;   // outputs at each of them
    bool complete = true;              // no output is missing
};

// A partition of a shuffle that a task reads, and who has it.
struct PartRead {
    ShuffleId shuffle;
    std::uint32_t partition = 0;
    std::vector<ExecutorId> holders;  // by map partition; invalid: nothing to read from it
    std::vector<std::int64_t> bytes;  // of each of these regions, as the driver remembers it
};

// A kept partition that a task reads, and who has it.
struct KeptRead {
    RddBlock block;
    ExecutorId holder;
    std::int64_t bytes = 0;
    bool disk = false;
};

// A broadcast variable that a task uses.
struct UsedBroadcast {
    BroadcastId id;
    std::shared_ptr<const BroadcastValue> value;
};

// A partition that a task made to be kept.
struct MadeSize {
    RddBlock block;
    std::int64_t bytes = 0;
};

enum class BlockPlace { memory, disk, nowhere };

[[nodiscard]] inline BlockPlace place_of(const BlockStatus& status) {
    return status.in_memory ? BlockPlace::memory
           : status.on_disk ? BlockPlace::disk
                            : BlockPlace::nowhere;
}

struct KeptBlock {
    RddBlock block;
    BlockPlace place = BlockPlace::memory;
};

// A kept partition that `from` has, for another executor.
struct CopiedBlock {
    AppId app;
    RddBlock block;
    ExecutorId from;
};

struct ExecutorStart {
    ExecutorId exec;
    AppId app;
    std::uint32_t cores = 0;
    std::string title;         // "etl on w-2": for ps
    SimDuration heartbeat{0};  // spark.executor.heartbeatInterval; wall clock
    NodeId node;
    FetchConf fetch{};
    std::int64_t output_memory = INT64_MAX;  // bytes of map outputs that a process has in memory
    // Wall clock. Its map outputs are known to the host as they are made, to outlive it or to be
    // passed on; and others read them through the shuffle service of its node.
    bool tells_places = false;
    bool is_served = false;
};

struct TaskOrder {
    ExecutorId exec;
    AppId app;
    TaskAttempt task;
    std::uint32_t ticket = 0;  // names the attempt between driver and executor
    // Real tasks: the program of their stage, and where its input is. Null: synthetic.
    std::shared_ptr<const StageProgram> program;
    std::shared_ptr<const std::string> encoded;  // the program, encoded once a stage attempt
    std::vector<PartRead> reads;
    std::vector<KeptRead> kept;
    std::vector<UsedBroadcast> broadcasts;
    ShuffleId output;    // the shuffle it writes; invalid: a result
    AttemptOutput save;  // where it saves; no folder: nowhere
    // Wall clock only. A synthetic task works for so long; a real one takes so long before,
    // and then its computing and its steps' costs, times `factor`; up to `percent` of all.
    SimDuration work{0};
    WorkKind work_kind = WorkKind::sleep;
    Millionths factor = one;
    std::uint32_t percent = 100;
    bool hangs = false;  // until resumed
};

struct TaskAnswer {
    enum class Status { done, failed, fetch_failed, killed };
    Status status = Status::done;
    std::string error;    // failed, fetch_failed
    SimDuration cost{0};  // of its steps, at speed 1
    std::int64_t rows = 0;
    std::int64_t records = 0;  // that it read
    SpillSizes spilled;
    std::vector<std::int64_t> accumulated;  // by accumulator
    std::string result;                     // encoded rows for the driver
    std::vector<std::int64_t> sizes;        // of the regions it wrote
    std::vector<MadeSize> made;             // that are to be kept
    ExecutorId from;                        // fetch_failed: the holder,
    ShuffleId shuffle;                      // and what was wanted of it: of a shuffle
    std::uint32_t map = 0;                  // this output,
    std::optional<RddBlock> block{};        // or a kept partition; `error` says why

    [[nodiscard]] std::int64_t bytes_written() const {
        return std::accumulate(sizes.begin(), sizes.end(), std::int64_t{0});
    }
};

// A shuffle of real data, as the host copies and keeps what was written of it.
struct WrittenShuffle {
    AppId app;
    ShuffleId shuffle;
    std::uint32_t partitions = 0;  // regions of each output
};

class ExecutorHost {
public:
    virtual ~ExecutorHost() = default;
    [[nodiscard]] virtual Result<void> start(const ExecutorStart& executor) = 0;
    // Whether synthetic tasks are handed over as well, though nothing comes of them.
    [[nodiscard]] virtual bool takes_synthetic() const { return true; }
    // Hands a task over; must not block.
    [[nodiscard]] virtual Result<void> launch(const TaskOrder& order) = 0;
    // Waits for the task's answer.
    [[nodiscard]] virtual Result<TaskAnswer> await(std::uint32_t ticket) = 0;
    // The attempt no longer matters: its answer will be dropped.
    virtual void discard(std::uint32_t ticket) = 0;
    // SIGKILL, once every fetch from it that has begun is answered.
    [[nodiscard]] virtual Result<void> kill(ExecutorId exec) = 0;
    // One that leaves passes a map output on: `to`, an executor or the fallback storage, has it
    // too from now on. Under the wall clock nobody waits for it: `to` has it before it hears of
    // anything else.
    [[nodiscard]] virtual Result<void> copy_output(ExecutorId from,
                                                   ExecutorId to,
                                                   const WrittenShuffle& shuffle,
                                                   std::uint32_t map) = 0;
    // Of what a task made to be kept its executor keeps these and forgets the rest; asked once of
    // each task that made any, unless it is discarded.
    [[nodiscard]] virtual Result<void> keep_made(ExecutorId exec,
                                                 AppId app,
                                                 std::uint32_t ticket,
                                                 const std::vector<KeptBlock>& kept) = 0;
    // A kept partition is to be there, or nowhere, from now on. Nobody reads it.
    [[nodiscard]] virtual Result<void> place(ExecutorId exec,
                                             AppId app,
                                             const KeptBlock& block) = 0;
    // Another executor has it too from now on, in that place; under the wall clock in memory, when
    // the news of it come, or never. Until then nobody drops it.
    [[nodiscard]] virtual Result<void> copy_block(ExecutorId from,
                                                  ExecutorId to,
                                                  AppId app,
                                                  const KeptBlock& block) = 0;
    // The executor holds it no more; a task that comes and uses it gets it anew.
    [[nodiscard]] virtual Result<void> drop_broadcast(ExecutorId exec, BroadcastId id) = 0;
    // Nobody uses it any more.
    virtual void release_broadcast(AppId app, BroadcastId id) = 0;
    // What it has written of these outlives its end, which comes next: the shuffle service of
    // its node has a duplicate and serves it in its name.
    [[nodiscard]] virtual Result<void> keep_files(ExecutorId exec,
                                                  const std::vector<WrittenShuffle>& shuffles) = 0;
    // They are gone, under the virtual clock once every fetch that has begun is answered.
    [[nodiscard]] virtual Result<void> drop_files(ExecutorId exec) = 0;
    // What the attempt has saved becomes its task's, when this returns; under the wall clock
    // when the news of it come.
    [[nodiscard]] virtual Result<void> commit(ExecutorId exec, const AttemptOutput& output) = 0;
    // What it has saved, or is about to, is removed.
    virtual void drop(ExecutorId exec, const AttemptOutput& output) = 0;
    // The application is over: it may go in its own time.
    virtual void stop(ExecutorId exec) = 0;
    // Looks, without waiting, whether something happened that nobody asked for: an
    // executor process that ended by itself is an error of the run.
    [[nodiscard]] virtual Result<void> look() { return {}; }
    // SIGINT or SIGTERM, once it has come; 0: none.
    [[nodiscard]] virtual int signal() const { return 0; }
    // All executors are gone when this returns.
    virtual void close() = 0;
    [[nodiscard]] virtual std::vector<std::int64_t> pids() const { return {}; }
};

// What happened to executors that nobody decided: it goes by the clock on the wall.
struct HostNews {
    enum class Kind : std::uint8_t {
        registered,
        answered,    // ticket, answer
        committed,   // ticket
        copied,      // copy: `exec` has it in memory
        not_copied,  // copy: one of the two is gone, or it was not there
        gone,        // reason, code, text
        silent,      // no beat for two intervals; quiet: since when
        back,
    };
    Kind kind = Kind::registered;
    ExecutorId exec;
    std::uint32_t ticket = 0;
    TaskAnswer answer;
    LossReason reason = LossReason::exited;
    std::int32_t code = 0;
    std::string text;  // who, and what is known about its end
    SimDuration quiet{0};
    CopiedBlock copy{};
};

// Executors under the wall clock: real time, real work, real signals. kill() does not
// wait, and an answer is news instead of being awaited.
class LiveHost : public ExecutorHost {
public:
    // Until there is news, a signal, or the deadline.
    [[nodiscard]] virtual Result<std::vector<HostNews>> wait(
        std::chrono::steady_clock::time_point deadline) = 0;
    // Interrupts the task; it answers that it was killed, or what it has made meanwhile.
    virtual void cancel(std::uint32_t ticket) = 0;
    // What is left of the task takes `factor` times as long.
    virtual void slow(std::uint32_t ticket, Millionths factor) = 0;
    // While it hangs its time stands still and it is not interrupted.
    virtual void hang(ExecutorId exec, std::uint32_t ticket, bool hangs) = 0;
    virtual void exit(ExecutorId exec, std::int32_t code) = 0;
    // Its shuffle service is there, or was stopped: others are refused its map outputs.
    virtual void serve(ExecutorId exec, bool serves) = 0;
    virtual void freeze(ExecutorId exec) = 0;  // SIGSTOP
    virtual void thaw(ExecutorId exec) = 0;    // SIGCONT
};

}  // namespace forkyard::sim
