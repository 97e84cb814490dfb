// What every manager does with the executors of a node that is drained: those whose
// application knows how are told to leave; what is left when the grace is over, the node ends.
#pragma once

#include "core/action.hpp"
#include "core/ids.hpp"
#include "core/model/scenario.hpp"
#include "core/step.hpp"

namespace forkyard {

// `host`: the driver is told that the whole node goes; invalid: of the executor alone.
inline void ask_to_leave(
    Step& step, const Scenario& scenario, AppId app, ExecutorId exec, NodeId host = {}) {
    if (scenario.apps[app.index()].conf.decommission.enabled) {
        step.act(
            DecommissionExecutor{app, exec, AskedBy::manager, LossReason::decommissioned, host});
    }
}

}  // namespace forkyard
