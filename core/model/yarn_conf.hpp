// What YARN and Spark's side of it go by. Defaults are Spark 4.0's and Hadoop's.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/model/units.hpp"
#include "core/sim_time.hpp"

namespace forkyard {

// spark.yarn.*: an application master, and how often it asks.
struct YarnConf {
    std::uint32_t am_cores = 1;                // spark.yarn.am.cores
    Bytes am_memory{std::int64_t{512} << 20};  // spark.yarn.am.memory
    std::optional<Bytes> am_overhead{};        // spark.yarn.am.memoryOverhead
    bool am_unmanaged = false;                 // spark.yarn.unmanagedAM.enabled: no container
    SimDuration poll_longest = std::chrono::seconds{3};  // ...scheduler.heartbeat.interval-ms
    SimDuration poll_shortest = std::chrono::milliseconds{200};  // ...initial-allocation.interval
    std::vector<std::string> excluded_nodes{};                   // spark.yarn.exclude.nodes
    bool exclude_on_launch_failure = false;  // ...executor.launch.excludeOnFailure.enabled
    bool operator==(const YarnConf&) const = default;
};

enum class YarnSchedulerKind { capacity, fair };

struct QueueSpec {
    std::string name;
    std::string parent = "root";
    std::optional<Millionths> capacity;           // of the parent; percent
    std::optional<Millionths> max_capacity;       // of the parent; percent
    Millionths weight = one;                      // fair scheduler
    std::optional<Millionths> user_limit_factor;  // ...capacity.<queue>.user-limit-factor
    std::optional<std::uint32_t> user_limit_min;  // ...minimum-user-limit-percent
    bool operator==(const QueueSpec&) const = default;
};

struct YarnSpec {
    YarnSchedulerKind scheduler = YarnSchedulerKind::capacity;
    std::vector<QueueSpec> queues;  // none: one, default
    // yarn.resourcemanager.nodemanagers.heartbeat-interval-ms
    SimDuration node_beat = std::chrono::seconds{1};
    // yarn.nm.liveness-monitor.expiry-interval-ms
    SimDuration node_expiry = std::chrono::seconds{600};
    Bytes container_min{std::int64_t{1024} << 20};  // yarn.scheduler.minimum-allocation-mb
    Bytes container_max{std::int64_t{8192} << 20};  // yarn.scheduler.maximum-allocation-mb
    std::uint32_t cores_min = 1;                    // ...minimum-allocation-vcores
    std::uint32_t cores_max = 4;                    // ...maximum-allocation-vcores
    bool dominant = false;                          // cores count, beside memory
    std::uint32_t node_locality_delay = 40;         // ...capacity.node-locality-delay
    bool ignores_locality = false;                  // the same, -1
    std::optional<std::uint32_t> rack_delay;        // ...rack-locality-additional-delay
    std::uint32_t off_switch_per_beat = 1;          // ...maximum-offswitch-assignments
    std::uint32_t assignments_per_beat = 100;       // ...maximum-container-assignments
    Millionths am_share{100'000};                   // ...capacity.maximum-am-resource-percent
    std::uint32_t applications_max = 10'000;        // ...capacity.maximum-applications
    bool assign_multiple = false;                   // yarn.scheduler.fair.assignmultiple
    bool preemption = false;                        // yarn.resourcemanager.scheduler.monitor.enable
    SimDuration preemption_interval = std::chrono::seconds{3};
    SimDuration preemption_wait = std::chrono::seconds{15};
    Millionths preemption_per_round{100'000};
    Millionths preemption_ignored{100'000};
    Millionths preemption_natural{200'000};
    bool operator==(const YarnSpec&) const = default;
};

}  // namespace forkyard
