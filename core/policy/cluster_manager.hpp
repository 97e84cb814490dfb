// The seam for policies: who gets executors, and where.
//
// A policy is a pure state machine for both halves of a manager, the requester of
// each application and the arbiter of the cluster. It hears of nodes, applications,
// requests and executors, and answers with LaunchExecutor and KillExecutor actions
// and timers. It numbers the executors that it grants: 1, 2, 3, ... over the run.
// Ties always end in order of id. It knows nothing of tasks.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/event.hpp"
#include "core/step.hpp"

namespace forkyard {

class ClusterManager {
public:
    virtual ~ClusterManager() = default;

    [[nodiscard]] virtual std::string_view name() const = 0;
    virtual void handle(Step& step, const Event& event) = 0;
    // The application has ended: its executors are no longer wanted.
    virtual void end_application(AppId app) = 0;
    // Whether the timer would lead to anything now; if not it is dropped unrecorded.
    [[nodiscard]] virtual bool due(SimTime now, const TimerFired& timer) const = 0;
    [[nodiscard]] virtual std::uint64_t digest() const = 0;
    // Who waits for what, one line each.
    [[nodiscard]] virtual std::vector<std::string> describe_waiting() const = 0;
};

}  // namespace forkyard
