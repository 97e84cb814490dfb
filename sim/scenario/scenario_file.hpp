// Loads a scenario: a TOML file with overrides, or the lines of a journal. All that
// is wrong with it is reported in one go, each with its place. What comes out is
// complete: names resolved, defaults filled in, nothing left to look up.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/model/input_file.hpp"
#include "core/model/scenario.hpp"
#include "core/result.hpp"
#include "sim/scenario/builders.hpp"
#include "sim/scenario/diagnostic.hpp"

namespace forkyard::sim {

struct LoadedScenario {
    Scenario scenario;
    // The whole scenario as the journal's C lines, without their letter: key=value.
    std::vector<std::string> lines;
};

struct LoadResult {
    std::optional<LoadedScenario> loaded;  // none when there are errors
    std::vector<Diagnostic> diagnostics;   // errors and warnings, in order of place
};

// `overrides` are the KEY=VALUE of --set. Looks whether data files can be read.
[[nodiscard]] LoadResult load_scenario(const std::string& path,
                                       const std::vector<std::string>& overrides = {});

struct ScenarioText {
    std::string text;
    std::string file;    // for messages, and for the name of a scenario without one
    std::string folder;  // that its paths are relative to
};
[[nodiscard]] LoadResult load_scenario_text(const ScenarioText& source,
                                            const std::vector<std::string>& overrides = {},
                                            DataFiles files = DataFiles::look);

// From a journal; data files are not looked at, and the folder is empty. Line n of
// the list is reported as `file:n:1`.
[[nodiscard]] LoadResult scenario_from_lines(const std::vector<std::string>& lines,
                                             const std::string& file = "journal");

// A path of the scenario, seen from the working directory.
[[nodiscard]] std::string resolve_path(std::string_view folder, std::string_view path);

// The files that an application's sources read, as they are now.
[[nodiscard]] Result<std::vector<InputFile>> input_files_of(const AppSpec& app,
                                                            std::string_view folder);

}  // namespace forkyard::sim
