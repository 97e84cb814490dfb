#include "core/policy/kubernetes/kubernetes.hpp"

#include <algorithm>
#include <limits>
#include <variant>

#include <fmt/format.h>

#include "core/model/cluster_rules.hpp"
#include "core/policy/drain.hpp"

namespace forkyard {

namespace {

constexpr SimDuration not_ready_after = std::chrono::seconds{40};
constexpr SimDuration evicted_after = std::chrono::seconds{300};
constexpr SimDuration grace = std::chrono::seconds{30};

}  // namespace

Kubernetes::Kubernetes(const Scenario& scenario)
    : scenario_{scenario}, scheduler_{scenario.cluster.kubernetes.scoring} {
    for (const AppSpec& app : scenario.apps) {
        apps_.push_back(Application{
            PodsAllocator{app.conf.pods, app.conf.allocation.idle_timeout, snapshot_lag()}});
    }
}

void Kubernetes::handle(Step& step, const Event& event) {
    std::visit([&](const auto& e) { on(step, e); }, event);
}

PodRequest Kubernetes::request_of(AppId app) const {
    const AppConf& conf = scenario_.apps[app.index()].conf;
    return {executor_millicores(conf), executor_room(scenario_.cluster, conf).memory.count};
}

PodRequest Kubernetes::driver_request_of(AppId app) const {
    const Room room = driver_room(scenario_.cluster, scenario_.apps[app.index()].conf);
    return {room.cores * 1000, room.memory.count};
}

// ---- nodes

void Kubernetes::on(Step& step, const WorkerJoined& event) {
    silent_.forget(event.node);
    scheduler_.add_node(event.node, {std::int64_t{event.cores} * 1000, event.memory.count});
    place(step);
}

void Kubernetes::on(Step& step, const WorkerLost& event) {
    silent_.forget(event.node);
    scheduler_.remove_node(event.node);
    place(step);
}

void Kubernetes::on(Step& step, const WorkerBeat& event) {
    if (silent_.hear(event)) {
        SilentNodes::wake_after(step, event, not_ready_after, TimerKind::node_not_ready);
        SilentNodes::wake_after(
            step, event, not_ready_after + evicted_after, TimerKind::worker_timeout);
    }
}

// Pods hear of it by their pre-stop hook, if they have one (CM-K8S-24).
void Kubernetes::on(Step& step, const WorkerDraining& event) {
    if (!scheduler_.is_cordoned(event.node)) {
        scheduler_.cordon(event.node);
    }
    for (const auto& [key, pod] : pods_) {
        if (pod.exec.valid() && scheduler_.node_of(key) == event.node) {
            ask_to_leave(step, scenario_, pod.app, pod.exec);
        }
    }
}

void Kubernetes::take_out(Step& step, NodeId node) {
    scheduler_.cordon(node);
    step.act(Explain{{}, node, "the node is not ready: no new pods"});
}

void Kubernetes::evict(Step& step, NodeId node) {
    silent_.forget(node);
    for (const auto& [key, pod] : pods_) {
        if (pod.exec.valid() && scheduler_.node_of(key) == node) {
            step.act(KillExecutor{pod.app, pod.exec, LossReason::worker_lost, AskedBy::manager});
        }
    }
    scheduler_.remove_node(node);
    place(step);
}

// ---- the scheduler

void Kubernetes::on(Step& step, const ManagerRestarted& /*event*/) {
    paused_ = false;
    place(step);
    for (std::uint32_t n = 0; n < apps_.size(); ++n) {
        arm_round(step, AppId{n});
    }
}

void Kubernetes::place(Step& step) {
    if (paused_) {
        return;
    }
    const KubeScheduler::Decision decision = scheduler_.schedule(step.now);
    std::set<AppId> news;
    for (const auto& [key, node] : decision.bound) {
        Pod& pod = pods_.at(key);
        if (pod.number == 0) {
            launch_driver(step, pod.app, node);
            continue;
        }
        apps_[pod.app.index()].allocator.see(pod.number, PodPhase::running);
        news.insert(pod.app);
        pod.exec = ExecutorId{++last_executor_};
        pod_of_.emplace(pod.exec, key);
        const AppConf& conf = scenario_.apps[pod.app.index()].conf;
        step.act(LaunchExecutor{pod.app,
                                pod.exec,
                                node,
                                conf.executor_cores.value_or(1),
                                Bytes{request_of(pod.app).memory}});
    }
    for (const auto& [key, node, victims] : decision.preempted) {
        for (const Key victim : victims) {
            step.act(Explain{
                pods_.at(victim).app,
                node,
                fmt::format(
                    "{} has to go for {}", pod_name(pods_.at(victim)), pod_name(pods_.at(key)))});
            dying_.emplace(step.now + grace, victim);
        }
    }
    std::optional<SimTime> wake = scheduler_.next_try(step.now);
    if (!dying_.empty()) {
        wake = std::min(wake.value_or(dying_.begin()->first), dying_.begin()->first);
    }
    if (wake) {
        wakes_.set(step, *wake, TimerFired{TimerKind::pod_scheduling, {}, {}});
    }
    for (const AppId app : news) {
        arm_round(step, app);
    }
}

void Kubernetes::launch_driver(Step& step, AppId app, NodeId node) {
    step.act(LaunchDriver{app,
                          node,
                          scenario_.apps[app.index()].conf.driver_cores,
                          Bytes{driver_request_of(app).memory}});
}

void Kubernetes::end_grace(Step& step) {
    while (!dying_.empty() && dying_.begin()->first <= step.now) {
        const Pod pod = pods_.at(dying_.begin()->second);
        dying_.erase(dying_.begin());
        if (pod.number == 0) {
            step.act(RemoveApplication{pod.app, "its driver pod was preempted"});
            end_application(step, pod.app);
            continue;
        }
        step.act(KillExecutor{pod.app, pod.exec, LossReason::preempted, AskedBy::manager});
    }
}

void Kubernetes::on(Step& step, const TimerFired& event) {
    if (event.what == TimerKind::node_not_ready) {
        take_out(step, event.node);
    } else if (event.what == TimerKind::worker_timeout) {
        evict(step, event.node);
    } else if (event.what == TimerKind::pod_allocation) {
        round(step, event.app);
        arm_round(step, event.app);
    } else if (event.what == TimerKind::pod_scheduling) {
        wakes_.stop();
        end_grace(step);
        place(step);
    }
}

bool Kubernetes::due(SimTime now, const TimerFired& timer) const {
    if (timer.what == TimerKind::node_not_ready) {
        return silent_.lasts(now, timer.node, not_ready_after) &&
               !scheduler_.is_cordoned(timer.node);
    }
    if (timer.what == TimerKind::worker_timeout) {
        return silent_.lasts(now, timer.node, not_ready_after + evicted_after);
    }
    if (timer.what == TimerKind::pod_allocation) {
        const Application& app = apps_[timer.app.index()];
        const auto next = app.allocator.next_round(now, quota_left(timer.app));
        return app.there && app.next_round.rings(now) && next && *next <= now;
    }
    if (timer.what == TimerKind::pod_scheduling) {
        const auto next = scheduler_.next_try(now);
        return wakes_.rings(now) &&
               ((next && *next <= now) || (!dying_.empty() && dying_.begin()->first <= now));
    }
    return false;
}

std::string Kubernetes::pod_name(const Pod& pod) const {
    const std::string& name = scenario_.apps[pod.app.index()].name;
    return pod.number == 0 ? fmt::format("{}-driver", name)
                           : fmt::format("{}-exec-{}", name, pod.number);
}

std::vector<std::string> Kubernetes::describe_waiting() const {
    std::vector<std::string> lines;
    for (const AppId id : held_back_) {
        const AppSpec& spec = scenario_.apps[id.index()];
        lines.push_back(
            fmt::format("{} waits for room in the quota of namespace {} for its driver pod",
                        spec.name,
                        spec.queue));
    }
    for (std::uint32_t n = 0; n < apps_.size(); ++n) {
        const auto waiting =
            std::count_if(apps_[n].pods.begin(), apps_[n].pods.end(), [&](const auto& pod) {
                return !pods_.at(pod.second).exec.valid();
            });
        const std::string& name = scenario_.apps[n].name;
        if (apps_[n].driver && !scheduler_.node_of(*apps_[n].driver).valid()) {
            lines.push_back(fmt::format("{} waits for a node for its driver pod", name));
        }
        const PodRequest request = request_of(AppId{n});
        if (waiting > 0) {
            lines.push_back(
                fmt::format("{} has {} pods pending: no node has {} millicores and {} "
                            "bytes free; check spark.executor.cores, "
                            "spark.executor.memory and [[cluster.worker]]",
                            name,
                            waiting,
                            request.millicores,
                            request.memory));
        } else if (apps_[n].there && apps_[n].pods.empty() && quota_left(AppId{n}) == 0) {
            lines.push_back(fmt::format("{} may make no pods: the quota of namespace {} is used up",
                                        name,
                                        scenario_.apps[n].queue));
        }
    }
    return lines;
}

}  // namespace forkyard
