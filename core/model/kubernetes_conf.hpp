// What Kubernetes and Spark's side of it go by. Defaults are Spark 4.0's and those of the
// cluster's own components.
#pragma once

#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <vector>

#include "core/model/units.hpp"
#include "core/sim_time.hpp"

namespace forkyard {

// spark.kubernetes.*: how a driver makes its pods.
struct PodsConf {
    static constexpr std::uint32_t unlimited = 0x7fffffff;  // Spark's Int.MaxValue

    std::uint32_t batch_size = 10;                             // ...allocation.batch.size
    SimDuration batch_delay = std::chrono::seconds{1};         // ...allocation.batch.delay
    SimDuration creation_timeout = std::chrono::seconds{600};  // ...allocation.executor.timeout
    std::uint32_t pending_max = unlimited;                     // ...allocation.maxPendingPods
    std::uint32_t pods_max = unlimited;                        // ...allocation.maximum
    bool pending_blocks = false;  // a batch waits for all of the last to run (before 3.1)
    std::optional<std::uint32_t> request_millicores;  // ...executor.request.cores
    bool operator==(const PodsConf&) const = default;
};

enum class Scoring { least_allocated, most_allocated };

struct QuotaSpec {
    std::string name;  // of the namespace
    std::optional<std::uint32_t> cores;
    std::optional<Bytes> memory;
    std::optional<std::uint32_t> pods;
    bool operator==(const QuotaSpec&) const = default;
};

struct KubernetesSpec {
    Scoring scoring = Scoring::least_allocated;
    std::vector<QuotaSpec> quotas;
    bool operator==(const KubernetesSpec&) const = default;
};

}  // namespace forkyard
