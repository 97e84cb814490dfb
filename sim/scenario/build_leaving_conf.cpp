// How executors leave, and who keeps what they have written.
#include <string>

#include "sim/scenario/builders.hpp"
#include "sim/scenario/conf_properties.hpp"

namespace forkyard::sim {

DecommissionConf read_decommission(ConfProperties& given, Compat compat) {
    DecommissionConf out;
    const std::string storage = "spark.storage.decommission.";
    put(out.enabled, given.boolean("spark.decommission.enabled"));
    out.force_kill_timeout = given.time("spark.executor.decommission.forceKillTimeout");
    put(out.storage, given.boolean(storage + "enabled"));
    out.cached_blocks = out.shuffle_blocks = compat != Compat::spark_3_0;
    put(out.cached_blocks, given.boolean(storage + "rddBlocks.enabled"));
    put(out.shuffle_blocks, given.boolean(storage + "shuffleBlocks.enabled"));
    put(out.threads_max, given.whole(storage + "shuffleBlocks.maxThreads", 1));
    put(out.block_failures_max, given.whole(storage + "maxReplicationFailuresPerBlock", 0));
    put(out.interval, given.time(storage + "replicationReattemptInterval"));
    const std::string path = storage + "fallbackStorage.path";
    if (const auto fallback = given.text(path)) {
        out.fallback = true;
        if (!fallback->ends_with('/')) {
            given.error(path, {}, "`" + path + "` must end with `/`");
        }
    }
    return out;
}

// Kubernetes has no external shuffle service (ESS-03).
void check_shuffle_service(const ConfProperties& given,
                           const std::string& manager,
                           const AppConf& conf) {
    if (manager == "kubernetes" && conf.shuffle_service) {
        given.error("spark.shuffle.service.enabled",
                    {},
                    "Kubernetes has no external shuffle service",
                    "track shuffles, or decommission executors with "
                    "`spark.storage.decommission.enabled`");
    }
}

}  // namespace forkyard::sim
