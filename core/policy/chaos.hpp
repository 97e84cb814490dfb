// A standalone master that breaks its own cluster: every now and then it kills an executor or
// slows a worker, by choice.
//
// What executors are granted, and where, is the standalone master's; this adds faults alone. A
// fault is one choice among leaving everything in peace (the boring option), each executor that
// has registered, and each worker: so it is recorded, replayed and explored like any other. It
// needs cluster.policy_faults, and stops when no application is left.
#pragma once

#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/model/scenario.hpp"
#include "core/policy/alarm.hpp"
#include "core/policy/cluster_manager.hpp"
#include "core/policy/standalone.hpp"

namespace forkyard {

class Chaos final : public ManagerWithState<Chaos> {
public:
    // `scenario` must outlive the policy.
    explicit Chaos(const Scenario& scenario) : spec_{scenario.cluster.chaos}, master_{scenario} {}

    [[nodiscard]] std::string_view name() const override { return "chaos"; }
    void handle(Step& step, const Event& event) override;
    void end_application(Step& step, AppId app) override;
    [[nodiscard]] bool due(SimTime now, const TimerFired& timer) const override;
    [[nodiscard]] SimDuration beat_interval() const override { return master_.beat_interval(); }
    [[nodiscard]] std::vector<std::string> describe_waiting() const override {
        return master_.describe_waiting();
    }

    template <class Self, class V>
    static void members(Self& self, V& v) {
        v(self.master_, self.apps_, self.nodes_, self.executors_, self.next_);
    }

private:
    void do_harm(Step& step);
    void forget(AppId app);

    ChaosSpec spec_;
    Standalone master_;
    std::set<AppId> apps_;                              // submitted, and not ended
    std::set<NodeId> nodes_;                            // that are up
    std::set<std::pair<ExecutorId, AppId>> executors_;  // that have registered
    Alarm next_;
};

}  // namespace forkyard
