// A scenario: everything that decides a run. Plain values, names resolved and
// checked; nothing below sim/scenario has heard of TOML.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "core/ids.hpp"
#include "core/model/application.hpp"
#include "core/model/cluster_spec.hpp"
#include "core/model/conf.hpp"
#include "core/model/fault_kind.hpp"
#include "core/model/pattern.hpp"
#include "core/sim_time.hpp"

namespace forkyard {

enum class ClockKind { virtual_time, wall };

struct AppSpec {
    std::string name;
    std::string queue = "default";  // YARN's queue, Kubernetes' namespace, Mesos' role
    std::int32_t priority = 0;      // YARN, Kubernetes: higher first
    bool cluster_mode = false;      // its driver takes room on a node
    bool supervise = false;         // and is started again when it fails
    SimTime submit_at;
    SimTime open_until;
    std::optional<SimTime> kill_at;
    AppConf conf;
    std::vector<StageSpec> stages;
    std::vector<DatasetSpec> datasets;
    std::vector<PoolSpec> pools;
    std::vector<RequestSpec> requests;
    std::vector<JobSpec> jobs;  // the default ones filled in when the file names none
    std::optional<ProgramSpec> program;
    bool operator==(const AppSpec&) const = default;
};

enum class Pick { first, any, all };

// Which executors a fault means.
struct ExecutorTarget {
    bool matched = false;  // that of the matched record
    std::vector<ExecutorId> named;
    Pick pick = Pick::first;  // among those that fit
    std::optional<std::string> app;
    std::optional<std::string> node;
    std::optional<std::string> running;  // runs a task of this stage (name, s1 or s1.0)
    std::optional<std::string> holding;  // holds map outputs of this stage
    std::optional<bool> idle;
    bool operator==(const ExecutorTarget&) const = default;
};

// Which task attempts a fault means.
struct TaskTarget {
    std::optional<std::string> app;
    std::optional<std::string> stage;          // name, s1 or s1.0
    std::optional<std::uint32_t> partition;    // none: any
    std::optional<std::uint32_t> attempt = 0;  // none: all
    bool all_partitions = false;               // asked for by name: each, not the first
    bool operator==(const TaskTarget&) const = default;
};

struct FaultSpec {
    std::string name;
    FaultKind kind = FaultKind::kill_executor;
    std::optional<SimTime> at;
    std::optional<Pattern> when;
    std::uint32_t nth = 1;
    SimDuration delay{0};
    std::uint32_t times = 1;
    bool times_given = false;
    Millionths probability = one;
    bool optional = false;
    std::optional<SimDuration> lasts;  // key `for`
    ExecutorTarget executor;
    TaskTarget task;
    std::vector<std::string> workers;   // worker names; worker faults
    Pick worker_pick = Pick::first;     // when `worker` was "any" or "all" and workers is empty
    bool worker_matched = false;        // the node of the matched record
    std::optional<std::int32_t> code;   // exit-executor: 1
    std::optional<SimDuration> notice;  // none: "never". Default 0 for executors, never for workers
    Millionths factor = one;            // slow-task 5, slow-worker 2
    std::uint32_t progress = 50;        // fail-task: percent of the attempt's run
    std::string reason;                 // fail-task
    SimDuration grace = std::chrono::seconds{30};  // until what was told to go is ended
    SimDuration late{0};                           // delay-commit: key `delay`
    bool migrates = true;  // preempt-, decommission-executor: blocks are passed on
    ManagerKeeps keeps = ManagerKeeps::all;  // restart-manager
    SimDuration down{0};                     // restart-manager: until it is back
    bool keeps_shuffle = false;  // lose-worker: the files of its shuffle service are not lost
    bool operator==(const FaultSpec&) const = default;
};

struct CountRange {
    std::optional<std::int64_t> min = 1;
    std::optional<std::int64_t> max;
    bool operator==(const CountRange&) const = default;
};

struct RecordExpectation {
    Pattern match;
    std::optional<Pattern> after;
    std::optional<Pattern> before;
    CountRange count;
    bool operator==(const RecordExpectation&) const = default;
};

struct OrderExpectation {
    std::vector<Pattern> match;
    bool operator==(const OrderExpectation&) const = default;
};

// A row as written in the file: a number, a text, or a list of rows.
struct RowSpec {
    std::variant<std::int64_t, double, std::string, std::vector<RowSpec>> value;
    bool operator==(const RowSpec&) const = default;
};

struct ResultExpectation {
    std::string app;
    std::string job;
    std::optional<std::vector<RowSpec>> equals;
    std::optional<std::vector<RowSpec>> contains;
    bool ordered = false;
    std::optional<std::int64_t> rows;
    std::optional<std::int64_t> sum;
    std::optional<std::string> digest;
    bool operator==(const ResultExpectation&) const = default;
};

enum class Outcome { succeeded, failed, killed, timed_out };

struct AppExpectation {
    std::string app;  // empty: every application
    std::optional<Outcome> outcome;
    std::optional<std::string> error;
    std::optional<SimDuration> makespan_min;
    std::optional<SimDuration> makespan_max;
    bool operator==(const AppExpectation&) const = default;
};

struct Expectations {
    AppExpectation all;  // of every application; no outcome: succeeded
    std::vector<AppExpectation> apps;
    std::vector<std::string> invariants_broken;  // exactly these must break; empty: none
    bool check_invariants = true;                // false: breaking any is accepted
    std::vector<RecordExpectation> records;
    std::vector<OrderExpectation> orders;
    std::vector<ResultExpectation> results;
    bool operator==(const Expectations&) const = default;
};

struct Scenario {
    std::string name;
    std::string description;
    std::uint64_t seed = 1;
    ClockKind clock = ClockKind::virtual_time;
    SimDuration time_limit = std::chrono::hours{1};
    std::string folder;  // paths in the scenario are relative to it; not part of the journal
    ClusterSpec cluster;
    MasterConf master;
    std::vector<AppSpec> apps;
    std::vector<FaultSpec> faults;
    Expectations expect;
    bool operator==(const Scenario&) const = default;
};

}  // namespace forkyard
