// Produces the records of one partition of a source.
#pragma once

#include <cstdint>

#include "core/data/compute_task.hpp"
#include "core/data/functions.hpp"
#include "core/data/stage_program.hpp"
#include "core/data/value.hpp"

namespace forkyard {

// Records that were produced; it stops early when `out` wants no more. `partitions`: of the
// source.
[[nodiscard]] Computed<std::uint64_t> produce(const FileSource& source,
                                              std::uint32_t partitions,
                                              std::uint32_t partition,
                                              TaskInput& input,
                                              Emitter& out);
[[nodiscard]] Computed<std::uint64_t> produce(const RangeSource& source,
                                              std::uint32_t partitions,
                                              std::uint32_t partition,
                                              TaskInput& input,
                                              Emitter& out);
[[nodiscard]] Computed<std::uint64_t> produce(const ValuesSource& source,
                                              std::uint32_t partitions,
                                              std::uint32_t partition,
                                              TaskInput& input,
                                              Emitter& out);
[[nodiscard]] Computed<std::uint64_t> produce(const GeneratedSource& source,
                                              std::uint32_t partitions,
                                              std::uint32_t partition,
                                              TaskInput& input,
                                              Emitter& out);

// Positions of slice `partition` of n records: floor(p * n / partitions) up to the next's.
struct Slice {
    std::uint64_t begin = 0;
    std::uint64_t end = 0;
};
[[nodiscard]] Slice slice_of(std::uint64_t records,
                             std::uint32_t partitions,
                             std::uint32_t partition);

}  // namespace forkyard
