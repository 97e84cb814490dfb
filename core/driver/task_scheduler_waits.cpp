// What the task sets wait for whose tasks are not all launched: looked at when an event
// has been dealt with, said when it is not what was said before.
//
// Without free slots it depends on who stands before whom in the pools, and that changes
// only when a set begins or ceases to want slots; with free slots, on each set itself.
#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "core/driver/task_scheduler.hpp"
#include "core/event_text.hpp"

namespace forkyard {

void TaskScheduler::say_waits(Step& step, bool may_offer) {
    if (pools_.empty()) {
        return;
    }
    const Ground ground = executors_.alive_count() == 0
                              ? (starting_.empty() ? Ground::no_executor : Ground::starting)
                          : !may_offer                     ? Ground::starting
                          : !executors_.any_stays()        ? Ground::leaving
                          : executors_.with_room().empty() ? Ground::full
                                                           : Ground::room;
    if (ground == ground_ && ground != Ground::room && pools_.changes() == pool_changes_) {
        return;
    }
    ground_ = ground;
    pool_changes_ = pools_.changes();
    pools_.visit([&](ActiveSet& active) {
        const Wait wait = wait_of(active);
        if (active.said != wait) {
            active.said = wait;
            const StageAttempt stage = active.manager.set().stage;
            step.act(WaitStage{app_, stage, wait.why, detail_of(active, wait)});
        }
        return true;
    });
}

TaskScheduler::Wait TaskScheduler::wait_of(const ActiveSet& active) const {
    const TaskSetManager& set = active.manager;
    using enum WaitReason;
    switch (ground_) {
        case Ground::no_executor:
            return {no_executor};
        case Ground::starting:
            return {executor_starting};
        case Ground::leaving:
            return {decommissioning};
        case Ground::full:
            if (const auto rival = pools_.rival_of(active)) {
                return {rival->fair ? pool_share : behind_in_fifo};
            }
            return {slots_full};
        case Ground::room:
            break;
    }
    if (set.set().barrier && free_slots() < set.size()) {
        return {barrier_short};
    }
    const bool excluded_somewhere =
        (health_ && health_->any_out()) ||
        (set.exclusion() != nullptr && !set.exclusion()->failures().empty());
    // A copy may not run beside what it copies.
    if (set.level() == Locality::any && (excluded_somewhere || set.waiting() == 0)) {
        return {excluded};
    }
    return {locality_wait, set.level()};
}

std::string TaskScheduler::detail_of(const ActiveSet& active, const Wait& wait) const {
    const TaskSetManager& set = active.manager;
    switch (wait.why) {
        case WaitReason::locality_wait:
            return std::string{to_text(wait.level)};
        case WaitReason::barrier_short:
            return fmt::format("{} of {} slots", free_slots(), set.size());
        case WaitReason::behind_in_fifo:
            return fmt::format("j{}", pools_.rival_of(active)->first->manager.set().priority.value);
        case WaitReason::pool_share:
            return pools_.rival_of(active)->pool;
        default:
            return {};
    }
}

// Whether the set has come to an end of waiting, with nothing more to launch.
void TaskScheduler::forget_wait(ActiveSet& active) {
    if (!active.manager.wants_slots()) {
        active.said.reset();
    }
}

std::uint32_t TaskScheduler::free_slots() const {
    std::uint32_t slots = 0;
    for (const ExecutorId exec : executors_.with_room()) {
        slots += usable(exec) ? executors_.free_slots(exec) : 0;
    }
    return slots;
}

}  // namespace forkyard
