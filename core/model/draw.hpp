// Drawn durations and shared-out bytes: the data of a run, never its choices.
//
// A duration is a function of seed, application, stage, partition and attempt of the
// task, so a retry of the stage sees the same times. Whole microseconds, rounded up.
// Every form is computed on integers (core/fixed_math).
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "core/model/application.hpp"
#include "core/model/units.hpp"
#include "core/random.hpp"
#include "core/sim_time.hpp"

namespace forkyard {

// What all attempts of a stage's tasks have in common. By names, so that another
// application in front of this one changes nothing.
[[nodiscard]] std::uint64_t stage_key(std::uint64_t seed,
                                      Stream stream,
                                      std::string_view app,
                                      std::string_view stage);

// `key` is stage_key(seed, Stream::duration, ...).
[[nodiscard]] SimDuration draw_duration(const DurationSpec& spec,
                                        std::uint64_t key,
                                        std::uint32_t partition,
                                        std::uint32_t attempt);

// The share of each partition: rounded down to whole bytes, what is left going to the
// first partitions, one byte each; the shares add up to `total`. Weights that are all
// 0 share evenly.
[[nodiscard]] std::vector<Bytes> split_bytes(Bytes total,
                                             const SkewSpec& skew,
                                             std::uint32_t partitions);

// The share of partition p; constant time where the split is even.
[[nodiscard]] Bytes split_share(Bytes total,
                                const SkewSpec& skew,
                                std::uint32_t partitions,
                                std::uint32_t p);

}  // namespace forkyard
