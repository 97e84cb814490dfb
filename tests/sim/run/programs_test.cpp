// What the users' programs submit, and what they do not.
#include <string>

#include <doctest/doctest.h>

#include "tests/sim/run/inline_run.hpp"

using forkyard::Exit;
using forkyard::sim::testing::InlineRun;

namespace {

std::string world(const std::string& rest) {
    return R"(format = 1
[cluster]
[[cluster.worker]]
name = "w"
cores = 2
memory = "2g"
[conf]
"spark.task.maxFailures" = 1
[[app]]
name = "a"
open_until = "10s"
[[app.dataset]]
name = "sorted"
steps = [
  { values = [3, 1, 2], partitions = 2 },
  { sort_by = "identity", partitions = 2 },
]
)" + rest;
}

}  // namespace

TEST_SUITE("programs") {
    TEST_CASE("a sort whose sampling fails is not submitted, and the program goes on") {
        const InlineRun run{
            world("[[app.job]]\nof = \"sorted\"\naction = \"collect\"\non_failure = \"continue\"\n"
                  "[[app.job]]\nof = \"sorted\"\naction = \"count\"\n"
                  "[[fault]]\nkind = \"fail-task\"\npartition = 0\n")};
        // The sampling that fails; then that of the second job, and the count.
        CHECK(run.records.of("job.submitted").size() == 3);
        CHECK(run.records.of("job.finish").size() == 3);
        CHECK(run.result.report.results.size() == 1);
    }

    TEST_CASE("a second job on a sorted dataset does not sample again") {
        const InlineRun run{
            world("[[app.job]]\nof = \"sorted\"\naction = \"collect\"\n"
                  "[[app.job]]\nof = \"sorted\"\naction = \"count\"\n")};
        CHECK(run.records.of("job.submitted").size() == 3);
        CHECK(run.result.report.results.size() == 2);
    }

    TEST_CASE("two threads that share a sorted dataset both find its bounds") {
        const InlineRun run{
            world("[[app.job]]\nof = \"sorted\"\naction = \"collect\"\n"
                  "[[app.job]]\nof = \"sorted\"\naction = \"collect\"\nthread = \"other\"\n")};
        REQUIRE(run.result.report.results.size() == 2);
        CHECK(run.result.report.results[0].value == run.result.report.results[1].value);
    }

    TEST_CASE("a job that has ended is not cancelled any more") {
        const InlineRun run{
            world("[[app.job]]\nof = \"sorted\"\naction = \"count\"\n"
                  "cancel_at = \"5s\"\n")};
        CHECK(run.records.of("job.cancelled").empty());
        CHECK(run.result.report.exit == Exit::ok);
    }
}
