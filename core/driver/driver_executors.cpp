// A driver's dealings with its executors' number: dynamic allocation, and what the program
// itself asks for.
#include <algorithm>
#include <variant>
#include <vector>

#include <fmt/format.h>

#include "core/driver/driver.hpp"

namespace forkyard {

// ---- dynamic allocation

void Driver::start_allocation(SimTime now) {
    const AppConf& conf = app_.conf;
    if (!conf.allocation.enabled) {
        return;
    }
    // A cluster that gives whole workers is asked for executors of unknown size: Spark then
    // counts one task for each.
    const std::uint32_t by_cores = conf.executor_cores ? *conf.executor_cores / conf.task_cpus : 1;
    const std::uint32_t slots = std::min(by_cores, tasks_by_resources(conf.resources));
    allocation_.emplace(conf.allocation,
                        std::max(slots, 1U),
                        conf.allocation.shuffle_tracking && !conf.shuffle_service,
                        now);
}

// What has happened, and what was decided on it, as a listener would hear of it.
void Driver::tell_allocation(Step& step, const Event& event, std::size_t decided_before) {
    const SimTime now = step.now;
    std::visit([&](const auto& e) { hear(e, now); }, event);
    for (std::size_t i = decided_before; i < step.out.actions.size(); ++i) {
        std::visit([&](const auto& action) { hear(action, now); }, step.out.actions[i]);
    }
    allocation_->set_unschedulable(tasks_.sets_that_want_other_executors(), now);
    arm_allocation(step);
}

void Driver::hear(const ExecutorRegistered& event, SimTime now) {
    allocation_->add_executor(event.exec, now);
}

void Driver::hear(const ExecutorLost& event, SimTime now) {
    allocation_->remove_executor(event.exec, now);
}

void Driver::hear(const ExecutorDecommissioning& event, SimTime now) {
    allocation_->decommission_executor(event.exec, now);
}

void Driver::hear(const DecommissionExecutor& action, SimTime now) {
    allocation_->decommission_executor(action.exec, now);
}

void Driver::hear(const JobSubmitted& event, SimTime now) {
    start_job(event.job, event.stages, now);
}

void Driver::hear(const NumberStages& action, SimTime now) {
    start_job(action.job, action.stages, now);
}

void Driver::start_job(JobId job, const std::vector<StageId>& stages, SimTime now) {
    std::vector<ExecutorMonitor::Writer> writers;
    for (const StageId stage : stages) {
        const ShuffleId shuffle = dag_->written_by(stage);
        if (shuffle.valid()) {
            writers.push_back({stage, shuffle});
        }
    }
    allocation_->start_job(job, writers, now);
}

void Driver::hear(const FinishJob& action, SimTime now) {
    allocation_->end_job(action.job, now);
}

void Driver::hear(const FinishStage& action, SimTime now) {
    local_.end(action.stage);
    allocation_->on(action, now);
}

void Driver::arm_allocation(Step& step) {
    looks_.erase(looks_.begin(), looks_.lower_bound(step.now));
    const auto look = allocation_->next_look(step.now);
    if (look && looks_.insert(*look).second) {
        step.out.timers.push_back({*look, TimerFired{TimerKind::allocation, id_, {}}});
    }
}

void Driver::allocate(Step& step) {
    const ExecutorAllocation::Decision decision = allocation_->look(step.now);
    if (decision.total) {
        requests_.set(step, *decision.total, hints());
    }
    for (const ExecutorId exec : decision.idle) {
        let_go(step, exec, LossReason::idle);
    }
}

// What was asked for is forgotten on both sides (CM-YARN-19, ALLOC-21).
void Driver::on(Step& step, const ManagerRegistered& /*event*/) {
    if (allocation_) {
        allocation_->reset(step.now);
    }
    requests_.begin(
        step, allocation_ ? std::optional{allocation_->target()} : app_.conf.executors_static);
}

// As StandaloneSchedulerBackend.dead and TaskSchedulerImpl.error say it (CM-STA-27).
void Driver::on(Step& step, const ManagerUnreachable& /*event*/) {
    remove(step,
           "Exiting due to error from cluster scheduler: All masters are unresponsive! Giving up.");
}

// ---- what the program asks

void Driver::on(Step& step, const ExecutorsCalled& event) {
    // As in SparkContext, of a backend that cannot ask for executors.
    if (app_.conf.runs_in_driver || borrows()) {
        const bool kills = event.call == ExecutorCall::kill;
        step.act(Warn{id_,
                      fmt::format("{} executors is not supported by current scheduler.",
                                  kills ? "Killing" : "Requesting")});
        if (event.call == ExecutorCall::list) {
            step.act(ListExecutors{id_, {}});
        }
        return;
    }
    switch (event.call) {
        case ExecutorCall::request:
            requests_.add(step, event.count, hints());
            break;
        case ExecutorCall::request_total:
            requests_.set(step, event.count, hints());
            break;
        case ExecutorCall::kill:
            kill_executors(step, event.execs);
            break;
        case ExecutorCall::list: {
            ListExecutors answer{id_, {}};
            for (std::uint32_t n = 0; n < tasks_.executors().all().size(); ++n) {
                if (tasks_.executors().alive(ExecutorId{n})) {
                    answer.execs.emplace_back(n);
                }
            }
            step.act(std::move(answer));
            break;
        }
    }
}

// Those that are unknown, or told to go already, are passed over (ALLOC-23).
void Driver::kill_executors(Step& step, const std::vector<ExecutorId>& execs) {
    if (allocation_) {
        step.act(Warn{id_, "killExecutors() unsupported with Dynamic Allocation turned on"});
        return;
    }
    std::vector<ExecutorId> known;
    for (const ExecutorId exec : execs) {
        const bool twice = std::find(known.begin(), known.end(), exec) != known.end();
        if (tasks_.executors().alive(exec) && !tasks_.executors().at(exec).to_go && !twice) {
            known.push_back(exec);
        }
    }
    if (known.empty()) {
        return;
    }
    requests_.lower(step, static_cast<std::uint32_t>(known.size()), hints());
    for (const ExecutorId exec : known) {
        let_go(step, exec, LossReason::requested);
    }
}

void Driver::let_go(Step& step, ExecutorId exec, LossReason why) {
    if (app_.conf.decommission.enabled && why == LossReason::idle) {  // DECOM-10
        step.act(DecommissionExecutor{id_, exec, AskedBy::driver, why, {}});
        return;
    }
    step.act(KillExecutor{id_, exec, why, AskedBy::driver});
    tasks_.retire_executor(exec, why);
}

// ---- executors that leave

void Driver::on(Step& step, const ExecutorDecommissioning& event) {
    begin_leave(step, event.exec, event.host);
}

void Driver::begin_leave(Step& step, ExecutorId exec, NodeId host) {
    const auto& timeout = app_.conf.decommission.force_kill_timeout;
    if (tasks_.decommission_executor(exec, step.now, host.valid()) && timeout) {
        step.out.timers.push_back(
            {step.now + *timeout, TimerFired{TimerKind::leave_timeout, id_, {}}});
    }
}

// What it has decided itself holds at once.
void Driver::begin_decided_leaves(Step& step, std::size_t decided_before) {
    const bool leaves = app_.conf.decommission.enabled || app_.conf.exclusion.kill_by_decommission;
    for (std::size_t i = decided_before; leaves && i < step.out.actions.size(); ++i) {
        const auto* action = std::get_if<DecommissionExecutor>(&step.out.actions[i]);
        if (action != nullptr) {
            leaves_.emplace(action->exec, action->reason);
            begin_leave(step, action->exec, {});
        }
    }
}

// Without blame, and without asking for fewer (DECOM-07).
void Driver::end_overdue_leaves(Step& step) {
    for (std::uint32_t n = 0; n < tasks_.executors().all().size(); ++n) {
        const ExecutorId exec{n};
        if (is_overdue(step.now, exec)) {
            const LossReason why = reason_of_leave(exec);
            step.act(KillExecutor{id_, exec, why, AskedBy::driver});
            tasks_.retire_executor(exec, why);
        }
    }
}

LossReason Driver::reason_of_leave(ExecutorId exec) const {
    const auto decided = leaves_.find(exec);
    return decided == leaves_.end() ? LossReason::decommissioned : decided->second;
}

bool Driver::is_overdue(SimTime now, ExecutorId exec) const {
    const ExecutorTable& executors = tasks_.executors();
    const auto& timeout = app_.conf.decommission.force_kill_timeout;
    return executors.alive(exec) && executors.at(exec).decommissioning &&
           !executors.at(exec).to_go && timeout &&
           now - executors.at(exec).decommissioned_at >= *timeout;
}

bool Driver::any_overdue(SimTime now) const {
    for (std::uint32_t n = 0; n < tasks_.executors().all().size(); ++n) {
        if (is_overdue(now, ExecutorId{n})) {
            return true;
        }
    }
    return false;
}

}  // namespace forkyard
