// The nodes on which an application master wants no containers.
//
// Three sources: the list it was started with, nodes that its driver has excluded, and nodes on
// which executors failed too often, these for a time (CM-YARN-09, 10). Only failures on nodes
// that are none of the latter two count at all, so that a bad node does not end an application
// that avoids it already.
//
// In Spark: YarnAllocatorNodeHealthTracker.
#pragma once

#include <map>
#include <set>
#include <vector>

#include "core/executor_failures.hpp"
#include "core/ids.hpp"
#include "core/model/conf.hpp"
#include "core/sim_time.hpp"

namespace forkyard {

class NodeHealth {
public:
    // `listed`: spark.yarn.exclude.nodes.
    NodeHealth(const AppConf& conf, std::set<NodeId> listed)
        : on_{conf.yarn.exclude_on_launch_failure},
          failures_per_node_max_{conf.exclusion.app_executors_per_node},
          timeout_{conf.exclusion.timeout},
          listed_{std::move(listed)},
          failures_{conf.executor_failures_validity} {}

    void executor_failed(SimTime now, NodeId node) {
        if (!on_) {
            failures_.add(now, node);
            return;
        }
        forget_expired(now);
        if (of_driver_.contains(node) || failed_.contains(node)) {
            return;
        }
        failures_.add(now, node);
        if (failures_.count(now, node) > failures_per_node_max_) {
            failed_.emplace(node, now + timeout_);
        }
    }
    void set_by_driver(const std::vector<NodeId>& nodes) {
        of_driver_ = {nodes.begin(), nodes.end()};
    }

    // In order, of all three sources; those whose time is over come back now.
    [[nodiscard]] std::vector<NodeId> excluded(SimTime now) {
        forget_expired(now);
        std::set<NodeId> all = listed_;
        all.insert(of_driver_.begin(), of_driver_.end());
        for (const auto& [node, until] : failed_) {
            all.insert(node);
        }
        return {all.begin(), all.end()};
    }
    // When a node comes back; none: none will by itself.
    [[nodiscard]] std::optional<SimTime> next_return() const {
        std::optional<SimTime> first;
        for (const auto& [node, until] : failed_) {
            first = std::min(first.value_or(until), until);
        }
        return first;
    }
    [[nodiscard]] std::uint32_t failures(SimTime now) const { return failures_.count(now); }

    template <class Self, class V>
    static void members(Self& self, V& v) {
        v(self.of_driver_, self.failed_, self.failures_);
    }

private:
    void forget_expired(SimTime now) {
        std::erase_if(failed_, [&](const auto& entry) { return entry.second < now; });
    }

    bool on_;
    std::uint32_t failures_per_node_max_;
    SimDuration timeout_;
    std::set<NodeId> listed_;
    std::set<NodeId> of_driver_{};
    std::map<NodeId, SimTime> failed_{};  // until when
    ExecutorFailures failures_;
};

}  // namespace forkyard
