// What a run adds to the resident memory of its process, at its peak.
//
// Measured in a child made by fork, so that one run does not find what another one left: free
// memory is given back to the system first (malloc_trim), then the child runs and reads its
// own VmHWM. The growth is that peak less the VmRSS before the run, scenario loaded.
#pragma once

#include "core/result.hpp"
#include "sim/run/run.hpp"

namespace forkyard::tools {

struct PeakMemory {
    double bytes = 0;         // of the process
    double growth_bytes = 0;  // by the run alone
};

// For inline runs: a process with threads or children of its own must not be forked like this.
[[nodiscard]] Result<PeakMemory> peak_memory(const sim::LoadedScenario& loaded,
                                             const sim::RunOptions& options);

}  // namespace forkyard::tools
