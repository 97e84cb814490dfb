#include "sim/cluster/memory_shares.hpp"

#include <algorithm>

#include "core/executor/unified_memory.hpp"

namespace forkyard::sim {

namespace {

MemorySizes sizes_of(const AppConf& conf) {
    return MemorySizes::of(conf.executor_memory.count,
                           conf.storage.memory_fraction.count,
                           conf.storage.storage_fraction.count);
}

}  // namespace

MemoryLimits task_memory(const ClusterSpec& cluster, const AppConf& conf) {
    std::uint32_t cores = conf.executor_cores.value_or(0);
    if (!conf.executor_cores) {  // all of a worker
        for (const NodeSpec& node : cluster.nodes) {
            cores = std::max(cores, node.cores);
        }
    }
    const MemorySizes sizes = sizes_of(conf);
    return {.task = (sizes.region - sizes.protected_storage) /
                    std::max(1U, cores / std::max(1U, conf.task_cpus)),
            .unasked = conf.storage.spill_first.count,
            .records = conf.storage.spill_records,
            .bypass_merge = conf.storage.bypass_merge};
}

std::int64_t output_memory(const AppConf& conf) {
    const std::int64_t usable = conf.executor_memory.count - MemorySizes::reserved;
    return std::max<std::int64_t>(0, usable - sizes_of(conf).region);
}

}  // namespace forkyard::sim
