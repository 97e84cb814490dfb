// What the tasks of one stage compute: the datasets that are pipelined in it, and a sink.
//
// Plain data that travels to the executors once a stage attempt, as Spark's broadcast
// task binary does; functions go by registered name. It decides nothing: which
// partition runs where is the driver's business, computing is compute_task's.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "core/data/aggregation.hpp"
#include "core/data/file_source.hpp"
#include "core/data/functions.hpp"
#include "core/data/stage_sinks.hpp"
#include "core/data/task_memory.hpp"
#include "core/data/value.hpp"
#include "core/ids.hpp"
#include "core/model/application.hpp"
#include "core/sim_time.hpp"

namespace forkyard {

// What a step costs under the virtual clock: a time per task if given, else a time for
// each record that enters it. A source's records enter it as they are produced.
struct StepCost {
    std::optional<SimDuration> per_task;
    SimDuration per_record{1};
    bool operator==(const StepCost&) const = default;

    template <class Self, class V>
    static void fields(Self& self, V& v) {
        v(self.per_task, self.per_record);
    }
};

inline constexpr StepCost free_step{std::nullopt, SimDuration{0}};

// ---- sources: those of file_source, and

struct RangeSource {
    std::int64_t start = 0;
    std::int64_t end = 0;  // not included
    std::int64_t step = 1;
    bool operator==(const RangeSource&) const = default;

    template <class Self, class V>
    static void fields(Self& self, V& v) {
        v(self.start, self.end, self.step);
    }
};

struct ValuesSource {
    std::vector<Value> rows;
    bool operator==(const ValuesSource&) const = default;

    template <class Self, class V>
    static void fields(Self& self, V& v) {
        v(self.rows);
    }
};

// What a function makes of 0, 1, ... count - 1.
struct GeneratedSource {
    std::uint64_t count = 0;
    Call call;
    bool operator==(const GeneratedSource&) const = default;

    template <class Self, class V>
    static void fields(Self& self, V& v) {
        v(self.count, self.call);
    }
};

// What a checkpoint was kept in is gone: no record of it can be had again (LocalCheckpointRDD).
struct LostCheckpoint {
    RddId rdd{};  // that was kept
    bool operator==(const LostCheckpoint&) const = default;

    template <class Self, class V>
    static void fields(Self& self, V& v) {
        v(self.rdd);
    }
};

// Partition p is what the task of a checkpoint wrote of it into the folder's file part-p, in five
// digits (ReliableCheckpointRDD).
struct CheckpointSource {
    std::string folder;
    bool operator==(const CheckpointSource&) const = default;

    template <class Self, class V>
    static void fields(Self& self, V& v) {
        v(self.folder);
    }
};

// ---- narrow

// sort_key is a key_by, but for its name; key and value take pairs apart.
enum class NarrowKind : std::uint8_t { map, filter, flat_map, map_values, key_by, sort_key };

struct Apply {
    NarrowKind kind = NarrowKind::map;
    Call call;
    bool operator==(const Apply&) const = default;

    template <class Self, class V>
    static void fields(Self& self, V& v) {
        v(self.kind, self.call);
    }
};

// Each record with a probability of fraction / 2^32; which, is a function of the seed, the
// partition and its place there, so any attempt anywhere samples alike (DP-RDD-25).
struct Sample {
    std::uint64_t fraction = 0;
    std::uint64_t seed = 0;
    bool operator==(const Sample&) const = default;

    template <class Self, class V>
    static void fields(Self& self, V& v) {
        v(self.fraction, self.seed);
    }
};

// Keys the records with numbers one after the other, from where the partition's number says:
// hashed by key they are dealt out evenly (DP-RDD-16).
struct Deal {
    std::uint32_t partitions = 1;
    bool operator==(const Deal&) const = default;

    template <class Self, class V>
    static void fields(Self& self, V& v) {
        v(self.partitions);
    }
};

// Keys the records of a partition with its number modulo `partitions`: what is left of so many
// partitions goes into one, where they are reduced level by level (DP-RDD-24).
struct KeyByPlace {
    std::uint32_t partitions = 1;
    bool operator==(const KeyByPlace&) const = default;

    template <class Self, class V>
    static void fields(Self& self, V& v) {
        v(self.partitions);
    }
};

// Records as they are; what the function makes of each, a whole number, is added to an
// accumulator of the program.
struct Accumulate {
    std::uint32_t accumulator = 0;
    Call call;
    bool operator==(const Accumulate&) const = default;

    template <class Self, class V>
    static void fields(Self& self, V& v) {
        v(self.accumulator, self.call);
    }
};

// The partitions of its parents, one parent's after the other's; `paired`: partition p has
// those of all of them.
struct Union {
    bool paired = false;
    bool operator==(const Union&) const = default;

    template <class Self, class V>
    static void fields(Self& self, V& v) {
        v(self.paired);
    }
};

// Its parent's partitions in groups of neighbours (DP-RDD-17).
struct Coalesce {
    bool operator==(const Coalesce&) const = default;

    template <class Self, class V>
    static void fields(Self& /*self*/, V& /*v*/) {}
};

// Pairs of each record of the first parent and each of the second: partition p is of partition
// p / n of the first and p % n of the second, which has n. The second one's is made anew for each
// record of the first (DP-RDD-20). In Spark: CartesianRDD.
struct Cartesian {
    bool operator==(const Cartesian&) const = default;

    template <class Self, class V>
    static void fields(Self& /*self*/, V& /*v*/) {}
};

// Pairs of what stands at the same places of the same partition of both parents, which has equally
// many records in both. In Spark: ZippedPartitionsRDD2.
struct Zip {
    bool operator==(const Zip&) const = default;

    template <class Self, class V>
    static void fields(Self& /*self*/, V& /*v*/) {}
};

// ---- by key

// Within each partition, where equal keys are together already (DP-RDD-13): reduce, group,
// aggregate or distinct.
struct InPlace {
    Aggregation aggregation;
    bool operator==(const InPlace&) const = default;

    template <class Self, class V>
    static void fields(Self& self, V& v) {
        v(self.aggregation);
    }
};

// Partition p of a shuffle. Keys of a reduce or group come out in the order in which they
// are first seen, by map index, then row (Spark's order is that of its hash table), unless they
// were too many for the task's memory (SpillingTable); the values of a group in that order
// always; a sort is stable.
struct ShuffleRead {
    std::uint32_t shuffle = 0;  // number among the program's
    Aggregation aggregation;
    bool descending = false;  // sort only
    bool operator==(const ShuffleRead&) const = default;

    template <class Self, class V>
    static void fields(Self& self, V& v) {
        v(self.shuffle, self.aggregation, self.descending);
    }
};

// (key, [[values of the first input], [of the second], ...]).
struct CoGroup {
    struct Input {
        bool shuffled = false;     // false: partition p of a parent
        std::uint32_t number = 0;  // of the shuffle, or of the parent among the parents
        bool operator==(const Input&) const = default;

        template <class Self, class V>
        static void fields(Self& self, V& v) {
            v(self.shuffled, self.number);
        }
    };
    std::vector<Input> inputs;
    bool operator==(const CoGroup&) const = default;

    template <class Self, class V>
    static void fields(Self& self, V& v) {
        v(self.inputs);
    }
};

using Operator = std::variant<FileSource,
                              RangeSource,
                              ValuesSource,
                              GeneratedSource,
                              Apply,
                              Sample,
                              Deal,
                              Union,
                              Coalesce,
                              InPlace,
                              ShuffleRead,
                              CoGroup,
                              KeyByPlace,
                              Accumulate,
                              Cartesian,
                              Zip,
                              LostCheckpoint,
                              CheckpointSource>;

// How each partition of a dataset is made of partitions of others.
struct ComputedDataset {
    Operator op;
    std::vector<std::uint32_t> parents;  // in the same stage, by number: all are before it
    std::uint32_t partitions = 1;
    StepCost cost;
    std::optional<RddId> kept{};  // under this number its partitions are kept
    bool operator==(const ComputedDataset&) const = default;

    template <class Self, class V>
    static void fields(Self& self, V& v) {
        v(self.op, self.parents, self.partitions, self.cost, self.kept);
    }
};

struct StageProgram {
    std::vector<ComputedDataset> datasets;  // the last one's records go into the sink
    std::vector<ShuffleId> shuffles;        // that it reads
    Sink sink;
    MemoryLimits memory{};
    bool operator==(const StageProgram&) const = default;

    template <class Self, class V>
    static void fields(Self& self, V& v) {
        v(self.datasets, self.shuffles, self.sink, self.memory);
    }
};

// The kept partitions that a task finds, and so does not compute, nor what is behind them.
using FoundBlocks = std::set<RddBlock>;

// What the task of this partition costs at least: the sum of its steps' times per task.
[[nodiscard]] SimDuration least_cost(const StageProgram& program,
                                     std::uint32_t partition,
                                     const FoundBlocks& found = {});

// Parent partitions that make up partition p of a coalesced dataset: from .. until - 1.
struct PartitionRange {
    std::uint32_t from = 0;
    std::uint32_t until = 0;
};
[[nodiscard]] PartitionRange coalesced(std::uint32_t parent_partitions,
                                       std::uint32_t partitions,
                                       std::uint32_t partition);

// What a task reads of a shuffle: one of its partitions.
struct ShufflePart {
    std::uint32_t shuffle = 0;  // number among the program's
    std::uint32_t partition = 0;
    auto operator<=>(const ShufflePart&) const = default;
};
// All that the task of this partition reads; ascending, each once.
[[nodiscard]] std::vector<ShufflePart> shuffle_parts(const StageProgram& program,
                                                     std::uint32_t partition,
                                                     const FoundBlocks& found = {});
// Those of the kept partitions that the task comes to of which `is_there` says so; it comes to
// none that only they would be made of.
[[nodiscard]] FoundBlocks find_blocks(const StageProgram& program,
                                      std::uint32_t partition,
                                      const std::function<bool(RddBlock)>& is_there);

[[nodiscard]] std::string encode_program(const StageProgram& program);
[[nodiscard]] Computed<StageProgram> decode_program(std::string_view bytes);

}  // namespace forkyard
