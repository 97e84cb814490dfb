#include "core/policy/kubernetes/kube_scheduler.hpp"

#include <algorithm>

#include "core/check.hpp"

namespace forkyard {

namespace {

constexpr SimDuration backoff_first = std::chrono::seconds{1};
constexpr SimDuration backoff_longest = std::chrono::seconds{10};

SimDuration backoff(std::uint32_t failures) {
    return failures > 4 ? backoff_longest
                        : std::min(backoff_longest, backoff_first * (1U << (failures - 1)));
}

}  // namespace

void KubeScheduler::add_node(NodeId id, const PodRequest& allocatable) {
    remove_node(id);
    Node& node = nodes_[id];
    node.up = true;
    node.allocatable = allocatable;
    enter_group(id);
    ++changes_;
}

void KubeScheduler::remove_node(NodeId id) {
    const auto found = nodes_.find(id);
    if (found == nodes_.end()) {
        return;
    }
    leave_group(id);
    for (const Key key : found->second.pods) {
        pods_.erase(key);
    }
    for (const Key key : found->second.nominated) {
        pods_.at(key).nominated = NodeId{};
        ++changes_;  // they may wait for another
    }
    nodes_.erase(found);
}

void KubeScheduler::cordon(NodeId id) {
    leave_group(id);
    nodes_.at(id).cordoned = true;
}

void KubeScheduler::add_pod(Key key,
                            std::int32_t priority,
                            const PodRequest& request,
                            SimTime now) {
    const Pod& pod = pods_.emplace(key, Pod{priority, request, {}, {}, {}, false}).first->second;
    Queue& queue = queues_[shape_of(pod)];
    if (queue.pods.empty()) {
        queue = Queue{{}, 0, now, 0, 0, 0};
    }
    queue.pods.insert(key);
}

void KubeScheduler::remove_pod(Key key) {
    const auto found = pods_.find(key);
    if (found == pods_.end()) {
        return;
    }
    const Pod pod = found->second;
    pods_.erase(found);
    if (pod.nominated.valid()) {
        nodes_.at(pod.nominated).nominated.erase(key);
        ++changes_;
    }
    if (!pod.node.valid()) {
        const auto queue = queues_.find(shape_of(pod));
        queue->second.pods.erase(key);
        if (queue->second.pods.empty()) {
            queues_.erase(queue);
        }
        return;
    }
    nodes_.at(pod.node).pods.erase(key);
    PodRequest taken = nodes_.at(pod.node).taken;
    taken -= pod.request;
    move(pod.node, taken);
    ++changes_;
}

NodeId KubeScheduler::node_of(Key pod) const {
    const auto found = pods_.find(pod);
    return found == pods_.end() ? NodeId{} : found->second.node;
}

// Pods in order of priority and creation: the queues' heads are merged. One that failed is
// tried again when something has changed and its time has come; those that come after it fit
// nowhere either until then, but others may have to go for them. One that is new has no time to
// wait out when something has changed.
KubeScheduler::Decision KubeScheduler::schedule(SimTime now) {
    Decision decision;
    for (;;) {
        Queue* next = nullptr;
        std::pair<std::int64_t, Key> first{};
        for (auto& [shape, queue] : queues_) {
            const Key done = queue.tried_at == changes_ ? queue.asked : queue.resting(now);
            if (!queue.has_beyond(done)) {
                continue;
            }
            const std::pair<std::int64_t, Key> place{shape.rank, *queue.pods.upper_bound(done)};
            if (next == nullptr || place < first) {
                next = &queue;
                first = place;
            }
        }
        if (next == nullptr) {
            return decision;
        }
        if (next->tried_at != changes_) {
            const Key key = first.second;
            Pod& pod = pods_.at(key);
            const NodeId node = best_node(pod);
            const Key resting = next->resting(now);
            if (node.valid()) {
                next->failures = resting > 0 ? next->failures : 0;
                bind(key, pod, node, now);
                decision.bound.push_back({key, node});
                continue;
            }
            next->tried_at = changes_;
            next->asked = resting;
            if (resting == 0) {
                next->retry_at = now + backoff(++next->failures);
            }
        }
        next->failed = *next->pods.rbegin();
        ask_for_room(*next, decision);
    }
}

std::optional<SimTime> KubeScheduler::next_try(SimTime now) const {
    std::optional<SimTime> next;
    for (const auto& [shape, queue] : queues_) {
        if (queue.tried_at != changes_) {
            const SimTime at = queue.has_beyond(queue.resting(now)) ? now : queue.retry_at;
            next = std::min(next.value_or(at), at);
        }
    }
    return next;
}

// With room for it, and for pods of no lower priority that the node is kept for.
bool KubeScheduler::may_take(NodeId id, const Pod& pod, const PodRequest& taken) const {
    const Node& node = nodes_.at(id);
    PodRequest all = taken;
    all += pod.request;
    for (const Key key : node.nominated) {
        const Pod& other = pods_.at(key);
        if (&other != &pod && other.priority >= pod.priority) {
            all += other.request;
        }
    }
    return all.fits(node.allocatable);
}

NodeId KubeScheduler::best_node(const Pod& pod) const {
    NodeId best;
    std::int64_t best_score = -1;
    for (const auto& [likeness, group] : groups_) {
        PodRequest taken = likeness.taken;
        taken += pod.request;
        if (!taken.fits(likeness.allocatable)) {
            continue;
        }
        const std::int64_t score = fit_score(scoring_, taken, likeness.allocatable) +
                                   balance_score(taken, likeness.allocatable);
        if (score < best_score) {
            continue;
        }
        const PodRequest& before = likeness.taken;
        const auto node = std::find_if(
            group.begin(), group.end(), [&](NodeId id) { return may_take(id, pod, before); });
        if (node != group.end() && (score > best_score || *node < best)) {
            best = *node;
            best_score = score;
        }
    }
    return best;
}

void KubeScheduler::bind(Key key, Pod& pod, NodeId node, SimTime now) {
    const auto queue = queues_.find(shape_of(pod));
    queue->second.pods.erase(key);
    if (queue->second.pods.empty()) {
        queues_.erase(queue);
    }
    if (pod.nominated.valid()) {
        nodes_.at(pod.nominated).nominated.erase(key);
        pod.nominated = NodeId{};
    }
    pod.node = node;
    pod.bound_at = now;
    nodes_.at(node).pods.insert(key);
    PodRequest taken = nodes_.at(node).taken;
    taken += pod.request;
    move(node, taken);
}

// For each of them that fits nowhere, in order, until there is none to be had.
void KubeScheduler::ask_for_room(Queue& queue, Decision& decision) {
    for (auto key = queue.pods.upper_bound(queue.asked); key != queue.pods.end(); ++key) {
        Pod& pod = pods_.at(*key);
        if (awaits_victims(pod)) {
            continue;
        }
        if (pod.nominated.valid()) {  // another took its place
            nodes_.at(pod.nominated).nominated.erase(*key);
            pod.nominated = NodeId{};
        }
        auto preempted = preempt(*key);
        if (!preempted) {
            break;
        }
        if (!preempted->victims.empty()) {
            decision.preempted.push_back(std::move(*preempted));
        }
    }
    queue.asked = *queue.pods.rbegin();
}

bool KubeScheduler::awaits_victims(const Pod& pod) const {
    if (!pod.nominated.valid()) {
        return false;
    }
    const std::set<Key>& there = nodes_.at(pod.nominated).pods;
    return std::any_of(there.begin(), there.end(), [&](Key key) {
        const Pod& other = pods_.at(key);
        return other.dying && other.priority < pod.priority;
    });
}

// The pods to remove so that it fits, as few and as unimportant as possible, beside those that
// are about to go; nothing: it cannot.
std::optional<std::vector<KubeScheduler::Key>> KubeScheduler::victims_on(NodeId id,
                                                                         const Pod& pod) const {
    const Node& node = nodes_.at(id);
    std::vector<Key> lower;
    PodRequest taken = node.taken;
    for (const Key key : node.pods) {
        const Pod& other = pods_.at(key);
        if (other.priority < pod.priority) {
            taken -= other.request;
            if (!other.dying) {
                lower.push_back(key);
            }
        }
    }
    if (!may_take(id, pod, taken)) {
        return std::nullopt;
    }
    // Spared, the most important and longest running first, while it still fits.
    std::sort(lower.begin(), lower.end(), [&](Key a, Key b) {
        const Pod& first = pods_.at(a);
        const Pod& second = pods_.at(b);
        return std::tuple{-first.priority, first.bound_at, a} <
               std::tuple{-second.priority, second.bound_at, b};
    });
    std::vector<Key> victims;
    for (const Key key : lower) {
        PodRequest with = taken;
        with += pods_.at(key).request;
        if (may_take(id, pod, with)) {
            taken = with;
        } else {
            victims.push_back(key);
        }
    }
    return victims;
}

// How bad it is that they go; there is one. Highest priority, sum, number, start of the
// highest: the later it was, the better.
KubeScheduler::Cost KubeScheduler::cost_of(const std::vector<Key>& victims) const {
    const Pod& highest = pods_.at(victims.front());
    std::int64_t sum = 0;
    SimTime started = highest.bound_at;
    for (const Key victim : victims) {
        const Pod& other = pods_.at(victim);
        sum += other.priority;
        if (other.priority == highest.priority) {
            started = std::min(started, other.bound_at);
        }
    }
    return {highest.priority, sum, victims.size(), -micros(started)};
}

std::optional<KubeScheduler::Decision::Preemption> KubeScheduler::preempt(Key key) {
    Pod& pod = pods_.at(key);
    std::optional<Decision::Preemption> best;
    Cost best_cost{};
    for (const auto& [id, node] : nodes_) {
        std::optional<std::vector<Key>> victims;
        if (!node.cordoned) {
            victims = victims_on(id, pod);
        }
        if (!victims) {
            continue;
        }
        if (victims->empty()) {  // enough are about to go
            best = Decision::Preemption{key, id, {}};
            break;
        }
        const Cost cost = cost_of(*victims);
        if (!best || cost < best_cost) {
            best = Decision::Preemption{key, id, std::move(*victims)};
            best_cost = cost;
        }
    }
    if (best) {
        pod.nominated = best->node;
        nodes_.at(best->node).nominated.insert(key);
        for (const Key victim : best->victims) {
            pods_.at(victim).dying = true;
        }
    }
    return best;
}

void KubeScheduler::move(NodeId id, const PodRequest& taken) {
    leave_group(id);
    nodes_.at(id).taken = taken;
    enter_group(id);
}

void KubeScheduler::enter_group(NodeId id) {
    const Node& node = nodes_.at(id);
    if (!node.cordoned) {
        groups_[{node.allocatable, node.taken}].insert(id);
    }
}

void KubeScheduler::leave_group(NodeId id) {
    const Node& node = nodes_.at(id);
    const auto group = groups_.find({node.allocatable, node.taken});
    if (group != groups_.end()) {
        group->second.erase(id);
        if (group->second.empty()) {
            groups_.erase(group);
        }
    }
}

}  // namespace forkyard
