// An executor that is told to go, and how far it is.
#pragma once

#include <optional>

#include "core/event_cluster.hpp"
#include "core/ids.hpp"
#include "core/sim_time.hpp"
#include "sim/cluster/block_migration.hpp"

namespace forkyard::sim {

// How an executor is told to go.
struct Leave {
    LossReason reason = LossReason::decommissioned;  // what its end is called
    std::optional<SimDuration> grace{};              // then it is killed; none: it takes its time
    bool gently = true;    // it ends by itself when it may; false: it works on until then
    bool migrates = true;  // it passes on what it keeps, if it is to
    bool driver_knows = false;
    SimDuration delay{0};  // until it hears of it
    NodeId host{};         // that goes as a whole, as its driver is told
};

// Its own clock stands still while it is frozen.
struct Leaving {
    Leave how;
    SimTime began;  // by its clock
    SimDuration frozen{0};
    BlockMigration migration;
    std::uint32_t copies = 0;       // of kept partitions that are under way; wall clock
    SimTime moves_at = time_never;  // on the agenda; of entries for other times none counts
    SimTime looks_at = time_never;
};

}  // namespace forkyard::sim
