// What executors have written, once they are gone: the shuffle service of their node has it, if
// there is one, until the node is lost.
#include <algorithm>
#include <utility>

#include "sim/cluster/cluster_model.hpp"

namespace forkyard::sim {

// The service is there (ESS-01).
bool ClusterModel::serves_files_of(const Executor& entry) const {
    const Node& node = nodes_[entry.node.index()];
    return scenario_.apps[entry.app.index()].conf.shuffle_service && (node.up || node.files_kept);
}

// Nobody reads through it and nobody registers with it. An executor in its driver needs none.
bool ClusterModel::service_is_down(const Executor& entry) const {
    const AppConf& conf = scenario_.apps[entry.app.index()].conf;
    return conf.shuffle_service && !conf.runs_in_driver &&
           nodes_[entry.node.index()].service_stopped_at != time_never;
}

// Others read through the service what an executor has written, alive or not (ESS-04).
bool ClusterModel::is_out_of_reach(ExecutorId holder, ExecutorId reader) const {
    if (holder == fallback_storage) {
        return false;
    }
    const Executor& entry = executor(holder);
    return entry.files_lost || (holder != reader && service_is_down(entry));
}

bool ClusterModel::stop_service(Moment at, NodeId id) {
    Node& node = nodes_[id.index()];
    const bool there =
        std::any_of(scenario_.apps.begin(), scenario_.apps.end(), [](const AppSpec& app) {
            return app.conf.shuffle_service && !app.conf.runs_in_driver;
        });
    if (!there || !node.up || node.service_stopped_at != time_never) {
        return false;
    }
    node.service_stopped_at = at.now;
    node.service_stopped_seq = at.seq;
    any_lost_ = true;
    for (std::uint32_t number = 0; number < executors_.size(); ++number) {
        const Executor& entry = executors_[number];
        if (entry.node == id && entry.registered_at != time_never && service_is_down(entry)) {
            fail_fetches_from(at, ExecutorId{number});
        }
    }
    tell_service(id);
    return true;
}

// It has forgotten nothing. False: that it was stopped then is over, the node having been lost.
bool ClusterModel::restart_service(Moment at, NodeId id, SimDuration stopped_for) {
    SimTime& since = nodes_[id.index()].service_stopped_at;
    if (since == time_never || at.now < since + stopped_for) {
        return false;
    }
    since = time_never;
    tell_service(id);
    return true;
}

// Executors themselves do not know of it.
void ClusterModel::tell_service(NodeId id) {
    for (std::uint32_t number = 0; live_ != nullptr && number < executors_.size(); ++number) {
        const Executor& entry = executors_[number];
        if (entry.node == id && scenario_.apps[entry.app.index()].conf.shuffle_service) {
            live_->serve(ExecutorId{number}, !service_is_down(entry));
        }
    }
}

// Of real data it has a duplicate before the process is gone.
Result<void> ClusterModel::keep_files_of(ExecutorId exec) {
    Executor& entry = executor(exec);
    if (entry.state != Executor::State::alive || !serves_files_of(entry)) {
        return live_ != nullptr ? host_.drop_files(exec) : Result<void>{};
    }
    const std::vector<WrittenShuffle> written = stages_.written(entry.app);
    entry.files_kept = !written.empty();
    return entry.files_kept ? host_.keep_files(exec, written) : Result<void>{};
}

// The node is gone, and with it what its service had of executors gone before.
Result<void> ClusterModel::lose_files_on(Moment at, NodeId id) {
    for (std::uint32_t number = 0; number < executors_.size(); ++number) {
        Executor& entry = executors_[number];
        const bool over =
            entry.state == Executor::State::dead || entry.state == Executor::State::gone;
        if (entry.node != id || !over || entry.files_lost || serves_files_of(entry)) {
            continue;
        }
        if (std::exchange(entry.files_kept, false)) {
            Result<void> dropped = host_.drop_files(ExecutorId{number});
            if (!dropped) {
                return dropped;
            }
        }
        entry.files_lost = true;
        fail_fetches_from(at, ExecutorId{number});
    }
    return {};
}

// Its tasks have ended: nobody reads them any more.
void ClusterModel::release_files_of(AppId app) {
    for (std::uint32_t number = 0; number < executors_.size(); ++number) {
        Executor& entry = executors_[number];
        if (entry.app == app && std::exchange(entry.files_kept, false)) {
            (void)host_.drop_files(ExecutorId{number});  // without readers it cannot fail
        }
    }
}

}  // namespace forkyard::sim
