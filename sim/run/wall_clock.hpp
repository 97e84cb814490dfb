// The time of a run under the wall clock: real time since its start.
#pragma once

#include <chrono>

#include "core/sim_time.hpp"

namespace forkyard::sim {

class WallClock {
public:
    using Real = std::chrono::steady_clock;

    [[nodiscard]] SimTime now() const {
        return SimTime{std::chrono::duration_cast<SimDuration>(Real::now() - start_)};
    }
    [[nodiscard]] Real::time_point real(SimTime time) const {
        return start_ + time.time_since_epoch();
    }

private:
    Real::time_point start_ = Real::now();
};

}  // namespace forkyard::sim
