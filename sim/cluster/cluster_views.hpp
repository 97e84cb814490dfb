// What others are told of the simulated world, and how it is told the time.
#pragma once

#include <cstdint>

#include "core/ids.hpp"
#include "core/sim_time.hpp"

namespace forkyard::sim {

// An executor or a running task, as the targets of faults ask for them.
struct ExecutorView {
    ExecutorId exec;
    AppId app;
    NodeId node;
    bool idle = true;
};
struct RunningTaskView {
    AppId app;
    TaskAttempt task;
    ExecutorId exec;
};

// The moment of a cause: the time, and the number of the event that led to it.
struct Moment {
    SimTime now;
    std::uint64_t seq = 0;
};

}  // namespace forkyard::sim
