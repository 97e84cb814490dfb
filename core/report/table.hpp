// The text that `run` prints at the end: results first, then jobs, stages, executors,
// what was lost and run again, expectations, and how to replay it. Plain text of at
// most 100 columns, the same on a terminal and on a pipe.
#pragma once

#include <string>

#include "core/report/run_report.hpp"

namespace forkyard {

struct TableSource {
    std::string scenario_path{};  // as given on the command line
    std::string journal_path{};   // empty: none was written
};

[[nodiscard]] std::string run_table(const RunReport& report, const TableSource& source);

// The rows of one job, one a line, keys and values of pairs aligned; at most 20.
[[nodiscard]] std::string result_lines(const JobResult& result);

// What was lost and run again and why: "e2 was killed at 1.2 s: 2 map outputs of counts:4
// lost, tasks 1 4 ran again (s0.1)", an entry for each executor.
[[nodiscard]] std::string loss_lines(const Summary& summary);

}  // namespace forkyard
