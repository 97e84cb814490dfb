// What the loader finds wrong in a scenario: each problem with its place, so that
// all of them can be shown in one go. An Error (core/result.hpp) ends a run; a
// Diagnostic is one line of a list, and may be a mere warning.
#pragma once

#include <string>
#include <vector>

#include "core/result.hpp"

namespace forkyard::sim {

// Where a value was written: a line and column of the scenario file, or the
// `--set KEY=VALUE` that put it there.
struct Position {
    int line = 0;
    int column = 0;
    std::string option;  // "--set KEY=VALUE"; empty: the file

    bool operator==(const Position&) const = default;
};

struct Diagnostic {
    enum class Severity { error, warning };

    Severity severity = Severity::error;
    std::string file;  // or "--set KEY=VALUE", then without line and column
    int line = 0;
    int column = 0;
    std::string what;  // one sentence, no full stop
    std::string mend;  // what the user can do; may be empty
    Exit exit = Exit::bad_input;

    // `FILE:LINE:COL`.
    [[nodiscard]] std::string where() const;
    // `FILE:LINE:COL: error: what. mend`.
    [[nodiscard]] std::string text() const;

    bool operator==(const Diagnostic&) const = default;
};

// Collects problems while a scenario is read.
class Diagnostics {
public:
    explicit Diagnostics(std::string file) : file_{std::move(file)} {}

    void error(const Position& at, std::string what, std::string mend = "");
    void warning(const Position& at, std::string what, std::string mend = "");
    // A file that the scenario needs and that cannot be read.
    void missing_input(const Position& at, std::string what, std::string mend = "");

    [[nodiscard]] bool failed() const { return failed_; }
    // In order of their place, each once; takes them out.
    [[nodiscard]] std::vector<Diagnostic> take_sorted();

private:
    void add(const Position& at, Diagnostic diagnostic);

    std::string file_;
    std::vector<Diagnostic> list_;
    bool failed_ = false;
};

// The status that a run ends with, after the order in which statuses win over
// each other (70 74 66 65 ...); ok when there are only warnings.
[[nodiscard]] Exit worst_exit(const std::vector<Diagnostic>& diagnostics);

}  // namespace forkyard::sim
