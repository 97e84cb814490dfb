// Runs a scenario, given as text, within the test's process, and keeps its records.
#pragma once

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include <doctest/doctest.h>

#include "sim/run/run.hpp"

namespace forkyard::sim::testing {

// [[app.stage]], without parents.
inline std::string stage(const std::string& name, int tasks, const std::string& duration) {
    return "[[app.stage]]\nname = \"" + name + "\"\ntasks = " + std::to_string(tasks) +
           "\nduration = \"" + duration + "\"\n";
}

// What is left of each line: no more than its first words.
inline std::vector<std::string> begin(const std::vector<std::string>& lines, std::size_t words) {
    std::vector<std::string> out;
    for (const std::string& line : lines) {
        std::size_t end = 0;
        for (std::size_t i = 0; i < words && end != std::string::npos; ++i) {
            end = line.find(' ', end == 0 ? 0 : end + 1);
        }
        out.push_back(line.substr(0, end));
    }
    return out;
}

class Records final : public RecordSink {
public:
    void append(std::string_view line) override {
        lines.emplace_back(line.substr(0, line.size() - 1));
    }
    void state(std::uint64_t /*seq*/,
               const std::vector<ControlPlane::PartDigest>& /*parts*/) override {}
    Result<void> end_event(std::uint64_t /*seq*/, std::uint64_t /*chain*/) override { return {}; }

    // Without their letter and number: "1000000 task.finished app=a ...", for actions
    // the text after the number.
    [[nodiscard]] std::vector<std::string> of(std::string_view kind) const {
        std::vector<std::string> found;
        for (const std::string& line : lines) {
            if (line.find(kind) != std::string::npos) {
                found.push_back(line.substr(line.find(' ', 2) + 1));
            }
        }
        return found;
    }
    [[nodiscard]] bool has(std::string_view begin) const {
        return std::any_of(lines.begin(), lines.end(), [&](const std::string& line) {
            return line.substr(line.find(' ', 2) + 1).starts_with(begin);
        });
    }

    std::vector<std::string> lines;
};

struct InlineRun {
    explicit InlineRun(const std::string& text, std::vector<std::string> overrides = {}) {
        const LoadResult loaded =
            load_scenario_text({text, "test.toml", "."}, overrides, DataFiles::look);
        for (const Diagnostic& diagnostic : loaded.diagnostics) {
            INFO(diagnostic.text());
            REQUIRE(diagnostic.severity == Diagnostic::Severity::warning);
        }
        REQUIRE(loaded.loaded);
        Result<RunResult> ran = run_scenario(*loaded.loaded,
                                             {.executors = ExecutorMode::in_line,
                                              .out_folder = "",
                                              .journal = &records,
                                              .poll = {}});
        REQUIRE(ran);
        result = std::move(*ran);
        CHECK(result.report.violations.empty());
    }

    Records records;
    RunResult result;
};

}  // namespace forkyard::sim::testing
