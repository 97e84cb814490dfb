// What the users' programs submit, and what they do not.
#include <string>

#include <doctest/doctest.h>

#include "tests/sim/run/inline_run.hpp"

namespace forkyard::sim::programs_test {

using testing::InlineRun;

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

    TEST_CASE("both spellings of an order sort") {
        for (const char* order : {"desc", "descending"}) {
            const InlineRun run{world("[[app.job]]\nof = \"sorted\"\naction = \"first\"\n"),
                                {std::string{"app.0.dataset.0.steps.1.args=[\""} + order + "\"]"}};
            REQUIRE(run.result.report.results.size() == 1);
            CHECK(run.result.report.results[0].value == forkyard::Value{std::int64_t{3}});
        }
    }

    TEST_CASE("at the time limit it is said what was still to come") {
        const std::string job = "[[app.job]]\nof = \"sorted\"\naction = \"count\"\n";
        const InlineRun later{world(job), {"app.0.submit_at=2h", "app.0.open_until=3h"}};
        REQUIRE(later.result.waiting.size() == 1);
        CHECK(later.result.waiting[0] == "a is to be submitted at 2 h");
        const InlineRun open{world(job), {"app.0.open_until=2h"}};
        REQUIRE(open.result.waiting.size() == 1);
        CHECK(open.result.waiting[0] == "a stays open until 2 h");
        const InlineRun job_later{world(job + "at = \"2h\"\nname = \"k\"\n")};
        REQUIRE(job_later.result.waiting.size() == 1);
        CHECK(job_later.result.waiting[0] ==
              "a: job sort_by at sorted:1 is to be submitted at 2 h");
    }

    TEST_CASE("a duration beyond all measure ends at the time limit") {
        const InlineRun run{
            world("[[app.stage]]\nname = \"s\"\ntasks = 2\n"
                  "duration = { lognormal = { median = \"1s\", sigma = 1000 } }\n")};
        CHECK(run.result.verdict == forkyard::sim::Verdict::timed_out);
    }

    TEST_CASE("a job that has ended is not cancelled any more") {
        const InlineRun run{
            world("[[app.job]]\nof = \"sorted\"\naction = \"count\"\n"
                  "cancel_at = \"5s\"\n")};
        CHECK(run.records.of("job.cancelled").empty());
        CHECK(run.result.report.exit == Exit::ok);
    }
}

}  // namespace forkyard::sim::programs_test
