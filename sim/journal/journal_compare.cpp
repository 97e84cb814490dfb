#include "sim/journal/journal_compare.hpp"

#include <algorithm>
#include <charconv>
#include <iterator>

#include <fmt/format.h>

#include "sim/journal/journal_reader.hpp"

namespace forkyard::sim {

namespace {

constexpr std::string_view compared_letters = "CEADFMVSZ";
constexpr std::string_view counted_letters = "EADFMV";

char letter_of(std::string_view line) {
    return line.empty() ? ' ' : line.front();
}

bool one_of(std::string_view letters, std::string_view line) {
    return letters.find(letter_of(line)) != std::string_view::npos;
}

// The next line that is compared; empty at the end.
std::string_view next_line(std::string_view& rest) {
    while (!rest.empty()) {
        const std::size_t end = std::min(rest.find('\n'), rest.size());
        const std::string_view line = rest.substr(0, end);
        rest.remove_prefix(std::min(end + 1, rest.size()));
        if (one_of(compared_letters, line)) {
            return line;
        }
    }
    return {};
}

// The event that a line belongs to; 0 for C and Z lines.
std::uint64_t event_of(std::string_view line) {
    std::uint64_t seq = 0;
    if (line.size() > 2) {
        std::from_chars(line.data() + 2, line.data() + line.size(), seq);
    }
    return seq;
}

std::string_view meaning(const JournalDifference& difference) {
    if (difference.first.empty() || difference.second.empty()) {
        return "one run ends here, the other goes on";
    }
    const char letter = letter_of(difference.first);
    if (letter != letter_of(difference.second)) {
        return "one run decides more than the other before the next event";
    }
    switch (letter) {
        case 'C':
            return "the scenarios are not the same";
        case 'E':
        case 'F':
            return "an input differs: the cause is outside of the schedulers, or a decision "
                   "that no record shows";
        case 'S':
            return "all records agree but the state does not: a book differs that decided "
                   "nothing yet";
        case 'Z':
            return "the runs agree but end in different ways";
        default:
            return "the same inputs led to another decision: the cause is inside this step, or "
                   "in a book that decided nothing before";
    }
}

}  // namespace

std::optional<JournalDifference> first_difference(std::string_view first, std::string_view second) {
    JournalDifference difference;
    while (true) {
        const std::string_view one = next_line(first);
        const std::string_view other = next_line(second);
        if (one != other) {
            difference.first = one;
            difference.second = other;
            return difference;
        }
        if (one.empty()) {
            return std::nullopt;
        }
        if (one.front() == 'S') {
            difference.equal_state_at = event_of(one);
        }
        difference.agreed += one_of(counted_letters, one) ? 1 : 0;
    }
}

Result<std::optional<JournalDifference>> compare_journals(const std::string& first_path,
                                                          const std::string& second_path) {
    const Result<JournalFile> first = read_journal(first_path);
    if (!first) {
        return fail(first.error());
    }
    const Result<JournalFile> second = read_journal(second_path);
    if (!second) {
        return fail(second.error());
    }
    return first_difference(std::string_view{*first->text}.substr(0, first->counted),
                            std::string_view{*second->text}.substr(0, second->counted));
}

std::string to_text(const JournalDifference& difference,
                    std::string_view first_name,
                    std::string_view second_name) {
    const std::size_t width = std::max(first_name.size(), second_name.size());
    const auto shown = [](const std::string& line) {
        return line.empty() ? std::string_view{"(ended)"} : std::string_view{line};
    };
    std::string out = fmt::format("NONDETERMINISM: runs agree for {} record{}, then\n",
                                  difference.agreed,
                                  difference.agreed == 1 ? "" : "s");
    fmt::format_to(
        std::back_inserter(out), "  {:<{}}  {}\n", first_name, width, shown(difference.first));
    fmt::format_to(
        std::back_inserter(out), "  {:<{}}  {}\n", second_name, width, shown(difference.second));
    const std::uint64_t seq =
        event_of(difference.first.empty() ? difference.second : difference.first);
    if (!difference.equal_state_at) {
        out += "  no state digests were written before";
    } else if (*difference.equal_state_at + 1 == seq) {
        out += "  both runs had equal state before the event";
    } else {
        fmt::format_to(std::back_inserter(out),
                       "  both runs had equal state after #{}",
                       *difference.equal_state_at);
    }
    fmt::format_to(std::back_inserter(out), "\n  {}\n", meaning(difference));
    return out;
}

}  // namespace forkyard::sim
