// A whole run: host, loop, journal, and what came of it.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "core/report/console_progress.hpp"
#include "core/report/run_report.hpp"
#include "core/result.hpp"
#include "sim/run/event_loop.hpp"
#include "sim/run/record_sink.hpp"
#include "sim/scenario/scenario_file.hpp"

namespace forkyard::sim {

enum class ExecutorMode { process, in_line };  // in_line: under the virtual clock only

struct RunOptions {
    ExecutorMode executors = ExecutorMode::process;
    std::string out_folder = ".";  // empty: `save` writes nothing
    bool check_invariants = true;
    RecordSink* journal = nullptr;
    ConsoleProgress* progress = nullptr;  // told of events and decisions
    std::function<void(const std::string& text)> note{};
    std::function<int(SimTime now, std::uint64_t events)> poll{};
};

struct RunResult {
    RunReport report;
    Verdict verdict = Verdict::ended;
    std::uint64_t events = 0;
    std::vector<std::string> waiting;  // who waits for what, if it did not end
    std::vector<std::int64_t> pids;    // of the executors
};

// Errors of the world end a run early; everything else is in the result.
[[nodiscard]] Result<RunResult> run_scenario(const LoadedScenario& loaded,
                                             const RunOptions& options);

}  // namespace forkyard::sim
