// An application as its author wrote it: stages, datasets and jobs by name.
// Plain data; plan.hpp turns it into the numbered program that a driver runs.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "core/model/conf.hpp"
#include "core/model/executor_call.hpp"
#include "core/model/storage_level.hpp"
#include "core/model/units.hpp"
#include "core/sim_time.hpp"

namespace forkyard {

// How long one attempt of a synthetic task works: a function of seed, application,
// stage, partition and attempt (core/model/draw).
struct DurationSpec {
    enum class Form {
        constant,     // times[0]
        uniform,      // times[0] .. times[1]
        normal,       // mean times[0], stddev times[1]; negative draws are 0
        exponential,  // mean times[0]
        lognormal,    // median times[0], sigma shape
        pareto,       // min times[0], alpha shape
        values,       // one of times, drawn
        each,         // times[partition % size]
    };
    Form form = Form::constant;
    std::vector<SimDuration> times{SimDuration{0}};
    Millionths shape;
    bool operator==(const DurationSpec&) const = default;
};

// How a task's shuffle output is shared out over its children's partitions.
struct SkewSpec {
    enum class Form { even, zipf, weights };
    Form form = Form::even;
    Millionths exponent;                // zipf: partition p gets 1/(p+1)^exponent
    std::vector<std::int64_t> weights;  // weights: repeating when there are more partitions
    bool operator==(const SkewSpec&) const = default;
};

// What each task of a stage reads from storage, and which nodes have a replica of it. No
// replicas named: it is nowhere in the cluster.
struct InputSpec {
    Bytes bytes;
    std::vector<std::vector<std::string>> on;  // by partition, repeating
    std::uint32_t replicas = 0;                // how many nodes, drawn for each partition
    bool operator==(const InputSpec&) const = default;
};

enum class WorkKind { sleep, spin };

struct StageSpec {
    std::string name;
    std::uint32_t tasks = 0;
    std::vector<std::string> parents;
    DurationSpec duration;
    std::optional<BytesPerSecond> rate;
    std::optional<InputSpec> input;
    Bytes shuffle_write;
    SkewSpec skew;
    Bytes result;                       // per task, to the driver
    Bytes memory;                       // per task, of its executor, for execution
    std::optional<StorageLevel> cache;  // its partitions are kept
    Bytes cache_size;                   // of one of them
    bool barrier = false;
    bool deterministic = true;
    WorkKind work = WorkKind::sleep;
    bool operator==(const StageSpec&) const = default;
};

// An argument of a registered function or of an action.
using Argument = std::variant<std::int64_t, double, std::string>;

enum class StepKind {
    // sources
    read_text,
    read_csv,
    read_json,
    range,
    values,
    generate,
    from,
    union_of,
    // narrow
    map,
    filter,
    flat_map,
    map_values,
    key_by,
    sample,
    coalesce,
    cartesian,
    zip,
    cache,
    accumulate,
    // wide
    join,
    cogroup,
    reduce_by_key,
    group_by_key,
    aggregate_by_key,
    sort_by,
    distinct,
    repartition,
};

[[nodiscard]] constexpr bool reads_files(StepKind kind) {
    return kind <= StepKind::read_json;
}

struct StepSpec {
    StepKind kind = StepKind::map;
    std::string value;  // function, path, dataset or storage level; empty: the step takes none
    // Of the function or the step; the datasets of a union; of CSV and JSON its options.
    std::vector<Argument> args;
    std::optional<std::uint32_t> partitions;
    std::optional<BroadcastId> broadcast{};      // its value is the function's last argument
    std::optional<SimDuration> cost;             // per task
    std::optional<SimDuration> cost_per_record;  // default 1 us
    bool operator==(const StepSpec&) const = default;
};

struct DatasetSpec {
    std::string name;
    std::vector<StepSpec> steps;
    bool operator==(const DatasetSpec&) const = default;
};

// A driver program in C++, by the name that it is registered with.
struct ProgramSpec {
    std::string name;
    std::map<std::string, Argument, std::less<>> args;
    bool operator==(const ProgramSpec&) const = default;
};

enum class ActionKind {
    run,
    count,
    collect,
    take,
    first,
    top,
    reduce,
    foreach,
    save,
    show,
    lookup,
    tree_reduce,
};
enum class OnFailure { stop, go_on };

// A pool of the FAIR scheduler.
struct PoolSpec {
    std::string name;
    std::string parent = "root";
    SchedulingMode mode = SchedulingMode::fifo;
    std::int64_t weight = 1;
    std::int64_t min_share = 0;
    bool operator==(const PoolSpec&) const = default;
};

struct JobSpec {
    std::string name;
    std::string of;  // a dataset or a stage
    ActionKind action = ActionKind::collect;
    bool map_stage = false;  // of a stage: done when its shuffle is there
    std::vector<Argument> args;
    SimTime at;
    std::string thread = "main";
    std::string pool;   // spark.scheduler.pool; empty: default
    std::string group;  // that can be cancelled together
    std::optional<SimTime> cancel_at;
    OnFailure on_failure = OnFailure::stop;
    bool operator==(const JobSpec&) const = default;
};

}  // namespace forkyard
