// From the steps that a scenario writes to the lineage.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "core/model/application.hpp"
#include "core/model/scenario.hpp"
#include "core/plan/lineage.hpp"

namespace forkyard {

// The last dataset of each of AppSpec::datasets, in order; others that one names stand before
// it. `input_bytes`: size of each text file, in the order of the
// datasets' read_text steps.
[[nodiscard]] std::vector<DatasetId> define_datasets(const AppSpec& app,
                                                     std::span<const std::int64_t> input_bytes,
                                                     ClockKind clock,
                                                     Lineage& lineage);

}  // namespace forkyard
