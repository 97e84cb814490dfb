// A scenario in a few words: one application on a hundred nodes w0, w1, ...
#pragma once

#include <cstdint>
#include <string>
#include <utility>

#include "core/model/scenario.hpp"

namespace forkyard {

inline Scenario cluster_with(AppSpec app, std::uint32_t nodes = 100) {
    Scenario scenario;
    scenario.cluster.nodes.resize(nodes);
    for (std::uint32_t n = 0; n < nodes; ++n) {
        scenario.cluster.nodes[n].name = "w" + std::to_string(n);
    }
    scenario.apps.push_back(std::move(app));
    return scenario;
}

}  // namespace forkyard
