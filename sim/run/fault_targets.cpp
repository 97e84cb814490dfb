// Whom a fault means: executors, nodes and running tasks at the moment it acts.
#include <cstddef>
#include <utility>

#include "sim/run/fault_injector.hpp"

namespace forkyard::sim {

namespace {

template <class T>
std::vector<T> picked(Step& step, Pick pick, const std::string& label, std::vector<T> found) {
    if (found.size() <= 1 || pick == Pick::all) {
        return found;
    }
    std::size_t index = 0;
    if (pick == Pick::any) {
        index = static_cast<std::size_t>(step.choose("fault.pick", label, found.size()));
    }
    return {found[index]};
}

}  // namespace

bool FaultInjector::fits(const ExecutorTarget& target, const ExecutorView& view) const {
    const auto runs = [&](const std::string& stage) {
        for (const RunningTaskView& task : cluster_.running_tasks()) {
            if (task.exec == view.exec && context_.means_stage(stage, task.app, task.task.stage)) {
                return true;
            }
        }
        return false;
    };
    return (!target.app || context_.names().apps[view.app.index()] == *target.app) &&
           (!target.node || context_.names().nodes[view.node.index()] == *target.node) &&
           (!target.idle || *target.idle == view.idle) &&
           (!target.running || runs(*target.running)) &&
           (!target.holding || cluster_.holds_output(view.exec, view.app, *target.holding));
}

std::vector<ExecutorId> FaultInjector::executors_of(Step& step,
                                                    const FaultSpec& fault,
                                                    const Armed& armed) const {
    if (fault.executor.matched) {
        return armed.exec.valid() ? std::vector{armed.exec} : std::vector<ExecutorId>{};
    }
    if (!fault.executor.named.empty()) {
        return fault.executor.named;
    }
    std::vector<ExecutorId> found;
    for (const ExecutorView& view : cluster_.executors()) {
        if (fits(fault.executor, view)) {
            found.push_back(view.exec);
        }
    }
    return picked(step, fault.executor.pick, fault.name, std::move(found));
}

std::vector<NodeId> FaultInjector::nodes_of(Step& step,
                                            const FaultSpec& fault,
                                            const Armed& armed) const {
    std::vector<NodeId> found;
    for (const std::string& name : fault.workers) {
        found.push_back(context_.names().node(name));
    }
    if (!found.empty()) {
        return found;
    }
    if (fault.worker_matched) {
        return armed.node.valid() ? std::vector{armed.node} : std::vector<NodeId>{};
    }
    for (std::uint32_t n = 0; n < context_.names().nodes.size(); ++n) {
        if (cluster_.node_up(NodeId{n})) {
            found.emplace_back(n);
        }
    }
    return picked(step, fault.worker_pick, fault.name, std::move(found));
}

std::vector<RunningTaskView> FaultInjector::tasks_of(const FaultSpec& fault,
                                                     const Armed& armed) const {
    const bool named = fault.task.stage || fault.task.partition;
    // The attempt of the matched record, or of the launch that armed it.
    const bool matched = fault.when ? !named : armed.task.has_value();
    std::vector<RunningTaskView> found;
    for (const RunningTaskView& task : cluster_.running_tasks()) {
        const bool wanted =
            matched ? armed.task == task.task && armed.app == task.app
                    : fault.kind != FaultKind::slow_task && is_target(fault, task.app, task.task);
        if (wanted) {
            found.push_back(task);
        }
    }
    return found;
}

}  // namespace forkyard::sim
