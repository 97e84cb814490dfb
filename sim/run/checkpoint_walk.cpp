#include "sim/run/checkpoint_walk.hpp"

namespace forkyard::sim {

void CheckpointWalk::begin(const Lineage& lineage, DatasetId of, ActionKind action) {
    open_ = {of};
    action_ = action;
    go_on(lineage);
}

void CheckpointWalk::go_on(const Lineage& lineage) {
    state_ = State::over;
    while (!open_.empty()) {
        const DatasetId dataset = open_.back();
        open_.pop_back();
        if (!met_.insert(dataset).second) {
            continue;
        }
        if (marked_.contains(dataset)) {
            dataset_ = dataset;
            state_ = State::found;
            return;
        }
        const std::vector<Lineage::Dependency> behind = lineage.dependencies(dataset);
        for (std::size_t left = behind.size(); left > 0; --left) {
            open_.push_back(behind[left - 1].of);
        }
    }
}

void CheckpointWalk::give_up() {
    open_.clear();
    state_ = State::over;
}

}  // namespace forkyard::sim
