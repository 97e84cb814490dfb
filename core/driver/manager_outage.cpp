#include "core/driver/manager_outage.hpp"

#include <algorithm>
#include <cstddef>
#include <type_traits>
#include <variant>

namespace forkyard {

namespace {

bool is_end_of_executor(const Event& event) {
    return std::holds_alternative<ExecutorExited>(event) ||
           std::holds_alternative<ExecutorLost>(event);
}

}  // namespace

void ManagerOutage::miss(const std::vector<AppId>& ended, const Event& event) {
    ended_.insert(ended.begin(), ended.end());
    if (const auto* submitted = std::get_if<AppSubmitted>(&event)) {
        unheard_of_.insert(submitted->app);
    } else if (const auto* lost = std::get_if<ExecutorLost>(&event)) {
        lost_.insert(lost->exec);
    }
    events_.push_back(event);
}

bool ManagerOutage::is_moot(const Event& event) const {
    return std::visit(
        [&](const auto& e) {
            if constexpr (requires { e.exec; }) {
                if (lost_.contains(e.exec)) {
                    return true;
                }
            }
            if constexpr (requires { e.app; }) {
                return ended_.contains(e.app);
            } else {
                return false;
            }
        },
        event);
}

void ManagerOutage::make_up(Step& step, ClusterManager& manager) const {
    const std::size_t timed = step.out.timers.size();
    for (const AppId app : ended_) {
        if (!unheard_of_.contains(app)) {
            manager.end_application(step, app);
        }
    }
    for (const Event& event : events_) {
        if (is_end_of_executor(event)) {
            manager.handle(step, event);
        }
    }
    for (const Event& event : events_) {
        if (!is_end_of_executor(event) && !is_moot(event)) {
            manager.handle(step, event);
        }
    }
    for (std::size_t i = timed; i < step.out.timers.size(); ++i) {
        step.out.timers[i].at = std::max(step.out.timers[i].at, step.now);
    }
}

}  // namespace forkyard
