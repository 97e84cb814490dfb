// The drivers of a standalone cluster: where they run, and who starts them again.
#include "core/model/cluster_rules.hpp"
#include "core/policy/standalone.hpp"

namespace forkyard {

namespace {

constexpr SimDuration first_pause = std::chrono::seconds{1};
// A driver that has run for longer than this begins with the first pause again (CM-STA-23).
constexpr SimDuration successful_run = std::chrono::seconds{5};

}  // namespace

void Standalone::on(Step& step, const AppSubmitted& event) {
    if (scenario_.apps[event.app.index()].cluster_mode) {
        drivers_.emplace(event.app, Driver{});
        waiting_drivers_.push_back(event.app);
        schedule(step);
    }
}

void Standalone::on(Step& step, const DriverStarted& event) {
    Driver& driver = drivers_.at(event.app);
    driver.runs = true;
    driver.started = step.now;
}

// First come, first served; each worker in turn, or the same while it has room.
void Standalone::schedule_drivers(Step& step) {
    const auto count = static_cast<std::uint32_t>(workers_.size());
    const std::vector<AppId> waiting = waiting_drivers_;
    for (const AppId id : waiting) {
        if (drivers_.size() - waiting_drivers_.size() >= conf_.drivers_max) {
            return;
        }
        const Room room = driver_room(scenario_.cluster, conf_of(id));
        const Resources& wanted = apps_[id.index()].driver_wanted;
        for (std::uint32_t n = 0; n < count; ++n) {
            const std::uint32_t at = (driver_cursor_ + n) % count;
            const Worker& worker = workers_[at];
            if (worker.takes_more() && worker.free_cores >= room.cores &&
                worker.free_memory >= room.memory.count && worker.resources.holds(wanted)) {
                driver_cursor_ = conf_.spread_out_drivers ? (at + 1) % count : at;
                std::erase(waiting_drivers_, id);
                workers_[at].free_cores -= conf_of(id).driver_cores;
                workers_[at].free_memory -= room.memory.count;
                Driver& driver = drivers_.at(id);
                driver.resources = workers_[at].resources.take(wanted);
                tell_resources(step, id, NodeId{at}, "the driver", driver.resources);
                launch_driver(step, id, NodeId{at});
                break;
            }
        }
    }
}

void Standalone::launch_driver(Step& step, AppId id, NodeId node) {
    Driver& driver = drivers_.at(id);
    driver.node = node;
    driver.gone = false;
    driver.node_lost = false;
    const Room room = driver_room(scenario_.cluster, conf_of(id));
    step.act(LaunchDriver{id, node, conf_of(id).driver_cores, room.memory, ++driver.attempt});
}

void Standalone::free_driver(AppId id) {
    const auto driver = drivers_.find(id);
    if (driver == drivers_.end() || !driver->second.node.valid()) {
        return;
    }
    if (!driver->second.node_lost) {
        Worker& worker = workers_[driver->second.node.index()];
        worker.free_cores += conf_of(id).driver_cores;
        worker.free_memory += driver_room(scenario_.cluster, conf_of(id)).memory.count;
        worker.resources.give_back(driver->second.resources);
    }
    driver->second.node = NodeId{};
}

void Standalone::on(Step& step, const DriverLost& event) {
    const auto found = drivers_.find(event.app);
    if (found == drivers_.end()) {
        return;  // in client mode its end is that of the application
    }
    Driver& driver = found->second;
    Application& app = apps_[event.app.index()];
    app.registered = false;  // its connection broke; it may register anew
    app.retries = 0;
    app.running.clear();
    std::erase(order_, event.app);
    driver.gone = true;
    if (event.reason == LossReason::worker_lost) {
        if (driver.node_lost) {
            restart_elsewhere(step, event.app);
        }
        return;  // the worker that would tell is gone too: the master finds out
    }
    if (!scenario_.apps[event.app.index()].supervise) {
        step.act(RemoveApplication{event.app, "its driver failed"});
        end_application(step, event.app);
        return;
    }
    driver.pause =
        driver.runs && step.now - driver.started > successful_run ? first_pause : driver.pause;
    driver.runs = false;
    driver.retry_at = step.now + driver.pause;
    driver.pause *= 2;
    step.out.timers.push_back(
        {driver.retry_at, TimerFired{TimerKind::driver_retry, event.app, {}}});
}

void Standalone::lose_drivers_on(Step& step, NodeId node) {
    std::vector<AppId> lost;
    for (auto& [id, driver] : drivers_) {
        if (driver.node == node) {
            driver.node_lost = true;
            driver.retry_at = time_never;
            if (driver.gone) {
                lost.push_back(id);
            }
        }
    }
    for (const AppId id : lost) {
        restart_elsewhere(step, id);
    }
}

void Standalone::restart_elsewhere(Step& step, AppId id) {
    if (!scenario_.apps[id.index()].supervise) {
        step.act(RemoveApplication{id, "its driver was lost with its worker"});
        end_application(step, id);
        return;
    }
    Driver& driver = drivers_.at(id);
    driver.node = NodeId{};
    driver.runs = false;
    driver.pause = first_pause;  // another worker starts it
    waiting_drivers_.push_back(id);
    schedule(step);
}

}  // namespace forkyard
