// The seam to executors: real processes, or computing within the driver's process.
//
// It starts and ends executors, hands them tasks and brings back what they made. What
// a task sees and when it ends in simulated time is not decided here: the cluster
// model decides, and asks the host to carry it out. Both hosts answer alike, so that
// the journal does not show which one ran.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "core/data/stage_program.hpp"
#include "core/event.hpp"
#include "core/ids.hpp"
#include "core/model/application.hpp"
#include "core/result.hpp"
#include "core/sim_time.hpp"

namespace forkyard::sim {

// Where the outputs of one shuffle are, by map partition, when a task is launched.
struct ShuffleView {
    ShuffleId shuffle;
    std::vector<ExecutorId> holders;   // by map partition; invalid: nobody
    std::vector<ExecutorId> distinct;  // ascending
    std::vector<std::uint32_t> maps;   // outputs at each of them
    bool complete = true;              // no output is missing
};

struct ExecutorStart {
    ExecutorId exec;
    AppId app;
    std::uint32_t cores = 0;
    std::string title;  // "etl on w-2": for ps
};

struct TaskOrder {
    ExecutorId exec;
    AppId app;
    TaskAttempt task;
    std::uint32_t ticket = 0;  // names the attempt between driver and executor
    // Real tasks: the program of their stage, and where its input is. Null: synthetic.
    std::shared_ptr<const StageProgram> program;
    std::shared_ptr<const std::string> encoded;  // the program, encoded once a stage attempt
    std::shared_ptr<const ShuffleView> input;
    ShuffleId output;  // the shuffle it writes; invalid: a result
    // Synthetic tasks under the wall clock: how long to work, and how.
    SimDuration work{0};
    WorkKind work_kind = WorkKind::sleep;
    bool wall = false;
    std::uint32_t fail_at_percent = 0;  // 0: it does not
};

struct TaskAnswer {
    enum class Status { done, failed, fetch_failed, killed };
    Status status = Status::done;
    std::string error;
    SimDuration cost{0};  // of its steps, at speed 1
    SimDuration run{0};   // wall clock: measured
    std::int64_t rows = 0;
    std::string result;               // encoded rows for the driver
    std::string saved;                // lines for a file
    std::vector<std::int64_t> sizes;  // of the regions it wrote
    ExecutorId from;                  // fetch_failed: the holder
};

class ExecutorHost {
public:
    virtual ~ExecutorHost() = default;
    [[nodiscard]] virtual Result<void> start(const ExecutorStart& executor) = 0;
    // Hands a task over; must not block.
    [[nodiscard]] virtual Result<void> launch(const TaskOrder& order) = 0;
    // Waits for the task's answer.
    [[nodiscard]] virtual Result<TaskAnswer> await(std::uint32_t ticket) = 0;
    // The attempt no longer matters: its answer will be dropped.
    virtual void discard(std::uint32_t ticket) = 0;
    // SIGKILL, once every fetch from it that has begun is answered.
    [[nodiscard]] virtual Result<void> kill(ExecutorId exec) = 0;
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

}  // namespace forkyard::sim
