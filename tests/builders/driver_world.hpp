// One application's driver: the test plays executors, the manager and the clock. Each
// call answers with the decisions as lines (lines.hpp). What the loss of an executor
// means for its tasks goes back in at once, as the host does it, with a line before what
// it leads to: "then s0.0/p0#0 resubmitted".
#pragma once

#include <map>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "core/driver/driver.hpp"
#include "tests/builders/app_of.hpp"
#include "tests/builders/choosers.hpp"
#include "tests/builders/cluster_with.hpp"
#include "tests/builders/dag_world.hpp"
#include "tests/builders/lines.hpp"

namespace forkyard {

class DriverWorld {
public:
    explicit DriverWorld(AppSpec app);
    ~DriverWorld();

    void at(std::int64_t milliseconds) { now_ = SimTime{std::chrono::milliseconds{milliseconds}}; }

    Lines submitted() { return handle(AppSubmitted{AppId{0}, {}}); }
    Lines job(std::uint32_t number) {
        const Program& program = driver_.program();
        return job(number, 0, program.stage(program.jobs()[number].final_stage).tasks);
    }
    // Of the partitions from .. until - 1.
    Lines job(std::uint32_t number, std::uint32_t from, std::uint32_t until) {
        JobSubmitted event;
        event.app = AppId{0};
        event.job = JobId{number};
        event.plan_job = number;
        event.from = from;
        event.until = until;
        driver_.prepare(event);
        return handle(event);
    }
    Lines cancel(std::uint32_t job) { return handle(JobCancelled{AppId{0}, JobId{job}}); }
    Lines cancel_stage(std::uint32_t stage) {
        return handle(StageCancelled{AppId{0}, StageId{stage}, {}});
    }
    Lines calls(ExecutorCall call, std::uint32_t count) {
        return handle(ExecutorsCalled{AppId{0}, call, count, {}});
    }
    Lines kills(const std::vector<std::uint32_t>& execs) {
        ExecutorsCalled event{AppId{0}, ExecutorCall::kill, 0, {}};
        for (const std::uint32_t exec : execs) {
            event.execs.emplace_back(exec);
        }
        return handle(event);
    }
    Lines closed(const std::string& reason) { return handle(AppClosed{AppId{0}, reason}); }
    Lines killed() { return handle(AppKilled{AppId{0}}); }

    // Executor n is on node n.
    Lines executor(std::uint32_t number, std::uint32_t cores) {
        return handle(ExecutorRegistered{
            AppId{0}, ExecutorId{number}, NodeId{number}, cores, Bytes{std::int64_t{1} << 30}});
    }
    Lines executor_on(NodeId node, std::uint32_t number, std::uint32_t cores) {
        return handle(ExecutorRegistered{
            AppId{0}, ExecutorId{number}, node, cores, Bytes{std::int64_t{1} << 30}});
    }
    // It is offered cores for tasks on an executor, and so many offers follow.
    Lines offered(std::uint32_t exec, std::uint32_t cores, std::uint32_t more = 0) {
        return handle(CoresOffered{AppId{0}, ExecutorId{exec}, cores, more});
    }
    // `unstarted`: launched there, but never reported as running.
    Lines lost(std::uint32_t exec,
               LossReason reason,
               std::int32_t code = 0,
               std::vector<TaskAttempt> unstarted = {}) {
        return handle(ExecutorLost{AppId{0}, ExecutorId{exec}, reason, code, std::move(unstarted)});
    }
    Lines disconnected(std::uint32_t exec) {
        return handle(ExecutorDisconnected{AppId{0}, ExecutorId{exec}});
    }
    // `host`: that goes as a whole; invalid: the executor alone.
    Lines decommissioning(std::uint32_t exec, NodeId host = {}) {
        return handle(ExecutorDecommissioning{AppId{0}, ExecutorId{exec}, host});
    }
    Lines success(TaskAttempt task, std::uint32_t exec) {
        return end(task, exec, TaskStatus::success);
    }
    Lines failure(TaskAttempt task, std::uint32_t exec, const std::string& reason = "out of luck") {
        return end(task, exec, TaskStatus::failed, reason);
    }
    Lines end(TaskAttempt task,
              std::uint32_t exec,
              TaskStatus status,
              const std::string& reason = "out of luck") {
        TaskFinished event;
        event.app = AppId{0};
        event.task = task;
        event.exec = ExecutorId{exec};
        event.status = status;
        event.reason = status == TaskStatus::success ? "" : reason;
        return handle(event);
    }
    Lines fetch_failure(TaskAttempt task, std::uint32_t exec, std::uint32_t from) {
        TaskFinished event;
        event.app = AppId{0};
        event.task = task;
        event.exec = ExecutorId{exec};
        event.status = TaskStatus::fetch_failed;
        event.reason = "gone";
        event.shuffle = ShuffleId{0};
        event.from = ExecutorId{from};
        return handle(event);
    }
    // A result of so many bytes.
    Lines returned(TaskAttempt task, std::uint32_t exec, std::int64_t bytes) {
        TaskFinished event;
        event.app = AppId{0};
        event.task = task;
        event.exec = ExecutorId{exec};
        event.result = bytes;
        return handle(event);
    }
    // The attempt asks whether it may commit.
    Lines commit(TaskAttempt task, std::uint32_t exec) {
        return handle(CommitRequested{AppId{0}, task, ExecutorId{exec}});
    }
    // One of `tasks` is at the barrier of this epoch.
    Lines at_barrier(TaskAttempt task, std::uint32_t tasks, std::uint32_t epoch) {
        return handle(
            BarrierRequested{AppId{0}, task, ExecutorId{1}, tasks, epoch, BarrierOp::sync, {}});
    }
    Lines gathers(TaskAttempt task, std::uint32_t tasks, std::uint32_t epoch, std::string message) {
        return handle(BarrierRequested{AppId{0},
                                       task,
                                       ExecutorId{1},
                                       tasks,
                                       epoch,
                                       BarrierOp::all_gather,
                                       std::move(message)});
    }
    // Shuffle 0: the output of map p has another holder.
    Lines moved(std::uint32_t p, std::uint32_t exec) {
        return handle(MapOutputMoved{AppId{0}, ShuffleId{0}, p, ExecutorId{exec}, {}});
    }
    // Silent since then.
    Lines silent(std::uint32_t exec, std::int64_t since_ms) {
        return handle(HeartbeatChanged{AppId{0},
                                       ExecutorId{exec},
                                       BeatState::silent,
                                       SimTime{std::chrono::milliseconds{since_ms}}});
    }
    Lines heard_again(std::uint32_t exec) {
        return handle(HeartbeatChanged{AppId{0}, ExecutorId{exec}, BeatState::back, now_});
    }

    // To this time; timers that were asked for and lead to something fire on the way,
    // each after a line "at 200 ms".
    Lines until(std::int64_t milliseconds);

    // The application, its executors e1 .. en with this many cores each, and job 0.
    Lines start(std::uint32_t executors, std::uint32_t cores) {
        (void)submitted();
        for (std::uint32_t n = 1; n <= executors; ++n) {
            (void)executor(n, cores);
        }
        return job(0);
    }
    // The manager has granted it.
    void granted(std::uint32_t exec);
    // What has been waited for since the last call.
    [[nodiscard]] Lines waits() { return std::exchange(waits_, {}); }
    [[nodiscard]] const Driver& driver() const { return driver_; }

private:
    Lines handle(const Event& event);

    Scenario scenario_;
    Driver driver_;
    BoringChooser chooser_;
    Lines waits_;
    SimTime now_{};
    std::multimap<SimTime, TimerFired> timers_;
};

}  // namespace forkyard
