// What becomes of the records that the tasks of a stage compute.
#pragma once

#include <cstdint>
#include <optional>
#include <variant>
#include <vector>

#include "core/data/aggregation.hpp"
#include "core/data/value.hpp"
#include "core/model/application.hpp"

namespace forkyard {

// Sends a pair by its key. The bounds are those of range_bounds.
struct RangePartitioner {
    bool descending = false;
    std::vector<Value> bounds;
    bool operator==(const RangePartitioner&) const = default;

    template <class Self, class V>
    static void fields(Self& self, V& v) {
        v(self.descending, self.bounds);
    }
};

// Writes one region of pairs per partition, by the hash of their keys or by range.
struct ShuffleSink {
    std::uint32_t partitions = 1;
    std::optional<Aggregation> combine;  // map-side: reduce_by_key has it, group_by_key has not
    std::optional<RangePartitioner> range;
    bool operator==(const ShuffleSink&) const = default;

    template <class Self, class V>
    static void fields(Self& self, V& v) {
        v(self.partitions, self.combine, self.range);
    }
};

struct ResultSink {
    ActionKind action = ActionKind::collect;
    std::vector<Value> args;  // as in the scenario: n, function, path, "key" or "value"
    bool operator==(const ResultSink&) const = default;

    template <class Self, class V>
    static void fields(Self& self, V& v) {
        v(self.action, self.args);
    }
};

// The records of the partition as they are, in batches, for its file in the checkpoint's folder.
struct CheckpointSink {
    bool operator==(const CheckpointSink&) const = default;

    template <class Self, class V>
    static void fields(Self& /*self*/, V& /*v*/) {}
};

// Samples the keys of pairs for range_bounds. A reservoir of `size` keys, or, for a partition
// whose reservoir was too small, each key with probability fraction / 2^32.
struct SampleSink {
    std::uint32_t size = 0;
    std::uint32_t fraction = 0;  // 0: the reservoir
    std::uint64_t seed = 0;
    bool operator==(const SampleSink&) const = default;

    template <class Self, class V>
    static void fields(Self& self, V& v) {
        v(self.size, self.fraction, self.seed);
    }
};

using Sink = std::variant<ShuffleSink, ResultSink, SampleSink, CheckpointSink>;

}  // namespace forkyard
