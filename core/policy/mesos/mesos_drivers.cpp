// Drivers in cluster mode: Spark's dispatcher (CM-MESOS-13).
#include <algorithm>

#include "core/model/cluster_rules.hpp"
#include "core/policy/mesos/mesos.hpp"

namespace forkyard {

namespace {

constexpr SimDuration longest_pause = std::chrono::seconds{60};
constexpr std::uint32_t drivers_max = 200;

}  // namespace

Room Mesos::driver_room(AppId app) const {
    return forkyard::driver_room(scenario_.cluster, scenario_.apps[app.index()].conf);
}

void Mesos::on(Step& step, const AppSubmitted& event) {
    if (scenario_.apps[event.app.index()].cluster_mode) {
        drivers_.emplace(event.app, Driver{});
        waiting_drivers_.push_back(event.app);
        place_drivers(step);
    }
}

// The first with room, while not too many run; invalid: none.
NodeId Mesos::agent_for_driver(AppId id) const {
    const Room room = driver_room(id);
    const std::string& role = scenario_.apps[id.index()].queue;
    const auto& open = allocator_.open();
    const auto found = std::find_if(open.begin(), open.end(), [&](const auto& agent) {
        return agent.second.holds(room) && allocator_.may_go_to(role, agent.first);
    });
    const bool too_many = drivers_.size() - waiting_drivers_.size() >= drivers_max;
    return too_many || found == open.end() ? NodeId{} : found->first;
}

// In order of submission, before anything is offered to frameworks.
void Mesos::place_drivers(Step& step) {
    if (paused_) {
        return;
    }
    const std::vector<AppId> waiting = waiting_drivers_;
    for (const AppId id : waiting) {
        const Room room = driver_room(id);
        const NodeId agent = agent_for_driver(id);
        if (!agent.valid()) {
            continue;
        }
        allocator_.take(agent, room);
        std::erase(waiting_drivers_, id);
        Driver& driver = drivers_.at(id);
        driver.agent = agent;
        step.act(LaunchDriver{id,
                              agent,
                              scenario_.apps[id.index()].conf.driver_cores,
                              room.memory,
                              ++driver.attempt});
    }
}

void Mesos::free_driver(AppId id) {
    const auto driver = drivers_.find(id);
    if (driver != drivers_.end() && driver->second.agent.valid()) {
        allocator_.give_back(driver->second.agent, driver_room(id));
        driver->second.agent = NodeId{};
    }
}

void Mesos::on(Step& step, const DriverLost& event) {
    const auto found = drivers_.find(event.app);
    if (found == drivers_.end()) {
        return;
    }
    Application& app = apps_[event.app.index()];
    if (app.there) {  // its framework went with it: no failover time-out
        app.there = false;
        allocator_.remove_framework(event.app);
    }
    if (app.fine) {
        app.fine->lose_driver();
    }
    if (event.reason == LossReason::worker_lost && allocator_.knows(found->second.agent)) {
        found->second.orphaned = true;  // until its agent is lost, nobody would tell
        return;
    }
    retry_driver(step, event.app);
}

void Mesos::retry_driver(Step& step, AppId id) {
    free_driver(id);
    if (!scenario_.apps[id.index()].supervise) {
        step.act(RemoveApplication{id, "its driver failed"});
        end_application(step, id);
        return;
    }
    Driver& driver = drivers_.at(id);
    driver.orphaned = false;
    driver.retry_at = step.now + driver.pause;
    driver.pause = std::min(longest_pause, driver.pause * 2);
    step.out.timers.push_back({driver.retry_at, TimerFired{TimerKind::driver_retry, id, {}}});
}

}  // namespace forkyard
