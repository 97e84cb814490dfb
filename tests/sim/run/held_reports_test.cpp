// hold-completion: a task has ended, and its driver learns of it late, or never.
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "tests/sim/run/inline_run.hpp"

namespace forkyard::sim::held_reports_test {

namespace {

using testing::InlineRun;
using testing::stage;

// Two workers with room for one executor of two cores each.
std::string held_world(const std::string& app, const std::string& rest) {
    return "format = 1\ntime_limit = \"1min\"\n[cluster]\n[[cluster.worker]]\nname = \"w\"\n"
           "count = 2\ncores = 2\nmemory = \"4g\"\n[conf]\n\"spark.executor.cores\" = 2\n"
           "\"forkyard.offers\" = \"in-order\"\n[[app]]\nname = \"a\"\n" +
           app + rest;
}

std::string hold(const std::string& rest) {
    return "[[fault]]\nkind = \"hold-completion\"\nstage = \"s\"\npartition = 0\n" + rest;
}

}  // namespace

TEST_SUITE("held reports") {
    TEST_CASE("a report comes so much later, with the time that the task has run") {
        const InlineRun run{held_world(stage("s", 4, "1s"), hold("for = \"3s\"\n"))};
        CHECK(
            run.records.has("4000000 task.finished app=a task=s0.0/p0#0 exec=e1 status=success "
                            "run=1000000"));
        CHECK(run.records.of("task.finished").size() == 4);
        CHECK(run.records.of("hold-completion applied").size() == 1);
        CHECK(run.records.of("hold-completion ended").empty());
        CHECK(run.result.report.exit == Exit::ok);
    }

    TEST_CASE("until then its driver takes the slot for taken") {
        const InlineRun run{held_world(stage("s", 8, "1s"), hold("for = \"10s\"\n"))};
        // Three slots for the seven others: 1 s, 2 s and 3 s.
        CHECK(run.records.has("3000000 task.finished app=a task=s0.0/p7#0"));
        CHECK(run.result.report.exit == Exit::ok);
    }

    TEST_CASE("a report that is held already comes as late from then on") {
        const InlineRun run{held_world(stage("s", 4, "2s"), hold("at = \"1s\"\nfor = \"3s\"\n"))};
        CHECK(
            run.records.has("5000000 task.finished app=a task=s0.0/p0#0 exec=e1 status=success "
                            "run=2000000"));
    }

    TEST_CASE("without an end it never comes, and the run says who is waited for") {
        const InlineRun run{
            held_world(stage("s", 4, "1s"), hold("") + "[expect]\noutcome = \"timed-out\"\n")};
        CHECK(run.records.of("task.finished").size() == 3);
        CHECK(run.result.report.exit == Exit::ok);
    }

    TEST_CASE("the loss of the executor is heard of first: the report is of no use then") {
        const InlineRun run{held_world(stage("s", 4, "1s"),
                                       hold("for = \"5s\"\n") +
                                           "[[fault]]\nkind = \"kill-executor\"\n"
                                           "executor = \"e1\"\nat = \"2s\"\n")};
        CHECK(
            run.records.has("2000000 task.finished app=a task=s0.0/p0#0 exec=e1 "
                            "status=executor-lost"));
        CHECK(run.records.of("task=s0.0/p0#0 exec=e1 status=success").empty());
        CHECK(run.records.of("task=s0.0/p0#1 exec=e2 status=success").size() == 1);
        CHECK(run.result.report.exit == Exit::ok);
    }

    TEST_CASE("a kill finds nothing to end: the copy has won, and the report still comes") {
        const InlineRun run{held_world(
            "conf = { \"spark.speculation\" = true, \"spark.speculation.quantile\" = 0.5, "
            "\"spark.speculation.multiplier\" = 1.1 }\n" +
                stage("s", 4, "1s") + stage("after", 1, "20s") + "parents = [\"s\"]\n",
            hold("for = \"10s\"\n"))};
        REQUIRE(run.records.of("task.launch app=a task=s0.0/p0#1").size() == 1);
        CHECK(run.records.of("task.kill app=a task=s0.0/p0#0").size() == 1);
        CHECK(
            run.records.has("11000000 task.finished app=a task=s0.0/p0#0 exec=e1 "
                            "status=success"));
        CHECK(run.result.report.exit == Exit::ok);
    }
}

}  // namespace forkyard::sim::held_reports_test
