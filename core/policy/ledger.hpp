// The books of the cluster: what its manager may do.
//
// Every action of a policy is checked here before anybody acts on it: rooms of nodes,
// numbers of executors, who is there at all. A policy that breaks a rule is at fault, not
// the cluster; the run ends with the rule and the numbers.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "core/action.hpp"
#include "core/event.hpp"
#include "core/model/room.hpp"
#include "core/model/scenario.hpp"

namespace forkyard {

class Ledger {
public:
    // `scenario` must outlive it.
    explicit Ledger(const Scenario& scenario);

    // What has happened, before the policy hears of it.
    void hear(const Event& event);
    void end_application(AppId app);
    // Enters an action; the rule that it breaks, or none.
    [[nodiscard]] std::optional<std::string> enter(const Action& action);
    [[nodiscard]] std::optional<std::string> enter(SimTime now, const TimerRequest& request) const;

private:
    struct Node {
        bool up = false;
        Room total{};
        Room used{};
        bool draining = false;
        Resources resources_used{};
    };
    struct Grant {
        AppId app;
        NodeId node;  // invalid: the node went away meanwhile
        Room room{};
        Resources resources{};
        std::uint32_t lent = 0;  // of it, cores for tasks on top of its own
    };
    enum class AppState : std::uint8_t { unknown, there, ended };

    [[nodiscard]] std::optional<std::string> enter(const LaunchExecutor& action);
    [[nodiscard]] std::optional<std::string> enter(const LaunchDriver& action);
    [[nodiscard]] std::optional<std::string> enter(const KillExecutor& action);
    [[nodiscard]] std::optional<std::string> enter(const DecommissionExecutor& action);
    [[nodiscard]] std::optional<std::string> enter(const OfferCores& action);
    [[nodiscard]] std::optional<std::string> enter(const ExplainLoss& action);
    [[nodiscard]] std::optional<std::string> enter(const RemoveApplication& action);
    [[nodiscard]] std::optional<std::string> enter(const InjectFault& action);
    [[nodiscard]] std::optional<std::string> enter(const RegisterManager& action);
    [[nodiscard]] static std::optional<std::string> enter(const Warn& /*action*/) { return {}; }
    [[nodiscard]] static std::optional<std::string> enter(const Explain& /*action*/) { return {}; }
    [[nodiscard]] static std::optional<std::string> enter(const Choice& /*action*/) { return {}; }
    template <class Other>
    [[nodiscard]] static std::optional<std::string> enter(const Other& /*action*/) {
        return "only a driver may do that";
    }

    [[nodiscard]] std::optional<std::string> check_app(AppId app, std::string_view what) const;
    // `what` of an application on a node: whether the node has the room, and takes it if so.
    [[nodiscard]] std::optional<std::string> place(std::string_view what, const Grant& grant);
    [[nodiscard]] std::optional<std::string> check_resources(std::string_view what,
                                                             const Grant& grant) const;
    void release(const Grant& grant);
    [[nodiscard]] std::optional<std::string> check_granted(AppId app, ExecutorId exec) const;
    void free_driver(AppId app);
    void empty_node(NodeId node);
    void free(ExecutorId exec);
    void take_back(const CoresReturned& event);

    const Scenario& scenario_;
    bool counts_cores_;
    bool counts_resources_;
    std::vector<Node> nodes_;
    std::vector<AppState> apps_;
    std::map<ExecutorId, Grant> grants_;
    std::map<AppId, Grant> drivers_;
    std::set<ExecutorId> asked_;  // why they are gone
    std::uint32_t next_executor_;
};

}  // namespace forkyard
