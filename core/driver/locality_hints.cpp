#include "core/driver/locality_hints.hpp"

#include <algorithm>
#include <utility>

namespace forkyard {

void LocalityHints::begin(const TaskSet& set) {
    if (set.places.none()) {
        return;
    }
    Stage& stage = stages_[set.stage];
    stage = {};
    for (std::uint32_t i = 0; i < set.partitions.size(); ++i) {
        const auto places = set.places.of(i);
        stage.local_tasks += places.empty() ? 0 : 1;
        for (const Place& place : places) {
            if (place.node.valid()) {
                ++stage.on[place.node];
            }
        }
    }
}

PlacementHints LocalityHints::hints(std::vector<NodeId> excluded) const {
    PlacementHints out;
    std::map<NodeId, std::uint32_t> on;
    for (const auto& [attempt, stage] : stages_) {
        out.local_tasks += stage.local_tasks;
        for (const auto& [node, tasks] : stage.on) {
            on[node] += tasks;
        }
    }
    for (const auto& [node, tasks] : on) {
        if (std::find(excluded.begin(), excluded.end(), node) == excluded.end()) {
            out.on.push_back({node, tasks});
        }
    }
    out.excluded = std::move(excluded);
    return out;
}

}  // namespace forkyard
