// A cluster manager of the user's own, in a process of its own.
//
// Each event that concerns a manager goes to it as a line, and its answer comes back as one
// (policy_trace.hpp, policy_answer.hpp; scenarios/plugins/README.md has it all for users). What
// it answers is taken as the built-in policies' decisions are: the ledger judges it. A policy
// that dies, hangs, floods or talks nonsense has failed, and is asked nothing any more.
//
// Chance is asked for, not drawn: a policy that wants some sends a choice, which is recorded.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include "core/journal/names.hpp"
#include "core/model/scenario.hpp"
#include "core/policy/cluster_manager.hpp"
#include "core/result.hpp"
#include "sim/plugin/policy_answer.hpp"
#include "sim/plugin/policy_process.hpp"
#include "sim/plugin/policy_trace.hpp"

namespace forkyard::sim {

class PluginManager final : public ClusterManager {
public:
    static constexpr std::string_view choice_point = "policy.choice";
    static constexpr std::uint32_t wakes_at_once_max = 10'000;

    // Starts the program and has it begin. Fails with 69 where that does not go well.
    [[nodiscard]] static Result<std::unique_ptr<PluginManager>> start(const Scenario& scenario,
                                                                      const ChildCommand& command);

    [[nodiscard]] std::string_view name() const override { return name_; }
    void handle(Step& step, const Event& event) override;
    void end_application(Step& step, AppId app) override;
    // A timer that was asked for and has not fired.
    [[nodiscard]] bool due(SimTime now, const TimerFired& timer) const override;
    [[nodiscard]] SimDuration beat_interval() const override;
    // Asks the policy; one that does not know how has failed.
    void save(StateWriter& out) const override;
    void load(StateReader& in) override;
    [[nodiscard]] std::uint64_t digest() const override { return trace_.digest(); }
    [[nodiscard]] const std::string* failure() const override {
        return failure_ ? &*failure_ : nullptr;
    }
    [[nodiscard]] std::vector<std::string> describe_waiting() const override { return {}; }

private:
    using Wake = std::tuple<SimTime, AppId, NodeId>;

    explicit PluginManager(const Scenario& scenario);
    [[nodiscard]] Result<void> begin(const ChildCommand& command);
    // Nothing: it has failed.
    [[nodiscard]] std::optional<PolicyAnswer> ask(std::string_view line,
                                                  PolicyAsked asked,
                                                  std::uint64_t seq,
                                                  SimTime now) const;
    void tell(Step& step, std::string line);
    void carry_over(Step& step, PolicyAnswer answer);
    void number(Action& action);
    void wake(Step& step, const TimerRequest& request);
    void count_wake(SimTime now);
    void give_up(std::string_view problem, std::string_view line) const;

    const Scenario& scenario_;
    Names names_;
    std::string name_;
    std::unique_ptr<PolicyProcess> process_;
    PolicyAnswerReader reader_;
    PolicyTrace trace_;
    std::set<Wake> wakes_;
    SimTime woken_at_{};             // for the last time,
    std::uint32_t woken_times_ = 0;  // and how often at that instant
    std::uint32_t last_executor_ = 0;
    std::map<AppId, std::uint32_t> attempts_;
    mutable std::optional<std::string> failure_;  // a policy may fail while it is saved, too
};

}  // namespace forkyard::sim
