// The seam for policies: who gets executors, and where.
//
// A policy is a pure state machine for both halves of a manager, the requester of
// each application and the arbiter of the cluster. It hears of nodes, applications,
// requests and executors, and answers with LaunchExecutor, KillExecutor and
// RemoveApplication, with timers, and with notes of what it did inside. It numbers the
// executors that it grants: 1, 2, 3, ... over the run. Ties always end in order of id.
// It knows nothing of tasks. What it may do is checked by the Ledger.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/event.hpp"
#include "core/policy/state.hpp"
#include "core/sim_time.hpp"
#include "core/step.hpp"

namespace forkyard {

class ClusterManager {
public:
    virtual ~ClusterManager() = default;

    [[nodiscard]] virtual std::string_view name() const = 0;
    virtual void handle(Step& step, const Event& event) = 0;
    // The application has ended: its executors are no longer wanted. Not told of one that the
    // policy itself has removed.
    virtual void end_application(Step& step, AppId app) = 0;
    // Whether the timer would lead to anything now; if not it is dropped unrecorded.
    [[nodiscard]] virtual bool due(SimTime now, const TimerFired& timer) const = 0;

    // How often a node's agent beats.
    [[nodiscard]] virtual SimDuration beat_interval() const = 0;

    // All that its further decisions depend on, but the scenario. A policy made of the same
    // scenario that loads it goes on as this one would.
    virtual void save(StateWriter& out) const = 0;
    virtual void load(StateReader& in) = 0;
    [[nodiscard]] virtual std::uint64_t digest() const = 0;
    // What went wrong with the policy itself, if something did: one that runs elsewhere may die or
    // answer nonsense. "was killed by SIGSEGV (11)": its name stands before it.
    [[nodiscard]] virtual const std::string* failure() const { return nullptr; }
    // Who waits for what, one line each.
    [[nodiscard]] virtual std::vector<std::string> describe_waiting() const = 0;
};

// Saves, loads and hashes what Policy::members lists.
template <class Policy>
class ManagerWithState : public ClusterManager {
public:
    void save(StateWriter& out) const final { Policy::members(self(), out); }
    void load(StateReader& in) final { Policy::members(static_cast<Policy&>(*this), in); }
    [[nodiscard]] std::uint64_t digest() const final {
        StateDigest digest;
        Policy::members(self(), digest);
        return digest.value();
    }

private:
    [[nodiscard]] const Policy& self() const { return static_cast<const Policy&>(*this); }
};

}  // namespace forkyard
