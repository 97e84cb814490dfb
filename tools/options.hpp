// The options that several verbs share, as the user gave them.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/result.hpp"
#include "sim/run/run.hpp"
#include "sim/scenario/scenario_file.hpp"

namespace CLI {  // NOLINT(readability-identifier-naming)
class App;
}

namespace forkyard::tools {

struct RunFlags {
    std::vector<std::string> scenarios;
    std::vector<std::string> overrides;
    std::string seed;  // as given: the loader checks it
    std::string clock;
    std::string executors = "process";
    std::string journal;
    std::string junit;
    std::string out = ".";
    unsigned jobs = 1;
    bool quiet = false;
    bool json = false;
    bool no_invariants = false;
};

// Prints `forkyard: ` and the error to standard error; its exit status.
int complain(const Error& error);
int complain(const std::vector<sim::Diagnostic>& diagnostics);

// The scenario files that the user means: a folder is its *.toml files, in order.
[[nodiscard]] Result<std::vector<std::string>> expand(const std::vector<std::string>& paths);

// Loads with all overrides of the flags; prints what is wrong. None when it cannot run.
[[nodiscard]] std::optional<sim::LoadedScenario> load(const std::string& path,
                                                      const RunFlags& flags,
                                                      int& exit);

// Of several exits, the one that a run of all ends with.
[[nodiscard]] int worst(int a, int b);

}  // namespace forkyard::tools
