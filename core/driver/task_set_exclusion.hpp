// Exclude on failure within one task set: which tasks may no longer run where, which
// executors and nodes are out for the stage.
//
// Nothing expires here (SCH-HLT-05). What a set that succeeds has counted goes to the
// HealthTracker; where exclusion is for the application alone, this only counts
// (SCH-HLT-14).
//
// In Spark: TaskSetExcludelist.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <utility>

#include "core/ids.hpp"
#include "core/model/conf.hpp"
#include "core/step.hpp"

namespace forkyard {

class TaskSetExclusion {
public:
    TaskSetExclusion(AppId app, StageAttempt stage, const ExclusionConf& conf)
        : app_{app}, stage_{stage}, conf_{conf} {}

    // A counted failure of the task at `index`, which computes `partition`.
    void on_failure(Step& step,
                    std::uint32_t index,
                    std::uint32_t partition,
                    ExecutorId exec,
                    NodeId node,
                    const std::string& reason);

    [[nodiscard]] bool out_for_stage(ExecutorId exec, NodeId node) const {
        return executors_out_.contains(exec) || nodes_out_.contains(node);
    }
    [[nodiscard]] bool out_for_task(std::uint32_t index, ExecutorId exec, NodeId node) const;
    [[nodiscard]] const std::string& latest_reason() const { return latest_reason_; }

    // By executor: where it is, and for each index that failed there how often and when last.
    struct Failure {
        std::uint32_t count = 0;
        SimTime last{};
    };
    struct OnExecutor {
        NodeId node{};
        std::map<std::uint32_t, Failure> by_index{};
    };
    [[nodiscard]] const std::map<ExecutorId, OnExecutor>& failures() const { return failures_; }

private:
    AppId app_;
    StageAttempt stage_;
    ExclusionConf conf_;
    std::map<ExecutorId, OnExecutor> failures_{};
    std::set<std::pair<NodeId, std::uint32_t>> nodes_out_for_task_{};
    std::set<ExecutorId> executors_out_{};
    std::set<NodeId> nodes_out_{};
    std::string latest_reason_{};
};

}  // namespace forkyard
