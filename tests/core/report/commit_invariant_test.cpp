// I11 as far as it is about permissions to commit.
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "core/report/invariants/invariant_checker.hpp"
#include "tests/core/report/record_script.hpp"

namespace forkyard::commit_invariant_test {
namespace {

using namespace script;

TEST_SUITE("invariants: commits") {
    TEST_CASE("I11: one attempt of a partition may commit, and it runs") {
        const Scenario scenario = two_nodes();
        InvariantChecker checker{scenario, nullptr};
        Script s{checker};
        const auto broken = [&] {
            std::vector<std::string> texts;
            for (const Violation& violation : checker.check()) {
                texts.push_back(violation.invariant + " " + violation.text);
            }
            return texts;
        };
        using Texts = std::vector<std::string>;
        s.cluster().job().maps_done();
        s.act(AnswerCommit{etl, task(1, 0, 0), true, e1});
        REQUIRE(broken() == Texts{});
        SUBCASE("another is denied") {
            s.launch(task(1, 0, 0, 1), e2, w2, true);
            s.act(AnswerCommit{etl, task(1, 0, 0, 1), false, e2});
            CHECK(broken() == Texts{});
        }
        SUBCASE("two at once") {
            s.launch(task(1, 0, 0, 1), e2, w2, true);
            s.act(AnswerCommit{etl, task(1, 0, 0, 1), true, e2});
            CHECK(broken() == Texts{"I11 s1.0/p0#1 may commit, and so may s1.0/p0#0"});
        }
        SUBCASE("the next, when the first has failed") {
            s.ends(200, task(1, 0, 0), e1, TaskStatus::failed, "no");
            s.launch(task(1, 0, 0, 1), e1, w1);
            s.act(AnswerCommit{etl, task(1, 0, 0, 1), true, e1});
            CHECK(broken() == Texts{});
        }
        SUBCASE("none after a success") {
            s.ends(200, task(1, 0, 0), e1);
            s.act(AnswerCommit{etl, task(1, 0, 0, 1), true, e2});
            CHECK(broken() == Texts{"I11 s1.0/p0#1 may commit, and so may s1.0/p0#0"});
        }
        SUBCASE("one that does not run there") {
            s.act(AnswerCommit{etl, task(1, 0, 1, 1), true, e2});
            CHECK(broken() == Texts{"I11 s1.0/p1#1 may commit, but does not run on e2"});
        }
    }
}

}  // namespace
}  // namespace forkyard::commit_invariant_test
