#include "core/driver/control_plane.hpp"

#include <algorithm>
#include <utility>
#include <variant>

#include <fmt/format.h>

#include "core/check.hpp"

namespace forkyard {

namespace {

// Of an executor of an earlier attempt: it is nothing to the driver that there is now.
bool is_old(const Event& event, std::uint32_t last) {
    return std::visit(
        [&](const auto& e) {
            if constexpr (requires { e.exec; }) {
                return e.exec.valid() && e.exec.value <= last;
            } else {
                return false;
            }
        },
        event);
}

// What a driver's process ends with. On YARN it is that of the application master, whose codes
// tell who gave up (ApplicationMaster.EXIT_*, CM-YARN-17): its manager or the program.
std::int32_t exit_code(const ClusterSpec& cluster, EndStatus status, bool given_up) {
    constexpr std::int32_t terminated = 143;
    constexpr std::int32_t max_executor_failures = 11;
    constexpr std::int32_t exception_user_class = 15;
    switch (status) {
        case EndStatus::succeeded:
            return 0;
        case EndStatus::killed:
            return terminated;
        case EndStatus::failed:
            break;
    }
    if (cluster.manager != "yarn") {
        return 1;
    }
    return given_up ? max_executor_failures : exception_user_class;
}

}  // namespace

ControlPlane::ControlPlane(const Scenario& scenario, std::unique_ptr<ClusterManager> manager)
    : scenario_{scenario},
      manager_{std::move(manager)},
      ledger_{scenario},
      unfinished_{scenario.apps.size()} {
    FORKYARD_CHECK(manager_ != nullptr, "a scenario names a known manager");
    for (std::uint32_t i = 0; i < scenario.apps.size(); ++i) {
        apps_.emplace_back().attempts.emplace_back(AppId{i}, scenario);
    }
}

void ControlPlane::prepare(Event& event) {
    if (auto* job = std::get_if<JobSubmitted>(&event)) {
        app(job->app).driver().prepare(*job);
    }
}

void ControlPlane::handle(Step& step, const Event& event) {
    ledger_.hear(event);
    const std::size_t before = step.out.actions.size();
    tell_drivers(step, event);
    const std::vector<AppId> ended = close_ended(step, before, false);
    const std::size_t decided = step.out.actions.size();
    const std::size_t timed = step.out.timers.size();
    tell_manager(step, event, ended);
    if (const std::string* failure = manager_->failure()) {
        refusal_ = *failure;
        // What it did is not carried out; what was drawn for it counts, or it could not be
        // replayed.
        step.out.actions.erase(
            std::remove_if(
                step.out.actions.begin() + static_cast<std::ptrdiff_t>(decided),
                step.out.actions.end(),
                [](const Action& action) { return !std::holds_alternative<Choice>(action); }),
            step.out.actions.end());
        return;
    }
    const std::size_t until = step.out.actions.size();
    std::optional<std::string> rule;
    for (std::size_t i = decided; i < until && !rule; ++i) {
        rule = ledger_.enter(step.out.actions[i]);
    }
    for (std::size_t i = timed; i < step.out.timers.size() && !rule; ++i) {
        rule = ledger_.enter(step.now, step.out.timers[i]);
    }
    if (rule) {
        refusal_ = "broke a rule of the cluster: " + *rule;
    }
    for (std::size_t i = decided; i < until && !refusal_; ++i) {
        follow(step, step.out.actions[i]);
    }
}

void ControlPlane::tell_manager(Step& step, const Event& event, const std::vector<AppId>& ended) {
    if (std::holds_alternative<ManagerRestarted>(event)) {
        FORKYARD_CHECK(outage_.has_value(), "a manager that is back was gone");
        outage_->make_up(step, *manager_);
        outage_.reset();
    } else if (outage_) {
        outage_->miss(ended, event);
        return;
    }
    for (const AppId id : ended) {
        manager_->end_application(step, id);
    }
    manager_->handle(step, event);
    if (std::holds_alternative<ManagerStopped>(event)) {
        outage_.emplace();
    }
}

void ControlPlane::tell_drivers(Step& step, const Event& event) {
    std::visit(
        [&](const auto& e) {
            if constexpr (requires { e.app; }) {
                if (e.app.valid()) {
                    tell(step, e.app, event);
                }
            } else {  // of nodes: every driver hears of them
                for (App& each : apps_) {
                    each.driver().handle(step, event);
                }
            }
        },
        event);
}

void ControlPlane::tell(Step& step, AppId id, const Event& event) {
    App& own = app(id);
    if (const auto* timer = std::get_if<TimerFired>(&event); timer && is_managers(timer->what)) {
        return;
    }
    if (const auto* submitted = std::get_if<AppSubmitted>(&event)) {
        own.submitted = true;
        if (in_cluster(id)) {
            own.inputs = submitted->inputs;
            return;
        }
    }
    if (const auto* started = std::get_if<DriverStarted>(&event)) {
        start_driver(step, *started);
        return;
    }
    if (const auto* lost = std::get_if<DriverLost>(&event)) {
        lose_driver(step, *lost);
        return;
    }
    // Between two attempts there is nobody to ask but the manager.
    if (std::holds_alternative<AppKilled>(event) && own.driver().finished() && !own.ended) {
        step.act(FinishApp{id, EndStatus::killed, "killed by its user"});
        return;
    }
    if (own.old_executors == 0 || !is_old(event, own.old_executors)) {
        own.driver().handle(step, event);
    }
}

void ControlPlane::start_driver(Step& step, const DriverStarted& event) {
    App& own = app(event.app);
    if (event.attempt > 1) {
        const DagScheduler::Numbers numbers = own.driver().numbers();
        own.attempts.emplace_back(event.app, scenario_, numbers);
        own.old_executors = executors_;
    }
    own.driver_runs = true;
    own.driver().handle(step, AppSubmitted{event.app, own.inputs});
}

void ControlPlane::lose_driver(Step& step, const DriverLost& event) {
    App& own = app(event.app);
    if (own.ended) {
        return;
    }
    if (!own.driver().finished()) {  // that of an attempt which never began is the one before
        own.driver().abandon(step);
    }
    own.driver_runs = false;
    if (in_cluster(event.app)) {
        step.act(ExitDriver{event.app, EndStatus::failed, event.code});
    } else {
        step.act(FinishApp{event.app, EndStatus::failed, "the driver was lost"});
    }
}

// Applications that ended with what was decided from that place on.
std::vector<AppId> ControlPlane::close_ended(Step& step, std::size_t from, bool given_up) {
    std::vector<AppId> closed;
    for (std::size_t i = from; i < step.out.actions.size(); ++i) {
        const auto* finish = std::get_if<FinishApp>(&step.out.actions[i]);
        if (finish == nullptr || app(finish->app).ended) {
            continue;
        }
        const FinishApp finished = *finish;  // one more action may come
        app(finished.app).ended = true;
        closed.push_back(finished.app);
        --unfinished_;
        ledger_.end_application(finished.app);
        if (app(finished.app).driver_runs) {
            const std::int32_t code = exit_code(scenario_.cluster, finished.status, given_up);
            step.act(ExitDriver{finished.app, finished.status, code});
        }
    }
    return closed;
}

// What the manager decided, to the driver that it concerns.
void ControlPlane::follow(Step& step, const Action& decided) {
    if (const auto* granted = std::get_if<LaunchExecutor>(&decided)) {
        const LaunchExecutor grant = *granted;  // telling may add actions
        executors_ = grant.exec.value;
        app(grant.app).driver().expect_executor(step, grant.exec);
    } else if (const auto* given_up = std::get_if<RemoveApplication>(&decided)) {
        const RemoveApplication removed = *given_up;
        const std::size_t before = step.out.actions.size();
        Driver& driver = app(removed.app).driver();
        if (!driver.finished()) {
            driver.remove(step, removed.reason);
        } else if (!app(removed.app).ended) {
            step.act(FinishApp{removed.app, EndStatus::failed, removed.reason});
        }
        (void)close_ended(step, before, true);  // the manager knows what it has removed
    }
}

bool ControlPlane::due(SimTime now, const TimerFired& timer) const {
    return is_managers(timer.what) ? manager_->due(now, timer)
                                   : apps_[timer.app.index()].driver().due(now, timer);
}

std::vector<ControlPlane::PartDigest> ControlPlane::digests() const {
    std::vector<PartDigest> parts;
    for (std::size_t i = 0; i < apps_.size(); ++i) {
        parts.push_back({scenario_.apps[i].name, apps_[i].driver().digest()});
    }
    parts.push_back({"manager", manager_->digest()});
    return parts;
}

std::vector<std::string> ControlPlane::describe_waiting() const {
    std::vector<std::string> lines;
    for (std::size_t i = 0; i < apps_.size(); ++i) {
        for (const std::string& line : apps_[i].driver().describe_waiting()) {
            lines.push_back(fmt::format("{}: {}", scenario_.apps[i].name, line));
        }
    }
    if (outage_) {
        lines.push_back(fmt::format("{}: its process is gone, and not back yet", manager_->name()));
    }
    for (const std::string& line : manager_->describe_waiting()) {
        lines.push_back(fmt::format("{}: {}", manager_->name(), line));
    }
    return lines;
}

}  // namespace forkyard
