// Drivers and their pods: made in rounds, limited by the quota of their namespace.
#include <algorithm>
#include <vector>

#include <fmt/format.h>

#include "core/policy/kubernetes/kubernetes.hpp"

namespace forkyard {

void Kubernetes::on(Step& step, const AppSubmitted& event) {
    const AppSpec& spec = scenario_.apps[event.app.index()];
    if (!spec.cluster_mode) {
        return;
    }
    held_back_.push_back(event.app);
    make_drivers(step);
    if (!apps_[event.app.index()].driver) {
        step.act(Explain{
            event.app,
            {},
            fmt::format("the quota of namespace {} has no room for its driver pod", spec.queue)});
    }
}

// In order of submission, each when its namespace has room for it. Kubernetes would refuse it, and
// who submitted it would try again.
void Kubernetes::make_drivers(Step& step) {
    const std::vector<AppId> waiting = held_back_;
    for (const AppId id : waiting) {
        const PodRequest request = driver_request_of(id);
        if (quota_left(id, request) == 0) {
            continue;
        }
        std::erase(held_back_, id);
        const Key key = ++last_pod_;
        pods_.emplace(key, Pod{id, 0, {}});
        apps_[id.index()].driver = key;
        scheduler_.add_pod(key, scenario_.apps[id.index()].priority, request, step.now);
    }
    if (held_back_.size() < waiting.size()) {
        place(step);
    }
}

void Kubernetes::on(Step& step, const DriverLost& event) {
    if (apps_[event.app.index()].driver) {
        step.act(RemoveApplication{event.app, "its driver pod failed"});
        end_application(step, event.app);
    }
}

void Kubernetes::drop_driver(AppId id) {
    Application& app = apps_[id.index()];
    if (app.driver) {
        scheduler_.remove_pod(*app.driver);
        pods_.erase(*app.driver);
        std::erase_if(dying_, [&](const auto& entry) { return entry.second == *app.driver; });
        app.driver.reset();
    }
}

void Kubernetes::on(Step& step, const ExecutorsRequested& event) {
    Application& app = apps_[event.app.index()];
    if (app.ended) {
        return;
    }
    app.there = true;
    app.allocator.set_target(0, event.total);
    if (app.allocator.outstanding() == 0 && app.seen_from <= step.now) {
        round(step, event.app);
    }
    arm_round(step, event.app);
}

void Kubernetes::on(Step& /*step*/, const ExecutorRegistered& event) {
    const auto found = pod_of_.find(event.exec);
    if (found != pod_of_.end()) {
        apps_[event.app.index()].allocator.registered(pods_.at(found->second).number);
    }
}

// The end of its pod has been seen by now (CM-K8S-17).
void Kubernetes::on(Step& step, const ExecutorDisconnected& event) {
    step.act(ExplainLoss{event.app, event.exec});
}

void Kubernetes::on(Step& step, const ExecutorExited& event) {
    const auto found = pod_of_.find(event.exec);
    if (found != pod_of_.end()) {
        drop(step, found->second);
    }
}

void Kubernetes::on(Step& step, const ExecutorLost& event) {
    const auto found = pod_of_.find(event.exec);
    if (found != pod_of_.end()) {
        drop(step, found->second);
    }
}

// The pod is gone: its room and its part of the quota are free.
void Kubernetes::forget(Key key) {
    const Pod pod = pods_.at(key);
    Application& app = apps_[pod.app.index()];
    app.allocator.remove(pod.number);
    app.pods.erase(pod.number);
    scheduler_.remove_pod(key);
    pods_.erase(key);
    pod_of_.erase(pod.exec);
    std::erase_if(dying_, [&](const auto& entry) { return entry.second == key; });
}

void Kubernetes::drop(Step& step, Key key) {
    const AppId app = pods_.at(key).app;
    forget(key);
    place(step);
    arm_namespace(step, app);
}

// All that share the application's quota, which has more room now.
void Kubernetes::arm_namespace(Step& step, AppId app) {
    make_drivers(step);
    const std::string& space = scenario_.apps[app.index()].queue;
    for (std::uint32_t n = 0; n < apps_.size(); ++n) {
        if (apps_[n].there && scenario_.apps[n].queue == space) {
            arm_round(step, AppId{n});
        }
    }
}

void Kubernetes::end_application(Step& step, AppId id) {
    Application& app = apps_[id.index()];
    app.there = false;
    app.ended = true;
    std::erase(held_back_, id);
    // Those that run end with their executors.
    std::vector<Key> waiting;
    for (const auto& [number, key] : app.pods) {
        if (!pods_.at(key).exec.valid()) {
            waiting.push_back(key);
        }
    }
    for (const Key key : waiting) {
        forget(key);
    }
    // Then only is there room for others: none of its own may take it.
    const bool freed = !waiting.empty() || app.driver;
    drop_driver(id);
    if (freed) {
        place(step);
        arm_namespace(step, id);
    }
}

void Kubernetes::round(Step& step, AppId id) {
    Application& app = apps_[id.index()];
    app.allocator.see_made_by(step.now - snapshot_lag());
    const PodsAllocator::Round made = app.allocator.round(step.now, quota_left(id));
    if (!made.deleted.empty()) {
        step.act(Explain{id, {}, fmt::format("{} waiting pods deleted", made.deleted.size())});
    }
    for (const PodsAllocator::Pod number : made.deleted) {
        forget(app.pods.at(number));
    }
    if (!made.created.empty()) {
        app.seen_from = multiple_from(step.now + std::max(snapshot_lag(), SimDuration{1}),
                                      scenario_.apps[id.index()].conf.pods.batch_delay);
        step.act(Explain{
            id,
            {},
            fmt::format(
                "pods {} to {} created", made.created.front().pod, made.created.back().pod)});
    }
    for (const PodsAllocator::Round::New& pod : made.created) {
        const Key key = ++last_pod_;
        pods_.emplace(key, Pod{id, pod.pod, {}});
        app.pods.emplace(pod.pod, key);
        scheduler_.add_pod(key, scenario_.apps[id.index()].priority, request_of(id), step.now);
    }
    if (made.over_limit) {
        step.act(RemoveApplication{id,
                                   fmt::format("Exceed the pod creation limit: {}",
                                               scenario_.apps[id.index()].conf.pods.pods_max)});
        end_application(step, id);
    }
    place(step);
    if (!made.deleted.empty()) {
        arm_namespace(step, id);
    }
}

void Kubernetes::arm_round(Step& step, AppId id) {
    Application& app = apps_[id.index()];
    const auto next = app.allocator.next_round(step.now, quota_left(id));
    if (!app.there || !next) {
        return;
    }
    const SimDuration delay = scenario_.apps[id.index()].conf.pods.batch_delay;
    const SimTime at = multiple_from(std::max(*next, step.now + SimDuration{1}), delay);
    app.next_round.set(step, at, TimerFired{TimerKind::pod_allocation, id, {}});
}

// Pods of that size.
std::uint32_t Kubernetes::quota_left(AppId id, const PodRequest& each) const {
    const AppSpec& spec = scenario_.apps[id.index()];
    const auto& quotas = scenario_.cluster.kubernetes.quotas;
    const auto quota = std::find_if(
        quotas.begin(), quotas.end(), [&](const QuotaSpec& q) { return q.name == spec.queue; });
    if (quota == quotas.end()) {
        return PodsConf::unlimited;
    }
    PodRequest used;
    std::int64_t pods = 0;
    for (std::uint32_t n = 0; n < apps_.size(); ++n) {
        if (scenario_.apps[n].queue == spec.queue) {
            const PodRequest executor = request_of(AppId{n});
            const auto count = static_cast<std::int64_t>(apps_[n].pods.size());
            used += {executor.millicores * count, executor.memory * count};
            used += apps_[n].driver ? driver_request_of(AppId{n}) : PodRequest{};
            pods += count + (apps_[n].driver ? 1 : 0);
        }
    }
    std::int64_t left = PodsConf::unlimited;
    if (quota->cores) {
        left = std::min(left,
                        (std::int64_t{*quota->cores} * 1000 - used.millicores) / each.millicores);
    }
    if (quota->memory) {
        left = std::min(left, (quota->memory->count - used.memory) / each.memory);
    }
    if (quota->pods) {
        left = std::min(left, std::int64_t{*quota->pods} - pods);
    }
    return static_cast<std::uint32_t>(std::max<std::int64_t>(0, left));
}

}  // namespace forkyard
