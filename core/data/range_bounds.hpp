// The range partitioner of a sort: how many keys to sample, the bounds that follow from
// them, and the partition of a key. Spark's RangePartitioner; the one difference is that
// weights are exact integers instead of floats.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "core/data/value.hpp"

namespace forkyard {

// What the sampling task of one input partition found.
struct KeySample {
    std::uint64_t records = 0;  // in the partition
    std::vector<Value> keys;
    std::uint32_t fraction = 0;  // of 2^32: each key's probability; 0: they are a reservoir's
};

// Keys to sample in each of `inputs` partitions: ceil(3 * min(20 * partitions, 1e6) / inputs).
[[nodiscard]] std::uint32_t sample_size(std::uint32_t partitions, std::uint32_t inputs);

// Input partitions so large that their reservoir is too small, and the fraction (of 2^32)
// with which to sample them again.
struct Resample {
    std::vector<std::uint32_t> partitions;
    std::uint32_t fraction = 0;
};
[[nodiscard]] Resample oversized(std::span<const KeySample> samples, std::uint32_t partitions);

// At most partitions - 1 bounds, ascending and distinct: weighted quantiles. The shuffle
// has one partition more than there are bounds.
[[nodiscard]] std::vector<Value> range_bounds(std::span<const KeySample> samples,
                                              std::uint32_t partitions);

// The first i with key <= bounds[i], else the last partition; mirrored when descending.
[[nodiscard]] std::uint32_t range_partition(const Value& key,
                                            std::span<const Value> bounds,
                                            bool descending);

// The rows that a sampling task returned (see compute_task) as a sample, and back.
[[nodiscard]] Computed<KeySample> decode_sample(std::string_view rows);

}  // namespace forkyard
