// SIGINT and SIGTERM while no process of executors is there to take them: inline runs need this.
#pragma once

namespace forkyard::tools {

// From now on they end nothing.
void catch_signals();
// The last one that has come; 0: none.
[[nodiscard]] int caught_signal();

}  // namespace forkyard::tools
