// What faults ask of one attempt when it is launched.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "core/model/units.hpp"
#include "core/sim_time.hpp"

namespace forkyard::sim {

constexpr SimDuration never_sent = SimDuration::max();

struct TaskFault {
    Millionths factor = one;
    std::optional<std::uint32_t> fail_at_percent;  // none: it does not fail
    std::string reason;
    bool hangs = false;   // from its start
    SimDuration held{0};  // until its report is sent; never_sent
    bool denied = false;  // when it asks whether it may commit
    SimDuration commits_later{0};
};

}  // namespace forkyard::sim
