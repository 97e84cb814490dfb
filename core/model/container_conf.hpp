// How much memory an executor takes where it runs in a container: its heap and what comes on
// top of it. Standalone masters and Mesos's own share of this differ.
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>

#include "core/model/units.hpp"

namespace forkyard {

struct ContainerConf {
    std::optional<Bytes> overhead{};              // spark.executor.memoryOverhead
    Millionths overhead_factor{100'000};          // spark.executor.memoryOverheadFactor
    Bytes overhead_min{std::int64_t{384} << 20};  // spark.executor.minMemoryOverhead
    Bytes off_heap{};                             // spark.memory.offHeap.size, if enabled
    Bytes python{};                               // spark.executor.pyspark.memory
    bool operator==(const ContainerConf&) const = default;
};

// In whole MiB, as Spark counts (CM-YARN-01, CM-K8S-18).
[[nodiscard]] constexpr Bytes container_memory(Bytes heap, const ContainerConf& conf) {
    const std::int64_t mebibyte = std::int64_t{1} << 20;
    const std::int64_t heap_mib = heap.count / mebibyte;
    const Bytes by_factor{heap_mib * conf.overhead_factor.count / 1'000'000 * mebibyte};
    const Bytes overhead = conf.overhead.value_or(std::max(by_factor, conf.overhead_min));
    return Bytes{heap.count + overhead.count + conf.off_heap.count + conf.python.count};
}

}  // namespace forkyard
