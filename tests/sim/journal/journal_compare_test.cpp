#include "sim/journal/journal_compare.hpp"

#include <string>

#include <doctest/doctest.h>

#include "tests/sim/journal/journal_fixture.hpp"

namespace forkyard::sim::journal_compare_test {
namespace {

const std::string start = "#forkyard-journal 1\nH schema=1 version=1\nC seed=1\n";
const std::string two = "E 1 0 a cause=-\nA 1.1 x k=1\nS 1 app=00\n";

std::string told(const std::string& first, const std::string& second) {
    const auto difference = first_difference(first, second);
    return difference ? to_text(*difference, "inline", "process") : "equal";
}

TEST_SUITE("comparison of two journals") {
    TEST_CASE("equal records are equal, whatever header and commit lines say") {
        CHECK(told(start + two, start + two) == "equal");
        CHECK(told(start + two, "#forkyard-journal 1\nH version=2\nC seed=1\nK 0 crc=1\n" + two) ==
              "equal");
        CHECK(told("", "") == "equal");
    }

    TEST_CASE("another decision right after equal state lies inside that step") {
        CHECK(told(start + two + "E 2 5 b cause=1\nA 2.1 launch exec=e1\n",
                   start + two + "E 2 5 b cause=1\nA 2.1 launch exec=e2\n") ==
              "NONDETERMINISM: runs agree for 3 records, then\n"
              "  inline   A 2.1 launch exec=e1\n"
              "  process  A 2.1 launch exec=e2\n"
              "  both runs had equal state before the event\n"
              "  the same inputs led to another decision: the cause is inside this step, or in a "
              "book that decided nothing before\n");
    }

    TEST_CASE("one run that goes on") {
        const std::string text = told(start + two, start + two + "E 2 5 b cause=1\n");
        CHECK(text.find("  inline   (ended)\n  process  E 2 5 b cause=1\n") != std::string::npos);
        CHECK(text.find("one run ends here") != std::string::npos);
    }

    TEST_CASE("state that differs under equal records, inputs, scenarios") {
        CHECK(told(two, "E 1 0 a cause=-\nA 1.1 x k=1\nS 1 app=01\n").find("the state does not") !=
              std::string::npos);
        CHECK(told(two, "E 1 9 a cause=-\n").find("an input differs") != std::string::npos);
        CHECK(told("C seed=1\n", "C seed=2\n").find("the scenarios are not") != std::string::npos);
        CHECK(told(two, "E 1 0 a cause=-\nE 2 0 b cause=-\n").find("decides more") !=
              std::string::npos);
    }

    TEST_CASE("files count as far as they were written") {
        JournalOnDisk whole;
        JournalOnDisk killed;
        whole.write(200);
        killed.write(200, false);
        const auto difference = compare_journals(whole.path(), killed.path());
        REQUIRE(difference);
        REQUIRE(*difference);
        CHECK((*difference)->second.empty());
        CHECK((*difference)->first.starts_with("E 193 "));
        CHECK((*difference)->equal_state_at == 192);
        CHECK(compare_journals(whole.path(), "/nowhere").error().exit == Exit::missing_input);
    }
}

}  // namespace
}  // namespace forkyard::sim::journal_compare_test
