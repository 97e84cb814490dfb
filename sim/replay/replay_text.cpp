// How a divergence is shown: recorded on the left, now on the right, `!` where they
// differ. Ten lines that a person can read, never the whole event: a round of offers can
// launch thousands of tasks.
#include <algorithm>
#include <iterator>
#include <string>
#include <string_view>
#include <vector>

#include <fmt/format.h>

#include "core/report/readable.hpp"
#include "sim/replay/replay.hpp"

namespace forkyard::sim {

namespace {

constexpr std::size_t column_max = 64;  // wider texts go one below the other
constexpr std::size_t rows_before = 3;  // equal decisions shown before the first that differs
constexpr std::size_t rows_after = 6;   // decisions shown from there on
constexpr std::size_t parts_max = 6;    // state digests shown
constexpr std::string_view none = "(none)";

struct Row {
    std::string name;
    std::string recorded;
    std::string now;
    bool same = false;
};

// `A 12.3 task.launch app=etl ...` without its letter and number.
std::string_view without_head(std::string_view line) {
    for (int word = 0; word < 2; ++word) {
        line.remove_prefix(std::min(line.find(' '), line.size() - 1) + 1);
    }
    return line;
}

std::string cell(const std::string& line) {
    return std::string{line.empty() ? none : without_head(line)};
}

std::string_view noun_for(std::string_view line) {
    switch (line.empty() ? ' ' : line.front()) {
        case 'D':
            return "choice";
        case 'V':
            return "broken";
        default:
            return "action";
    }
}

std::vector<Row> decision_rows(const std::vector<Divergence::Pair>& decisions) {
    std::vector<Row> rows;
    for (std::size_t i = 0; i < decisions.size(); ++i) {
        const Divergence::Pair& pair = decisions[i];
        const std::string& known = pair.recorded.empty() ? pair.now : pair.recorded;
        rows.push_back({fmt::format("{} {}", noun_for(known), i + 1),
                        cell(pair.recorded),
                        cell(pair.now),
                        pair.same()});
    }
    return rows;
}

std::vector<std::string_view> words_of(std::string_view line) {
    std::vector<std::string_view> words;
    while (!line.empty()) {
        const std::size_t blank = std::min(line.find(' '), line.size());
        words.push_back(line.substr(0, blank));
        line.remove_prefix(std::min(blank + 1, line.size()));
    }
    return words;
}

// The parts whose digests differ; one row that says so when all agree.
std::vector<Row> state_rows(const Divergence::Pair& state) {
    const std::vector<std::string_view> then = words_of(state.recorded);
    const std::vector<std::string_view> now = words_of(state.now);
    std::vector<Row> rows;
    for (std::size_t i = 2; i < std::max(then.size(), now.size()) && rows.size() < parts_max; ++i) {
        const std::string_view left = i < then.size() ? then[i] : none;
        const std::string_view right = i < now.size() ? now[i] : none;
        if (left != right) {
            rows.push_back({"state", std::string{left}, std::string{right}, false});
        }
    }
    if (rows.empty()) {
        rows.push_back({"state", "all digests", "all digests", true});
    }
    return rows;
}

std::size_t first_different(const std::vector<Row>& rows) {
    const auto at = std::ranges::find(rows, false, &Row::same);
    return static_cast<std::size_t>(at - rows.begin());
}

class Printer {
public:
    explicit Printer(std::string& out) : out_{out} {}

    void line(std::string_view name, std::string_view text) {
        fmt::format_to(std::back_inserter(out_), "  {:<10} {}\n", name, text);
    }

    void rows(const std::vector<Row>& all) {
        const std::size_t odd = first_different(all);
        const std::size_t from = odd > rows_before ? odd - rows_before : 0;
        const std::size_t until = std::min(all.size(), odd + rows_after);
        std::size_t width = 0;
        bool beside = true;
        for (std::size_t i = from; i < until; ++i) {
            width = std::max(width, all[i].recorded.size());
            beside = beside && all[i].recorded.size() <= column_max;
        }
        if (beside && width > 0) {
            line("", fmt::format("{:<{}}     now", "recorded", width));
        }
        if (from > 0) {
            line("", fmt::format("({} that agree)", from));
        }
        for (std::size_t i = from; i < until; ++i) {
            row(all[i], beside ? width : 0);
        }
        if (until < all.size()) {
            line("", fmt::format("({} more)", all.size() - until));
        }
    }

private:
    // `width` 0: one below the other.
    void row(const Row& row, std::size_t width) {
        const char mark = row.same ? '=' : '!';
        if (width > 0) {
            line(row.name, fmt::format("{:<{}}  {}  {}", row.recorded, width, mark, row.now));
            return;
        }
        line(row.name, fmt::format("recorded  {}", row.recorded));
        line("", fmt::format("now     {} {}", mark, row.now));
    }

    std::string& out_;
};

}  // namespace

std::string to_text(const ReplayReport& report) {
    if (!report.divergence) {
        return {};
    }
    const Divergence& divergence = *report.divergence;
    std::string out = fmt::format("DIVERGENCE at #{} ({}), {} agreed\n",
                                  divergence.seq,
                                  readable(divergence.time.time_since_epoch()),
                                  counted(report.records, "record"));
    Printer printer{out};
    printer.line("event", divergence.event);
    if (!divergence.event_now.empty()) {
        printer.line("now      !", divergence.event_now);
    }
    printer.rows(decision_rows(divergence.decisions));
    if (divergence.state) {
        printer.rows(state_rows(*divergence.state));
    }
    if (divergence.state_same != 0) {
        printer.line("", fmt::format("state digests agreed last after #{}", divergence.state_same));
    }
    if (!divergence.note.empty()) {
        printer.line("note", divergence.note);
    }
    if (!divergence.last_choice.empty()) {
        fmt::format_to(
            std::back_inserter(out), "  last agreeing choice: {}\n", divergence.last_choice);
    }
    return out;
}

}  // namespace forkyard::sim
