// No cluster: an application runs its tasks in the process of its driver.
//
// There is one node, `localhost`, and on it one executor, `driver`, which has all of the
// node's cores from the start of the application on. Nobody asks for it, and nothing replaces
// it: when it is lost its driver is, and so the application.
//
// In Spark: LocalSchedulerBackend (CM-LOC-01 to 06).
#pragma once

#include <chrono>
#include <string>
#include <string_view>
#include <vector>

#include "core/model/scenario.hpp"
#include "core/policy/cluster_manager.hpp"

namespace forkyard {

class Local final : public ManagerWithState<Local> {
public:
    // `scenario` must outlive the policy.
    explicit Local(const Scenario& scenario) : scenario_{scenario} {}

    [[nodiscard]] std::string_view name() const override { return "local"; }
    void handle(Step& step, const Event& event) override;
    void end_application(Step& /*step*/, AppId /*app*/) override { app_ = AppId{}; }
    [[nodiscard]] bool due(SimTime /*now*/, const TimerFired& /*timer*/) const override {
        return false;
    }
    // Nobody hears the beats of a node without a master.
    [[nodiscard]] SimDuration beat_interval() const override { return std::chrono::hours{24}; }
    [[nodiscard]] std::vector<std::string> describe_waiting() const override;

    template <class Self, class V>
    static void members(Self& self, V& v) {
        v(self.app_, self.node_, self.granted_);
    }

private:
    void start(Step& step);

    const Scenario& scenario_;
    AppId app_{};    // none: not submitted, or ended
    NodeId node_{};  // none: not there
    bool granted_ = false;
};

}  // namespace forkyard
