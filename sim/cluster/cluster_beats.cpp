// The beats of executors and nodes: measured, and told only when something about them changes.
#include <algorithm>
#include <optional>

#include "sim/cluster/cluster_model.hpp"

namespace forkyard::sim {

SimDuration ClusterModel::beat_interval(const Executor& entry) const {
    return scenario_.apps[entry.app.index()].conf.heartbeat_interval;
}

void ClusterModel::expect_beat(ExecutorId exec, SimTime from, std::uint64_t cause) {
    const Executor& entry = executor(exec);
    agenda_.add({.time = multiple_from(from, beat_interval(entry)),
                 .order_class = DueClass::heartbeat,
                 .kind = DueKind::beat,
                 .app = entry.app.value,
                 .entity = exec.value,
                 .index = exec.value,
                 .cause = cause});
}

// A beat is due: is there anything new about it?
std::optional<HeartbeatChanged> ClusterModel::beat(Moment at, ExecutorId exec) {
    const Executor& entry = executor(exec);
    if (entry.state == Executor::State::gone || entry.state == Executor::State::stopping ||
        entry.state == Executor::State::none) {
        return std::nullopt;
    }
    // Whether a live executor beats is measured.
    const SimTime stopped =
        live_ == nullptr ? std::min(entry.died_at, entry.frozen_at) : entry.died_at;
    if (stopped == time_never) {
        if (entry.first_beat && (!entry.silent || live_ != nullptr)) {
            return std::nullopt;
        }
        return HeartbeatChanged{
            entry.app, exec, entry.first_beat ? BeatState::back : BeatState::first, at.now};
    }
    if (entry.silent || entry.registered_at == time_never) {
        return std::nullopt;
    }
    // The last one heard: at a multiple of the interval before it stopped, or the
    // registration, which counts as one.
    const SimTime last = multiple_before(stopped, beat_interval(entry));
    return HeartbeatChanged{
        entry.app, exec, BeatState::silent, std::max(entry.registered_at, last)};
}

SimDuration ClusterModel::worker_beat_interval() const {
    return control_.manager().beat_interval();
}

std::optional<WorkerBeat> ClusterModel::worker_beat(NodeId id) const {
    const Node& node = nodes_[id.index()];
    if (node.up || !node.known_up) {
        return std::nullopt;
    }
    const SimTime last = multiple_before(node.down_since, worker_beat_interval());
    return WorkerBeat{
        id, BeatState::silent, std::max(last, scenario_.cluster.nodes[id.index()].joins_at)};
}

}  // namespace forkyard::sim
