// How executors and nodes are lost.
#pragma once

#include <cstdint>
#include <optional>

#include "core/event_cluster.hpp"
#include "core/sim_time.hpp"

namespace forkyard::sim {

// How an executor is lost.
struct Loss {
    LossReason reason = LossReason::killed;
    std::int32_t code = 137;
    std::optional<SimDuration> notice;  // until others know; none: by heartbeats only
    bool by_itself = false;             // nobody who would tell the driver has ended it
};

// How a node is lost.
struct NodeLoss {
    std::optional<SimDuration> notice;  // until its manager knows; none: by heartbeats only
    bool keeps_shuffle = false;         // the files of its shuffle service are reached all the same
};

}  // namespace forkyard::sim
