// The drivers' processes, as far as they are simulated: started on a node in cluster deploy
// mode, killed, lost with their node.
#include "sim/cluster/cluster_model.hpp"

namespace forkyard::sim {

void ClusterModel::launch_driver(Moment at, const LaunchDriver& action) {
    drivers_[action.app.index()] = {action.node, action.attempt, true, false};
    if (!nodes_[action.node.index()].up) {
        return;  // nobody is there to start it; the manager will find out
    }
    agenda_.add_event(at.now + scenario_.cluster.driver_start + delay(),
                      DueClass::node,
                      action.app,
                      0,
                      at.seq,
                      DriverStarted{action.app, action.node, action.attempt});
}

bool ClusterModel::kill_driver(Moment at, AppId app) {
    const Driver& driver = drivers_[app.index()];
    if (!driver.runs && !driver.launched) {
        return false;
    }
    lose_driver(at, app, LossReason::killed, 137);
    return true;
}

void ClusterModel::lose_driver(Moment at, AppId app, LossReason reason, std::int32_t code) {
    Driver& driver = drivers_[app.index()];
    if (!driver.runs && !driver.launched) {
        return;
    }
    driver.launched = false;
    driver.runs = false;
    agenda_.add_event(
        at.now, DueClass::node, app, 0, at.seq, DriverLost{app, driver.node, reason, code});
}

std::vector<AppId> ClusterModel::drivers() const {
    std::vector<AppId> out;
    for (std::uint32_t app = 0; app < drivers_.size(); ++app) {
        if (drivers_[app].runs || drivers_[app].launched) {
            out.emplace_back(app);
        }
    }
    return out;
}

}  // namespace forkyard::sim
