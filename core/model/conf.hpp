// The Spark properties that forkyard simulates, typed. One struct for what an
// application's driver reads, one for masters and nodes. Defaults are Spark 4.0's
// (spec of each: `forkyard reference conf`).
#pragma once

#include <cstdint>
#include <limits>
#include <optional>
#include <vector>

#include "core/model/broadcast_conf.hpp"
#include "core/model/bug.hpp"
#include "core/model/container_conf.hpp"
#include "core/model/decommission_conf.hpp"
#include "core/model/fetch_conf.hpp"
#include "core/model/files_conf.hpp"
#include "core/model/kubernetes_conf.hpp"
#include "core/model/map_sizes.hpp"
#include "core/model/mesos_conf.hpp"
#include "core/model/resources.hpp"
#include "core/model/units.hpp"
#include "core/model/yarn_conf.hpp"
#include "core/sim_time.hpp"

namespace forkyard {

enum class OfferOrder { shuffled, in_order };
enum class SchedulingMode { fifo, fair };
// Whose count of failed executors ends an application, and when.
enum class FailureCap {
    reached,     // the driver's, with spark.executor.maxNumFailures of them
    exceeded,    // the driver's, with more (Kubernetes)
    of_manager,  // the application master's (YARN)
};
enum class Compat { spark_3_0, spark_3_5, spark_4_0 };  // in order of age

// How long a task set holds out for each level of locality.
struct LocalityConf {
    SimDuration wait_process = std::chrono::seconds{3};  // spark.locality.wait.process
    SimDuration wait_node = std::chrono::seconds{3};
    SimDuration wait_rack = std::chrono::seconds{3};
    bool legacy_reset = false;  // spark.locality.wait.legacyResetOnTaskLaunch
    bool operator==(const LocalityConf&) const = default;
};

// spark.speculation and its kin.
struct SpeculationConf {
    bool enabled = false;
    SimDuration interval = std::chrono::milliseconds{100};
    Millionths multiplier{3'000'000};
    Millionths quantile{900'000};
    SimDuration runtime_min = std::chrono::milliseconds{100};
    std::optional<SimDuration> duration_threshold;
    bool efficiency = true;
    Millionths process_rate_multiplier{750'000};
    Millionths long_run_factor{2'000'000};
    bool upper_median = true;  // of an even count (3.5 and later: SPARK-42528)
    bool operator==(const SpeculationConf&) const = default;
};

// spark.excludeOnFailure and its kin.
struct ExclusionConf {
    bool application = false;
    bool task_and_stage = false;
    SimDuration timeout = std::chrono::hours{1};
    std::uint32_t task_attempts_per_executor = 1;
    std::uint32_t task_attempts_per_node = 2;
    std::uint32_t stage_tasks_per_executor = 2;
    std::uint32_t stage_executors_per_node = 2;
    std::uint32_t app_tasks_per_executor = 2;
    std::uint32_t app_executors_per_node = 2;
    bool fetch_failures = false;
    bool kill = false;
    bool kill_by_decommission = false;
    SimDuration unschedulable_timeout = std::chrono::seconds{120};
    bool operator==(const ExclusionConf&) const = default;
};

// spark.task.reaper: who watches over killed tasks that do not end.
struct ReaperConf {
    bool enabled = false;
    SimDuration polling_interval = std::chrono::seconds{10};
    std::optional<SimDuration> kill_timeout;  // none: it only watches
    bool operator==(const ReaperConf&) const = default;
};

// spark.dynamicAllocation: how many executors the application wants, by its work.
struct AllocationConf {
    static constexpr std::uint32_t unlimited = 0x7fffffff;  // Spark's Int.MaxValue

    bool enabled = false;
    std::uint32_t executors_min = 0;
    std::uint32_t executors_max = unlimited;
    std::uint32_t executors_initial = 0;  // not below the least
    Millionths ratio{1'000'000};          // executors for tasks: above 0, at most 1
    SimDuration backlog_timeout = std::chrono::seconds{1};
    SimDuration sustained_timeout = std::chrono::seconds{1};
    SimDuration idle_timeout = std::chrono::seconds{60};
    std::optional<SimDuration> cached_timeout;   // none: with cached blocks it stays
    std::optional<SimDuration> shuffle_timeout;  // none: with shuffle files it stays
    bool shuffle_tracking = true;
    bool longest_timeout = true;  // of those that apply (3.4 and later: SPARK-43398)
    bool operator==(const AllocationConf&) const = default;
};

// How the output of `save` is committed: spark.hadoop and its kin.
struct SaveConf {
    std::uint32_t algorithm = 1;  // ...mapreduce.fileoutputcommitter.algorithm.version: 1 or 2
    bool coordinated = true;      // ...outputCommitCoordination.enabled: tasks ask the driver
    bool validated = true;        // ...validateOutputSpecs: a folder is written once
    bool operator==(const SaveConf&) const = default;
};

// How an executor's heap is shared, how what it keeps gets its room, and when tasks spill.
struct StorageConf {
    Millionths memory_fraction{600'000};        // spark.memory.fraction
    Millionths storage_fraction{500'000};       // spark.memory.storageFraction
    Bytes unroll_first{std::int64_t{1} << 20};  // spark.storage.unrollMemoryThreshold
    Millionths unroll_growth{1'500'000};        // spark.storage.unrollMemoryGrowthFactor
    bool proactive_replication = true;          // spark.storage.replication.proactive
    Bytes spill_first{std::int64_t{5} << 20};   // spark.shuffle.spill.initialMemoryThreshold
    // spark.shuffle.spill.numElementsForceSpillThreshold
    std::uint32_t spill_records = 2'147'483'647;
    std::uint32_t bypass_merge = 200;  // spark.shuffle.sort.bypassMergeThreshold
    bool operator==(const StorageConf&) const = default;
};

// The progress bar on the driver's console.
struct ConsoleProgressConf {
    bool shown = false;                                     // spark.ui.showConsoleProgress
    SimDuration interval = std::chrono::milliseconds{200};  // ...consoleProgress.update.interval
    bool operator==(const ConsoleProgressConf&) const = default;
};

struct AppConf {
    std::optional<std::uint32_t>
        executor_cores;  // spark.executor.cores; standalone: all of a worker
    Bytes executor_memory{std::int64_t{1} << 30};  // spark.executor.memory = 1g
    // Executors that it asks for when it starts; none: as many as there are.
    std::optional<std::uint32_t> executors_static{};
    // As a property gives them; the application's own keys go before.
    std::optional<std::string> queue{};
    std::optional<std::uint32_t> priority{};
    ContainerConf container{};
    // Of the driver, in cluster deploy mode.
    std::uint32_t driver_cores = 1;              // spark.driver.cores
    Bytes driver_memory{std::int64_t{1} << 30};  // spark.driver.memory
    Resources driver_resources{};                // spark.driver.resource.NAME.amount
    ContainerConf driver_container{};            // spark.driver.memoryOverhead and its kin
    bool supervise = false;                      // spark.driver.supervise
    std::uint32_t app_attempts_max = 2;          // spark.yarn.maxAppAttempts
    YarnConf yarn{};
    PodsConf pods{};
    MesosConf mesos{};
    std::uint32_t cores_max = std::numeric_limits<std::uint32_t>::max();  // spark.cores.max
    std::uint32_t task_cpus = 1;                                          // spark.task.cpus
    std::vector<ResourceConf> resources{};
    bool runs_in_driver = false;                       // its tasks: nobody is asked for executors
    std::uint32_t task_failures_max = 4;               // spark.task.maxFailures
    std::uint32_t stage_attempts_consecutive_max = 4;  // spark.stage.maxConsecutiveAttempts
    std::uint32_t stage_attempts_max =
        std::numeric_limits<std::int32_t>::max();      // spark.stage.maxAttempts
    std::optional<std::uint32_t> default_parallelism;  // spark.default.parallelism
    std::uint32_t backend_parallelism = 2;             // without that property
    FilesConf files{};
    SimDuration heartbeat_interval = std::chrono::seconds{10};  // spark.executor.heartbeatInterval
    SimDuration network_timeout = std::chrono::seconds{120};    // spark.network.timeout
    SimDuration network_timeout_interval = std::chrono::seconds{60};
    Millionths registered_ratio_min{0};  // spark.scheduler.minRegisteredResourcesRatio
    bool gate_by_executors = false;      // of executors, not of spark.cores.max
    SimDuration registered_wait_max = std::chrono::seconds{30};
    OfferOrder offers = OfferOrder::shuffled;                   // forkyard.offers
    Compat compat = Compat::spark_4_0;                          // forkyard.compat
    Bug bug = Bug::none;                                        // forkyard.bug
    SchedulingMode scheduling = SchedulingMode::fifo;           // spark.scheduler.mode
    SimDuration revive_interval = std::chrono::seconds{1};      // spark.scheduler.revive.interval
    SimDuration starvation_timeout = std::chrono::seconds{15};  // spark.starvation.timeout
    LocalityConf locality{};
    SpeculationConf speculation{};
    ExclusionConf exclusion{};
    ReaperConf reaper{};
    SaveConf save{};
    std::string checkpoint_dir{};  // spark.checkpoint.dir; empty: its program says, or none
    AllocationConf allocation{};
    StorageConf storage{};
    ConsoleProgressConf console_progress{};
    Bytes result_size_max{std::int64_t{1} << 30};  // spark.driver.maxResultSize; 0: no limit
    // Larger results are fetched: spark.task.maxDirectResultSize, spark.rpc.message.maxSize.
    Bytes result_direct_max{std::int64_t{1} << 20};
    Bytes rpc_message_max{std::int64_t{128} << 20};
    bool reduce_locality = true;  // spark.shuffle.reduceLocality.enabled
    MapSizesConf map_sizes{};
    bool old_fetch_protocol = false;         // spark.shuffle.useOldFetchProtocol
    bool unregister_output_on_host = false;  // spark.files.fetchFailure.unRegisterOutputOnHost
    bool ignore_decommission_fetch_failure = true;  // spark.stage.ignoreDecommissionFetchFailure
    std::uint32_t retained_decommissioned = 0;      // ...maxRetainedRemovedDecommissionExecutors
    SimDuration barrier_check_interval = std::chrono::seconds{15};
    std::uint32_t barrier_check_failures_max = 40;
    SimDuration barrier_sync_timeout = std::chrono::hours{24 * 365};  // spark.barrier.sync.timeout
    std::optional<std::uint32_t> executor_failures_max;  // spark.executor.maxNumFailures
    FailureCap failure_cap = FailureCap::reached;
    std::optional<SimDuration>
        executor_failures_validity;  // spark.executor.failuresValidityInterval
    FetchConf fetch{};
    BroadcastConf broadcast{};
    bool shuffle_service = false;                 // spark.shuffle.service.enabled
    std::uint32_t service_registrations_max = 3;  // spark.shuffle.registration.maxAttempts
    DecommissionConf decommission{};
    std::optional<SimDuration>
        decommission_kill_interval;  // spark.executor.decommission.killInterval
    bool operator==(const AppConf&) const = default;
};

// What an executor takes of an agent of Mesos (CM-MESOS-08).
[[nodiscard]] inline Bytes mesos_executor_memory(const AppConf& conf) {
    ContainerConf container = conf.container;
    if (conf.mesos.executor_overhead) {
        container.overhead = conf.mesos.executor_overhead;
    }
    return container_memory(conf.executor_memory, container);
}

// Which worker comes first where several have room: spark.deploy.workerSelectionPolicy.
enum class WorkerSelection {
    cores_free_desc,
    cores_free_asc,
    memory_free_desc,
    memory_free_asc,
    worker_id
};

struct MasterConf {
    bool spread_out = true;  // spark.deploy.spreadOutApps
    WorkerSelection selection = WorkerSelection::cores_free_desc;
    std::optional<std::uint32_t> executor_retries_max = 10;  // spark.deploy.maxExecutorRetries
    std::uint32_t default_cores =
        std::numeric_limits<std::uint32_t>::max();            // spark.deploy.defaultCores
    SimDuration worker_timeout = std::chrono::seconds{60};    // spark.worker.timeout
    SimDuration recovery_timeout = std::chrono::seconds{60};  // spark.deploy.recoveryTimeout
    bool spread_out_drivers = true;                           // spark.deploy.spreadOutDrivers
    std::uint32_t drivers_max = 0x7fffffff;                   // spark.deploy.maxDrivers
    bool operator==(const MasterConf&) const = default;
};

}  // namespace forkyard
