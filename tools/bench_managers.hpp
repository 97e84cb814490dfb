// forkyard bench managers: how fast each cluster manager hands out a whole cluster, alone.
#pragma once

#include "core/result.hpp"
#include "tools/bench_figures.hpp"

namespace forkyard::tools {

[[nodiscard]] Result<void> bench_managers(Figures& figures);

}  // namespace forkyard::tools
