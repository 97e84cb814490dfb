// Dynamic allocation alone: the test plays the schedulers and the clock. What is decided at
// looks comes as lines: "at 1000 ms", "ask for 2", "let go of e3".
#pragma once

#include <cstdint>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "core/driver/executor_allocation.hpp"
#include "tests/builders/lines.hpp"

namespace forkyard {

// At least, at most and at first; time-outs as in Spark's own suite, idle 3 s.
inline AllocationConf allocation_conf(std::uint32_t min, std::uint32_t max, std::uint32_t initial) {
    AllocationConf conf;
    conf.enabled = true;
    conf.executors_min = min;
    conf.executors_max = max;
    conf.executors_initial = initial;
    conf.idle_timeout = std::chrono::seconds{3};
    return conf;
}

class AllocationWorld {
public:
    explicit AllocationWorld(AllocationConf conf, std::uint32_t slots = 1)
        : conf_{conf}, machine_{conf_, slots, conf.shuffle_tracking, SimTime{}} {}
    AllocationWorld(const AllocationWorld&) = delete;
    AllocationWorld& operator=(const AllocationWorld&) = delete;

    // On to that time, with every look on the way.
    Lines until(std::int64_t milliseconds) {
        Lines lines;
        const SimTime end{std::chrono::milliseconds{milliseconds}};
        for (auto next = machine_.next_look(now_); next && *next <= end;
             next = machine_.next_look(now_)) {
            now_ = *next;
            const ExecutorAllocation::Decision decision = machine_.look(now_);
            lines.push_back(fmt::format("at {} ms", micros(now_) / 1000));
            if (decision.total) {
                lines.push_back(fmt::format("ask for {}", *decision.total));
            }
            for (const ExecutorId exec : decision.idle) {
                lines.push_back(fmt::format("let go of e{}", exec.value));
            }
        }
        now_ = end;
        return lines;
    }

    void submit(std::uint32_t stage, std::uint32_t tasks, std::uint32_t attempt = 0) {
        SubmitStage action;
        action.stage = {StageId{stage}, attempt};
        action.tasks = tasks;
        machine_.on(action, now_);
    }
    void finish(std::uint32_t stage, std::uint32_t attempt = 0) {
        FinishStage action;
        action.stage = {StageId{stage}, attempt};
        machine_.on(action, now_);
    }
    // Tasks from .. until - 1 of a stage, all on one executor.
    void launch(std::uint32_t stage,
                std::uint32_t from,
                std::uint32_t until,
                std::uint32_t exec = 1,
                std::uint32_t number = 0,
                bool copy = false) {
        for (std::uint32_t p = from; p < until; ++p) {
            LaunchTask action;
            action.task = {{StageId{stage}, 0}, p, number};
            action.exec = ExecutorId{exec};
            action.spec = copy;
            machine_.on(action, now_);
        }
    }
    void end(std::uint32_t stage,
             std::uint32_t from,
             std::uint32_t until,
             TaskStatus status = TaskStatus::success,
             std::uint32_t exec = 1,
             std::uint32_t number = 0) {
        for (std::uint32_t p = from; p < until; ++p) {
            TaskFinished event;
            event.task = {{StageId{stage}, 0}, p, number};
            event.exec = ExecutorId{exec};
            event.status = status;
            machine_.on(event, now_);
        }
    }
    void speculate(std::uint32_t stage, std::uint32_t from, std::uint32_t until) {
        for (std::uint32_t p = from; p < until; ++p) {
            SpeculateTask action;
            action.task = {{StageId{stage}, 0}, p, 0};
            machine_.on(action, now_);
        }
    }
    // Executors from .. until - 1 register, or are lost.
    void add(std::uint32_t from, std::uint32_t until) {
        for (std::uint32_t e = from; e < until; ++e) {
            machine_.add_executor(ExecutorId{e}, now_);
        }
    }
    void lose(std::uint32_t exec) { machine_.remove_executor(ExecutorId{exec}, now_); }
    void cache(std::uint32_t exec) {
        BlockCached event;
        event.exec = ExecutorId{exec};
        machine_.on(event, now_);
    }
    // Stage n writes shuffle n.
    void start_job(std::uint32_t job, const std::vector<std::uint32_t>& stages) {
        std::vector<ExecutorMonitor::Writer> writers;
        for (const std::uint32_t stage : stages) {
            writers.push_back({StageId{stage}, ShuffleId{stage}});
        }
        machine_.start_job(JobId{job}, writers, now_);
    }
    void end_job(std::uint32_t job) { machine_.end_job(JobId{job}, now_); }
    void restart_manager() { machine_.reset(now_); }
    void unschedulable(std::uint32_t sets) { machine_.set_unschedulable(sets, now_); }

    [[nodiscard]] std::uint32_t target() const { return machine_.target(); }
    [[nodiscard]] std::uint32_t needed() const { return machine_.needed(); }

private:
    AllocationConf conf_;
    ExecutorAllocation machine_;
    SimTime now_{};
};

}  // namespace forkyard
