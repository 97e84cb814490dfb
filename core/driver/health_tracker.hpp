// Exclude on failure for the whole application: executors and nodes that failed too many
// tasks in task sets that succeeded all the same, until a time-out has passed.
//
// In Spark: HealthTracker.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <vector>

#include "core/driver/executor_table.hpp"
#include "core/driver/task_set_exclusion.hpp"
#include "core/ids.hpp"
#include "core/model/conf.hpp"
#include "core/step.hpp"

namespace forkyard {

class HealthTracker {
public:
    // `shuffle_service`: shuffle files are the node's, so a fetch failure is too.
    HealthTracker(AppId app, const ExclusionConf& conf, bool shuffle_service)
        : app_{app}, conf_{conf}, shuffle_service_{shuffle_service} {}

    // A task set whose tasks have all succeeded (SCH-HLT-06).
    void on_set_succeeded(Step& step, const TaskSetExclusion& set, ExecutorTable& executors);
    void on_fetch_failure(Step& step, ExecutorId exec, NodeId node, ExecutorTable& executors);
    // Those whose time has passed may be offered again; asked at the start of each round.
    void expire(Step& step);
    // Its failures are forgotten; its exclusion and its node's count are not (SCH-HLT-07).
    void on_executor_removed(ExecutorId exec) { failures_.erase(exec); }

    [[nodiscard]] bool out(ExecutorId exec, NodeId node) const {
        return executors_out_.contains(exec) || nodes_out_.contains(node);
    }
    [[nodiscard]] bool any_out() const { return !executors_out_.empty() || !nodes_out_.empty(); }
    [[nodiscard]] std::vector<NodeId> nodes_out() const;
    // Whether it would still be, were an offer made at this time.
    [[nodiscard]] bool out_at(SimTime when, ExecutorId exec, NodeId node) const;
    // Something is excluded until then.
    [[nodiscard]] std::optional<SimTime> next_expiry() const;
    // Without blame, and without a smaller target: another may take its place.
    void kill(Step& step, ExecutorId exec, ExecutorTable& executors) const;

private:
    void exclude_executor(
        Step& step, ExecutorId exec, NodeId node, std::uint32_t failures, ExecutorTable& executors);
    void exclude_node(
        Step& step, NodeId node, std::uint32_t failures, SimTime until, ExecutorTable& executors);

    AppId app_;
    ExclusionConf conf_;
    bool shuffle_service_;
    std::map<ExecutorId, std::vector<SimTime>> failures_{};  // when each expires
    struct Out {
        NodeId node{};
        SimTime until{};
    };
    std::map<ExecutorId, Out> executors_out_{};
    std::map<NodeId, SimTime> nodes_out_{};
    std::map<NodeId, std::set<ExecutorId>> out_on_node_{};
};

}  // namespace forkyard
