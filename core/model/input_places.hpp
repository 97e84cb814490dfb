// Which nodes have a replica of what a task reads from storage: data, never a choice.
#pragma once

#include <cstdint>
#include <vector>

#include "core/ids.hpp"
#include "core/model/scenario.hpp"

namespace forkyard {

// In the order of preference; empty: none has. `spec` is one of the application's stages.
[[nodiscard]] std::vector<NodeId> input_places(const Scenario& scenario,
                                               AppId app,
                                               const StageSpec& spec,
                                               std::uint32_t partition);

}  // namespace forkyard
