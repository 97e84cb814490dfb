// Properties of executors that leave, and of the external shuffle service, which keeps what
// they have written.
#include <array>

#include "sim/scenario/conf_table.hpp"

namespace forkyard::sim {
namespace {

constexpr ConfRow simulated_leaving(std::string_view name,
                                    std::string_view preset,
                                    std::string_view help,
                                    ConfType type,
                                    std::string_view unit = "") {
    return ConfRow{name, preset, help, type, unit, ConfState::simulated};
}

constexpr ConfRow known_leaving(std::string_view name,
                                std::string_view preset,
                                std::string_view help) {
    return ConfRow{name, preset, help};
}

constexpr std::array leaving_rows{
    simulated_leaving("spark.decommission.enabled",
                      "false",
                      "executors are decommissioned instead of killed",
                      ConfType::boolean),
    simulated_leaving("spark.executor.decommission.killInterval",
                      "",
                      "one that leaves is expected to be gone by then: copies of its slow tasks",
                      ConfType::time,
                      "s"),
    simulated_leaving("spark.executor.decommission.forceKillTimeout",
                      "",
                      "then the driver kills one that has not left",
                      ConfType::time,
                      "s"),
    known_leaving("spark.executor.decommission.signal", "PWR", "what starts it"),
    simulated_leaving("spark.storage.decommission.enabled",
                      "false",
                      "what an executor keeps is passed on",
                      ConfType::boolean),
    simulated_leaving("spark.storage.decommission.rddBlocks.enabled",
                      "true",
                      "cached partitions too; false before 3.4",
                      ConfType::boolean),
    simulated_leaving("spark.storage.decommission.shuffleBlocks.enabled",
                      "true",
                      "shuffle outputs too; false before 3.4",
                      ConfType::boolean),
    simulated_leaving("spark.storage.decommission.shuffleBlocks.maxThreads",
                      "8",
                      "peers that get shuffle outputs at the same time",
                      ConfType::whole,
                      "threads"),
    known_leaving("spark.storage.decommission.shuffleBlocks.maxDiskSize", "", "refuse above"),
    simulated_leaving("spark.storage.decommission.maxReplicationFailuresPerBlock",
                      "3",
                      "then a block stays where it is",
                      ConfType::whole),
    simulated_leaving("spark.storage.decommission.replicationReattemptInterval",
                      "30s",
                      "between two rounds",
                      ConfType::time,
                      "ms"),
    simulated_leaving("spark.storage.decommission.fallbackStorage.path",
                      "",
                      "outside the cluster: where shuffle outputs go that no peer takes",
                      ConfType::text),
    known_leaving("spark.storage.decommission.fallbackStorage.cleanUp", "false", "afterwards"),
    simulated_leaving("spark.shuffle.service.enabled",
                      "false",
                      "shuffle files outlive their executor, not their node",
                      ConfType::boolean),
    known_leaving("spark.shuffle.service.port", "7337", "where it listens"),
    known_leaving(
        "spark.shuffle.service.fetch.rdd.enabled", "false", "it serves blocks on disk too"),
    ConfRow{"spark.shuffle.service.db.enabled",
            "true",
            "it remembers over a restart",
            ConfType::text,
            "",
            ConfState::known,
            ConfScope::master},
    known_leaving(
        "spark.shuffle.service.removeShuffle", "true", "it drops files that are not needed"),
    known_leaving("spark.shuffle.registration.timeout", "5000", "of an executor at its service"),
    simulated_leaving("spark.shuffle.registration.maxAttempts",
                      "3",
                      "tries of an executor to register with its service, 5 s apart",
                      ConfType::whole),
};

}  // namespace

std::span<const ConfRow> leaving_conf() {
    return leaving_rows;
}

}  // namespace forkyard::sim
