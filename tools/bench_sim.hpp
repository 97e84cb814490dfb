// forkyard bench sim: virtual time with inline executors, journal off unless said. Rates by
// size of cluster and number of tasks, memory by task, and a mix of TPC-H jobs.
#pragma once

#include <string>

#include "core/result.hpp"
#include "tools/bench_figures.hpp"

namespace forkyard::tools {

// `tpch`: a folder of traces (forkyard import tpch), or empty: without that mix.
[[nodiscard]] Result<void> bench_sim(Figures& figures, const std::string& tpch);

}  // namespace forkyard::tools
