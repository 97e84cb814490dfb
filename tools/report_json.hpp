// `run --json`: the summary of a run as one JSON object.
#pragma once

#include <string>

#include "core/report/run_report.hpp"

namespace forkyard::tools {

// One line without a newline: one object a scenario.
[[nodiscard]] std::string report_json(const RunReport& report);

}  // namespace forkyard::tools
