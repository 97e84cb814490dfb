#include "core/model/bug.hpp"

#include <algorithm>
#include <functional>

#include <doctest/doctest.h>

namespace forkyard::bug_test {
namespace {

TEST_SUITE("bugs of old") {
    TEST_CASE("they stand in order of their numbers, each once") {
        const auto before = [](const BugEntry& a, const BugEntry& b) { return a.bug < b.bug; };
        CHECK(std::is_sorted(bugs().begin(), bugs().end(), before));
        CHECK(std::adjacent_find(bugs().begin(), bugs().end(), std::not_fn(before)) ==
              bugs().end());
    }

    TEST_CASE("each is found by its ticket and says what it does") {
        for (const BugEntry& entry : bugs()) {
            CAPTURE(to_text(entry.bug));
            CHECK(bug_named(to_text(entry.bug)) == entry.bug);
            CHECK(entry.bug != Bug::none);
            CHECK(!entry.effect.empty());
        }
        CHECK(to_text(Bug::spark_5259) == "SPARK-5259");
    }

    TEST_CASE("what is not in the list is none") {
        CHECK(bug_named("SPARK-1") == Bug::none);
        CHECK(bug_named("SPARK-0") == Bug::none);
        CHECK(bug_named("17644") == Bug::none);
        CHECK(bug_named("") == Bug::none);
    }
}

}  // namespace
}  // namespace forkyard::bug_test
