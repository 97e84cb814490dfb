// From a plan stage of a dataset to the program that its tasks compute.
//
// The same plan stage lowers to a shuffle writer (as a map stage), to a result (as the
// final stage of a job) or to a sample of sort keys.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/data/stage_program.hpp"
#include "core/data/value.hpp"
#include "core/ids.hpp"
#include "core/model/application.hpp"
#include "core/plan/program.hpp"

namespace forkyard {

struct LoweringInput {
    const DatasetSpec& dataset;
    const PlanStage& stage;
    ShuffleId reads;   // its parent's shuffle, if it has a parent
    std::string path;  // of the text file, resolved; empty without one
    std::int64_t input_bytes = 0;
    std::uint32_t parallelism = 2;  // of a source that does not say
    std::uint64_t seed = 1;         // of samples
};

// `bounds`: of a range partitioner, when the wide step behind it is a sort.
[[nodiscard]] StageProgram lower_map_stage(const LoweringInput& input,
                                           const std::vector<Value>* bounds);
[[nodiscard]] StageProgram lower_result_stage(const LoweringInput& input, const JobSpec& job);
[[nodiscard]] StageProgram lower_sample_stage(const LoweringInput& input, std::uint32_t partitions);

}  // namespace forkyard
