// Programs in C++: a session, its datasets, their actions.
//
//     #include <forkyard/session.hpp>
//
//     static void top_words(forkyard::Session& session) {
//         const auto counts = session.read_text("alice.txt")
//                                 .flat_map("split_words")
//                                 .key_by("identity")
//                                 .map_values("constant", 1)
//                                 .reduce_by_key("sum");
//         for (const forkyard::Value& row : counts.top(10, "value")) {
//             std::cout << forkyard::to_text(row) << "\n";
//         }
//     }
//     FORKYARD_PROGRAM(top_words, "the ten most frequent words")
//
//     int main(int argc, char** argv) { return forkyard::driver_main(argc, argv); }
//
// A program is the driver's: it defines datasets, which computes nothing, and asks for actions,
// each of which is a job. Its executors are processes of the same binary. Functions go by name,
// with their arguments; FORKYARD_FUNCTION adds one. A scenario file names the program, and has
// the cluster and the faults:
//
//     [app.program]
//     name = "top_words"
//
// Functions run in tasks, which are the executors': whatever they throw fails the task, and so
// does a dataset that they touch.
//
// The program may throw; the application fails then. A `catch (...)` must throw on: the end of the
// driver comes that way, too. What the program does must follow from its arguments
// and from the results of its actions alone, or runs cannot be compared.
//
// In Spark: SparkSession, SparkContext, RDD.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "core/data/functions.hpp"
#include "core/data/value.hpp"
#include "core/data/value_text.hpp"
#include "core/model/application.hpp"

namespace forkyard {

class Session;

// A job has failed, or a definition makes no sense: which, and why.
class SessionError : public std::runtime_error {
public:
    using std::runtime_error::runtime_error;
};

// A number of partitions; none: as Spark decides.
using Partitions = std::optional<std::uint32_t>;

// A sum that tasks add to and the program alone reads: see Dataset::accumulate. What a result
// partition has added counts once, however often it is tried; a map task that runs again adds
// again. In Spark: LongAccumulator.
class Accumulator {
public:
    Accumulator() = default;  // of no session, as a dataset may be
    [[nodiscard]] const std::string& name() const { return name_; }
    [[nodiscard]] std::int64_t value() const;

private:
    friend class Session;
    Accumulator(Session& session, std::string name) : session_{&session}, name_{std::move(name)} {}

    Session* session_ = nullptr;
    std::string name_;
};

// A value that functions of tasks use: the last argument of a function that a step names. An
// executor fetches it once, when a task first uses it, in pieces and from whoever has them; its
// tasks share it. In Spark: Broadcast.
class Broadcast {
public:
    Broadcast() = default;  // of no session, as a dataset may be
    [[nodiscard]] BroadcastId id() const { return id_; }
    // The program's own.
    [[nodiscard]] const Value& value() const;
    // Executors drop it; what uses it afterwards fetches it again.
    void unpersist();
    // Nothing of it is left, and using it is an error that says where this was.
    void destroy(const char* file = __builtin_FILE(), int line = __builtin_LINE());

private:
    friend class Dataset;
    friend class Session;
    Broadcast(Session& session, BroadcastId id, std::shared_ptr<const Value> value)
        : session_{&session}, id_{id}, value_{std::move(value)} {}
    [[nodiscard]] Session& session() const;

    Session* session_ = nullptr;
    BroadcastId id_;
    std::shared_ptr<const Value> value_;
};

class Dataset {
public:
    // Of no session, and of no use before another one is assigned. One with static storage stays
    // so in executors: they are other processes.
    Dataset() = default;

    // ---- narrow. `args` of a function: whole numbers, reals, texts; the last may be a Broadcast
    template <class... Args>
    [[nodiscard]] Dataset map(std::string function, Args... args) const {
        return narrow(StepKind::map, std::move(function), std::move(args)...);
    }
    template <class... Args>
    [[nodiscard]] Dataset filter(std::string function, Args... args) const {
        return narrow(StepKind::filter, std::move(function), std::move(args)...);
    }
    template <class... Args>
    [[nodiscard]] Dataset flat_map(std::string function, Args... args) const {
        return narrow(StepKind::flat_map, std::move(function), std::move(args)...);
    }
    template <class... Args>
    [[nodiscard]] Dataset map_values(std::string function, Args... args) const {
        return narrow(StepKind::map_values, std::move(function), std::move(args)...);
    }
    template <class... Args>
    [[nodiscard]] Dataset key_by(std::string function, Args... args) const {
        return narrow(StepKind::key_by, std::move(function), std::move(args)...);
    }
    // The same records; what the function makes of each, a whole number, is added to `sum` when the
    // record is computed.
    template <class... Args>
    [[nodiscard]] Dataset accumulate(const Accumulator& sum,
                                     std::string function,
                                     Args... args) const {
        return step(
            StepKind::accumulate, std::move(function), {argument(sum.name()), argument(args)...});
    }
    [[nodiscard]] Dataset sample(double fraction, std::int64_t seed = 0) const;
    [[nodiscard]] Dataset coalesce(std::uint32_t partitions) const;
    [[nodiscard]] Dataset unite(const Dataset& other) const;
    // Pairs of each record of this one with each of the other, which is read anew for each: what
    // costs much to make is better cached before.
    [[nodiscard]] Dataset cartesian(const Dataset& other) const;
    // Pairs of the first records, of the second ones, and so on, partition by partition. Without
    // as many partitions in both it is an error here, without as many records in each the task's.
    [[nodiscard]] Dataset zip(const Dataset& other) const;
    // Kept when it is first computed. The same dataset; a level cannot be changed to another.
    Dataset& cache(std::string_view level = "MEMORY_ONLY");
    // Kept no more: executors drop what they have of it, which the program does not wait for, and
    // what needs it computes it. It can be cached again, at any level.
    Dataset& unpersist();

    // The program's first job that needs it cuts its lineage: one more job computes what of it is
    // kept nowhere, and from then on nothing of what it was made of is computed again. It is kept
    // at its level, with disk (MEMORY_AND_DISK if it has none); an executor that is lost takes its
    // part with it for good. Where a job of the program has needed it before, it is only kept, as
    // in Spark: mark what has never been computed. In Spark: localCheckpoint.
    Dataset& checkpoint_local();

    // The same, but that one more job computes all of it, for files in the session's folder for
    // checkpoints, which outlive executors and the program: what costs much to make is better
    // cached before, or it is made twice. Without such a folder it is an error here. Has no effect
    // on a dataset that is marked already. In Spark: checkpoint.
    Dataset& checkpoint();

    // ---- wide
    [[nodiscard]] Dataset reduce_by_key(std::string function, Partitions partitions = {}) const;
    [[nodiscard]] Dataset group_by_key(Partitions partitions = {}) const;
    template <class Start, class... Args>
    [[nodiscard]] Dataset aggregate_by_key(std::string function, Start start, Args... args) const {
        return step(
            StepKind::aggregate_by_key, std::move(function), {argument(start), argument(args)...});
    }
    [[nodiscard]] Dataset join(const Dataset& other,
                               std::string side = "inner",
                               Partitions partitions = {}) const;
    [[nodiscard]] Dataset cogroup(const Dataset& other, Partitions partitions = {}) const;
    [[nodiscard]] Dataset sort_by(std::string function,
                                  bool ascending = true,
                                  Partitions partitions = {}) const;
    [[nodiscard]] Dataset distinct(Partitions partitions = {}) const;
    [[nodiscard]] Dataset repartition(std::uint32_t partitions) const;

    // What a task of the next step costs under the virtual clock.
    [[nodiscard]] Dataset costing(SimDuration per_task) const;
    // What it is called in reports: "dataset-3", the third that its session defined.
    [[nodiscard]] const std::string& name() const { return name_; }
    // What it is made of, as Spark's toDebugString says it: a line for each dataset, with its
    // number of partitions where a stage begins, and behind +- what a shuffle reads.
    [[nodiscard]] std::string lineage() const;

    // ---- actions. `job`: what the job is called in reports, expectations and faults
    [[nodiscard]] std::int64_t count(std::string job = "") const;
    [[nodiscard]] std::vector<Value> collect(std::string job = "") const;
    [[nodiscard]] std::vector<Value> take(std::int64_t n, std::string job = "") const;
    // Of none it is an error.
    [[nodiscard]] Value first(std::string job = "") const;
    [[nodiscard]] std::vector<Value> top(std::int64_t n,
                                         std::string by = "record",
                                         std::string job = "") const;
    [[nodiscard]] Value reduce(std::string function, std::string job = "") const;
    // The same, but what partitions give is reduced in executors, `depth` levels of it, so that
    // few results reach the driver. The function takes no arguments.
    [[nodiscard]] Value tree_reduce(std::string function,
                                    std::int64_t depth = 2,
                                    std::string job = "") const;
    // The values of a key: of one partition, where it is known which it must be in.
    template <class Key>
    [[nodiscard]] std::vector<Value> lookup(Key key, std::string job = "") const {
        return std::move(
            run(ActionKind::lookup, {argument(std::move(key))}, std::move(job)).list());
    }
    void save(std::string path, std::string job = "") const;

private:
    friend class Session;
    Dataset(Session& session, std::string name) : session_{&session}, name_{std::move(name)} {}

    static Argument argument(std::int64_t value) { return value; }
    static Argument argument(int value) { return std::int64_t{value}; }
    static Argument argument(double value) { return value; }
    static Argument argument(std::string value) { return value; }
    static Argument argument(const char* value) { return std::string{value}; }

    [[nodiscard]] Dataset step(StepKind kind,
                               std::string value,
                               std::vector<Argument> args,
                               Partitions partitions = {},
                               std::optional<BroadcastId> broadcast = {}) const;
    template <class... Args>
    [[nodiscard]] Dataset narrow(StepKind kind, std::string function, Args... args) const {
        std::vector<Argument> plain;
        std::optional<BroadcastId> shared;
        [[maybe_unused]] const auto add = [&](auto arg) {
            if (shared) {
                throw SessionError{"a broadcast variable is the last argument of its function"};
            }
            if constexpr (std::is_same_v<decltype(arg), Broadcast>) {
                shared = arg.id();
            } else {
                plain.push_back(argument(std::move(arg)));
            }
        };
        (add(std::move(args)), ...);
        return step(kind, std::move(function), std::move(plain), {}, shared);
    }
    [[nodiscard]] Value run(ActionKind action, std::vector<Argument> args, std::string job) const;

    [[nodiscard]] Session& session() const;

    Session* session_ = nullptr;
    std::string name_;
    std::optional<SimDuration> cost_{};
};

// How a session reaches the run that it is part of; not for programs.
class SessionLink {
public:
    virtual ~SessionLink() = default;
    virtual void define(DatasetSpec spec) = 0;
    virtual void unpersist(std::string dataset) = 0;
    // `folder`: of the session's checkpoints; empty: it has said nothing.
    virtual void checkpoint(std::string dataset, std::string folder) = 0;
    virtual void checkpoint_local(std::string dataset) = 0;
    [[nodiscard]] virtual Value run(JobSpec spec) = 0;
    [[nodiscard]] virtual std::string lineage(std::string dataset) = 0;
    [[nodiscard]] virtual BroadcastId broadcast(std::shared_ptr<const Value> value) = 0;
    // `destroyed_at`: by which line; empty: by none, executors alone drop it.
    virtual void drop_broadcast(BroadcastId id, std::string destroyed_at) = 0;
    [[nodiscard]] virtual std::int64_t accumulated(std::string accumulator) = 0;
    // Whether it is the program that asks, and not a function within a task.
    [[nodiscard]] virtual bool is_program() const = 0;
};

class Session {
public:
    using Arguments = std::map<std::string, Argument, std::less<>>;

    Session(SessionLink& link, Arguments arguments)
        : link_{link}, arguments_{std::move(arguments)} {}
    Session(const Session&) = delete;
    Session& operator=(const Session&) = delete;

    // What the scenario's [app.program] says, else the preset. Another kind is an error.
    [[nodiscard]] std::int64_t argument(std::string_view name, std::int64_t preset) const;
    [[nodiscard]] double argument(std::string_view name, double preset) const;
    [[nodiscard]] std::string argument(std::string_view name, const char* preset) const;

    // ---- sources
    // Lines of a file; its path is relative to the scenario's folder.
    [[nodiscard]] Dataset read_text(std::string path, Partitions partitions_min = {});
    // Rows of a file or a folder of them; `options` as of the steps read_csv and read_json.
    [[nodiscard]] Dataset read_csv(std::string path,
                                   const std::vector<std::string>& options = {},
                                   Partitions partitions_min = {});
    [[nodiscard]] Dataset read_json(std::string path,
                                    const std::vector<std::string>& options = {},
                                    Partitions partitions_min = {});
    [[nodiscard]] Dataset range(std::int64_t start,
                                std::int64_t end,
                                std::int64_t by = 1,
                                Partitions partitions = {});
    // What the function makes of 0, 1, ... count - 1.
    [[nodiscard]] Dataset generate(std::string function,
                                   std::int64_t count,
                                   std::vector<Argument> args = {},
                                   Partitions partitions = {});
    [[nodiscard]] Dataset values(std::vector<Argument> rows, Partitions partitions = {});
    // One of the scenario's [[app.dataset]].
    [[nodiscard]] Dataset dataset(std::string name);
    [[nodiscard]] Dataset unite(const std::vector<Dataset>& datasets);

    [[nodiscard]] Broadcast broadcast(Value value);
    // From 0. Those of the same name are the same one, also with a scenario's step `accumulate`.
    [[nodiscard]] Accumulator accumulator(std::string name);

    // Where checkpoints of datasets go from now on, each into a folder of its own, rdd-NUMBER, in
    // one that each run and application has for itself. It is relative to --out. Else that of
    // spark.checkpoint.dir.
    // In Spark: setCheckpointDir.
    void set_checkpoint_dir(std::string folder) { checkpoint_dir_ = std::move(folder); }

    // Nothing can be asked of it or of its datasets afterwards (DP-SES-05).
    void stop() { stopped_ = true; }

private:
    friend class Accumulator;
    friend class Broadcast;
    friend class Dataset;
    [[nodiscard]] Dataset define(std::vector<StepSpec> steps);
    [[nodiscard]] Value run(const std::string& of,
                            ActionKind action,
                            std::vector<Argument> args,
                            std::string job);
    void unpersist(const std::string& dataset);
    void checkpoint(const std::string& dataset);
    void checkpoint_local(const std::string& dataset);
    [[nodiscard]] std::string lineage(const std::string& dataset);
    void check_open() const;

    SessionLink& link_;
    Arguments arguments_;
    std::uint32_t datasets_ = 0;
    std::uint32_t jobs_ = 0;
    std::string checkpoint_dir_{};
    bool stopped_ = false;
};

// ---- registration

struct ProgramInfo {
    std::string_view name;
    std::string_view help;
    void (*run)(Session& session);
};

// The forkyard command line, with the programs and functions of this binary added. Without
// arguments the only program runs on two local executors of one core each.
[[nodiscard]] int driver_main(int argc, char** argv);

}  // namespace forkyard

// In a section of its own, so that registering needs no code to run before main.
#define FORKYARD_PROGRAM(function, text)                                                \
    static constexpr ::forkyard::ProgramInfo forkyard_program_##function{               \
        #function, text, function};                                                     \
    [[gnu::section("forkyard_programs"),                                                \
      gnu::used]] static const ::forkyard::ProgramInfo* const forkyard_add_##function = \
        &forkyard_program_##function;

// `info`: a FunctionInfo: its name, its help, how many arguments it takes at least and at most,
// and for each kind of step that it serves the function.
#define FORKYARD_FUNCTION(id, ...)                                                 \
    static constexpr ::forkyard::FunctionInfo forkyard_function_##id{__VA_ARGS__}; \
    [[gnu::section("forkyard_functions"),                                          \
      gnu::used]] static const ::forkyard::FunctionInfo* const forkyard_add_##id = \
        &forkyard_function_##id;
