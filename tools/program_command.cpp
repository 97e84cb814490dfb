// A binary with one program of its own, started without arguments: the program runs at once, on
// two executors of one core each, and prints what it prints.
#include <cstdio>
#include <string>

#include <fmt/format.h>

#include "sim/run/run.hpp"
#include "sim/scenario/scenario_file.hpp"
#include "tools/commands.hpp"

namespace forkyard::tools {

int program_command(const ProgramInfo& program) {
    const std::string text = fmt::format(
        "format = 1\nname = \"{0}\"\n[cluster]\nmanager = \"local-cluster[2,1,1024]\"\n"
        "[[app]]\nname = \"{0}\"\n[app.program]\nname = \"{0}\"\n",
        program.name);
    const sim::LoadResult loaded =
        sim::load_scenario_text({text, std::string{program.name}, "."}, {}, sim::DataFiles::look);
    for (const sim::Diagnostic& diagnostic : loaded.diagnostics) {
        fmt::print(stderr, "forkyard: {}\n", diagnostic.text());
    }
    if (!loaded.loaded) {
        return static_cast<int>(Exit::bad_input);
    }
    const Result<sim::RunResult> result = sim::run_scenario(*loaded.loaded, {.poll = {}});
    std::fflush(stdout);
    if (!result) {
        return complain(result.error());
    }
    for (const AppSummary& app : result->report.summary.apps) {
        if (!app.reason.empty()) {
            fmt::print(stderr, "forkyard: {} failed: {}\n", app.name, app.reason);
        }
    }
    return static_cast<int>(result->report.exit);
}

}  // namespace forkyard::tools
