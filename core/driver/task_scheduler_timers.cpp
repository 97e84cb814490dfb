// When the next offer of all executors, or the next look for slow tasks, will lead to
// something: Spark makes them every so often.
#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "core/driver/task_scheduler.hpp"

namespace forkyard {

// Had it launched anything it would be an event; what remains of an offer is that Spark's
// task sets looked at the time, and at what they still have.
void TaskScheduler::look(SimTime tick) {
    pools_.visit([&](ActiveSet& active) {
        TaskSetManager& set = active.manager;
        for (const ExecutorId exec : executors_.with_room()) {
            if (usable(exec) && !set.out_for_stage(exec)) {
                (void)set.allowed(tick);
                break;
            }
        }
        return true;
    });
}

void TaskScheduler::catch_up(SimTime now) {
    just_done_ = StageId{};
    while (!revives_.empty() && *revives_.begin() < now) {
        caught_up_ = *revives_.begin();
        revives_.erase(revives_.begin());
        look(caught_up_);
    }
    // Without a change of level all looks since then are as good as the last one.
    if (now - caught_up_ > conf_.revive_interval) {
        caught_up_ = multiple_before(now, conf_.revive_interval);
        look(caught_up_);
    }
    while (!looks_.empty() && *looks_.begin() < now) {
        looks_.erase(looks_.begin());
    }
}

void TaskScheduler::arm_timers(Step& step) {
    const bool levels_changed = std::exchange(levels_changed_, false);
    if (!pools_.empty() && !executors_.with_room().empty()) {
        arm_revives(step);
        // With other levels an executor that was left unused may be of use.
        if (levels_changed && would_launch(step.now)) {
            arm(step, revives_, next_revive(step.now), TimerKind::revive_offers);
        }
    }
    if (excluding()) {
        const SimTime now = step.now;
        for (const auto& [number, active] : sets_) {
            if (to_be_judged(active, now)) {
                arm(step, revives_, next_revive(now), TimerKind::revive_offers);
            }
        }
    }
    if (!conf_.speculation.enabled) {
        return;
    }
    const SimTime from = looked_at_ == step.now ? step.now + SimDuration{1} : step.now;
    for (const auto& [number, active] : sets_) {
        if (const auto look = active.manager.next_speculation(from)) {
            arm(step, looks_, *look, TimerKind::speculation);
        }
    }
}

// The first of Spark's periodic offers at or after this instant, but for one already made.
SimTime TaskScheduler::next_revive(SimTime from) const {
    return multiple_from(revived_at_ == from ? from + SimDuration{1} : from, conf_.revive_interval);
}

void TaskScheduler::arm_revives(Step& step) {
    const SimTime from = next_revive(step.now);
    pools_.visit([&](const ActiveSet& active) {
        for (const SimTime when : active.manager.level_changes(from, conf_.revive_interval)) {
            arm(step, revives_, when, TimerKind::revive_offers);
        }
        return true;
    });
    if (const auto expiry = health_ ? health_->next_expiry() : std::nullopt) {
        const SimTime after = std::max(from, *expiry + SimDuration{1});
        arm(step, revives_, next_revive(after), TimerKind::revive_offers);
    }
}

void TaskScheduler::arm(Step& step, std::set<SimTime>& armed, SimTime when, TimerKind what) const {
    if (armed.insert(when).second) {
        step.out.timers.push_back({when, TimerFired{what, app_, {}}});
    }
}

bool TaskScheduler::due(SimTime now, TimerKind timer) const {
    const auto any_set = [&](const auto& holds) {
        return std::any_of(
            sets_.begin(), sets_.end(), [&](const auto& set) { return holds(set.second); });
    };
    switch (timer) {
        case TimerKind::revive_offers:
            return would_launch(now) ||
                   any_set([&](const ActiveSet& e) { return to_be_judged(e, now); });
        case TimerKind::speculation:
            return any_set(
                [&](const ActiveSet& e) { return e.manager.next_speculation(now) == now; });
        case TimerKind::unschedulable:
            return any_set([&](const ActiveSet& e) {
                return e.unschedulable_until && *e.unschedulable_until <= now;
            });
        default:
            return false;
    }
}

bool TaskScheduler::would_launch(SimTime now) const {
    bool found = false;
    pools_.visit([&](const ActiveSet& active) {
        const TaskSetManager& set = active.manager;
        std::uint32_t slots = 0;
        for (const ExecutorId exec : executors_.with_room()) {
            const bool out = health_ && health_->out_at(now, exec, executors_.at(exec).node);
            if (!out && set.could_use(now, exec)) {
                slots += executors_.free_slots(exec);
            }
        }
        found = slots >= (set.set().barrier ? set.size() : 1);
        return !found;
    });
    return found;
}

void TaskScheduler::revive(Step& step) {
    revived_at_ = step.now;
    offer_all(step);
}

void TaskScheduler::speculate(Step& step) {
    looked_at_ = step.now;
    bool any = false;
    for (auto& [number, active] : sets_) {
        if (active.manager.speculation_breaks()) {
            const StageAttempt stage = active.manager.set().stage;
            aborts_.push_back({stage, fmt::format("the MedianHeap of {} is empty", label_)});
        } else if (active.manager.speculate(step)) {
            pools_.update(active);
            any = true;
        }
    }
    if (any) {
        offer_all(step);
    }
}

}  // namespace forkyard
