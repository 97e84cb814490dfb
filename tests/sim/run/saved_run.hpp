// Runs of scenarios that save, into a temporary folder, and what they leave there.
#pragma once

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iterator>
#include <string>
#include <unistd.h>
#include <utility>
#include <vector>

#include "tests/sim/run/inline_run.hpp"

namespace forkyard::sim::testing {

namespace fs = std::filesystem;

class SaveFolder {
public:
    SaveFolder() {
        std::string name = (fs::temp_directory_path() / "forkyard-save-XXXXXX").string();
        REQUIRE(::mkdtemp(name.data()) != nullptr);
        folder_ = name;
    }
    SaveFolder(const SaveFolder&) = delete;
    SaveFolder& operator=(const SaveFolder&) = delete;
    SaveFolder(SaveFolder&&) = delete;
    SaveFolder& operator=(SaveFolder&&) = delete;
    ~SaveFolder() {
        std::error_code ignored;
        fs::remove_all(folder_, ignored);
    }

    [[nodiscard]] const fs::path& path() const { return folder_; }
    // All that is in it, by path within it, sorted; folders end with a slash.
    [[nodiscard]] std::vector<std::string> all(const std::string& in = "") const {
        std::vector<std::string> found;
        std::error_code gone;  // it may be written to meanwhile
        const fs::path root = folder_ / in;
        for (fs::recursive_directory_iterator at{root, gone}; at != fs::end(at);
             at.increment(gone)) {
            found.push_back(at->path().lexically_relative(root).string() +
                            (at->is_directory(gone) ? "/" : ""));
        }
        std::sort(found.begin(), found.end());
        return found;
    }
    [[nodiscard]] std::string text(const std::string& file) const {
        std::ifstream in{folder_ / file, std::ios::binary};
        return {std::istreambuf_iterator<char>{in}, {}};
    }
    // The lines of all parts in it, sorted as numbers.
    [[nodiscard]] std::vector<long> numbers(const std::string& in) const {
        std::vector<long> found;
        for (const std::string& file : all(in)) {
            std::ifstream lines{folder_ / in / file};
            for (std::string line; file.starts_with("part-") && std::getline(lines, line);) {
                found.push_back(std::stol(line));
            }
        }
        std::sort(found.begin(), found.end());
        return found;
    }

private:
    fs::path folder_;
};

// Looks at the folder after each record.
class Watching final : public RecordSink {
public:
    explicit Watching(std::function<void(const std::string& line)> look) : look_{std::move(look)} {}
    void append(std::string_view line) override {
        records.append(line);
        look_(records.lines.back());
    }
    void state(std::uint64_t /*seq*/,
               const std::vector<ControlPlane::PartDigest>& /*parts*/) override {}
    Result<void> end_event(std::uint64_t /*seq*/, std::uint64_t /*chain*/) override { return {}; }

    Records records;

private:
    std::function<void(const std::string& line)> look_;
};

inline Result<RunResult> run_into(const std::string& text,
                                  const fs::path& folder,
                                  RecordSink& records,
                                  const std::vector<std::string>& overrides = {}) {
    const LoadResult loaded =
        load_scenario_text({text, "test.toml", "."}, overrides, DataFiles::look);
    for (const Diagnostic& diagnostic : loaded.diagnostics) {
        INFO(diagnostic.text());
        REQUIRE(diagnostic.severity == Diagnostic::Severity::warning);
    }
    REQUIRE(loaded.loaded);
    Result<RunResult> ran = run_scenario(*loaded.loaded,
                                         {.executors = ExecutorMode::in_line,
                                          .out_folder = folder.string(),
                                          .journal = &records,
                                          .note = {},
                                          .poll = {}});
    if (ran) {
        CHECK(ran->report.violations.empty());
    }
    return ran;
}

}  // namespace forkyard::sim::testing
