// The books that the invariants are checked against: who holds, runs and has done what,
// as the driver must believe it, from the records alone.
//
// Plain data in dense vectors by number, and one `apply` for each kind of record; no
// rule is checked here. Totals are kept beside what they are totals of, so that a rule
// is one comparison; audit.hpp counts them again.
//
// As the driver does, the books keep the attempts on a lost executor until the
// executor-lost end of each comes, ignore reports of attempts that have ended, and hear
// nothing more once the application has finished.
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <map>
#include <optional>
#include <set>
#include <utility>
#include <vector>

#include "core/action.hpp"
#include "core/event.hpp"
#include "core/ids.hpp"
#include "core/journal/record.hpp"
#include "core/model/scenario.hpp"

namespace forkyard::invariants {

struct ExecutorBook {
    AppId app{};
    NodeId node{};
    std::uint32_t cores = 0;  // granted with it
    std::uint32_t lent = 0;   // by the master, on top of these
    std::int64_t usable = 0;  // for tasks, as its driver knows
    std::int64_t memory = 0;
    bool granted = false;
    bool registered = false;
    bool leaving = false;   // the driver knows
    bool lost = false;      // the driver knows
    bool in_touch = true;   // the driver is, as far as it knows
    bool released = false;  // its process has ended: the node has the room back
    bool orphaned = false;  // its driver is gone: nobody can be asked about it
    bool touched = false;   // by the event at hand
    std::uint32_t running = 0;
    std::uint32_t outputs = 0;  // available map outputs that point to it

    [[nodiscard]] bool alive() const { return registered && !lost; }
};

struct NodeBook {
    bool joined = false;
    std::uint32_t cores = 0;
    std::int64_t memory = 0;
    std::int64_t used_cores = 0;
    std::int64_t used_memory = 0;
    bool files_kept = false;  // of its shuffle service, when it was last lost
};

// One partition in one stage attempt.
struct TaskBook {
    std::uint32_t launched = 0;  // attempts so far
    std::uint32_t attempt = 0;   // the one that runs
    ExecutorId exec{};           // where; invalid: none runs
};

struct CopyBook {
    std::uint32_t partition = 0;
    std::uint32_t attempt = 0;
    ExecutorId exec{};
};

struct StageAttemptBook {
    bool submitted = false;
    bool finished = false;
    std::vector<TaskBook> tasks{};   // by partition
    std::vector<CopyBook> copies{};  // running second copies, speculative ones
};

struct StageBook {
    bool submitted = false;
    bool skipped = false;
    bool running = false;  // an attempt was submitted and is not announced as finished
    ShuffleId shuffle{};   // valid: a map stage
    PlanId plan{};
    JobId result_of{};       // valid: the final stage of this job
    std::uint32_t jobs = 0;  // active ones that use it
    std::vector<StageAttemptBook> attempts{};
    std::vector<char> pending{};  // map stage, by partition: not accepted in this attempt
    std::uint32_t pending_count = 0;
    std::map<std::uint32_t, TaskAttempt> committers{};  // that may commit, by partition
};

struct ShuffleBook {
    std::vector<ExecutorId> holders{};  // by partition; invalid: no output
    std::vector<char> invalid{};        // by partition: to be made again all the same
    std::uint32_t available = 0;
    [[nodiscard]] bool complete() const { return available == holders.size(); }
};

struct JobBook {
    bool submitted = false;
    bool ended = false;
    bool map_stage = false;  // its outcome is a shuffle
    std::uint32_t from = 0;
    std::vector<char> accepted{};  // by partition - from
    std::uint32_t accepted_count = 0;
    StageId final_stage{};
    std::vector<StageId> stages{};
};

// A synthetic stage as written, and where its partitions are cached.
struct PlanBook {
    std::uint32_t tasks = 0;
    bool indeterminate = false;                              // itself, or what it reads
    std::map<std::uint32_t, std::set<ExecutorId>> cached{};  // by partition
    [[nodiscard]] bool all_cached() const { return cached.size() == tasks; }
};

// What a driver in cluster mode takes of its node.
struct DriverBook {
    NodeId node{};
    std::uint32_t cores = 0;
    std::int64_t memory = 0;
};

struct AppBook {
    bool finished = false;
    std::optional<DriverBook> driver{};  // none: it takes nothing, or its process is gone
    bool shuffle_service = false;
    bool older_outputs_void = true;  // those of an indeterminate stage (SCH-DAG-57)
    std::uint32_t task_cpus = 1;
    bool caches_datasets = false;
    bool borrows = false;  // its executors have no cores for tasks but those lent to them
    std::uint64_t cores_max = std::numeric_limits<std::uint64_t>::max();
    std::uint32_t wanted = 0;  // the total that the manager knows of
    std::int64_t granted = 0;  // executors that are not gone
    std::int64_t granted_cores = 0;
    std::vector<PlanBook> plans{};        // by position in the scenario
    std::vector<StageBook> stages{};      // by number
    std::vector<ShuffleBook> shuffles{};  // by number
    std::vector<JobBook> jobs{};          // by number
};

// What the event at hand touched.
struct Dirty {
    std::vector<ExecutorId> executors{};
    std::vector<ExecutorId> lost{};
    std::vector<std::pair<AppId, StageId>> stages{};  // the last partition was accepted
    std::vector<std::pair<AppId, StageId>> unseen{};  // parents that were never submitted
};

class Books {
public:
    explicit Books(const Scenario& scenario);

    void apply(const JobSubmitted& event);
    void apply(const DatasetDefined& event) {
        app(event.app).caches_datasets |= event.step == StepKind::cache;
    }
    void apply(const DatasetMarked& event) { app(event.app).caches_datasets = true; }
    void apply(const NumberStages& action);
    void apply(const WorkerJoined& event);
    void apply(const WorkerLost& event);
    void apply(const WorkerFilesKept& event) { node(event.node).files_kept = event.kept; }
    void apply(const ExecutorDecommissioning& event) { executor(event.exec).leaving = true; }
    void apply(const DecommissionExecutor& action);
    void apply(const ExecutorExited& event) { release(event.exec); }
    void apply(const ExecutorDisconnected& event) { executor(event.exec).in_touch = false; }
    void apply(const ExecutorsRequested& event);
    void apply(const ExecutorRegistered& event);
    void apply(const ExecutorLost& event);
    void apply(const DriverLost& event);
    void apply(const CoresOffered& event);
    void apply(const CoresReturned& event);
    void apply(const OfferCores& action);
    void apply(const ReturnCores& action);
    void apply(const TaskFinished& event);
    void apply(const BlockCached& event);
    void apply(const AnswerCommit& action);
    void apply(const BlockDropped& event);
    void apply(const LaunchExecutor& action);
    void apply(const LaunchDriver& action);
    void apply(const SubmitStage& action);
    void apply(const FinishStage& action);
    void apply(const SkipStage& action);
    void apply(const SkipPartitions& action);
    void apply(const LaunchTask& action);
    void apply(const FinishJob& action);
    void apply(const FinishApp& action);
    void apply(const RegisterMapOutput& action);
    void apply(const UnregisterMapOutput& action);
    void apply(const FaultRecord& fault);
    template <class T>
    void apply(const T& /*changes no book*/) {}

    void release_driver(AppId id);

    // Grow as needed: a record may name anything. Here, because every record needs some.
    [[nodiscard]] AppBook& app(AppId id) { return apps[id.index()]; }
    [[nodiscard]] ExecutorBook& executor(ExecutorId id) { return grown(executors, id.index()); }
    [[nodiscard]] NodeBook& node(NodeId id) { return grown(nodes, id.index()); }
    [[nodiscard]] StageBook& stage(AppId of, StageId id) {
        return grown(app(of).stages, id.index());
    }
    [[nodiscard]] StageAttemptBook& attempt(AppId of, StageAttempt id) {
        return grown(stage(of, id.stage).attempts, id.attempt);
    }
    [[nodiscard]] ShuffleBook& shuffle(AppId of, ShuffleId id) {
        return grown(app(of).shuffles, id.index());
    }
    [[nodiscard]] JobBook& job(AppId of, JobId id) { return grown(app(of).jobs, id.index()); }

    // Null: a stage of a dataset.
    [[nodiscard]] PlanBook* plan(AppId of, PlanId id) {
        return id.index() < app(of).plans.size() ? &app(of).plans[id.index()] : nullptr;
    }

    // Where the books of a task attempt are; `exec` invalid: it does not run.
    struct Place {
        StageBook& stage;
        StageAttemptBook& attempt;
        ExecutorId exec;
    };
    [[nodiscard]] Place place_of(AppId app, const TaskAttempt& task);
    // Whether the partition has an accepted output or result that still stands.
    [[nodiscard]] bool done(AppId app, const StageBook& stage, std::uint32_t partition);
    // Entries in the books: what an audit has to read.
    [[nodiscard]] std::uint64_t entries() const { return entries_; }
    void end_event();

    std::vector<AppBook> apps{};
    std::vector<ExecutorBook> executors{};  // by number
    std::vector<NodeBook> nodes{};
    bool counts_cores;  // of nodes
    Dirty dirty{};

private:
    template <class T>
    static T& grown(std::vector<T>& entries, std::size_t index) {
        if (entries.size() <= index) [[unlikely]] {
            entries.resize(index + 1);
        }
        return entries[index];
    }
    void touch(ExecutorId id) {
        ExecutorBook& entry = executor(id);
        if (!entry.touched) {
            entry.touched = true;
            dirty.executors.push_back(id);
        }
    }
    bool grants_are_wanted_;
    static void make_plans(const AppSpec& spec, AppBook& entry);
    void release(ExecutorId id);
    void release_all(NodeId id);
    void make_tasks(const SubmitStage& action, std::size_t partitions);
    void resubmit(const TaskFinished& event);
    void accept(const TaskFinished& event, StageBook& of);
    void set_holder(AppId app, ShuffleId shuffle, std::uint32_t partition, ExecutorId exec);
    void set_pending(StageBook& stage, std::uint32_t partition, bool pending);

    std::uint64_t entries_ = 0;
};

}  // namespace forkyard::invariants
