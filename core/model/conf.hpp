// The Spark properties that forkyard simulates, typed. One struct for what an
// application's driver reads, one for masters and nodes. Defaults are Spark 4.0's
// (spec of each: `forkyard reference conf`).
#pragma once

#include <cstdint>
#include <limits>
#include <optional>

#include "core/model/units.hpp"
#include "core/sim_time.hpp"

namespace forkyard {

enum class OfferOrder { shuffled, in_order };

struct AppConf {
    std::optional<std::uint32_t>
        executor_cores;  // spark.executor.cores; standalone: all of a worker
    Bytes executor_memory{std::int64_t{1} << 30};  // spark.executor.memory = 1g
    std::uint32_t cores_max = std::numeric_limits<std::uint32_t>::max();  // spark.cores.max
    std::uint32_t task_cpus = 1;                                          // spark.task.cpus
    std::uint32_t task_failures_max = 4;                                  // spark.task.maxFailures
    std::uint32_t stage_attempts_consecutive_max = 4;  // spark.stage.maxConsecutiveAttempts
    std::uint32_t stage_attempts_max =
        std::numeric_limits<std::int32_t>::max();               // spark.stage.maxAttempts
    std::optional<std::uint32_t> default_parallelism;           // spark.default.parallelism
    SimDuration heartbeat_interval = std::chrono::seconds{10};  // spark.executor.heartbeatInterval
    SimDuration network_timeout = std::chrono::seconds{120};    // spark.network.timeout
    SimDuration network_timeout_interval = std::chrono::seconds{60};
    Millionths registered_ratio_min{0};  // spark.scheduler.minRegisteredResourcesRatio
    SimDuration registered_wait_max = std::chrono::seconds{30};
    OfferOrder offers = OfferOrder::shuffled;  // forkyard.offers
    bool operator==(const AppConf&) const = default;
};

struct MasterConf {
    bool spread_out = true;  // spark.deploy.spreadOutApps
    std::uint32_t default_cores =
        std::numeric_limits<std::uint32_t>::max();          // spark.deploy.defaultCores
    SimDuration worker_timeout = std::chrono::seconds{60};  // spark.worker.timeout
    bool operator==(const MasterConf&) const = default;
};

}  // namespace forkyard
