#include "core/driver/task_set_exclusion.hpp"

#include <algorithm>

namespace forkyard {

void TaskSetExclusion::on_failure(Step& step,
                                  std::uint32_t index,
                                  std::uint32_t partition,
                                  ExecutorId exec,
                                  NodeId node,
                                  const std::string& reason) {
    latest_reason_ = reason;
    OnExecutor& on = failures_[exec];
    on.node = node;
    Failure& failure = on.by_index[index];
    ++failure.count;
    failure.last = step.now;
    if (!conf_.task_and_stage) {
        return;
    }
    Exclude decision{.app = app_, .exec = exec, .node = node, .stage = stage_};

    std::uint32_t attempts = 0;  // of this task on the node
    std::uint32_t executors_out = 0;
    if (failure.count == conf_.task_attempts_per_executor) {
        decision.level = ExclusionLevel::task;
        decision.scope = ExclusionScope::executor;
        decision.partition = partition;
        decision.failures = failure.count;
        step.act(decision);
    }
    for (const auto& [other, failed] : failures_) {
        const auto found = failed.by_index.find(index);
        if (failed.node == node && found != failed.by_index.end()) {
            attempts += found->second.count;
        }
    }
    if (attempts >= conf_.task_attempts_per_node &&
        nodes_out_for_task_.emplace(node, index).second) {
        decision.level = ExclusionLevel::task;
        decision.scope = ExclusionScope::node;
        decision.partition = partition;
        decision.failures = attempts;
        step.act(decision);
    }
    // Different tasks count here, each once (SCH-HLT-03).
    const auto tasks = static_cast<std::uint32_t>(on.by_index.size());
    if (tasks < conf_.stage_tasks_per_executor || !executors_out_.insert(exec).second) {
        return;
    }
    decision.level = ExclusionLevel::stage;
    decision.scope = ExclusionScope::executor;
    decision.partition.reset();
    decision.failures = tasks;
    step.act(decision);
    for (const auto& [other, failed] : failures_) {
        executors_out += failed.node == node && executors_out_.contains(other) ? 1 : 0;
    }
    if (executors_out >= conf_.stage_executors_per_node && nodes_out_.insert(node).second) {
        decision.scope = ExclusionScope::node;
        decision.failures = executors_out;
        step.act(decision);
    }
}

bool TaskSetExclusion::out_for_task(std::uint32_t index, ExecutorId exec, NodeId node) const {
    if (nodes_out_for_task_.contains({node, index})) {
        return true;
    }
    const auto on = failures_.find(exec);
    if (on == failures_.end() || !conf_.task_and_stage) {
        return false;
    }
    const auto failed = on->second.by_index.find(index);
    return failed != on->second.by_index.end() &&
           failed->second.count >= conf_.task_attempts_per_executor;
}

}  // namespace forkyard
