// The results of jobs as text.
#include <algorithm>

#include <fmt/format.h>

#include "core/data/value_text.hpp"
#include "core/report/readable.hpp"
#include "core/report/table.hpp"
#include "core/report/text_grid.hpp"

namespace forkyard {

namespace {

constexpr std::size_t rows_max = 20;

std::string cell(const Value& value) {
    return one_line(to_text(value));
}

// Numbers first and to the right, so that they stand under each other whatever the keys.
std::string pair_lines(const List& rows, std::size_t shown) {
    const bool numbers = std::all_of(
        rows.begin(), rows.end(), [](const Value& row) { return row.second().is_number(); });
    TextGrid grid{numbers ? "rl" : "ll"};
    for (std::size_t i = 0; i < shown; ++i) {
        if (numbers) {
            grid.add({cell(rows[i].second()), cell(rows[i].first())});
        } else {
            grid.add({shortened(cell(rows[i].first()), page_width / 2), cell(rows[i].second())});
        }
    }
    return grid.text();
}

}  // namespace

std::string result_lines(const JobResult& result) {
    if (result.action == ActionKind::save && result.value.is(Value::Kind::integer)) {
        return fmt::format("  {} saved\n",
                           counted(static_cast<std::uint64_t>(result.value.integer()), "record"));
    }
    if (result.action == ActionKind::show) {
        return result.text;
    }
    const List rows = rows_of(result);
    if (rows.empty()) {
        return result.action == ActionKind::run || result.action == ActionKind::foreach
                   ? "  done\n"
                   : "  no rows\n";
    }
    const std::size_t shown = std::min(rows.size(), rows_max);
    const bool pairs = std::all_of(
        rows.begin(), rows.end(), [](const Value& row) { return row.is(Value::Kind::pair); });
    std::string text;
    if (pairs) {
        text = pair_lines(rows, shown);
    } else {
        const bool numbers =
            std::all_of(rows.begin(), rows.end(), [](const Value& row) { return row.is_number(); });
        TextGrid grid{numbers ? "r" : "l"};
        for (std::size_t i = 0; i < shown; ++i) {
            grid.add({cell(rows[i])});
        }
        text = grid.text();
    }
    if (rows.size() > shown) {
        text += fmt::format("  ... and {} more\n", rows.size() - shown);
    }
    return text;
}

}  // namespace forkyard
