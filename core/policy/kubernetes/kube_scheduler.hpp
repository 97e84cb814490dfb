// Which node each pod goes to: kube-scheduler.
//
// One pod at a time, highest priority first, then the one created first. Nodes without room
// are left out; of the others the one with the best score takes it, ties going to the lowest
// number. A pod that fits nowhere may have pods of lower priority removed for it, and then
// waits until they are gone; its node is kept for it from pods of lower priority.
//
// Pods alike in all that counts share a queue, so what holds for the first holds for all of
// them; nodes alike share a group, so that a placement costs the number of different nodes,
// not of all.
//
// In Kubernetes: scheduling queue, filter, score, preemption (CM-K8S-19 to 23). No affinity,
// taints, volumes, topology or disruption budgets.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <tuple>
#include <vector>

#include "core/ids.hpp"
#include "core/model/kubernetes_conf.hpp"
#include "core/policy/kubernetes/node_score.hpp"
#include "core/policy/state.hpp"
#include "core/sim_time.hpp"

namespace forkyard {

class KubeScheduler {
public:
    using Key = std::uint64_t;  // of a pod, given by its owner; later ones are higher

    struct Decision {
        struct Binding {
            Key pod = 0;
            NodeId node{};
        };
        struct Preemption {
            Key pod = 0;  // for which
            NodeId node{};
            std::vector<Key> victims{};
        };
        std::vector<Binding> bound{};
        std::vector<Preemption> preempted{};
    };

    explicit KubeScheduler(Scoring scoring) : scoring_{scoring} {}

    void add_node(NodeId node, const PodRequest& allocatable);
    void remove_node(NodeId node);
    // No new pods; those there stay.
    void cordon(NodeId node);
    [[nodiscard]] bool is_cordoned(NodeId node) const { return nodes_.at(node).cordoned; }

    void add_pod(Key pod, std::int32_t priority, const PodRequest& request, SimTime now);
    void remove_pod(Key pod);  // wherever it is; its room is free
    // Of a pod that is bound; invalid: it waits.
    [[nodiscard]] NodeId node_of(Key pod) const;

    // Places what fits by now.
    [[nodiscard]] Decision schedule(SimTime now);
    // When pods that wait for no more than time may be tried again.
    [[nodiscard]] std::optional<SimTime> next_try(SimTime now) const;

    template <class Self, class V>
    static void members(Self& self, V& v) {
        v(self.nodes_, self.groups_, self.pods_, self.queues_, self.changes_);
    }

private:
    struct Node {
        bool up = false;
        bool cordoned = false;
        PodRequest allocatable{};
        PodRequest taken{};
        std::set<Key> pods{};
        std::set<Key> nominated{};  // that wait for room here

        template <class Self, class V>
        static void members(Self& self, V& v) {
            v(self.up, self.cordoned, self.allocatable, self.taken, self.pods, self.nominated);
        }
    };
    struct Pod {
        std::int32_t priority = 0;
        PodRequest request{};
        NodeId node{};       // that it runs on
        NodeId nominated{};  // that it waits for
        SimTime bound_at{};
        bool dying = false;

        template <class Self, class V>
        static void members(Self& self, V& v) {
            v(self.priority, self.request, self.node, self.nominated, self.bound_at, self.dying);
        }
    };
    // What pods that wait have in common.
    struct Shape {
        std::int64_t rank = 0;  // minus the priority: the highest comes first
        PodRequest request{};
        auto operator<=>(const Shape&) const = default;

        template <class Self, class V>
        static void members(Self& self, V& v) {
            v(self.rank, self.request);
        }
    };
    struct Queue {
        std::set<Key> pods{};
        std::uint32_t failures = 0;  // in a row
        SimTime retry_at{};          // backoff: not before,
        Key failed = 0;              // of pods up to this one: later ones have not failed yet
        std::uint64_t tried_at = 0;  // number of the last change that it failed after
        Key asked = 0;               // up to which pod others were made to go since

        template <class Self, class V>
        static void members(Self& self, V& v) {
            v(self.pods, self.failures, self.retry_at, self.failed, self.tried_at, self.asked);
        }
        // Up to which pod none is tried now: those that have failed wait their time out.
        [[nodiscard]] Key resting(SimTime now) const { return retry_at > now ? failed : 0; }
        [[nodiscard]] bool has_beyond(Key key) const { return key < *pods.rbegin(); }
    };
    using Cost = std::tuple<std::int64_t, std::int64_t, std::size_t, std::int64_t>;
    // Nodes with the same numbers score the same.
    struct Likeness {
        PodRequest allocatable{};
        PodRequest taken{};
        auto operator<=>(const Likeness&) const = default;

        template <class Self, class V>
        static void members(Self& self, V& v) {
            v(self.allocatable, self.taken);
        }
    };

    [[nodiscard]] static Shape shape_of(const Pod& pod) {
        return Shape{-std::int64_t{pod.priority}, pod.request};
    }
    [[nodiscard]] bool may_take(NodeId node, const Pod& pod, const PodRequest& taken) const;
    [[nodiscard]] NodeId best_node(const Pod& pod) const;
    void bind(Key key, Pod& pod, NodeId node, SimTime now);
    void ask_for_room(Queue& queue, Decision& decision);
    [[nodiscard]] bool awaits_victims(const Pod& pod) const;
    [[nodiscard]] std::optional<Decision::Preemption> preempt(Key key);
    [[nodiscard]] std::optional<std::vector<Key>> victims_on(NodeId node, const Pod& pod) const;
    [[nodiscard]] Cost cost_of(const std::vector<Key>& victims) const;
    void move(NodeId node, const PodRequest& taken);
    void enter_group(NodeId node);
    void leave_group(NodeId node);

    Scoring scoring_;
    std::map<NodeId, Node> nodes_;
    std::map<Likeness, std::set<NodeId>> groups_;  // of nodes that take pods
    std::map<Key, Pod> pods_;
    std::map<Shape, Queue> queues_;
    std::uint64_t changes_ = 1;  // that may have made room
};

}  // namespace forkyard
