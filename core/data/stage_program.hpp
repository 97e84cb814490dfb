// What the tasks of one stage compute: a source, a chain of narrow steps, a sink.
//
// Plain data that travels to the executors once a stage attempt, as Spark's broadcast
// task binary does; functions go by registered name. It decides nothing: which
// partition runs where is the driver's business, computing is compute_task's.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "core/data/functions.hpp"
#include "core/data/value.hpp"
#include "core/ids.hpp"
#include "core/model/application.hpp"
#include "core/model/units.hpp"
#include "core/sim_time.hpp"

namespace forkyard {

// What a step costs under the virtual clock: a time per task if given, else a time for
// each record that enters it. A source's records enter it as they are produced.
struct StepCost {
    std::optional<SimDuration> per_task;
    SimDuration per_record{1};
    bool operator==(const StepCost&) const = default;
};

struct TextSource {
    std::string path;
    Bytes size;                        // of the whole file
    std::uint32_t partitions_min = 1;  // see text_splits
    bool operator==(const TextSource&) const = default;
};

struct RangeSource {
    std::int64_t start = 0;
    std::int64_t end = 0;  // not included
    std::int64_t step = 1;
    std::uint32_t partitions = 1;
    bool operator==(const RangeSource&) const = default;
};

struct ValuesSource {
    std::vector<Value> rows;
    std::uint32_t partitions = 1;
    bool operator==(const ValuesSource&) const = default;
};

enum class WideKind { reduce, group, sort };

// Partition p of a parent's shuffle. Keys of a reduce or group come out in the order in
// which they are first seen, by map index, then row (Spark's order is that of its hash
// table); the values of a group in that order too; a sort is stable.
struct ShuffleSource {
    ShuffleId shuffle;
    WideKind kind = WideKind::reduce;
    Call combine;             // reduce only
    bool descending = false;  // sort only
    std::uint32_t partitions = 1;
    bool operator==(const ShuffleSource&) const = default;
};

using Source = std::variant<TextSource, RangeSource, ValuesSource, ShuffleSource>;

enum class NarrowKind { map, filter, flat_map, map_values, key_by };

struct NarrowStep {
    NarrowKind kind = NarrowKind::map;
    Call call;
    StepCost cost;
    bool operator==(const NarrowStep&) const = default;
};

// Sends a record by the key that a function makes of it; the row written is the pair
// (key, record). The bounds are those of range_bounds.
struct RangePartitioner {
    Call key;
    bool descending = false;
    std::vector<Value> bounds;
    bool operator==(const RangePartitioner&) const = default;
};

// Writes one region per partition. Without a range partitioner the records must be
// pairs and go by the hash of their key.
struct ShuffleSink {
    std::uint32_t partitions = 1;
    std::optional<Call> combine;  // map-side: reduce_by_key has it, group_by_key has not
    std::optional<RangePartitioner> range;
    bool operator==(const ShuffleSink&) const = default;
};

struct ResultSink {
    ActionKind action = ActionKind::collect;
    std::vector<Value> args;  // as in the scenario: n, function, path, "key" or "value"
    bool operator==(const ResultSink&) const = default;
};

// Samples sort keys for range_bounds. A reservoir of `size` keys, or, for a partition
// whose reservoir was too small, each key with probability fraction / 2^32.
struct SampleSink {
    Call key;
    std::uint32_t size = 0;
    std::uint32_t fraction = 0;  // 0: the reservoir
    std::uint64_t seed = 0;
    bool operator==(const SampleSink&) const = default;
};

using Sink = std::variant<ShuffleSink, ResultSink, SampleSink>;

struct StageProgram {
    Source source;
    StepCost source_cost;
    std::vector<NarrowStep> steps;
    Sink sink;
    bool operator==(const StageProgram&) const = default;
};

// What each task costs at least: the sum of its steps' times per task.
[[nodiscard]] SimDuration least_cost(const StageProgram& program);

// Partitions of its source, thus tasks of the stage.
[[nodiscard]] std::uint32_t partitions_of(const Source& source);

[[nodiscard]] std::string encode_program(const StageProgram& program);
[[nodiscard]] Computed<StageProgram> decode_program(std::string_view bytes);

}  // namespace forkyard
