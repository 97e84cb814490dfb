// Everything that decides: a driver for each application, and the cluster manager.
//
// One event in, all decisions out. A live run and a replay feed the same object; that
// they agree is what makes a journal a test. Here is only who hears what: drivers in
// order of application, then the manager.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <vector>

#include "core/driver/driver.hpp"
#include "core/event.hpp"
#include "core/model/scenario.hpp"
#include "core/policy/cluster_manager.hpp"
#include "core/step.hpp"

namespace forkyard {

class ControlPlane {
public:
    // `scenario` must outlive it.
    ControlPlane(const Scenario& scenario, std::unique_ptr<ClusterManager> manager);

    // Completes an input with what only a driver knows (the numbers of stages).
    void prepare(Event& event);
    void handle(Step& step, const Event& event);
    [[nodiscard]] bool due(SimTime now, const TimerFired& timer) const;

    [[nodiscard]] bool finished() const { return unfinished_ == 0; }
    [[nodiscard]] const Driver& driver(AppId app) const { return drivers_[app.index()]; }
    [[nodiscard]] const ClusterManager& manager() const { return *manager_; }

    struct PartDigest {
        std::string part;
        std::uint64_t digest;
    };
    [[nodiscard]] std::vector<PartDigest> digests() const;
    // Who waits for what, one line each.
    [[nodiscard]] std::vector<std::string> describe_waiting() const;

private:
    const Scenario& scenario_;
    std::deque<Driver> drivers_;
    std::unique_ptr<ClusterManager> manager_;
    std::size_t unfinished_;
};

}  // namespace forkyard
