// From the steps that a scenario writes to the lineage.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "core/model/application.hpp"
#include "core/model/input_file.hpp"
#include "core/model/scenario.hpp"
#include "core/plan/lineage.hpp"

namespace forkyard {

// The last dataset of each of AppSpec::datasets, in order; others that one names stand before
// it. `inputs`: what the file sources read, one source after the other.
[[nodiscard]] std::vector<DatasetId> define_datasets(const AppSpec& app,
                                                     std::span<const InputFile> inputs,
                                                     ClockKind clock,
                                                     Lineage& lineage);

}  // namespace forkyard
