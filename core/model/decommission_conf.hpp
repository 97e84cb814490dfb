// How executors leave gently: spark.decommission.* and spark.storage.decommission.*.
#pragma once

#include <cstdint>
#include <optional>

#include "core/sim_time.hpp"

namespace forkyard {

struct DecommissionConf {
    bool enabled = false;  // spark.decommission.enabled
    // spark.executor.decommission.forceKillTimeout; none: it may take its time
    std::optional<SimDuration> force_kill_timeout{};
    bool storage = false;                             // spark.storage.decommission.enabled
    bool cached_blocks = true;                        // ...rddBlocks.enabled
    bool shuffle_blocks = true;                       // ...shuffleBlocks.enabled
    std::uint32_t threads_max = 8;                    // ...shuffleBlocks.maxThreads
    std::uint32_t block_failures_max = 3;             // ...maxReplicationFailuresPerBlock
    SimDuration interval = std::chrono::seconds{30};  // ...replicationReattemptInterval
    bool fallback = false;                            // ...fallbackStorage.path is set
    bool operator==(const DecommissionConf&) const = default;
};

}  // namespace forkyard
