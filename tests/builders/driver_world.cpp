#include "tests/builders/driver_world.hpp"

#include "core/event_text.hpp"

namespace forkyard {

DriverWorld::DriverWorld(AppSpec app)
    : scenario_{cluster_with(std::move(app))}, driver_{AppId{0}, scenario_} {}

DriverWorld::~DriverWorld() = default;

Lines DriverWorld::until(std::int64_t milliseconds) {
    const SimTime end{std::chrono::milliseconds{milliseconds}};
    Lines lines;
    while (!timers_.empty() && timers_.begin()->first <= end) {
        const auto [when, timer] = *timers_.begin();
        timers_.erase(timers_.begin());
        now_ = when;
        if (driver_.due(now_, timer)) {
            lines.push_back(fmt::format("at {} ms", micros(now_) / 1000));
            append(lines, handle(timer));
        }
    }
    now_ = end;
    return lines;
}

void DriverWorld::granted(std::uint32_t exec) {
    Decisions decisions;
    Step step{now_, decisions, chooser_};
    driver_.expect_executor(step, ExecutorId{exec});
    append(waits_, waits_of(decisions.actions));
}

Lines DriverWorld::handle(const Event& event) {
    Decisions decisions;
    Step step{now_, decisions, chooser_};
    driver_.handle(step, event);
    Lines lines = lines_of(decisions.actions);
    append(waits_, waits_of(decisions.actions));
    for (const TimerRequest& request : decisions.timers) {
        timers_.emplace(request.at, request.timer);
    }
    for (const TaskFinished& next : decisions.consequences) {
        lines.push_back(fmt::format("then {} {}", text_of(next.task), to_text(next.status)));
        append(lines, handle(next));
    }
    return lines;
}

}  // namespace forkyard
