// From a plan stage of datasets to the program that its tasks compute.
//
// The same plan stage lowers to a shuffle writer (as a map stage), to a result (as the
// final stage of a job), to the files of a checkpoint, or to a sample of sort keys.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "core/data/stage_program.hpp"
#include "core/data/value.hpp"
#include "core/ids.hpp"
#include "core/model/application.hpp"
#include "core/plan/program.hpp"

namespace forkyard {

struct LoweringInput {
    const Program& program;
    const PlanStage& stage;
    std::span<const ShuffleId> reads;  // those of its parents, in their order
    std::uint64_t seed = 1;            // of samples
};

// `bounds`: of a range partitioner, when it writes for a sort.
[[nodiscard]] StageProgram lower_map_stage(const LoweringInput& input,
                                           const std::vector<Value>* bounds);
[[nodiscard]] StageProgram lower_result_stage(const LoweringInput& input, const JobSpec& job);
// Into the files of a checkpoint.
[[nodiscard]] StageProgram lower_checkpoint_stage(const LoweringInput& input);
// Keys for so many ranges; `fraction`: of a second sample (see SampleSink), else 0.
[[nodiscard]] StageProgram lower_sample_stage(const LoweringInput& input,
                                              std::uint32_t partitions,
                                              std::uint32_t fraction = 0);

}  // namespace forkyard
