#include "core/policy/local.hpp"

#include <variant>

namespace forkyard {

void Local::handle(Step& step, const Event& event) {
    if (const auto* joined = std::get_if<WorkerJoined>(&event)) {
        node_ = joined->node;
        start(step);
    } else if (const auto* lost = std::get_if<WorkerLost>(&event)) {
        node_ = lost->node == node_ ? NodeId{} : node_;
    } else if (const auto* submitted = std::get_if<AppSubmitted>(&event)) {
        app_ = submitted->app;
        start(step);
    } else if (const auto* gone = std::get_if<ExecutorLost>(&event); gone && app_.valid()) {
        app_ = AppId{};
        step.act(RemoveApplication{gone->app, "its executor is lost, which is its driver"});
    }
}

void Local::start(Step& step) {
    if (app_.valid() && node_.valid() && !granted_) {
        granted_ = true;
        const NodeSpec& spec = scenario_.cluster.nodes[node_.index()];
        step.act(LaunchExecutor{app_, local_executor, node_, spec.cores, spec.memory});
    }
}

std::vector<std::string> Local::describe_waiting() const {
    return app_.valid() && !granted_
               ? std::vector<std::string>{scenario_.apps[app_.index()].name + " waits for its node"}
               : std::vector<std::string>{};
}

}  // namespace forkyard
