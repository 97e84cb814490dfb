// Faults that hit real tasks before anybody knows how long they take.
#include <string>

#include <doctest/doctest.h>

#include "tests/sim/run/inline_run.hpp"

namespace forkyard::sim::real_tasks_test {

using testing::InlineRun;

namespace {

// Two tasks of 1 s each, one after the other, whose records are really made.
std::string world(const std::string& fault) {
    return R"(format = 1
[cluster]
[[cluster.worker]]
name = "w"
cores = 1
memory = "2g"
[conf]
"spark.executor.cores" = 1
[[app]]
name = "a"
[[app.dataset]]
name = "numbers"
steps = [
  { range = [0, 10], partitions = 2, cost = "400ms" },
  { map = "identity", cost = "600ms" },
]
[[app.job]]
of = "numbers"
action = "count"
[[fault]]
)" + fault;
}

}  // namespace

TEST_SUITE("faults of real tasks") {
    TEST_CASE("a task that is to fail does so at its share of the costs") {
        const InlineRun run{
            world("kind = \"fail-task\"\nstage = \"numbers\"\npartition = 0\nprogress = 30\n")};
        CHECK(
            run.records.has("300000 task.finished app=a task=s0.0/p0#0 exec=e1 status=failed "
                            "run=300000 reason=\"an injected failure\""));
        CHECK(run.result.report.exit == Exit::ok);
    }

    TEST_CASE("a task that succeeds tells how many records it read") {
        const InlineRun run{
            world("kind = \"fail-task\"\nstage = \"numbers\"\npartition = 0\nprogress = 30\n")};
        CHECK(run.records.of(" records=5 ").size() == 2);
        CHECK(run.records.of("status=failed").size() == 1);
    }

    TEST_CASE("told to fail when more than its share has passed, it fails at once") {
        const InlineRun run{
            world("kind = \"fail-task\"\nat = \"500ms\"\nstage = \"numbers\"\nprogress = 10\n")};
        CHECK(run.records.has(
            "500000 task.finished app=a task=s0.0/p0#0 exec=e1 status=failed run=500000"));
    }

    TEST_CASE("slowed on the way, what is left takes longer") {
        const InlineRun run{
            world("kind = \"slow-task\"\nfactor = 3.0\ndelay = \"500ms\"\n"
                  "when = { kind = \"task.launch\", stage = \"numbers\", partition = 0 }\n")};
        CHECK(run.records.has(
            "2000000 task.finished app=a task=s0.0/p0#0 exec=e1 status=success run=2000000"));
        CHECK(run.records.has("3000000 task.finished app=a task=s0.0/p1#0"));
    }

    TEST_CASE("frozen on the way, it goes on with what was left") {
        const InlineRun run{
            world("kind = \"freeze-executor\"\nat = \"200ms\"\nfor = \"1s\"\nexecutor = \"e1\"\n")};
        CHECK(run.records.has("2000000 task.finished app=a task=s0.0/p0#0 exec=e1 status=success"));
        CHECK(run.records.has("3000000 task.finished app=a task=s0.0/p1#0"));
    }

    TEST_CASE("a slow worker slows the attempts launched from then on") {
        const InlineRun run{
            world("kind = \"slow-worker\"\nat = \"500ms\"\nworker = \"w\"\nfactor = 2.0\n")};
        CHECK(run.records.has("1000000 task.finished app=a task=s0.0/p0#0"));
        CHECK(run.records.has("3000000 task.finished app=a task=s0.0/p1#0"));
    }

    TEST_CASE("a task may be told to fail while it still reads") {
        std::string text =
            world("kind = \"fail-task\"\nstage = \"numbers\"\npartition = 0\nprogress = 10\n");
        text.replace(text.find("cores = 1\n"), 10, "count = 2\ncores = 1\n");
        text.replace(text.find("[conf]"), 6, "[cluster.network]\nbandwidth = \"1k/s\"\n[conf]");
        text.replace(
            text.find("  { map"),
            7,
            "  { key_by = \"identity\" },\n  { reduce_by_key = \"sum\", partitions = 2 },\n"
            "  { map");
        const InlineRun run{text};
        CHECK(run.result.report.exit == Exit::ok);
        CHECK(run.records.of("status=failed").size() == 1);
        CHECK(run.result.report.summary.tasks.succeeded == 4);
    }
}

}  // namespace forkyard::sim::real_tasks_test
