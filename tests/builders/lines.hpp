// Decisions as short lines, so that a test case reads like a specification:
//
//   "stage s1.0 of 2"          submitted with two tasks
//   "launch s1.0/p0#0 on e1"
//   "h0/1 at e2", "h0/1 not at e2"    a map output registered, unregistered
//   "job j0 succeeded"
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <doctest/doctest.h>

#include "core/action.hpp"

namespace forkyard {

using Lines = std::vector<std::string>;

// How doctest shows them when a check fails.
[[nodiscard]] std::string to_shown(const Lines& lines);

[[nodiscard]] std::string text_of(StageAttempt stage);
[[nodiscard]] std::string text_of(TaskAttempt task);

[[nodiscard]] std::string line_of(const Action& action);
// Without what is waited for: of that, waits_of().
[[nodiscard]] Lines lines_of(const std::vector<Action>& actions);
[[nodiscard]] Lines waits_of(const std::vector<Action>& actions);

void append(Lines& lines, const Lines& more);
// Those that begin so.
[[nodiscard]] Lines only(const Lines& lines, std::string_view beginning);
[[nodiscard]] bool says(const Lines& lines, std::string_view words);

}  // namespace forkyard

namespace doctest {

template <>
struct StringMaker<forkyard::Lines> {
    static String convert(const forkyard::Lines& lines) {
        return forkyard::to_shown(lines).c_str();
    }
};

}  // namespace doctest
