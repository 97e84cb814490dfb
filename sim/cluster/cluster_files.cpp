// What executors have written, once they are gone: the shuffle service of their node has it, if
// there is one, until the node is lost.
#include <utility>

#include "sim/cluster/cluster_model.hpp"

namespace forkyard::sim {

// The service is there (ESS-01).
bool ClusterModel::serves_files_of(const Executor& entry) const {
    const Node& node = nodes_[entry.node.index()];
    return scenario_.apps[entry.app.index()].conf.shuffle_service && (node.up || node.files_kept);
}

// Of real data it has a duplicate before the process is gone.
Result<void> ClusterModel::keep_files_of(ExecutorId exec) {
    Executor& entry = executor(exec);
    if (live_ != nullptr || entry.state != Executor::State::alive || !serves_files_of(entry)) {
        return {};
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
