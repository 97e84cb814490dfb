// Properties of executors that leave, and of the external shuffle service, which keeps what
// they have written.
#include <array>

#include "sim/scenario/conf_table.hpp"

namespace forkyard::sim {
namespace {

constexpr ConfRow leaving(std::string_view name,
                          std::string_view preset,
                          std::string_view help,
                          ConfType type,
                          std::string_view unit = "") {
    return ConfRow{name, preset, help, type, unit, ConfState::simulated};
}

constexpr ConfRow not_yet(std::string_view name, std::string_view preset, std::string_view help) {
    return ConfRow{name, preset, help};
}

constexpr std::array leaving_rows{
    leaving("spark.decommission.enabled",
            "false",
            "executors are decommissioned instead of killed",
            ConfType::boolean),
    leaving("spark.executor.decommission.killInterval",
            "",
            "one that leaves is expected to be gone by then: copies of its slow tasks",
            ConfType::time,
            "s"),
    leaving("spark.executor.decommission.forceKillTimeout",
            "",
            "then the driver kills one that has not left",
            ConfType::time,
            "s"),
    not_yet("spark.executor.decommission.signal", "PWR", "what starts it"),
    leaving("spark.storage.decommission.enabled",
            "false",
            "what an executor keeps is passed on",
            ConfType::boolean),
    leaving("spark.storage.decommission.rddBlocks.enabled",
            "true",
            "cached partitions too; false before 3.4",
            ConfType::boolean),
    leaving("spark.storage.decommission.shuffleBlocks.enabled",
            "true",
            "shuffle outputs too; false before 3.4",
            ConfType::boolean),
    leaving("spark.storage.decommission.shuffleBlocks.maxThreads",
            "8",
            "peers that get shuffle outputs at the same time",
            ConfType::whole,
            "threads"),
    not_yet("spark.storage.decommission.shuffleBlocks.maxDiskSize", "", "refuse above"),
    leaving("spark.storage.decommission.maxReplicationFailuresPerBlock",
            "3",
            "then a block stays where it is",
            ConfType::whole),
    leaving("spark.storage.decommission.replicationReattemptInterval",
            "30s",
            "between two rounds",
            ConfType::time,
            "ms"),
    not_yet("spark.storage.decommission.fallbackStorage.path", "", "where blocks go at last"),
    not_yet("spark.storage.decommission.fallbackStorage.cleanUp", "false", "afterwards"),
    leaving("spark.shuffle.service.enabled",
            "false",
            "shuffle files outlive their executor, not their node",
            ConfType::boolean),
    not_yet("spark.shuffle.service.port", "7337", "where it listens"),
    not_yet("spark.shuffle.service.fetch.rdd.enabled", "false", "it serves blocks on disk too"),
    ConfRow{"spark.shuffle.service.db.enabled",
            "true",
            "it remembers over a restart",
            ConfType::text,
            "",
            ConfState::known,
            ConfScope::master},
    not_yet("spark.shuffle.service.removeShuffle", "true", "it drops files that are not needed"),
    not_yet("spark.shuffle.registration.timeout", "5000", "of an executor at its service"),
    not_yet("spark.shuffle.registration.maxAttempts", "3", "the same"),
};

}  // namespace

std::span<const ConfRow> leaving_conf() {
    return leaving_rows;
}

}  // namespace forkyard::sim
