// Stands in for a policy that is not there: what it did is taken from the journal, as given.
//
// Of each event's recorded decisions it repeats those that only a manager makes. What drivers
// decide is still computed and compared; the digest is that of the policy itself.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "core/journal/names.hpp"
#include "core/model/scenario.hpp"
#include "core/policy/cluster_manager.hpp"
#include "core/result.hpp"
#include "sim/plugin/policy_trace.hpp"

namespace forkyard::sim {

class RecordedManager final : public ManagerWithState<RecordedManager> {
public:
    explicit RecordedManager(const Scenario& scenario)
        : names_{scenario}, trace_{names_}, name_{scenario.cluster.manager} {}

    // Whether the action is a manager's.
    [[nodiscard]] static bool is_mine(const Action& action);
    // One that the next event led to.
    void expect(Action action) { expected_.push_back(std::move(action)); }

    [[nodiscard]] std::string_view name() const override { return name_; }
    void handle(Step& step, const Event& event) override;
    void end_application(Step& step, AppId app) override;
    [[nodiscard]] bool due(SimTime /*now*/, const TimerFired& /*timer*/) const override {
        return false;  // its timers are events of the journal
    }
    [[nodiscard]] SimDuration beat_interval() const override {
        return {};  // nothing beats in a replay
    }
    [[nodiscard]] std::vector<std::string> describe_waiting() const override { return {}; }

    template <class Self, class V>
    static void members(Self& self, V& v) {
        v(self.trace_);
    }

private:
    Names names_;
    PolicyTrace trace_;
    std::string name_;
    std::vector<Action> expected_;
};

// The manager that a journal is replayed with: the scenario's, looked for in `folder`; a policy
// that is not there, or is not to be started, by what it did.
inline constexpr std::string_view no_policy = "-";  // as a folder
struct ReplayManager {
    std::unique_ptr<ClusterManager> manager;
    RecordedManager* recorded = nullptr;  // it, if it is one
    std::string warning;                  // why it is one
};
[[nodiscard]] Result<ReplayManager> manager_for_replay(const Scenario& scenario,
                                                       const std::string& folder);

}  // namespace forkyard::sim
