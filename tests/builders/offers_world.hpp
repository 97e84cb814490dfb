// A task scheduler alone: the test plays the DAG scheduler, executors and the clock,
// and says when offers are made. Launches read
//
//   "s0.0/p3#0 on e1 at NODE_LOCAL"
//   "s0.0/p3#1 on e2 at ANY, a copy"
//
// and other decisions as in lines.hpp. What the loss of an executor means for its tasks
// goes back in at once, after a line "then s0.0/p0#0 resubmitted".
#pragma once

#include <functional>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "core/driver/task_scheduler.hpp"
#include "tests/builders/dag_world.hpp"
#include "tests/builders/lines.hpp"
#include "tests/builders/task_set_world.hpp"

namespace forkyard {

class OffersWorld {
public:
    // Offers go by number of executor unless `chooser` says otherwise; it must then
    // outlive the world.
    explicit OffersWorld(const AppConf& conf = {},
                         std::vector<PoolSpec> pools = {},
                         Chooser* chooser = nullptr);
    ~OffersWorld();

    void at(SimDuration since_start) {
        now_ = SimTime{since_start};
        scheduler_.catch_up(now_);
    }
    // To this time; timers that were asked for and lead to something fire on the way,
    // each after a line "at 3000 ms". Without it none does.
    Lines until(SimDuration since_start);
    // All launches, with their times.
    struct Launch {
        SimTime at{};
        LaunchTask task{};
    };
    [[nodiscard]] const std::vector<Launch>& launches() const { return launches_; }

    // ---- executors: none of these makes an offer

    void executor(ExecutorId exec, NodeId node, std::uint32_t cores) {
        scheduler_.add_executor(exec, node, cores);
    }
    void disconnected(ExecutorId exec) { scheduler_.disconnect_executor(exec); }
    void decommissioning(ExecutorId exec) { scheduler_.decommission_executor(exec, now_); }
    Lines lost(ExecutorId exec, LossReason reason);

    // ---- task sets and offers

    void submit(TaskSet set) {
        (void)decide([&](Step& step) { scheduler_.submit(step, std::move(set)); });
    }
    // All free executors with all they have.
    Lines round() {
        return decide([&](Step& step) { scheduler_.offer_all(step); });
    }
    // One executor: a partial offer.
    Lines offer(ExecutorId exec) {
        return decide([&](Step& step) { scheduler_.offer(step, exec); });
    }
    Lines speculate() {
        return decide([&](Step& step) { scheduler_.speculate(step); });
    }
    Lines kill_stage(std::uint32_t stage, const std::string& reason) {
        return decide([&](Step& step) { scheduler_.kill_stage(step, StageId{stage}, reason); });
    }

    // ---- ends: no offer follows

    Lines success(TaskAttempt task, ExecutorId exec) {
        return ended(task, exec, TaskStatus::success);
    }
    Lines failure(TaskAttempt task, ExecutorId exec) {
        return ended(task, exec, TaskStatus::failed);
    }
    Lines ended(TaskAttempt task, ExecutorId exec, TaskStatus status) {
        TaskFinished event;
        event.app = AppId{0};
        event.task = task;
        event.exec = exec;
        event.status = status;
        event.reason = status == TaskStatus::success ? "" : "out of luck";
        return end(event);
    }
    // With a result of so many bytes.
    Lines returned(TaskAttempt task, ExecutorId exec, std::int64_t bytes) {
        TaskFinished event;
        event.app = AppId{0};
        event.task = task;
        event.exec = exec;
        event.result = bytes;
        return end(event);
    }
    // `task` could not fetch from `from`.
    Lines fetch_failure(TaskAttempt task, ExecutorId exec, ExecutorId from) {
        TaskFinished event;
        event.app = AppId{0};
        event.task = task;
        event.exec = exec;
        event.status = TaskStatus::fetch_failed;
        event.from = from;
        return end(event);
    }
    // How the last end counted.
    [[nodiscard]] const TaskScheduler::TaskEnd& last_end() const { return last_end_; }

    [[nodiscard]] const ExecutorTable& executors() const { return scheduler_.executors(); }
    [[nodiscard]] const TaskScheduler& scheduler() const { return scheduler_; }
    void expire_unschedulable() { scheduler_.expire_unschedulable(now_); }
    // Why sets are given up, since the last call.
    Lines given_up() {
        Lines lines;
        for (const TaskScheduler::Abort& abort : scheduler_.take_aborts()) {
            lines.push_back(fmt::format("{}: {}", text_of(abort.stage), abort.reason));
        }
        return lines;
    }

private:
    void fire(Step& step, TimerKind what);
    Lines end(const TaskFinished& event) {
        return decide([&](Step& step) { last_end_ = scheduler_.end_task(step, event); });
    }
    Lines decide(const std::function<void(Step&)>& what);
    Lines decide(Decisions& decisions, const std::function<void(Step&)>& what);

    AppSpec app_;
    ClusterSpec cluster_;
    TaskScheduler scheduler_;
    BoringChooser boring_{};
    Chooser* chooser_;
    SimTime now_{};
    std::multimap<SimTime, TimerKind> timers_{};
    std::vector<Launch> launches_{};
    TaskScheduler::TaskEnd last_end_{};
};

}  // namespace forkyard
