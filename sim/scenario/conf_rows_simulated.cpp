// The properties that have an effect: of executors, stages, masters.
#include <array>

#include "sim/scenario/conf_table.hpp"

namespace forkyard::sim {
namespace {

using enum ConfType;
constexpr ConfState simulated = ConfState::simulated;
constexpr ConfScope master = ConfScope::master;

constexpr std::array simulated_rows{
    ConfRow{"spark.executor.cores",
            "",
            "cores of an executor; standalone: all of a worker when not given",
            whole,
            "",
            simulated},
    ConfRow{"spark.executor.memory", "1g", "memory of an executor", size, "MiB", simulated},
    ConfRow{"spark.cores.max", "", "cores of the application in all", whole, "", simulated},
    ConfRow{"spark.task.cpus", "1", "cores of a task", whole, "", simulated},
    ConfRow{"spark.task.maxFailures",
            "4",
            "counted failures of one task before its job fails",
            whole,
            "",
            simulated},
    ConfRow{"spark.stage.maxConsecutiveAttempts",
            "4",
            "failed attempts of a stage in a row before its job fails",
            whole,
            "",
            simulated},
    ConfRow{"spark.stage.maxAttempts",
            "2147483647",
            "attempts of a stage in all",
            whole,
            "",
            simulated},
    ConfRow{"spark.default.parallelism", "", "partitions of wide steps", whole, "", simulated},
    ConfRow{"spark.executor.heartbeatInterval", "10s", "an executor's beat", time, "ms", simulated},
    ConfRow{"spark.network.timeout", "120s", "a silent executor is lost", time, "s", simulated},
    ConfRow{"spark.network.timeoutInterval", "60s", "how often to look", time, "ms", simulated},
    ConfRow{"spark.scheduler.minRegisteredResourcesRatio",
            "0.0",
            "part of the executors that the first job waits for",
            ratio,
            "",
            simulated},
    ConfRow{"spark.scheduler.maxRegisteredResourcesWaitingTime",
            "30s",
            "how long it waits for them",
            time,
            "ms",
            simulated},
    ConfRow{"spark.scheduler.mode", "FIFO", "order among jobs", choice, "FIFO FAIR", simulated},
    ConfRow{"forkyard.offers",
            "shuffled",
            "order of offers: seeded, or by executor number",
            choice,
            "shuffled in-order",
            simulated},
    ConfRow{"forkyard.compat",
            "4.0",
            "the version of Spark to follow",
            choice,
            "4.0 3.5 3.0",
            simulated},
    ConfRow{"spark.deploy.spreadOutApps",
            "true",
            "spread executors over workers, or fill one after the other",
            boolean,
            "",
            simulated,
            master},
    ConfRow{"spark.deploy.spreadOut",
            "true",
            "older name of spark.deploy.spreadOutApps",
            boolean,
            "",
            simulated,
            master},
    ConfRow{"spark.deploy.defaultCores",
            "",
            "spark.cores.max of applications that give none; unlimited when not given",
            whole,
            "",
            simulated,
            master},
    ConfRow{"spark.worker.timeout", "60", "a silent worker is lost", time, "s", simulated, master},
};

}  // namespace

std::span<const ConfRow> simulated_conf() {
    return simulated_rows;
}

}  // namespace forkyard::sim
