#include "core/driver/control_plane.hpp"

#include <utility>
#include <variant>

#include <fmt/format.h>

#include "core/check.hpp"

namespace forkyard {

ControlPlane::ControlPlane(const Scenario& scenario, std::unique_ptr<ClusterManager> manager)
    : scenario_{scenario}, manager_{std::move(manager)}, unfinished_{scenario.apps.size()} {
    FORKYARD_CHECK(manager_ != nullptr, "a scenario names a known manager");
    for (std::uint32_t i = 0; i < scenario.apps.size(); ++i) {
        drivers_.emplace_back(AppId{i}, scenario);
    }
}

void ControlPlane::prepare(Event& event) {
    if (auto* job = std::get_if<JobSubmitted>(&event)) {
        drivers_[job->app.index()].prepare(*job);
    }
}

void ControlPlane::handle(Step& step, const Event& event) {
    std::visit(
        [&](const auto& e) {
            if constexpr (requires { e.app; }) {
                if (!e.app.valid()) {
                    return;
                }
                Driver& driver = drivers_[e.app.index()];
                const bool was_finished = driver.finished();
                driver.handle(step, event);
                if (!was_finished && driver.finished()) {
                    --unfinished_;
                    manager_->end_application(e.app);
                }
            } else {  // of nodes: every driver hears of them
                for (Driver& driver : drivers_) {
                    driver.handle(step, event);
                }
            }
        },
        event);
    const std::size_t decided = step.out.actions.size();
    manager_->handle(step, event);
    for (std::size_t i = decided; i < step.out.actions.size(); ++i) {
        if (const auto* granted = std::get_if<LaunchExecutor>(&step.out.actions[i])) {
            const LaunchExecutor grant = *granted;  // telling may add actions
            drivers_[grant.app.index()].expect_executor(step, grant.exec);
        } else if (const auto* given_up = std::get_if<RemoveApplication>(&step.out.actions[i])) {
            const RemoveApplication removed = *given_up;
            Driver& driver = drivers_[removed.app.index()];
            if (!driver.finished()) {
                driver.remove(step, removed.reason);
                --unfinished_;
            }
        }
    }
}

bool ControlPlane::due(SimTime now, const TimerFired& timer) const {
    return timer.app.valid() ? drivers_[timer.app.index()].due(now, timer)
                             : manager_->due(now, timer);
}

std::vector<ControlPlane::PartDigest> ControlPlane::digests() const {
    std::vector<PartDigest> parts;
    for (std::size_t i = 0; i < drivers_.size(); ++i) {
        parts.push_back({scenario_.apps[i].name, drivers_[i].digest()});
    }
    parts.push_back({"manager", manager_->digest()});
    return parts;
}

std::vector<std::string> ControlPlane::describe_waiting() const {
    std::vector<std::string> lines;
    for (std::size_t i = 0; i < drivers_.size(); ++i) {
        for (const std::string& line : drivers_[i].describe_waiting()) {
            lines.push_back(fmt::format("{}: {}", scenario_.apps[i].name, line));
        }
    }
    for (const std::string& line : manager_->describe_waiting()) {
        lines.push_back(fmt::format("{}: {}", manager_->name(), line));
    }
    return lines;
}

}  // namespace forkyard
