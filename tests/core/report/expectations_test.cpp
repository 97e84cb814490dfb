#include "core/report/expectations.hpp"

#include <doctest/doctest.h>

#include "tests/core/report/record_script.hpp"

namespace forkyard::expectations_test {
namespace {

using namespace script;

KeyPattern is(std::string key, std::string value) {
    return {std::move(key), {{std::move(value)}, {}, {}}};
}

Pattern pattern(std::vector<KeyPattern> keys) {
    return {std::move(keys)};
}

const Pattern launches = pattern({is("kind", "task.launch")});
const Pattern loss = pattern({is("kind", "executor.lost"), is("exec", "e1")});

RecordExpectation records(Pattern match, std::int64_t min, std::optional<std::int64_t> max) {
    RecordExpectation expectation;
    expectation.match = std::move(match);
    expectation.count = {min, max};
    return expectation;
}

// e1 is lost between the launches of maps (two) and of results (two).
struct World {
    std::vector<ExpectationResult> run(std::span<const JobResult> results = {},
                                       std::span<const Violation> violations = {}) {
        SummaryFold fold{scenario};
        ExpectationChecker checker{scenario};
        Script<SummaryFold, ExpectationChecker> s{fold, checker};
        s.cluster().job().lost(50, e1).maps_done().results_done();
        if (reason.empty()) {
            s.app_done();
        } else {
            s.event(220, AppClosed{etl, reason}).act(FinishApp{etl, EndStatus::failed, reason});
        }
        return checker.finish(fold.summary(), results, violations);
    }

    Scenario scenario = two_nodes();
    std::string reason{};
};

// The only one besides the outcome, which is always there.
ExpectationResult only(const std::vector<ExpectationResult>& results) {
    REQUIRE(results.size() == 2);
    return results[1];
}

Value pair(const char* key, std::int64_t value) {
    return Value{Value{key}, Value{value}};
}

RowSpec row(const char* key, std::int64_t value) {
    return RowSpec{std::vector<RowSpec>{RowSpec{std::string{key}}, RowSpec{value}}};
}

std::vector<JobResult> words() {
    JobResult result;
    result.app = etl;
    result.job = j0;
    result.name = "top words";
    result.action = ActionKind::top;
    result.value = Value{List{pair("the", 3), pair("a", 2), pair("b", 2)}};
    return {result};
}

TEST_SUITE("expectations") {
    TEST_CASE("without any, success of every application is expected") {
        World world;
        auto results = world.run();
        REQUIRE(results.size() == 1);
        CHECK(results[0].what == "etl ends succeeded");
        CHECK(results[0].ok);
        world.reason = "out of memory";
        results = world.run();
        CHECK_FALSE(results[0].ok);
        CHECK(results[0].seen == "failed: out of memory");
    }

    TEST_CASE("an application's own outcome goes before that of all") {
        World world;
        world.reason = "out of memory";
        world.scenario.expect.apps = {{.app = "etl",
                                       .outcome = Outcome::failed,
                                       .error = "memory",
                                       .makespan_min = {},
                                       .makespan_max = {}}};
        const auto results = world.run();
        REQUIRE(results.size() == 2);
        CHECK(results[0].ok);
        CHECK(results[1].ok);
        CHECK(results[1].what == "etl ends with an error that says \"memory\"");
    }

    TEST_CASE("who names an error expects a failure") {
        World world;
        world.scenario.expect.all.error = "disk";
        auto results = world.run();
        CHECK_FALSE(results[0].ok);
        world.reason = "the disk is full";
        results = world.run();
        CHECK(results[0].ok);
        CHECK(results[1].ok);
    }

    TEST_CASE("the makespan must lie within its bounds") {
        World world;
        world.scenario.expect.all.makespan_max = std::chrono::milliseconds{220};
        CHECK(only(world.run()).ok);
        world.scenario.expect.all.makespan_max = std::chrono::milliseconds{219};
        const ExpectationResult late = only(world.run());
        CHECK_FALSE(late.ok);
        CHECK(late.what == "makespan is at most 219 ms");
        CHECK(late.seen == "220 ms");
    }

    TEST_CASE("records are counted") {
        World world;
        world.scenario.expect.records = {records(launches, 4, 4)};
        CHECK(only(world.run()).ok);
        world.scenario.expect.records = {records(launches, 5, {})};
        const ExpectationResult few = only(world.run());
        CHECK_FALSE(few.ok);
        CHECK(few.what == "at least 5 of task.launch");
        CHECK(few.seen == "4");
    }

    TEST_CASE("after and before set the span in which records count") {
        World world;
        RecordExpectation expectation = records(launches, 2, 2);
        SUBCASE("after the first match of another") {
            expectation.after = loss;
        }
        SUBCASE("before the first match of another") {
            expectation.before = loss;
        }
        SUBCASE("between two") {
            expectation.before = pattern({is("kind", "task.launch"), is("task", "s1.0/p1#0")});
            expectation.after = loss;
            expectation.count = {1, 1};
        }
        SUBCASE("after what never came nothing counts") {
            expectation.after = pattern({is("kind", "worker.lost")});
            expectation.count = {0, 0};
        }
        world.scenario.expect.records = {expectation};
        CHECK(only(world.run()).ok);
    }

    TEST_CASE("an order allows others between, but not the other way round") {
        World world;
        const Pattern map = pattern({is("kind", "task.launch"), is("stage", "counts:4")});
        const Pattern result = pattern({is("kind", "task.launch"), is("stage", "s1.0")});
        world.scenario.expect.orders = {{{map, loss, result}}};
        CHECK(only(world.run()).ok);
        world.scenario.expect.orders = {{{result, loss}}};
        const ExpectationResult wrong = only(world.run());
        CHECK_FALSE(wrong.ok);
        CHECK(wrong.seen == "the first 1 of 2; then no executor.lost exec=e1");
    }

    TEST_CASE("a result equals its rows in any order unless the order is asked for") {
        World world;
        ResultExpectation expectation;
        expectation.job = "top words";
        expectation.equals = {row("a", 2), row("b", 2), row("the", 3)};
        world.scenario.expect.results = {expectation};
        CHECK(only(world.run(words())).ok);
        expectation.ordered = true;
        world.scenario.expect.results = {expectation};
        const ExpectationResult wrong = only(world.run(words()));
        CHECK_FALSE(wrong.ok);
        CHECK(wrong.seen == "row 1 is [\"the\", 3] instead of [\"a\", 2]");
    }

    TEST_CASE("a wrong result is told by what is missing and what is too much") {
        World world;
        ResultExpectation expectation;
        expectation.equals = {row("a", 2), row("b", 1), row("the", 3)};
        world.scenario.expect.results = {expectation};
        CHECK(only(world.run(words())).seen == "missing [\"b\", 1]; unexpected [\"b\", 2]");
        expectation.equals.reset();
        expectation.contains = {row("b", 2)};
        world.scenario.expect.results = {expectation};
        CHECK(only(world.run(words())).ok);
    }

    TEST_CASE("rows, sum and digest of a result") {
        World world;
        ResultExpectation expectation;
        expectation.job = "j0";
        expectation.rows = 3;
        expectation.sum = 7;
        expectation.digest = result_digest(words()[0], false);
        world.scenario.expect.results = {expectation};
        const auto results = world.run(words());
        REQUIRE(results.size() == 4);
        CHECK(results[1].ok);
        CHECK(results[2].ok);
        CHECK(results[3].ok);
        CHECK(result_digest(words()[0], true) != *expectation.digest);
    }

    TEST_CASE("a count is its own result, and a whole real is an integer") {
        World world;
        ResultExpectation expectation;
        expectation.equals = {RowSpec{std::int64_t{7}}};
        world.scenario.expect.results = {expectation};
        JobResult count;
        count.app = etl;
        count.job = j0;
        count.name = "n";
        count.action = ActionKind::count;
        count.value = Value{std::int64_t{7}};
        CHECK(only(world.run(std::vector{count})).ok);
        count.action = ActionKind::reduce;
        count.value = Value{7.0};
        CHECK(only(world.run(std::vector{count})).ok);
    }

    TEST_CASE("a job without a result meets nothing") {
        World world;
        ResultExpectation expectation;
        expectation.job = "other";
        expectation.rows = 0;
        world.scenario.expect.results = {expectation};
        const ExpectationResult none = only(world.run(words()));
        CHECK_FALSE(none.ok);
        CHECK(none.seen == "the job gave none");
    }

    TEST_CASE("invariants: none may break, or exactly those named, or any") {
        World world;
        const std::vector<Violation> broken{{"I12", "e1 is lost"}, {"I12", "again"}};
        CHECK_FALSE(only(world.run({}, broken)).ok);
        CHECK(only(world.run({}, broken)).seen == "I12 broke; first: e1 is lost");
        world.scenario.expect.invariants_broken = {"I12"};
        CHECK(only(world.run({}, broken)).ok);
        CHECK_FALSE(only(world.run()).ok);
        world.scenario.expect.invariants_broken = {"I01", "I12"};
        CHECK_FALSE(only(world.run({}, broken)).ok);
        world.scenario.expect.check_invariants = false;
        CHECK(world.run({}, broken).size() == 1);
    }
}

}  // namespace
}  // namespace forkyard::expectations_test
