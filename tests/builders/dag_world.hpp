// A DAG scheduler alone: the test plays the task scheduler. Each call answers with the
// decisions as lines, and with what the task scheduler is told:
//
//   "run s0.1 on {0, 2}"       a task set of these partitions
//   "stop s0: Stage finished"
//   "done s0/p2"               an older attempt made this partition
//   "timer in 200 ms"
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "core/driver/dag_scheduler.hpp"
#include "tests/builders/app_of.hpp"
#include "tests/builders/choosers.hpp"
#include "tests/builders/cluster_with.hpp"
#include "tests/builders/lines.hpp"

namespace forkyard {

class DagWorld {
public:
    explicit DagWorld(AppSpec app);
    ~DagWorld();

    void at(std::int64_t milliseconds) { now_ = SimTime{std::chrono::milliseconds{milliseconds}}; }

    // Job `number` is the program's job of that number, over all its partitions.
    Lines job(std::uint32_t number) {
        const Program& program = program_;
        return job(number, number, 0, program.stage(program.jobs()[number].final_stage).tasks);
    }
    Lines job(std::uint32_t number, std::uint32_t plan, std::uint32_t from, std::uint32_t until) {
        submitted_ = JobSubmitted{};
        submitted_.app = AppId{0};
        submitted_.job = JobId{number};
        submitted_.plan_job = plan;
        submitted_.from = from;
        submitted_.until = until;
        dag_.number_stages(submitted_);
        return decide([&](Step& step) { dag_.on(step, submitted_); });
    }
    // As numbered for the last job.
    [[nodiscard]] const JobSubmitted& submitted() const { return submitted_; }

    Lines cancel(std::uint32_t job, const std::string& reason = {}) {
        return decide([&](Step& step) {
            dag_.on(step, JobCancelled{AppId{0}, JobId{job}, reason});
        });
    }
    Lines cancel_group(const std::string& group, bool future = false) {
        return decide([&](Step& step) {
            dag_.on(step, JobGroupCancelled{AppId{0}, group, future});
        });
    }
    Lines cancel_stage(std::uint32_t stage, const std::string& reason = {}) {
        return decide([&](Step& step) {
            dag_.on(step, StageCancelled{AppId{0}, StageId{stage}, reason});
        });
    }
    Lines cancel_all() {
        return decide([&](Step& step) { dag_.on(step, AllJobsCancelled{AppId{0}}); });
    }
    // An attempt's epoch is that of its task set, unless the test says otherwise.
    Lines success(TaskAttempt task, std::uint32_t exec, std::optional<std::uint64_t> epoch = {}) {
        return end(task, exec, TaskStatus::success, epoch);
    }
    // `task` could not fetch from executor `from` what shuffle `shuffle` has there.
    Lines fetch_failure(TaskAttempt task, std::uint32_t shuffle, std::uint32_t from) {
        TaskFinished event = ended(task, 9, TaskStatus::fetch_failed);
        event.shuffle = ShuffleId{shuffle};
        event.from = ExecutorId{from};
        event.reason = fmt::format("e{} is gone", from);
        return decide([&](Step& step) {
            dag_.on(step, event, event.status, epochs_.at(task.stage), std::nullopt);
        });
    }
    // The output of this map, which is named here.
    Lines fetch_failure_of(TaskAttempt task,
                           std::uint32_t shuffle,
                           std::uint32_t map,
                           std::uint32_t from) {
        TaskFinished event = ended(task, 9, TaskStatus::fetch_failed);
        event.shuffle = ShuffleId{shuffle};
        event.from = ExecutorId{from};
        event.map = map;
        event.reason = fmt::format("e{} is gone", from);
        return decide([&](Step& step) {
            dag_.on(step, event, event.status, epochs_.at(task.stage), std::nullopt);
        });
    }
    // With what it wrote for each reducer.
    Lines wrote(TaskAttempt task, std::uint32_t exec, std::vector<std::int64_t> sizes) {
        TaskFinished event = ended(task, exec, TaskStatus::success);
        event.sizes = std::move(sizes);
        return decide([&](Step& step) {
            dag_.on(step, event, event.status, epochs_.at(task.stage), std::nullopt);
        });
    }
    // Ended otherwise; the task set goes on.
    Lines ended_as(TaskAttempt task, std::uint32_t exec, TaskStatus status) {
        return end(task, exec, status, {});
    }
    Lines resubmitted(TaskAttempt task, std::uint32_t exec) {
        return end(task, exec, TaskStatus::resubmitted, {});
    }
    // The task set is given up.
    Lines set_failed(TaskAttempt task, const std::string& reason) {
        return decide([&](Step& step) {
            dag_.on(step,
                    ended(task, 1, TaskStatus::failed),
                    TaskStatus::failed,
                    epochs_.at(task.stage),
                    reason);
        });
    }
    Lines executor_lost(std::uint32_t exec, LossReason reason = LossReason::killed) {
        return decide([&](Step& step) {
            dag_.on(step, ExecutorLost{AppId{0}, ExecutorId{exec}, reason, 137});
        });
    }
    Lines worker_removed(std::uint32_t node) {
        return decide([&](Step& step) { dag_.on_worker_removed(step, NodeId{node}); });
    }
    void executor_added(std::uint32_t exec) { dag_.on_executor_added(ExecutorId{exec}); }
    // Another one, on this node.
    void executor_on(std::uint32_t node, std::uint32_t exec) {
        executors_.add(ExecutorId{exec}, NodeId{node}, 1);
    }
    void decommission(std::uint32_t exec) { executors_.decommission(ExecutorId{exec}, now_); }
    void forget_executor(std::uint32_t exec) { executors_.remove(ExecutorId{exec}); }
    // Partition p of the plan's stage of this number is now in the executor's memory.
    void cached(std::uint32_t stage, std::uint32_t p, std::uint32_t exec) {
        (void)decide([&](Step& step) {
            dag_.on(step, BlockCached{AppId{0}, {RddId{stage}, p}, ExecutorId{exec}});
        });
    }
    // The attempt asks whether it may commit: "yes" or "no".
    std::string commit(TaskAttempt task) {
        const Lines lines = decide([&](Step& step) {
            dag_.on(step, CommitRequested{AppId{0}, task, ExecutorId{1}});
        });
        const std::string asked = fmt::format("commit {}: ", text_of(task));
        REQUIRE(only(lines, asked).size() == 1);
        return lines.front().substr(asked.size());
    }
    Lines moved(std::uint32_t shuffle, std::uint32_t p, std::uint32_t exec) {
        return decide([&](Step& step) {
            dag_.on(step, MapOutputMoved{AppId{0}, ShuffleId{shuffle}, p, ExecutorId{exec}});
        });
    }

    // The timers asked for until now that are due fire, as the host would let them.
    Lines timers() {
        Lines lines;
        while (!timers_.empty() && *timers_.begin() <= now_) {
            timers_.erase(timers_.begin());
            if (dag_.resubmit_due(now_)) {
                for (std::string& line :
                     decide([&](Step& step) { dag_.on_resubmit_timer(step); })) {
                    lines.push_back(std::move(line));
                }
            }
        }
        return lines;
    }
    [[nodiscard]] bool idle() const { return dag_.idle(); }
    [[nodiscard]] std::uint64_t epoch() const { return dag_.outputs().epoch(); }
    // The job that the last attempt of the stage was submitted for.
    [[nodiscard]] JobId submitted_for(std::uint32_t stage) const { return jobs_.at(stage); }
    // Where the tasks of the attempt would rather run, by index: "w1", or "e1 on w1".
    [[nodiscard]] Lines places(std::uint32_t stage, std::uint32_t attempt, std::uint32_t index) {
        return places_.at({StageId{stage}, attempt}).at(index);
    }
    [[nodiscard]] const MapOutputTracker& outputs() const { return dag_.outputs(); }

private:
    static TaskFinished ended(TaskAttempt task, std::uint32_t exec, TaskStatus status) {
        TaskFinished event;
        event.app = AppId{0};
        event.task = task;
        event.exec = ExecutorId{exec};
        event.status = status;
        return event;
    }
    Lines end(TaskAttempt task,
              std::uint32_t exec,
              TaskStatus status,
              std::optional<std::uint64_t> epoch) {
        return decide([&](Step& step) {
            dag_.on(step,
                    ended(task, exec, status),
                    status,
                    epoch ? *epoch : epochs_.at(task.stage),
                    std::nullopt);
        });
    }

    Lines decide(const std::function<void(Step&)>& what);

    static constexpr std::uint32_t executors = 20;

    Scenario scenario_;
    Program program_;
    ExecutorTable executors_;
    DagScheduler dag_;
    BoringChooser chooser_;
    Decisions decisions_;
    SimTime now_{};
    JobSubmitted submitted_;
    std::multiset<SimTime> timers_;
    std::map<StageAttempt, std::uint64_t> epochs_;
    std::map<std::uint32_t, JobId> jobs_;
    std::map<StageAttempt, std::vector<Lines>> places_;
};

// Task p of stage attempt s.a, try t.
constexpr TaskAttempt task(std::uint32_t s, std::uint32_t a, std::uint32_t p, std::uint32_t t = 0) {
    return {{StageId{s}, a}, p, t};
}

}  // namespace forkyard
