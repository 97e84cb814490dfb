// The process at the other end of the benchmark of blocks. Not for other users.
#pragma once

#include "sim/ipc/executor_end.hpp"

namespace forkyard::sim::block_bench {

// Writes map outputs, and says where they are. The exit status.
[[nodiscard]] int hold(ExecutorEnd end);

}  // namespace forkyard::sim::block_bench
