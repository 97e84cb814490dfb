// Everything that decides: a driver for each application, and the cluster manager.
//
// One event in, all decisions out. A live run and a replay feed the same object; that
// they agree is what makes a journal a test. Here is only who hears what: drivers in
// order of application, then the manager, whose every action goes through the ledger.
//
// In client mode a driver begins when its application is submitted; in cluster mode when its
// process runs on the node that the manager chose. One that is lost there is told to the
// manager, which starts another or gives the application up; in client mode that is its end.
//
// While the manager's process is gone it hears nothing; what it missed it hears when it is back.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/driver/driver.hpp"
#include "core/driver/manager_outage.hpp"
#include "core/event.hpp"
#include "core/model/scenario.hpp"
#include "core/policy/cluster_manager.hpp"
#include "core/policy/ledger.hpp"
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
    [[nodiscard]] bool submitted(AppId app) const { return apps_[app.index()].submitted; }
    // What ends the run, told of the manager: a rule that it has broken, or its own failure.
    // Nothing it did with this event is to be carried out.
    [[nodiscard]] const std::optional<std::string>& refusal() const { return refusal_; }
    [[nodiscard]] const Driver& driver(AppId app) const { return apps_[app.index()].driver(); }
    [[nodiscard]] const AppSpec& spec(AppId app) const { return scenario_.apps[app.index()]; }
    [[nodiscard]] const ClusterManager& manager() const { return *manager_; }

    struct PartDigest {
        std::string part;
        std::uint64_t digest;
    };
    [[nodiscard]] std::vector<PartDigest> digests() const;
    // Who waits for what, one line each.
    [[nodiscard]] std::vector<std::string> describe_waiting() const;

private:
    struct App {
        std::deque<Driver> attempts{};    // the last one counts; views of the others stay valid
        std::vector<InputFile> inputs{};  // of its submission, for a driver that starts later
        bool submitted = false;
        bool ended = false;
        bool driver_runs = false;         // in cluster mode: its process
        std::uint32_t old_executors = 0;  // up to this number they were another attempt's

        [[nodiscard]] Driver& driver() { return attempts.back(); }
        [[nodiscard]] const Driver& driver() const { return attempts.back(); }
    };

    [[nodiscard]] App& app(AppId id) { return apps_[id.index()]; }
    [[nodiscard]] bool in_cluster(AppId id) const {
        return scenario_.apps[id.index()].cluster_mode;
    }
    void tell_drivers(Step& step, const Event& event);
    void tell_manager(Step& step, const Event& event, const std::vector<AppId>& ended);
    void tell(Step& step, AppId id, const Event& event);
    void start_driver(Step& step, const DriverStarted& event);
    void lose_driver(Step& step, const DriverLost& event);
    [[nodiscard]] std::vector<AppId> close_ended(Step& step, std::size_t from, bool given_up);
    void follow(Step& step, const Action& decided);

    const Scenario& scenario_;
    std::deque<App> apps_;
    std::unique_ptr<ClusterManager> manager_;
    Ledger ledger_;
    std::optional<std::string> refusal_;
    std::optional<ManagerOutage> outage_;  // none: the manager is there
    std::size_t unfinished_;
    std::uint32_t executors_ = 0;  // the last number
};

}  // namespace forkyard
