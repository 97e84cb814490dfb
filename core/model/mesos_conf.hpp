// What Mesos and Spark's frameworks on it go by. Spark's defaults are those of
// 3.5, the last version with Mesos.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/model/units.hpp"
#include "core/sim_time.hpp"

namespace forkyard {

// For how long an agent is not offered again to who had no use for it, Mesos's default; and
// what is left of an offer that was taken.
inline constexpr SimDuration refuse_unused = std::chrono::seconds{5};
inline constexpr SimDuration refuse_rest = std::chrono::seconds{1};

// spark.mesos.*: what an application refuses, and for how long.
struct MesosConf {
    std::optional<Bytes> executor_overhead{};        // spark.mesos.executor.memoryOverhead
    std::uint32_t extra_cores = 0;                   // spark.mesos.extra.cores
    SimDuration reject = std::chrono::seconds{120};  // ...rejectOfferDurationForReachedMaxCores
    bool fine_grained = false;                       // spark.mesos.coarse = false, on Mesos
    std::uint32_t own_cores = 1;  // spark.mesos.mesosExecutor.cores: beside those of tasks
    bool operator==(const MesosConf&) const = default;
};

struct RoleSpec {
    std::string name;
    Millionths weight = one;
    std::uint32_t cores = 0;  // guaranteed: these, and
    Bytes memory{};
    bool operator==(const RoleSpec&) const = default;
};

struct MesosSpec {
    std::vector<RoleSpec> roles;
    bool operator==(const MesosSpec&) const = default;
};

}  // namespace forkyard
