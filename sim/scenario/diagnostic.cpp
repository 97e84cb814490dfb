#include "sim/scenario/diagnostic.hpp"

#include <algorithm>
#include <tuple>
#include <utility>

#include <fmt/format.h>

namespace forkyard::sim {

std::string Diagnostic::where() const {
    return line > 0 ? fmt::format("{}:{}:{}", file, line, column) : file;
}

std::string Diagnostic::text() const {
    const char* word = severity == Severity::error ? "error" : "warning";
    std::string out = fmt::format("{}: {}: {}", where(), word, what);
    if (!mend.empty()) {
        out += ". " + mend;
    }
    return out;
}

void Diagnostics::add(const Position& at, Diagnostic diagnostic) {
    if (at.option.empty()) {
        diagnostic.file = file_;
        diagnostic.line = at.line;
        diagnostic.column = at.column;
    } else {
        diagnostic.file = at.option;
        if (diagnostic.exit == Exit::bad_input) {
            diagnostic.exit = Exit::usage;
        }
    }
    failed_ = failed_ || diagnostic.severity == Diagnostic::Severity::error;
    list_.push_back(std::move(diagnostic));
}

void Diagnostics::error(const Position& at, std::string what, std::string mend) {
    Diagnostic made;
    made.what = std::move(what);
    made.mend = std::move(mend);
    add(at, std::move(made));
}

void Diagnostics::warning(const Position& at, std::string what, std::string mend) {
    Diagnostic made;
    made.severity = Diagnostic::Severity::warning;
    made.what = std::move(what);
    made.mend = std::move(mend);
    made.exit = Exit::ok;
    add(at, std::move(made));
}

void Diagnostics::missing_input(const Position& at, std::string what, std::string mend) {
    Diagnostic made;
    made.what = std::move(what);
    made.mend = std::move(mend);
    made.exit = Exit::missing_input;
    add(at, std::move(made));
}

std::vector<Diagnostic> Diagnostics::take_sorted() {
    // Problems of an override have line 0; they come last, in the order found.
    const auto place = [](const Diagnostic& d) {
        return std::tuple{d.line == 0 ? 1 : 0, d.line, d.column};
    };
    std::stable_sort(list_.begin(), list_.end(), [&](const Diagnostic& a, const Diagnostic& b) {
        return place(a) < place(b);
    });
    std::vector<Diagnostic> out;
    for (Diagnostic& found : list_) {
        if (std::find(out.begin(), out.end(), found) == out.end()) {
            out.push_back(std::move(found));
        }
    }
    list_.clear();
    return out;
}

Exit worst_exit(const std::vector<Diagnostic>& diagnostics) {
    // Wrong usage speaks of the command line and is found before any file counts.
    static constexpr Exit order[] = {Exit::usage, Exit::missing_input, Exit::bad_input};
    for (const Exit exit : order) {
        for (const Diagnostic& found : diagnostics) {
            if (found.severity == Diagnostic::Severity::error && found.exit == exit) {
                return exit;
            }
        }
    }
    return Exit::ok;
}

}  // namespace forkyard::sim
