#include "core/driver/executor_allocation.hpp"

#include <algorithm>

#include "core/digest.hpp"

namespace forkyard {

ExecutorAllocation::ExecutorAllocation(const AllocationConf& conf,
                                       std::uint32_t slots,
                                       bool tracks_shuffles,
                                       SimTime start)
    : conf_{conf},
      slots_{slots},
      start_{start},
      monitor_{conf, tracks_shuffles},
      target_{conf.executors_initial},
      caught_up_{start} {}

// ---- what happens

void ExecutorAllocation::on(const SubmitStage& action, SimTime now) {
    catch_up(now);
    initialising_ = false;
    demand_.on(action);
    backlogged(now);
}

void ExecutorAllocation::on(const FinishStage& action, SimTime now) {
    catch_up(now);
    demand_.on(action);
    if (!demand_.any_stage()) {
        drained();
    }
}

void ExecutorAllocation::on(const LaunchTask& action, SimTime now) {
    catch_up(now);
    demand_.on(action);
    monitor_.start_task(action.exec);
    if (!demand_.any_pending()) {
        drained();
    }
}

void ExecutorAllocation::on(const SpeculateTask& action, SimTime now) {
    catch_up(now);
    demand_.on(action);
    backlogged(now);
}

void ExecutorAllocation::on(const TaskFinished& event, SimTime now) {
    catch_up(now);
    if (event.status != TaskStatus::resubmitted) {
        monitor_.end_task(
            event.exec, event.task.stage.stage, event.status == TaskStatus::success, now);
    }
    const bool any_pending = demand_.any_pending();
    if (demand_.on(event) && !any_pending) {  // SPARK-8366
        backlogged(now);
    }
}

void ExecutorAllocation::on(const BlockCached& event, SimTime now) {
    catch_up(now);
    monitor_.cache_block(event.exec, event.block);
}

void ExecutorAllocation::on(const BlockDropped& event, SimTime now) {
    catch_up(now);
    monitor_.drop_block(event.exec, event.block);
}

void ExecutorAllocation::on(const MapOutputMoved& event, SimTime now) {
    catch_up(now);
    monitor_.keep_shuffle(event.exec, event.shuffle);
}

void ExecutorAllocation::add_executor(ExecutorId exec, SimTime now) {
    catch_up(now);
    monitor_.add(exec, now);
}

void ExecutorAllocation::remove_executor(ExecutorId exec, SimTime now) {
    catch_up(now);
    monitor_.remove(exec);
}

void ExecutorAllocation::decommission_executor(ExecutorId exec, SimTime now) {
    catch_up(now);
    monitor_.retire(exec);
}

void ExecutorAllocation::start_job(JobId job,
                                   const std::vector<ExecutorMonitor::Writer>& writers,
                                   SimTime now) {
    catch_up(now);
    monitor_.start_job(job, writers);
}

void ExecutorAllocation::end_job(JobId job, SimTime now) {
    catch_up(now);
    monitor_.end_job(job);
}

void ExecutorAllocation::reset(SimTime now) {
    catch_up(now);
    monitor_.forget_executors();
    target_ = conf_.executors_initial;
    drained();
    add_at_ = now;  // as addTime = 0 in Spark: the next look raises it, if tasks wait
}

void ExecutorAllocation::set_unschedulable(std::uint32_t sets, SimTime now) {
    if (sets == unschedulable_) {
        return;
    }
    catch_up(now);
    if (sets > unschedulable_) {
        backlogged(now);
    }
    unschedulable_ = sets;
}

// A timer that runs is not set anew (ALLOC-06).
void ExecutorAllocation::backlogged(SimTime now) {
    if (!add_at_) {
        add_at_ = now + conf_.backlog_timeout;
    }
}

void ExecutorAllocation::drained() {
    add_at_.reset();
    step_ = 1;
}

// ---- looks

// The first look at or after that time.
SimTime ExecutorAllocation::look_from(SimTime time) const {
    const SimDuration since = std::max(SimDuration{0}, time - start_);
    return start_ + (since + interval - SimDuration{1}) / interval * interval;
}

// Looks that decided nothing all the same had an effect, if they found that no more is
// needed: the next addition begins with one again.
void ExecutorAllocation::catch_up(SimTime now) {
    const SimTime from = look_from(caught_up_);
    if (now <= from) {
        return;
    }
    if (initialising_) {
        const auto timeout = monitor_.next_timeout();
        initialising_ = !timeout || look_from(std::max(from, *timeout)) >= now;
    }
    if (!initialising_) {
        const bool adds = add_at_ && look_from(std::max(from, *add_at_)) < now;
        if (needed() < target_ || (adds && raised() == target_)) {
            step_ = 1;
        }
    }
    caught_up_ = now;
}

std::uint32_t ExecutorAllocation::needed() const {
    const auto executors_for = [this](std::uint64_t tasks) {
        const auto scaled = static_cast<std::uint64_t>(conf_.ratio.count) * tasks;
        const std::uint64_t unit = static_cast<std::uint64_t>(one.count) * slots_;
        return static_cast<std::uint32_t>((scaled + unit - 1) / unit);
    };
    const std::uint32_t copies = demand_.pending_copies();
    std::uint32_t need =
        executors_for(std::uint64_t{demand_.pending()} + copies + demand_.running());
    if (slots_ > 1 && need == 1 && copies > 0) {  // a copy may not run beside its original
        ++need;
    }
    if (unschedulable_ > 0) {
        need = std::max(need, monitor_.count() + executors_for(unschedulable_));
    }
    return need;
}

std::uint32_t ExecutorAllocation::lowered() const {
    return std::min(target_, std::max(needed(), conf_.executors_min));
}

std::uint32_t ExecutorAllocation::raised() const {
    if (target_ >= conf_.executors_max) {
        return target_;
    }
    // No use in a ramp up to what is there already (ALLOC-10).
    const std::uint64_t base = std::max(target_, monitor_.count());
    const std::uint64_t wanted = std::min<std::uint64_t>(base + step_, needed());
    return static_cast<std::uint32_t>(std::max<std::uint64_t>(
        std::min<std::uint64_t>(wanted, conf_.executors_max), conf_.executors_min));
}

// Whether one more may go (ALLOC-12).
bool ExecutorAllocation::lets_go(std::uint32_t target) const {
    return monitor_.staying() > std::max(conf_.executors_min, target);
}

std::optional<SimTime> ExecutorAllocation::next_look(SimTime now) const {
    SimTime first = look_from(now);
    if (looked_ && first <= *looked_) {
        first = *looked_ + interval;
    }
    std::optional<SimTime> next;
    const auto at = [&](SimTime when) { next = next ? std::min(*next, when) : when; };
    const auto timeout = monitor_.next_timeout();
    const SimTime idle = timeout ? look_from(std::max(first, *timeout)) : time_never;
    const SimTime free = initialising_ ? idle : first;  // to change the target
    if (needed() < target_) {
        if (lowered() < target_) {
            at(free);
        }
    } else if (add_at_ && free != time_never && raised() != target_) {
        at(look_from(std::max(free, *add_at_)));
    }
    if (timeout && lets_go(lowered())) {
        at(idle);
    }
    return next == time_never ? std::nullopt : next;
}

ExecutorAllocation::Decision ExecutorAllocation::look(SimTime now) {
    catch_up(now);
    const std::vector<ExecutorId> idle = monitor_.timed_out(now);
    initialising_ = initialising_ && idle.empty();
    Decision decision;
    decision.total = new_target(now);
    for (const ExecutorId exec : idle) {
        if (!lets_go(target_)) {
            break;
        }
        monitor_.retire(exec);
        decision.idle.push_back(exec);
    }
    looked_ = now;
    return decision;
}

std::optional<std::uint32_t> ExecutorAllocation::new_target(SimTime now) {
    if (initialising_) {
        return std::nullopt;
    }
    const std::uint32_t before = target_;
    if (needed() < target_) {
        target_ = lowered();
        step_ = 1;
    } else if (add_at_ && *add_at_ <= now) {
        target_ = raised();
        const std::uint32_t added = target_ - before;
        step_ = added > 0 && added == step_ ? 2 * step_ : 1;
        if (added > 0) {
            add_at_ = now + conf_.sustained_timeout;
        }
    }
    return target_ == before ? std::nullopt : std::optional{target_};
}

std::uint64_t ExecutorAllocation::digest() const {
    return digest_of(target_,
                     step_,
                     add_at_ ? micros(*add_at_) : -1,
                     initialising_ ? 1 : 0,
                     demand_.pending(),
                     demand_.running(),
                     monitor_.digest());
}

}  // namespace forkyard
