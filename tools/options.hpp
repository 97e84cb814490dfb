// The options that several verbs share, as the user gave them.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
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
    std::optional<std::string> seed;  // as given: the loader checks it
    std::string clock;
    std::string executors = "process";
    std::string journal;
    std::string junit;
    std::string out = ".";
    bool quiet = false;
    bool json = false;
    bool no_invariants = false;
    bool allow_bugs = false;
};

struct BenchFlags {
    std::string what = "all";  // or what is measured: ring, dispatch, ..., policy
    std::string tpch;          // a folder of traces, for sim
    std::string policy;        // as in cluster.manager, for policy
    bool json = false;
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

// Where the output of a scenario goes: `given`, or with several scenarios a file in that
// folder, which is made, called after the scenario's.
[[nodiscard]] std::string output_path(const std::string& given,
                                      const std::string& scenario_path,
                                      bool several,
                                      std::string_view extension);

// Of several exits, the one that a run of all ends with.
[[nodiscard]] int worst(int a, int b);

}  // namespace forkyard::tools
