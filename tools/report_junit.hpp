// `run --junit`: what test runners and CI systems read. One test suite a scenario; one
// test case for the run, and one for each expectation.
#pragma once

#include <string>

#include "core/report/run_report.hpp"

namespace forkyard::tools {

// A whole document; a run's `seen` texts are the messages of its failures.
[[nodiscard]] std::string report_junit(const RunReport& report);

}  // namespace forkyard::tools
