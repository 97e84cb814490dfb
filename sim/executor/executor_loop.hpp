// An executor process: takes tasks from its driver, runs them in its slots, keeps their
// map outputs, grants blocks to other executors, and beats.
//
// The main thread alone talks to the driver; slots compute. A task that reads a
// shuffle asks each holder through the driver, who may refuse, before it takes a slot.
// The process ends with its driver, however that went.
#pragma once

#include <string>
#include <vector>

namespace forkyard::sim {

// The main of `forkyard executor ...`; the exit status of the process.
[[nodiscard]] int executor_main();

}  // namespace forkyard::sim
