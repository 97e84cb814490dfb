#include "core/driver/barrier_coordinator.hpp"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "core/event_text.hpp"

namespace forkyard {

void BarrierCoordinator::on(Step& step, const BarrierRequested& event) {
    const StageAttempt stage = event.task.stage;
    Barrier& barrier = barriers_[stage];
    if (barrier.op.value_or(event.op) != event.op) {
        fail_all(step,
                 barrier,
                 fmt::format("Different requestMethods for barrier sync: [{}, {}]",
                             to_text(*barrier.op),
                             to_text(event.op)));
        barrier.epoch.reset();
    }
    barrier.op = event.op;
    if (barrier.epoch != event.epoch) {
        AnswerBarrier refused;
        refused.app = app_;
        refused.task = event.task;
        refused.reason = fmt::format(
            "The request to sync of {} with barrier epoch {} has already finished. Maybe task "
            "p{}#{} is not properly killed",
            to_text(stage),
            event.epoch,
            event.task.partition,
            event.task.attempt);
        step.act(std::move(refused));
        return;
    }
    if (barrier.waiting.empty()) {  // the time runs from the first that asks
        barrier.until = step.now + timeout_;
        step.out.timers.push_back({*barrier.until, TimerFired{TimerKind::barrier_sync, app_, {}}});
    }
    barrier.waiting.push_back(event.task);
    barrier.messages[event.task.partition] = event.message;
    if (barrier.waiting.size() == event.tasks) {
        release(step, barrier);
    }
}

void BarrierCoordinator::release(Step& step, Barrier& barrier) const {
    std::vector<std::string> messages;
    for (auto& [partition, message] : barrier.messages) {
        messages.push_back(std::move(message));
    }
    for (const TaskAttempt& task : barrier.waiting) {
        AnswerBarrier answer;
        answer.app = app_;
        answer.task = task;
        answer.released = true;
        answer.messages = messages;
        step.act(std::move(answer));
    }
    barrier = Barrier{.epoch = *barrier.epoch + 1};
}

void BarrierCoordinator::fail_all(Step& step, Barrier& barrier, const std::string& reason) const {
    for (const TaskAttempt& task : barrier.waiting) {
        AnswerBarrier failed;
        failed.app = app_;
        failed.task = task;
        failed.reason = reason;
        step.act(std::move(failed));
    }
    barrier.waiting.clear();
    barrier.until.reset();
}

bool BarrierCoordinator::due(SimTime now) const {
    return std::any_of(barriers_.begin(), barriers_.end(), [&](const auto& entry) {
        return entry.second.until && *entry.second.until <= now;
    });
}

void BarrierCoordinator::expire(Step& step) {
    for (auto at = barriers_.begin(); at != barriers_.end();) {
        auto& [stage, barrier] = *at;
        if (!barrier.until || *barrier.until > step.now) {
            ++at;
            continue;
        }
        fail_all(step,
                 barrier,
                 fmt::format("The coordinator didn't get all barrier sync requests for barrier "
                             "epoch {} from {} within {} second(s)",
                             *barrier.epoch,
                             to_text(stage),
                             std::chrono::duration_cast<std::chrono::seconds>(timeout_).count()));
        at = barriers_.erase(at);
    }
}

}  // namespace forkyard
