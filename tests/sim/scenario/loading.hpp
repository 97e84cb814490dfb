// Loads scenarios from text in tests, and shows what is wrong with them as one text.
#pragma once

#include <string>
#include <vector>

#include "sim/scenario/scenario_file.hpp"

namespace forkyard::sim {

// Seven lines, without a problem; tests append to it, so their text begins in line 8.
inline const std::string small_scenario = R"(format = 1
[[cluster.worker]]
name = "w"
count = 2
cores = 2
memory = "4g"
[[app]]
)";

inline LoadResult load_text(const std::string& text,
                            const std::vector<std::string>& overrides = {},
                            DataFiles files = DataFiles::trust) {
    return load_scenario_text(ScenarioText{text, "s.toml", ""}, overrides, files);
}

// One line a problem, without a newline at the end.
inline std::string shown(const LoadResult& result) {
    std::string out;
    for (const Diagnostic& found : result.diagnostics) {
        out += (out.empty() ? "" : "\n") + found.text();
    }
    return out;
}

inline std::string problems(const std::string& text,
                            const std::vector<std::string>& overrides = {}) {
    return shown(load_text(text, overrides));
}

// What appending `more` to the small scenario leads to.
inline std::string problems_with(const std::string& more,
                                 const std::vector<std::string>& overrides = {}) {
    return problems(small_scenario + more, overrides);
}

}  // namespace forkyard::sim
