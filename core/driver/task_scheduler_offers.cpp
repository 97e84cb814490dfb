// The rounds of offers, and sets that may run nowhere.
#include <algorithm>
#include <iterator>
#include <utility>

#include <fmt/format.h>

#include "core/driver/task_scheduler.hpp"

namespace forkyard {

void TaskScheduler::offer_all(Step& step) {
    // Without room there is still to be seen which sets may run nowhere at all.
    if (pools_.empty() || (executors_.with_room().empty() && !excluding())) {
        return;
    }
    if (health_) {
        health_->expire(step);
    }
    Round round;
    round.execs = &executors_.with_room();
    if (health_ && health_->any_out()) {  // what is excluded is not shuffled either (SCH-TSI-01)
        offered_.clear();
        std::copy_if(round.execs->begin(),
                     round.execs->end(),
                     std::back_inserter(offered_),
                     [this](ExecutorId exec) { return usable(exec); });
        round.execs = &offered_;
    }
    round.size = round.open = static_cast<std::uint32_t>(round.execs->size());
    std::uint64_t pick = 0;
    if (round.size > 1 && conf_.offers == OfferOrder::shuffled) {
        const StageAttempt stage = pools_.first().manager.set().stage;
        pick = step.choose("offer.order",
                           fmt::format("{}/s{}.{}", label_, stage.stage.value, stage.attempt),
                           permutations(round.size));
    }
    round.order.emplace(round.size, pick);
    run(step, round);
    levels_changed_ = false;
}

void TaskScheduler::offer(Step& step, ExecutorId exec) {
    if (pools_.empty() || !executors_.has_room(exec)) {
        return;
    }
    if (health_) {
        health_->expire(step);
    }
    Round round;
    round.only = exec;
    round.open = 1;
    run(step, round);
}

void TaskScheduler::run(Step& step, Round& round) {
    if (std::exchange(new_executor_, false)) {
        recompute_levels();
    }
    executors_.hold();
    pools_.visit([&](ActiveSet& active) {
        // Without room only sets that may run nowhere at all need a look.
        if (round.open == 0 && !excluding()) {
            return false;
        }
        serve(step, round, active);
        return true;
    });
    executors_.release();
    for (ActiveSet* active : touched_) {
        pools_.update(*active);
        forget_wait(*active);
    }
    touched_.clear();
}

void TaskScheduler::serve(Step& step, Round& round, ActiveSet& active) {
    TaskSetManager& set = active.manager;
    if (round.open > 0 && set.set().task_bytes >= conf_.rpc_message_max.count) {  // SCH-BE-04
        give_up_unsent(set);
        return;
    }
    if (set.set().barrier) {  // all of them now, or none (SCH-BAR-01)
        std::uint32_t slots = 0;
        for (std::uint32_t i = 0; i < round.size; ++i) {
            slots += usable(round.at(i)) ? executors_.free_slots(round.at(i)) : 0;
        }
        if (slots < set.size()) {
            return;
        }
    }
    Sweeps sweeps;
    for (const Locality level : set.levels()) {
        while (round.open > 0 && sweep(step, round, active, level, sweeps)) {
        }
    }
    if (!conf_.locality.legacy_reset) {
        if (sweeps.rejected) {
            active.clean = false;
        } else if (sweeps.launched && (round.execs != nullptr || active.clean)) {  // SCH-TSI-07
            set.reset_wait(step.now, sweeps.best);
            active.clean = true;
        }
    }
    if (sweeps.launched) {
        forgive_unschedulable();
        touched_.push_back(&active);
    } else if (excluding()) {
        judge_unschedulable(step, active);
    }
    if (!sweeps.barrier.empty()) {
        finish_barrier(step, round, active, sweeps);
    }
}

// One task for each offer that has room. False: nothing was launched.
bool TaskScheduler::sweep(
    Step& step, Round& round, ActiveSet& active, Locality level, Sweeps& out) {
    TaskSetManager& set = active.manager;
    bool launched = false;
    for (std::uint32_t i = 0; i < round.size && round.open > 0; ++i) {
        const ExecutorId exec = round.at(i);
        if (!usable(exec)) {
            continue;
        }
        const TaskSetManager::Answer answer = set.offer(step.now, exec, level);
        out.rejected = out.rejected || answer.reject;
        if (!answer.pick) {
            if (!set.wants_slots()) {
                break;
            }
            continue;
        }
        // The launches of a barrier set follow when all have their places.
        if (step.witness != nullptr &&
            step.witness->wants(step.out.actions.size() + out.barrier.size())) {
            step.witness->tell(story_of(round, i, set, *answer.pick));
        }
        executors_.take(exec);
        round.open -= executors_.has_room(exec) ? 0 : 1;
        out.best = std::min(out.best, answer.pick->loc);
        launched = true;
        if (set.set().barrier) {
            out.barrier.emplace_back(exec, *answer.pick);
        } else {
            launch(step, active, exec, *answer.pick);
        }
    }
    out.launched = out.launched || launched;
    return launched;
}

void TaskScheduler::finish_barrier(Step& step, Round& round, ActiveSet& active, const Sweeps& out) {
    TaskSetManager& set = active.manager;
    if (out.barrier.size() == set.size()) {
        for (const auto& [exec, pick] : out.barrier) {
            launch(step, active, exec, pick);
        }
        return;
    }
    if (conf_.bug == Bug::spark_31485) {
        return;  // the error was swallowed, and nobody gave the cores back
    }
    for (const auto& [exec, pick] : out.barrier) {  // SCH-BAR-03
        round.open += executors_.has_room(exec) ? 0 : 1;
        executors_.give_back(exec);
        set.put_back(pick);
    }
    if (conf_.locality.legacy_reset) {
        aborts_.push_back({set.set().stage,
                           fmt::format("only {} of {} barrier tasks got resource offers",
                                       out.barrier.size(),
                                       set.size())});
    }
}

bool TaskScheduler::usable(ExecutorId exec) const {
    return executors_.has_room(exec) && (!health_ || !health_->out(exec, executors_.at(exec).node));
}

// One task that no message can hold is as bad as all of them.
void TaskScheduler::give_up_unsent(const TaskSetManager& set) {
    const StageAttempt stage = set.set().stage;
    aborts_.push_back(
        {stage,
         fmt::format("Serialized task s{}.{}:{} was {} bytes, which exceeds max allowed: "
                     "spark.rpc.message.maxSize ({} bytes). Consider increasing "
                     "spark.rpc.message.maxSize or using broadcast variables for large values.",
                     stage.stage.value,
                     stage.attempt,
                     set.last_waiting().value_or(0),
                     set.set().task_bytes,
                     conf_.rpc_message_max.count)});
}

// ---- sets that may run nowhere

// The first executor that is idle is given up in the hope of a better one (SCH-HLT-12). Where
// none is idle, dynamic allocation may bring others; or the set is given up.
void TaskScheduler::judge_unschedulable(Step& step, ActiveSet& active) {
    const std::optional<std::uint32_t> index = runs_nowhere(active.manager, step.now);
    if (!index || conf_.bug == Bug::spark_15865) {
        return;
    }
    const std::optional<ExecutorId> idle =
        conf_.bug == Bug::spark_22148 ? std::nullopt : idle_executor();
    if (!idle && !asks_for_others()) {
        aborts_.push_back({active.manager.set().stage, cannot_run(active.manager, *index)});
        return;
    }
    if (active.unschedulable_until) {
        return;
    }
    if (!idle) {
        active.wants_other_executors = true;
    } else if (health_) {
        health_->kill(step, *idle, executors_);
    } else if (!executors_.at(*idle).to_go) {
        step.act(KillExecutor{app_, *idle, LossReason::excluded, AskedBy::driver});
        executors_.retire(*idle, LossReason::excluded);
    }
    active.unschedulable_until = step.now + conf_.exclusion.unschedulable_timeout;
    active.unschedulable_index = *index;
    any_unschedulable_ = true;
    step.out.timers.push_back(
        {*active.unschedulable_until, TimerFired{TimerKind::unschedulable, app_, {}}});
}

// A launch of any set shows that there is still something to be had.
void TaskScheduler::forgive_unschedulable() {
    if (std::exchange(any_unschedulable_, false)) {
        for (auto& [number, active] : sets_) {
            active.unschedulable_until.reset();
            active.wants_other_executors = false;
        }
    }
}

std::optional<ExecutorId> TaskScheduler::idle_executor() const {
    const auto& all = executors_.all();
    const auto idle = std::find_if(all.begin(), all.end(), [](const auto& executor) {
        return executor.alive && executor.running == 0;
    });
    return idle == all.end()
               ? std::nullopt
               : std::optional{ExecutorId{static_cast<std::uint32_t>(idle - all.begin())}};
}

// Whether an offer round of now would lead to something for a set that may run nowhere.
bool TaskScheduler::to_be_judged(const ActiveSet& active, SimTime now) const {
    const TaskSetManager& set = active.manager;
    return excluding() && conf_.bug != Bug::spark_15865 && set.wants_slots() &&
           runs_nowhere(set, now) &&
           (!active.unschedulable_until || (!idle_executor() && !asks_for_others()));
}

// With dynamic allocation more executors may come (SPARK-31418).
bool TaskScheduler::asks_for_others() const {
    return conf_.allocation.enabled && conf_.compat != Compat::spark_3_0;
}

std::uint32_t TaskScheduler::sets_that_want_other_executors() const {
    std::uint32_t count = 0;
    if (any_unschedulable_) {
        for (const auto& [number, active] : sets_) {
            count += active.wants_other_executors ? 1 : 0;
        }
    }
    return count;
}

// The last waiting task of the set, if it is excluded wherever there is an executor.
std::optional<std::uint32_t> TaskScheduler::runs_nowhere(const TaskSetManager& set,
                                                         SimTime now) const {
    const TaskSetExclusion& exclusion = *set.exclusion();
    const auto index = exclusion.failures().empty() && !health_ ? std::nullopt : set.last_waiting();
    if (!index) {
        return std::nullopt;
    }
    bool any = false;
    for (std::uint32_t n = 0; n < executors_.all().size(); ++n) {
        const ExecutorId exec{n};
        if (!executors_.alive(exec)) {
            continue;
        }
        any = true;
        const NodeId node = executors_.at(exec).node;
        if (!(health_ && health_->out_at(now, exec, node)) &&
            !exclusion.out_for_stage(exec, node) && !exclusion.out_for_task(*index, exec, node)) {
            return std::nullopt;
        }
    }
    return any ? index : std::nullopt;  // without executors nothing is known yet
}

std::string TaskScheduler::cannot_run(const TaskSetManager& set, std::uint32_t index) const {
    return fmt::format(
        "Aborting s{}.{} because task {} (partition {}) cannot run anywhere due to "
        "node and executor excludeOnFailure. Most recent failure: {}",
        set.set().stage.stage.value,
        set.set().stage.attempt,
        index,
        set.partition_at(index),
        set.exclusion()->latest_reason());
}

void TaskScheduler::expire_unschedulable(SimTime now) {
    for (const auto& [number, active] : sets_) {
        if (active.unschedulable_until && *active.unschedulable_until <= now) {
            aborts_.push_back({active.manager.set().stage,
                               cannot_run(active.manager, active.unschedulable_index)});
        }
    }
}

void TaskScheduler::give_up_all(const std::string& reason) {
    for (const auto& [number, active] : sets_) {
        aborts_.push_back({active.manager.set().stage, reason});
    }
}

std::vector<TaskScheduler::Abort> TaskScheduler::take_aborts() {
    return std::exchange(aborts_, {});
}

}  // namespace forkyard
