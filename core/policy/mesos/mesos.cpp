#include "core/policy/mesos/mesos.hpp"

#include <algorithm>
#include <variant>

#include <fmt/format.h>

#include "core/policy/drain.hpp"

namespace forkyard {

namespace {

constexpr SimDuration batch_interval = std::chrono::seconds{1};
constexpr SimDuration agent_timeout = std::chrono::seconds{75};

// Killed by its driver, or let go, it has not failed, nor if it ended well (CM-MESOS-11).
bool has_failed(const auto& end) {
    switch (end.reason) {
        case LossReason::idle:
        case LossReason::requested:
        case LossReason::excluded:
        case LossReason::heartbeat_timeout:
        case LossReason::app_finished:
        case LossReason::decommissioned:
            return false;
        default:
            return end.code != 0;
    }
}

}  // namespace

Mesos::Mesos(const Scenario& scenario)
    : scenario_{scenario}, allocator_{batch_interval, scenario.cluster.mesos.roles} {
    for (const AppSpec& app : scenario.apps) {
        apps_.push_back(Application{CoarseFramework{app.conf}});
        if (app.conf.mesos.fine_grained) {
            apps_.back().fine.emplace(app.conf);
        }
    }
}

void Mesos::handle(Step& step, const Event& event) {
    std::visit([&](const auto& e) { on(step, e); }, event);
}

void Mesos::on(Step& step, const WorkerJoined& event) {
    silent_.forget(event.node);
    lose_agent(step, event.node);
    allocator_.add_agent(event.node,
                         {event.cores, event.memory},
                         scenario_.cluster.nodes[event.node.index()].reserved_for);
    offer(step, event.node);
}

void Mesos::on(Step& step, const WorkerLost& event) {
    silent_.forget(event.node);
    lose_agent(step, event.node);
}

void Mesos::on(Step& step, const WorkerBeat& event) {
    if (silent_.hear(event)) {
        SilentNodes::wake_after(step, event, agent_timeout, TimerKind::worker_timeout);
    }
}

// Frameworks are told by when their part of the agent is wanted back (CM-MESOS-07). Spark's
// does not answer; the agent asks executors itself, where they know how to leave.
void Mesos::on(Step& step, const WorkerDraining& event) {
    allocator_.drain(event.node);
    std::map<AppId, Room> held;
    for (const auto& [exec, grant] : grants_) {
        if (grant.agent == event.node) {
            held[grant.app] += room_of(grant);
            ask_to_leave(step, scenario_, grant.app, exec);
        }
    }
    for (const auto& [app, room] : held) {
        step.act(Explain{app,
                         event.node,
                         fmt::format("inverse offer: {} cores and {} bytes are wanted by {} us",
                                     room.cores,
                                     room.memory.count,
                                     micros(event.until))});
    }
}

// What ran there gives nothing back, even if the agent comes again.
void Mesos::lose_agent(Step& step, NodeId agent) {
    allocator_.remove_agent(agent);
    for (auto& [exec, grant] : grants_) {
        if (grant.agent == agent) {
            grant.agent = NodeId{};
        }
    }
    for (Application& app : apps_) {
        if (app.fine) {
            app.fine->lose_agent(agent);
        }
    }
    std::vector<AppId> orphans;
    for (auto& [id, driver] : drivers_) {
        if (driver.agent == agent) {
            driver.agent = NodeId{};
            if (driver.orphaned) {
                orphans.push_back(id);
            }
        }
    }
    for (const AppId id : orphans) {
        retry_driver(step, id);
    }
}

// ---- frameworks

void Mesos::on(Step& step, const ExecutorsRequested& event) {
    Application& app = apps_[event.app.index()];
    if (app.ended) {
        return;
    }
    app.framework.set_limit(event.total);
    if (!app.there) {
        app.there = true;
        allocator_.add_framework(event.app, scenario_.apps[event.app.index()].queue);
        offer(step);
    } else {
        arm_batch(step);
    }
}

void Mesos::on(Step& step, const ExecutorExited& event) {
    free(step, event.exec, has_failed(event));
}

void Mesos::on(Step& step, const ExecutorLost& event) {
    free(step, event.exec, has_failed(event));
}

Room Mesos::room_of(const Grant& grant) const {
    const Application& app = apps_[grant.app.index()];
    Room room = app.fine ? app.fine->own_room() : app.framework.room_of(grant.cores);
    room.cores += grant.lent;
    return room;
}

// An executor that ends gives its room back, and revives the offers (CM-MESOS-11); in
// fine-grained mode its driver revives them when it has heard of its tasks.
void Mesos::free(Step& step, ExecutorId exec, bool failed) {
    const auto found = grants_.find(exec);
    if (found == grants_.end()) {
        return;
    }
    const Grant grant = found->second;
    grants_.erase(found);
    Application& app = apps_[grant.app.index()];
    if (grant.agent.valid()) {
        allocator_.recover(grant.app, grant.agent, room_of(grant), step.now);
    }
    if (app.fine) {
        app.fine->ended(grant.agent, exec);
    } else {
        app.framework.ended(grant.agent, grant.cores, failed);
    }
    if (app.there && !app.fine) {
        allocator_.revive(grant.app);
        offer(step);
    } else {
        arm_batch(step);
    }
}

void Mesos::end_application(Step& step, AppId id) {
    Application& app = apps_[id.index()];
    app.ended = true;
    free_driver(id);
    std::erase(waiting_drivers_, id);
    drivers_.erase(id);
    if (app.there) {
        app.there = false;
        allocator_.remove_framework(id);
    }
    arm_batch(step);
}

void Mesos::on(Step& step, const TimerFired& event) {
    if (event.what == TimerKind::driver_retry) {
        drivers_.at(event.app).retry_at = time_never;
        waiting_drivers_.push_back(event.app);
        offer(step);
        return;
    }
    if (event.what == TimerKind::resource_offers) {
        batch_.stop();
        offer(step);
        return;
    }
    if (event.what != TimerKind::worker_timeout) {
        return;
    }
    silent_.forget(event.node);
    for (const auto& [exec, grant] : grants_) {
        if (grant.agent == event.node) {
            step.act(KillExecutor{grant.app, exec, LossReason::worker_lost, AskedBy::manager});
        }
    }
    lose_agent(step, event.node);
}

bool Mesos::due(SimTime now, const TimerFired& timer) const {
    if (timer.what == TimerKind::worker_timeout) {
        return silent_.lasts(now, timer.node, agent_timeout);
    }
    if (timer.what == TimerKind::driver_retry) {
        const auto driver = drivers_.find(timer.app);
        return driver != drivers_.end() && driver->second.retry_at == now;
    }
    if (timer.what != TimerKind::resource_offers || !batch_.rings(now)) {
        return false;
    }
    const auto useful = useful_from(now);
    return useful && *useful <= now;
}

// What is free goes out; each framework answers all that it got at once.
void Mesos::on(Step& step, const ManagerRestarted& /*event*/) {
    paused_ = false;
    offer(step);
}

void Mesos::offer(Step& step, std::optional<NodeId> only) {
    if (paused_) {
        return;
    }
    place_drivers(step);
    const auto useful = useful_from(step.now);
    if (useful && *useful <= step.now) {
        std::map<AppId, std::vector<DrfAllocator::Offer>> offers;
        for (const DrfAllocator::Offer& made : allocator_.allocate(step.now, only)) {
            offers[made.framework].push_back(made);
        }
        for (const auto& [app, its] : offers) {
            answer(step, app, its);
        }
    }
    arm_batch(step);
}

void Mesos::answer(Step& step, AppId id, const std::vector<DrfAllocator::Offer>& offers) {
    if (apps_[id.index()].fine) {
        lend(step, id, offers);
        return;
    }
    CoarseFramework& framework = apps_[id.index()].framework;
    std::vector<CoarseFramework::Offered> offered;
    for (const DrfAllocator::Offer& made : offers) {
        offered.push_back({made.agent, made.room});
    }
    const std::vector<CoarseFramework::Answer> answers = framework.answer(offered);
    for (std::size_t i = 0; i < answers.size(); ++i) {
        const NodeId agent = offers[i].agent;
        for (const std::uint32_t cores : answers[i].executors) {
            const ExecutorId exec{++last_executor_};
            grants_.emplace(exec, Grant{id, agent, cores});
            step.act(LaunchExecutor{id, exec, agent, cores, framework.room_of(cores).memory});
        }
        if (answers[i].unused != Room{}) {
            decline(step, offers[i], answers[i].unused, answers[i].refuse);
        }
    }
}

void Mesos::decline(Step& step,
                    const DrfAllocator::Offer& offer,
                    const Room& unused,
                    SimDuration refuse) {
    step.act(Explain{offer.framework,
                     offer.agent,
                     fmt::format("{} of {} offered cores declined for {} s",
                                 unused.cores,
                                 offer.room.cores,
                                 refuse / std::chrono::seconds{1})});
    allocator_.recover(offer.framework, offer.agent, unused, step.now, refuse);
}

std::optional<SimTime> Mesos::useful_from(SimTime now) const {
    const bool places_driver = std::any_of(waiting_drivers_.begin(),
                                           waiting_drivers_.end(),
                                           [&](AppId id) { return agent_for_driver(id).valid(); });
    if (places_driver) {
        return now;
    }
    std::optional<SimTime> first;
    for (std::uint32_t n = 0; n < apps_.size(); ++n) {
        if (!apps_[n].wants_any()) {
            continue;
        }
        for (const auto& [agent, room] : allocator_.open()) {
            if (apps_[n].wants(agent, room)) {
                const SimTime from = std::max(now, allocator_.offered_from(AppId{n}, agent));
                if (from == now) {
                    return now;
                }
                if (from != time_never) {
                    first = std::min(first.value_or(from), from);
                }
            }
        }
    }
    return first;
}

void Mesos::arm_batch(Step& step) {
    const auto useful = useful_from(step.now);
    if (!useful) {
        return;
    }
    const SimTime at = multiple_from(std::max(*useful, step.now + SimDuration{1}), batch_interval);
    batch_.set(step, at, TimerFired{TimerKind::resource_offers, {}, {}});
}

std::vector<std::string> Mesos::describe_waiting() const {
    std::vector<std::string> lines;
    for (const AppId id : waiting_drivers_) {
        lines.push_back(
            fmt::format("{} waits for an agent for its driver", scenario_.apps[id.index()].name));
    }
    for (std::uint32_t n = 0; n < apps_.size(); ++n) {
        const Application& app = apps_[n];
        if (app.wants_any() && app.has_none()) {
            const AppConf& conf = scenario_.apps[n].conf;
            Room room = app.framework.room_of(conf.executor_cores.value_or(1));
            if (app.fine) {
                room = app.fine->own_room();
                room.cores += conf.task_cpus;
            }
            lines.push_back(
                fmt::format("{} has no executor: no offer has {} cores and {} bytes; check "
                            "spark.executor.cores, spark.executor.memory and [[cluster.worker]]",
                            scenario_.apps[n].name,
                            room.cores,
                            room.memory.count));
        }
    }
    return lines;
}

}  // namespace forkyard
