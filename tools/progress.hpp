// The progress line of a run that takes longer than a second: on a terminal only, on
// standard error, one line that is wiped at the end.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>

#include "core/sim_time.hpp"

namespace forkyard::tools {

class Progress {
public:
    Progress(std::string name, bool wanted);
    void show(SimTime now, std::uint64_t events);
    void clear();

private:
    std::string name_;
    bool on_ = false;
    bool shown_ = false;
    std::chrono::steady_clock::time_point next_;
};

}  // namespace forkyard::tools
