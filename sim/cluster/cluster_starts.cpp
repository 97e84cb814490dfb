// Executors that start: they register with the shuffle service of their node, if they have one,
// and with their driver, or fail.
//
// In Spark an executor is known to its driver before it registers with the service, but gets
// no tasks until it has; here registering and being ready are one.
#include <algorithm>

#include "sim/cluster/cluster_model.hpp"

namespace forkyard::sim {

namespace {

// Between two tries to register with the service.
constexpr SimDuration registration_wait = std::chrono::seconds{5};

}  // namespace

// Its process is there: not before the time that a start takes.
void ClusterModel::registers(ExecutorId exec, SimTime there) {
    const Executor& entry = executor(exec);
    expect_registration(
        exec, std::max(there, entry.launched_at + scenario_.cluster.executor_start) + delay());
}

void ClusterModel::expect_registration(ExecutorId exec, SimTime when) {
    const Executor& entry = executor(exec);
    agenda_.add({.time = when,
                 .order_class = DueClass::executor_registered,
                 .kind = DueKind::registers,
                 .app = entry.app.value,
                 .entity = exec.value,
                 .index = exec.value,
                 .cause = entry.launch_seq});
}

Result<bool> ClusterModel::registered(Moment at, ExecutorId exec, Event& event) {
    Executor& entry = executor(exec);
    if (entry.state != Executor::State::starting || !nodes_[entry.node.index()].up) {
        return false;
    }
    const bool refused = service_is_down(entry);
    if (refused &&
        ++entry.registrations < scenario_.apps[entry.app.index()].conf.service_registrations_max) {
        expect_registration(exec, at.now + registration_wait);
        return false;
    }
    if (refused && at.now == entry.launched_at) {  // else its successor would fail at once, too
        entry.fails_start = true;
        expect_registration(exec, at.now + registration_wait);
        return false;
    }
    if (entry.registrations > 0) {
        at.seq = nodes_[entry.node.index()].service_stopped_seq;
    }
    if (refused || entry.fails_start) {
        return lose_executor(at, exec, {LossReason::launch_failed, 1, SimDuration{0}})
            .map([](bool /*effect*/) { return false; });
    }
    event = ExecutorRegistered{entry.app, exec, entry.node, entry.cores, entry.memory};
    return true;
}

}  // namespace forkyard::sim
