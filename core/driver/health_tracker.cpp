#include "core/driver/health_tracker.hpp"

#include <algorithm>

namespace forkyard {

void HealthTracker::on_set_succeeded(Step& step,
                                     const TaskSetExclusion& set,
                                     ExecutorTable& executors) {
    for (const auto& [exec, failed] : set.failures()) {
        std::vector<SimTime>& expiries = failures_[exec];
        for (const auto& [index, failure] : failed.by_index) {
            expiries.push_back(failure.last + conf_.timeout);
        }
        std::erase_if(expiries, [&](SimTime expiry) { return expiry < step.now; });
        const auto count = static_cast<std::uint32_t>(expiries.size());
        if (count >= conf_.app_tasks_per_executor && !executors_out_.contains(exec)) {
            exclude_executor(step, exec, failed.node, count, executors);
        }
    }
}

void HealthTracker::on_fetch_failure(Step& step,
                                     ExecutorId exec,
                                     NodeId node,
                                     ExecutorTable& executors) {
    if (!conf_.fetch_failures) {
        return;
    }
    if (shuffle_service_) {
        if (!nodes_out_.contains(node)) {
            exclude_node(step, node, 1, step.now + conf_.timeout, executors);
        }
    } else if (!executors_out_.contains(exec)) {
        exclude_executor(step, exec, node, 1, executors);
    }
}

void HealthTracker::exclude_executor(
    Step& step, ExecutorId exec, NodeId node, std::uint32_t failures, ExecutorTable& executors) {
    const SimTime until = step.now + conf_.timeout;
    executors_out_[exec] = {node, until};
    failures_.erase(exec);
    step.act(Exclude{.app = app_,
                     .scope = ExclusionScope::executor,
                     .exec = exec,
                     .node = node,
                     .level = ExclusionLevel::app,
                     .failures = failures});
    if (conf_.kill) {
        kill(step, exec, executors);
    }
    std::set<ExecutorId>& here = out_on_node_[node];
    here.insert(exec);
    const auto count = static_cast<std::uint32_t>(here.size());
    if (count >= conf_.app_executors_per_node && !nodes_out_.contains(node)) {
        exclude_node(step, node, count, until, executors);
    }
}

void HealthTracker::exclude_node(
    Step& step, NodeId node, std::uint32_t failures, SimTime until, ExecutorTable& executors) {
    nodes_out_[node] = until;
    step.act(Exclude{.app = app_,
                     .scope = ExclusionScope::node,
                     .node = node,
                     .level = ExclusionLevel::app,
                     .failures = failures});
    if (!conf_.kill) {
        return;
    }
    for (std::uint32_t n = 0; n < executors.all().size(); ++n) {
        const ExecutorId exec{n};
        // One that is out itself has been killed already.
        if (executors.alive(exec) && executors.at(exec).node == node &&
            !executors_out_.contains(exec)) {
            kill(step, exec, executors);
        }
    }
}

void HealthTracker::kill(Step& step, ExecutorId exec, ExecutorTable& executors) const {
    if (!executors.alive(exec) || executors.at(exec).to_go) {
        return;
    }
    if (conf_.kill_by_decommission) {
        if (executors.active(exec)) {
            step.act(
                DecommissionExecutor{app_, exec, AskedBy::driver, LossReason::decommissioned, {}});
        }
    } else {
        step.act(KillExecutor{app_, exec, LossReason::excluded, AskedBy::driver});
        executors.retire(exec, LossReason::excluded);
    }
}

void HealthTracker::expire(Step& step) {
    for (auto at = executors_out_.begin(); at != executors_out_.end();) {
        if (at->second.until >= step.now) {
            ++at;
            continue;
        }
        const auto here = out_on_node_.find(at->second.node);
        here->second.erase(at->first);
        if (here->second.empty()) {
            out_on_node_.erase(here);
        }
        step.act(Include{.app = app_,
                         .scope = ExclusionScope::executor,
                         .exec = at->first,
                         .node = at->second.node,
                         .level = ExclusionLevel::app});
        at = executors_out_.erase(at);
    }
    for (auto at = nodes_out_.begin(); at != nodes_out_.end();) {
        if (at->second >= step.now) {
            ++at;
            continue;
        }
        step.act(Include{.app = app_,
                         .scope = ExclusionScope::node,
                         .node = at->first,
                         .level = ExclusionLevel::app});
        at = nodes_out_.erase(at);
    }
}

bool HealthTracker::out_at(SimTime when, ExecutorId exec, NodeId node) const {
    const auto executor = executors_out_.find(exec);
    const auto here = nodes_out_.find(node);
    return (executor != executors_out_.end() && executor->second.until >= when) ||
           (here != nodes_out_.end() && here->second >= when);
}

std::vector<NodeId> HealthTracker::nodes_out() const {
    std::vector<NodeId> out;
    for (const auto& [node, until] : nodes_out_) {
        out.push_back(node);
    }
    return out;
}

std::optional<SimTime> HealthTracker::next_expiry() const {
    std::optional<SimTime> next;
    for (const auto& [exec, out] : executors_out_) {
        next = std::min(next.value_or(time_never), out.until);
    }
    for (const auto& [node, until] : nodes_out_) {
        next = std::min(next.value_or(time_never), until);
    }
    return next;
}

}  // namespace forkyard
