#include "core/policy/ledger.hpp"

#include <algorithm>
#include <utility>
#include <variant>

#include <fmt/format.h>

#include "core/event_text.hpp"
#include "core/model/cluster_rules.hpp"

namespace forkyard {

namespace {

constexpr std::uint32_t slowest_percent = 100'000'000;  // a million times

}  // namespace

Ledger::Ledger(const Scenario& scenario)
    : scenario_{scenario},
      counts_cores_{counts_cores(scenario)},
      counts_resources_{counts_resources(scenario.cluster)},
      nodes_(scenario.cluster.nodes.size()),
      apps_(scenario.apps.size()),
      next_executor_{scenario.cluster.manager == "local" ? local_executor.value : 1} {}

void Ledger::hear(const Event& event) {
    if (const auto* joined = std::get_if<WorkerJoined>(&event)) {
        empty_node(joined->node);
        nodes_[joined->node.index()] = {true, {joined->cores, joined->memory}};
    } else if (const auto* lost = std::get_if<WorkerLost>(&event)) {
        empty_node(lost->node);
        nodes_[lost->node.index()].up = false;
    } else if (const auto* drained = std::get_if<WorkerDraining>(&event)) {
        nodes_[drained->node.index()].draining = true;
    } else if (const auto* submitted = std::get_if<AppSubmitted>(&event)) {
        apps_[submitted->app.index()] = AppState::there;
    } else if (const auto* driver = std::get_if<DriverLost>(&event)) {
        free_driver(driver->app);
    } else if (const auto* returned = std::get_if<CoresReturned>(&event)) {
        take_back(*returned);
    } else if (const auto* exited = std::get_if<ExecutorExited>(&event)) {
        free(exited->exec);
    } else if (const auto* asked = std::get_if<ExecutorDisconnected>(&event)) {
        asked_.insert(asked->exec);
    } else if (const auto* gone = std::get_if<ExecutorLost>(&event)) {
        asked_.erase(gone->exec);
        free(gone->exec);
    }
}

void Ledger::end_application(AppId app) {
    apps_[app.index()] = AppState::ended;
    free_driver(app);
}

void Ledger::free_driver(AppId app) {
    const auto found = drivers_.find(app);
    if (found == drivers_.end()) {
        return;
    }
    release(found->second);
    drivers_.erase(found);
}

void Ledger::release(const Grant& grant) {
    if (!grant.node.valid()) {
        return;
    }
    Node& node = nodes_[grant.node.index()];
    node.used -= grant.room;
    for (const auto& [name, count] : grant.resources) {
        node.resources_used.at(name) -= count;
    }
}

// What ran there gives nothing back, even if the node comes again.
void Ledger::empty_node(NodeId node) {
    for (auto& [exec, grant] : grants_) {
        if (grant.node == node) {
            grant.node = NodeId{};
        }
    }
    for (auto& [app, grant] : drivers_) {
        if (grant.node == node) {
            grant.node = NodeId{};
        }
    }
    nodes_[node.index()].used = {};
    nodes_[node.index()].resources_used.clear();
}

void Ledger::free(ExecutorId exec) {
    const auto found = grants_.find(exec);
    if (found == grants_.end()) {
        return;
    }
    release(found->second);
    grants_.erase(found);
}

// Of an executor that is gone they came back with it.
void Ledger::take_back(const CoresReturned& event) {
    const auto found = grants_.find(event.exec);
    if (found == grants_.end()) {
        return;
    }
    Grant& grant = found->second;
    const std::uint32_t cores = std::min(event.cores, grant.lent);
    grant.lent -= cores;
    grant.room.cores -= cores;
    if (grant.node.valid()) {
        nodes_[grant.node.index()].used.cores -= cores;
    }
}

std::optional<std::string> Ledger::enter(const Action& action) {
    return std::visit([&](const auto& a) { return enter(a); }, action);
}

std::optional<std::string> Ledger::check_app(AppId app, std::string_view what) const {
    if (app.index() >= apps_.size() || apps_[app.index()] == AppState::unknown) {
        return fmt::format("{} for an application that has not been submitted", what);
    }
    if (apps_[app.index()] == AppState::ended) {
        return fmt::format("{} for {}, which has ended", what, scenario_.apps[app.index()].name);
    }
    return {};
}

std::optional<std::string> Ledger::place(std::string_view what, const Grant& grant) {
    const NodeId id = grant.node;
    const Room& room = grant.room;
    if (id.index() >= nodes_.size()) {
        return fmt::format("node number {} of {}", id.value, nodes_.size());
    }
    Node& node = nodes_[id.index()];
    const std::string& name = scenario_.cluster.nodes[id.index()].name;
    if (!node.up) {
        return fmt::format("{} on {}, which is not up", what, name);
    }
    if (node.draining) {
        return fmt::format("{} on {}, which is draining", what, name);
    }
    if (room.cores < 1 || room.memory.count < 1) {
        return fmt::format("{} of {} cores and {} bytes", what, room.cores, room.memory.count);
    }
    if (counts_cores_ && node.used.cores + room.cores > node.total.cores) {
        return fmt::format("{} of {} cores on {}, where {} of {} are taken",
                           what,
                           room.cores,
                           name,
                           node.used.cores,
                           node.total.cores);
    }
    if (node.used.memory.count + room.memory.count > node.total.memory.count) {
        return fmt::format("{} of {} bytes on {}, where {} of {} are taken",
                           what,
                           room.memory.count,
                           name,
                           node.used.memory.count,
                           node.total.memory.count);
    }
    if (auto refused = check_resources(what, grant)) {
        return refused;
    }
    node.used += room;
    for (const auto& [resource, count] : grant.resources) {
        node.resources_used[resource] += count;
    }
    return {};
}

std::optional<std::string> Ledger::check_resources(std::string_view what,
                                                   const Grant& grant) const {
    const NodeSpec& spec = scenario_.cluster.nodes[grant.node.index()];
    const Resources& used = nodes_[grant.node.index()].resources_used;
    for (const auto& [resource, count] : grant.resources) {
        const auto there = spec.resources.find(resource);
        const auto taken = used.find(resource);
        const std::uint64_t has = there == spec.resources.end() ? 0 : there->second;
        const std::uint64_t gone = taken == used.end() ? 0 : taken->second;
        if (gone + count > has) {
            return fmt::format("{} of {} {} on {}, where {} of {} are taken",
                               what,
                               count,
                               resource,
                               spec.name,
                               gone,
                               has);
        }
    }
    return {};
}

std::optional<std::string> Ledger::enter(const LaunchExecutor& action) {
    if (auto refused = check_app(action.app, "an executor")) {
        return refused;
    }
    if (action.exec.value != next_executor_) {
        return fmt::format(
            "executor {} is granted, the next number is {}", action.exec.value, next_executor_);
    }
    Grant grant{action.app, action.node, {action.cores, action.memory}, {}};
    if (counts_resources_) {
        grant.resources = executor_resources(scenario_.apps[action.app.index()].conf.resources);
    }
    if (auto refused = place("an executor", grant)) {
        return refused;
    }
    ++next_executor_;
    grants_.emplace(action.exec, std::move(grant));
    return {};
}

std::optional<std::string> Ledger::enter(const LaunchDriver& action) {
    if (auto refused = check_app(action.app, "a driver")) {
        return refused;
    }
    const std::string& name = scenario_.apps[action.app.index()].name;
    if (!scenario_.apps[action.app.index()].cluster_mode) {
        return fmt::format("a driver for {}, which is in client mode", name);
    }
    if (drivers_.contains(action.app)) {
        return fmt::format("a second driver for {}", name);
    }
    Grant grant{action.app, action.node, {action.cores, action.memory}, {}};
    if (counts_resources_) {
        grant.resources = scenario_.apps[action.app.index()].conf.driver_resources;
    }
    if (auto refused = place("a driver", grant)) {
        return refused;
    }
    drivers_.emplace(action.app, std::move(grant));
    return {};
}

std::optional<std::string> Ledger::enter(const KillExecutor& action) {
    return check_granted(action.app, action.exec);
}

std::optional<std::string> Ledger::enter(const DecommissionExecutor& action) {
    return check_granted(action.app, action.exec);
}

std::optional<std::string> Ledger::enter(const OfferCores& action) {
    if (auto refused = check_granted(action.app, action.exec)) {
        return refused;
    }
    Grant& grant = grants_.at(action.exec);
    if (!grant.node.valid() || action.cores < 1) {
        return fmt::format("{} cores are offered for executor {}{}",
                           action.cores,
                           action.exec.value,
                           grant.node.valid() ? "" : ", whose node is gone");
    }
    Node& node = nodes_[grant.node.index()];
    if (node.draining || node.used.cores + action.cores > node.total.cores) {
        return fmt::format(
            "{} cores are offered on {}, {}",
            action.cores,
            scenario_.cluster.nodes[grant.node.index()].name,
            node.draining
                ? "which is draining"
                : fmt::format("where {} of {} are taken", node.used.cores, node.total.cores));
    }
    node.used.cores += action.cores;
    grant.room.cores += action.cores;
    grant.lent += action.cores;
    return {};
}

std::optional<std::string> Ledger::enter(const ExplainLoss& action) {
    if (asked_.erase(action.exec) == 0) {
        return fmt::format("it tells of executor {}, which nobody has asked about",
                           action.exec.value);
    }
    return {};
}

std::optional<std::string> Ledger::enter(const RemoveApplication& action) {
    if (action.app.index() >= apps_.size() || apps_[action.app.index()] != AppState::there) {
        return "an application is removed that is not there";
    }
    free_driver(action.app);  // its process ends with it
    return {};
}

std::optional<std::string> Ledger::enter(const RegisterManager& action) {
    return check_app(action.app, "a manager");
}

std::optional<std::string> Ledger::enter(const InjectFault& action) {
    if (!scenario_.cluster.policy_faults) {
        return "it asks for a fault, and cluster.policy_faults is false";
    }
    switch (action.fault) {
        case FaultKind::kill_executor:
        case FaultKind::freeze_executor:
            return check_granted(action.app, action.exec);
        case FaultKind::slow_worker:
        case FaultKind::lose_worker:
            break;
        default:
            return fmt::format("it asks for `{}`, which is the scenario's alone",
                               to_text(action.fault));
    }
    if (action.node.index() >= nodes_.size() || !nodes_[action.node.index()].up) {
        return fmt::format("`{}` of a node that is not up", to_text(action.fault));
    }
    if (action.fault == FaultKind::slow_worker &&
        (action.percent <= 100 || action.percent > slowest_percent)) {
        return fmt::format("a worker slowed to {} percent", action.percent);
    }
    if (action.lasts < SimDuration{0}) {
        return fmt::format("a fault for {} us", micros(action.lasts));
    }
    return {};
}

std::optional<std::string> Ledger::enter(SimTime now, const TimerRequest& request) const {
    if (request.at < now) {
        return fmt::format(
            "a timer for {} us, {} us before now", micros(request.at), micros(now - request.at));
    }
    return {};
}

std::optional<std::string> Ledger::check_granted(AppId app, ExecutorId exec) const {
    const auto found = grants_.find(exec);
    if (found == grants_.end()) {
        return fmt::format("executor {} is not there", exec.value);
    }
    if (found->second.app != app) {
        return fmt::format("executor {} is that of another application, {}",
                           exec.value,
                           scenario_.apps[found->second.app.index()].name);
    }
    return {};
}

}  // namespace forkyard
