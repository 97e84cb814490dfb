#include <algorithm>
#include <limits>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "sim/scenario/builders.hpp"
#include "sim/scenario/conf_properties.hpp"
#include "sim/scenario/nearest.hpp"
#include "sim/scenario/units.hpp"

namespace forkyard::sim {
namespace {

Compat read_compat(ConfProperties& given) {
    const auto compat = given.choice("forkyard.compat");
    return compat == "3.0"   ? Compat::spark_3_0
           : compat == "3.5" ? Compat::spark_3_5
                             : Compat::spark_4_0;
}

Bug read_bug(ConfProperties& given) {
    const auto ticket = given.text("forkyard.bug");
    if (!ticket) {
        return Bug::none;
    }
    const Bug bug = bug_named(*ticket);
    if (bug == Bug::none) {
        std::vector<std::string> known;
        for (const BugEntry& entry : bugs()) {
            known.push_back(to_text(entry.bug));
        }
        const std::string nearest = did_you_mean(*ticket, known);
        given.error("forkyard.bug",
                    {},
                    fmt::format("no bug is called `{}`", *ticket),
                    nearest.empty() ? "see `forkyard reference bugs`" : nearest);
    }
    return bug;
}

LocalityConf read_locality(ConfProperties& given, Compat compat) {
    LocalityConf out;
    if (const auto wait = given.wait("spark.locality.wait")) {
        out.wait_process = out.wait_node = out.wait_rack = *wait;
    }
    put(out.wait_process, given.wait("spark.locality.wait.process"));
    put(out.wait_node, given.wait("spark.locality.wait.node"));
    put(out.wait_rack, given.wait("spark.locality.wait.rack"));
    out.legacy_reset = compat == Compat::spark_3_0;
    put(out.legacy_reset, given.boolean("spark.locality.wait.legacyResetOnTaskLaunch"));
    return out;
}

SpeculationConf read_speculation(ConfProperties& given, Compat compat) {
    SpeculationConf out;
    if (compat != Compat::spark_4_0) {
        out.multiplier = Millionths{1'500'000};
        out.quantile = Millionths{750'000};
    }
    out.efficiency = compat != Compat::spark_3_0;    // since 3.4
    out.upper_median = compat != Compat::spark_3_0;  // since 3.5
    put(out.enabled, given.boolean("spark.speculation"));
    put(out.interval, given.time("spark.speculation.interval"));
    put(out.multiplier, given.factor("spark.speculation.multiplier"));
    put(out.quantile, given.ratio("spark.speculation.quantile"));
    put(out.runtime_min, given.wait("spark.speculation.minTaskRuntime"));
    out.duration_threshold = given.time("spark.speculation.task.duration.threshold");
    put(out.efficiency, given.boolean("spark.speculation.efficiency.enabled"));
    put(out.process_rate_multiplier,
        given.factor("spark.speculation.efficiency.processRateMultiplier"));
    put(out.long_run_factor, given.factor("spark.speculation.efficiency.longRunTaskFactor"));
    return out;
}

ExclusionConf read_exclusion(ConfProperties& given) {
    ExclusionConf out;
    const bool enabled = given.boolean("spark.excludeOnFailure.enabled").value_or(false);
    out.application = given.boolean("spark.excludeOnFailure.application.enabled").value_or(enabled);
    out.task_and_stage =
        given.boolean("spark.excludeOnFailure.taskAndStage.enabled").value_or(enabled);
    put(out.timeout, given.time("spark.excludeOnFailure.timeout"));
    const auto count = [&](std::uint32_t& field, std::string_view name) {
        put(field, given.whole(name, 1));
    };
    count(out.task_attempts_per_executor, "spark.excludeOnFailure.task.maxTaskAttemptsPerExecutor");
    count(out.task_attempts_per_node, "spark.excludeOnFailure.task.maxTaskAttemptsPerNode");
    count(out.stage_tasks_per_executor, "spark.excludeOnFailure.stage.maxFailedTasksPerExecutor");
    count(out.stage_executors_per_node, "spark.excludeOnFailure.stage.maxFailedExecutorsPerNode");
    count(out.app_tasks_per_executor,
          "spark.excludeOnFailure.application.maxFailedTasksPerExecutor");
    count(out.app_executors_per_node,
          "spark.excludeOnFailure.application.maxFailedExecutorsPerNode");
    put(out.fetch_failures,
        given.boolean("spark.excludeOnFailure.application.fetchFailure.enabled"));
    put(out.kill, given.boolean("spark.excludeOnFailure.killExcludedExecutors"));
    put(out.kill_by_decommission,
        given.boolean("spark.excludeOnFailure.killExcludedExecutors.decommission"));
    put(out.unschedulable_timeout,
        given.wait("spark.scheduler.excludeOnFailure.unschedulableTaskSetTimeout"));
    return out;
}

SaveConf read_save(ConfProperties& given) {
    SaveConf out;
    const std::string prefix = "spark.hadoop.";
    if (given.choice(prefix + "mapreduce.fileoutputcommitter.algorithm.version") == "2") {
        out.algorithm = 2;
    }
    put(out.coordinated, given.boolean(prefix + "outputCommitCoordination.enabled"));
    put(out.validated, given.boolean(prefix + "validateOutputSpecs"));
    return out;
}

StorageConf read_storage(ConfProperties& given, Compat compat) {
    StorageConf out;
    put(out.memory_fraction, given.ratio("spark.memory.fraction"));
    put(out.storage_fraction, given.ratio("spark.memory.storageFraction"));
    put(out.unroll_first, given.size("spark.storage.unrollMemoryThreshold"));
    put(out.unroll_growth, given.factor("spark.storage.unrollMemoryGrowthFactor"));
    out.proactive_replication = compat != Compat::spark_3_0;
    put(out.proactive_replication, given.boolean("spark.storage.replication.proactive"));
    put(out.spill_first, given.size("spark.shuffle.spill.initialMemoryThreshold"));
    put(out.spill_records, given.whole("spark.shuffle.spill.numElementsForceSpillThreshold", 1));
    put(out.bypass_merge, given.whole("spark.shuffle.sort.bypassMergeThreshold", 0));
    return out;
}

// Before 4.0 nobody watches over shuffle files unless asked to; and nobody has to where
// executors pass them on when they leave.
AllocationConf read_allocation(ConfProperties& given, Compat compat, bool files_move) {
    AllocationConf out;
    const std::string prefix = "spark.dynamicAllocation.";
    put(out.enabled, given.boolean(prefix + "enabled"));
    put(out.executors_min, given.whole(prefix + "minExecutors", 0));
    put(out.executors_max, given.whole(prefix + "maxExecutors", 1));
    out.executors_initial = std::max({out.executors_min,
                                      given.whole(prefix + "initialExecutors", 0).value_or(0),
                                      given.whole("spark.executor.instances", 0).value_or(0)});
    put(out.ratio, given.ratio(prefix + "executorAllocationRatio"));
    put(out.backlog_timeout, given.time(prefix + "schedulerBacklogTimeout"));
    out.sustained_timeout =
        given.time(prefix + "sustainedSchedulerBacklogTimeout").value_or(out.backlog_timeout);
    put(out.idle_timeout, given.wait(prefix + "executorIdleTimeout"));
    out.cached_timeout = given.wait(prefix + "cachedExecutorIdleTimeout");
    out.shuffle_timeout = given.wait(prefix + "shuffleTracking.timeout");
    out.shuffle_tracking = compat == Compat::spark_4_0 && !files_move;
    put(out.shuffle_tracking, given.boolean(prefix + "shuffleTracking.enabled"));
    out.longest_timeout = compat != Compat::spark_3_0;
    return out;
}

// What Spark refuses of it (ALLOC-01).
void check_allocation(const ConfProperties& given,
                      const std::string& manager,
                      const AppConf& conf) {
    const AllocationConf& allocation = conf.allocation;
    if (!allocation.enabled) {
        if (!conf.executors_static) {
            given.warning("spark.executor.instances",
                          fmt::format("{} does not look at `spark.executor.instances`",
                                      manager == "mesos" ? "Mesos" : "a standalone cluster"),
                          "see `spark.cores.max`, or `spark.dynamicAllocation.enabled`");
        }
        return;
    }
    const std::string prefix = "spark.dynamicAllocation.";
    if (allocation.executors_min > allocation.executors_max) {
        given.error(prefix + "minExecutors",
                    prefix + "maxExecutors",
                    fmt::format("`{0}minExecutors` ({1}) must not be above `{0}maxExecutors` ({2})",
                                prefix,
                                allocation.executors_min,
                                allocation.executors_max));
    } else if (allocation.executors_initial > allocation.executors_max) {
        given.error(prefix + "initialExecutors",
                    prefix + "maxExecutors",
                    fmt::format("it would begin with {} executors, `{}maxExecutors` is {}",
                                allocation.executors_initial,
                                prefix,
                                allocation.executors_max));
    }
    if (allocation.ratio.count == 0) {
        given.error(prefix + "executorAllocationRatio",
                    {},
                    fmt::format("`{}executorAllocationRatio` must be above 0", prefix));
    }
    const bool passes_on = conf.decommission.enabled && conf.decommission.shuffle_blocks;
    if (!allocation.shuffle_tracking && !conf.shuffle_service && !passes_on) {
        given.error(
            prefix + "shuffleTracking.enabled",
            prefix + "enabled",
            "dynamic allocation would lose shuffle files with the executors that it lets go",
            fmt::format("set `{}shuffleTracking.enabled` or `spark.shuffle.service.enabled` to "
                        "true",
                        prefix));
    }
}

// The property of the manager that says what `queue` of an application does.
std::optional<std::string> read_queue(const ConfProperties& given, const std::string& manager) {
    return manager == "yarn"         ? given.text("spark.yarn.queue")
           : manager == "kubernetes" ? given.text("spark.kubernetes.namespace")
           : manager == "mesos"      ? given.text("spark.mesos.role")
                                     : std::nullopt;
}

FilesConf read_files_conf(ConfProperties& given) {
    FilesConf out;
    const std::string prefix = "spark.sql.files.";
    put(out.partition_max, given.size(prefix + "maxPartitionBytes"));
    put(out.open_cost, given.size(prefix + "openCostInBytes"));
    out.partitions_min = given.whole(prefix + "minPartitionNum", 1);
    out.partitions_max = given.whole(prefix + "maxPartitionNum", 1);
    if (out.partition_max.count == 0) {
        given.error(prefix + "maxPartitionBytes",
                    {},
                    fmt::format("`{}maxPartitionBytes` must be above 0", prefix));
    }
    return out;
}

ReaperConf read_reaper(ConfProperties& given) {
    ReaperConf out;
    put(out.enabled, given.boolean("spark.task.reaper.enabled"));
    put(out.polling_interval, given.time("spark.task.reaper.pollingInterval"));
    out.kill_timeout = given.time_or_never("spark.task.reaper.killTimeout");
    return out;
}

WorkerSelection read_selection(ConfProperties& given) {
    const auto policy = given.choice("spark.deploy.workerSelectionPolicy");
    return policy == "CORES_FREE_ASC"     ? WorkerSelection::cores_free_asc
           : policy == "MEMORY_FREE_DESC" ? WorkerSelection::memory_free_desc
           : policy == "MEMORY_FREE_ASC"  ? WorkerSelection::memory_free_asc
           : policy == "WORKER_ID"        ? WorkerSelection::worker_id
                                          : WorkerSelection::cores_free_desc;
}

// What an application does not look at when its tasks run in its driver (CM-LOC-01, 06).
void warn_of_local(const ConfProperties& given) {
    for (const std::string_view name : {"spark.dynamicAllocation.enabled",
                                        "spark.executor.cores",
                                        "spark.executor.instances",
                                        "spark.executor.memory",
                                        "spark.cores.max",
                                        "spark.speculation",
                                        "spark.task.maxFailures",
                                        "spark.scheduler.minRegisteredResourcesRatio"}) {
        given.warning(name,
                      fmt::format("a local master does not look at `{}`", name),
                      "local[CORES,FAILURES] and `spark.driver.memory` say what its executor is");
    }
}

// What Spark refuses when an application starts.
void check_together(const ConfProperties& given, const AppConf& conf) {
    if (conf.network_timeout <= conf.heartbeat_interval) {
        given.error("spark.network.timeout",
                    "spark.executor.heartbeatInterval",
                    "`spark.network.timeout` must be longer than "
                    "`spark.executor.heartbeatInterval`");
    }
    if (conf.executor_cores && *conf.executor_cores < conf.task_cpus) {
        given.error("spark.task.cpus",
                    "spark.executor.cores",
                    fmt::format("an executor of {} cores cannot run a task of {}",
                                *conf.executor_cores,
                                conf.task_cpus),
                    "raise `spark.executor.cores` or lower `spark.task.cpus`");
    }
    // A node would never be excluded: the task is given up before (SCH-HLT-14).
    if (conf.exclusion.task_and_stage &&
        conf.exclusion.task_attempts_per_node >= conf.task_failures_max) {
        given.error("spark.excludeOnFailure.task.maxTaskAttemptsPerNode",
                    "spark.task.maxFailures",
                    fmt::format("`spark.excludeOnFailure.task.maxTaskAttemptsPerNode` ({}) must be "
                                "below `spark.task.maxFailures` ({})",
                                conf.exclusion.task_attempts_per_node,
                                conf.task_failures_max));
    }
}

}  // namespace

AppConf read_app_conf(ConfProperties& given, const std::string& manager) {
    AppConf out;
    out.executor_cores = given.whole("spark.executor.cores", 1);
    put(out.executor_memory, given.memory("spark.executor.memory"));
    put(out.cores_max, given.whole("spark.cores.max", 1));
    put(out.task_cpus, given.whole("spark.task.cpus", 1));
    out.resources = read_resources(given);
    out.driver_resources = read_driver_resources(given);
    put(out.task_failures_max, given.whole("spark.task.maxFailures", 1));
    put(out.stage_attempts_consecutive_max, given.whole("spark.stage.maxConsecutiveAttempts", 1));
    put(out.stage_attempts_max, given.whole("spark.stage.maxAttempts", 1));
    out.default_parallelism = given.whole("spark.default.parallelism", 1);
    out.files = read_files_conf(given);
    put(out.heartbeat_interval, given.time("spark.executor.heartbeatInterval"));
    put(out.network_timeout, given.time("spark.network.timeout"));
    put(out.network_timeout_interval, given.time("spark.network.timeoutInterval"));
    put(out.registered_ratio_min, given.ratio("spark.scheduler.minRegisteredResourcesRatio"));
    put(out.registered_wait_max, given.time("spark.scheduler.maxRegisteredResourcesWaitingTime"));
    if (given.choice("forkyard.offers") == "in-order") {
        out.offers = OfferOrder::in_order;
    }
    out.compat = read_compat(given);
    if (manager == "mesos") {  // the last version that has it
        out.compat = std::min(out.compat, Compat::spark_3_5);
    }
    out.bug = read_bug(given);
    if (given.choice("spark.scheduler.mode") == "FAIR") {
        out.scheduling = SchedulingMode::fair;
    }
    put(out.starvation_timeout, given.time("spark.starvation.timeout"));
    put(out.revive_interval, given.time("spark.scheduler.revive.interval"));
    put(out.result_size_max, given.size("spark.driver.maxResultSize"));
    put(out.result_direct_max, given.size("spark.task.maxDirectResultSize"));
    if (const auto mebibytes = given.whole("spark.rpc.message.maxSize", 1)) {
        out.rpc_message_max = Bytes{std::int64_t{*mebibytes} << 20};
    }
    out.executor_failures_max = given.whole("spark.executor.maxNumFailures", 1);
    out.executor_failures_validity = given.time("spark.executor.failuresValidityInterval");
    put(out.barrier_check_interval,
        given.time("spark.scheduler.barrier.maxConcurrentTasksCheck.interval"));
    put(out.barrier_check_failures_max,
        given.whole("spark.scheduler.barrier.maxConcurrentTasksCheck.maxFailures", 1));
    put(out.reduce_locality, given.boolean("spark.shuffle.reduceLocality.enabled"));
    put(out.old_fetch_protocol, given.boolean("spark.shuffle.useOldFetchProtocol"));
    put(out.map_sizes.average_above,
        given.whole("spark.shuffle.minNumPartitionsToHighlyCompress", 1));
    put(out.map_sizes.accurate, given.size("spark.shuffle.accurateBlockThreshold"));
    out.locality = read_locality(given, out.compat);
    out.speculation = read_speculation(given, out.compat);
    out.exclusion = read_exclusion(given);
    out.reaper = read_reaper(given);
    out.save = read_save(given);
    put(out.checkpoint_dir, given.text("spark.checkpoint.dir"));
    out.storage = read_storage(given, out.compat);
    put(out.console_progress.shown, given.boolean("spark.ui.showConsoleProgress"));
    put(out.console_progress.interval, given.time("spark.ui.consoleProgress.update.interval"));
    out.fetch = read_fetch(given);
    put(out.broadcast.block_size, given.size("spark.broadcast.blockSize", Bytes{1024}, Bytes{1}));
    put(out.broadcast.compress, given.boolean("spark.broadcast.compress"));
    put(out.broadcast.checksum, given.boolean("spark.broadcast.checksum"));
    out.decommission = read_decommission(given, out.compat);
    const bool files_move =
        out.decommission.enabled && out.decommission.storage && out.decommission.shuffle_blocks;
    out.allocation = read_allocation(given, out.compat, files_move);
    out.decommission_kill_interval = given.time("spark.executor.decommission.killInterval");
    out.ignore_decommission_fetch_failure = out.compat == Compat::spark_4_0;
    put(out.ignore_decommission_fetch_failure,
        given.boolean("spark.stage.ignoreDecommissionFetchFailure"));
    put(out.retained_decommissioned,
        given.whole("spark.scheduler.maxRetainedRemovedDecommissionExecutors", 0));
    put(out.unregister_output_on_host,
        given.boolean("spark.files.fetchFailure.unRegisterOutputOnHost"));
    put(out.shuffle_service, given.boolean("spark.shuffle.service.enabled"));
    put(out.service_registrations_max, given.whole("spark.shuffle.registration.maxAttempts", 1));
    read_manager_conf(given, manager, out);
    out.queue = read_queue(given, manager);
    if (manager == "yarn") {
        out.priority = given.whole("spark.yarn.priority", 0);
    }
    if (manager == "local") {
        warn_of_local(given);
        out.executor_cores.reset();
    } else {
        check_allocation(given, manager, out);
        check_shuffle_service(given, manager, out);
    }
    check_together(given, out);
    return out;
}

MasterConf read_master_conf(ConfProperties& given) {
    MasterConf out;
    put(out.spread_out, given.boolean("spark.deploy.spreadOut"));
    put(out.spread_out, given.boolean("spark.deploy.spreadOutApps"));
    put(out.default_cores, given.whole("spark.deploy.defaultCores", 1));
    out.selection = read_selection(given);
    constexpr std::int64_t any_number = std::numeric_limits<std::int32_t>::min();
    if (const auto retries = given.whole("spark.deploy.maxExecutorRetries", any_number)) {
        const bool limited = static_cast<std::int32_t>(*retries) >= 0;
        out.executor_retries_max = limited ? retries : std::nullopt;
    }
    put(out.worker_timeout, given.time("spark.worker.timeout"));
    out.recovery_timeout = out.worker_timeout;
    put(out.recovery_timeout, given.time("spark.deploy.recoveryTimeout"));
    put(out.spread_out_drivers, given.boolean("spark.deploy.spreadOutDrivers"));
    put(out.drivers_max, given.whole("spark.deploy.maxDrivers", 1));
    return out;
}

}  // namespace forkyard::sim
