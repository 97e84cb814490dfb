// SCH-DAG-65 and 69: what a cancelled job says, and what cancelling reaches.
#include <doctest/doctest.h>
#include <fmt/format.h>

#include "tests/builders/driver_world.hpp"

namespace forkyard::dag_cancel_test {
namespace {

// Jobs 0 and 1 of group "etl", job 2 of none; each a stage of its own after a map stage
// that jobs 0 and 1 share.
AppSpec three_jobs() {
    AppSpec app = app_of({stage_of("shared", 1, {}),
                          stage_of("first", 1, {"shared"}),
                          stage_of("second", 1, {"shared"}),
                          stage_of("other", 1, {})},
                         {"first", "second", "other"});
    app.jobs[0].group = "etl";
    app.jobs[1].group = "etl";
    return app;
}

struct ThreeJobs {
    ThreeJobs() {
        for (const std::uint32_t n : {0U, 1U, 2U}) {
            (void)world.job(n);
        }
    }
    DagWorld world{three_jobs()};
};

TEST_SUITE("conformance: cancelling jobs") {
    TEST_CASE("SCH-DAG-65 without a reason a blank stays at the end") {
        ThreeJobs jobs;
        CHECK(only(jobs.world.cancel(0), "job") == Lines{"job j0 killed: Job 0 cancelled "});
    }

    TEST_CASE("SCH-DAG-65 with a reason it is told") {
        ThreeJobs jobs;
        CHECK(only(jobs.world.cancel(2, "too slow"), "job") ==
              Lines{"job j2 killed: Job 2 cancelled too slow"});
    }

    TEST_CASE("SCH-DAG-65 all jobs of a group") {
        ThreeJobs jobs;
        CHECK(only(jobs.world.cancel_group("etl"), "job") ==
              Lines{"job j0 killed: Job 0 cancelled part of cancelled job group etl",
                    "job j1 killed: Job 1 cancelled part of cancelled job group etl"});
        CHECK_FALSE(jobs.world.idle());
    }

    TEST_CASE("SCH-DAG-65 all jobs that use a stage") {
        ThreeJobs jobs;
        CHECK(only(jobs.world.cancel_stage(0), "job") ==
              Lines{"job j0 killed: Job 0 cancelled because Stage 0 was cancelled",
                    "job j1 killed: Job 1 cancelled because Stage 0 was cancelled"});
    }

    TEST_CASE("SCH-DAG-65 a stage's given reason takes the place of Spark's") {
        ThreeJobs jobs;
        CHECK(only(jobs.world.cancel_stage(1, "not wanted"), "job") ==
              Lines{"job j0 killed: Job 0 cancelled not wanted"});
    }

    TEST_CASE("SCH-DAG-65 all jobs") {
        ThreeJobs jobs;
        const Lines lines = only(jobs.world.cancel_all(), "job");
        REQUIRE(lines.size() == 3);
        for (std::size_t n = 0; n < 3; ++n) {
            CHECK(
                lines[n] ==
                fmt::format(
                    "job j{} killed: Job {} cancelled as part of cancellation of all jobs", n, n));
        }
    }

    TEST_CASE("SCH-DAG-65 of these only those with a stage that runs") {
        DagWorld world{map_reduce(1, 1)};
        (void)world.job(0);
        (void)world.success(task(0, 0, 0), 1);
        (void)world.fetch_failure(task(1, 0, 0), 0, 1);
        CHECK(world.cancel_all().empty());
        world.at(200);
        CHECK(only(world.timers(), "run") == Lines{"run s0.1 on {0}"});
        CHECK(only(world.cancel_all(), "job").size() == 1);
        CHECK(world.idle());
    }

    TEST_CASE("SCH-DAG-65 the driver's stop") {
        DriverWorld world{app_of({stage_of("work", 1, {})}, {"work"})};
        (void)world.start(1, 1);
        CHECK(only(world.closed(""), "job") ==
              Lines{"job j0 failed: Job 0 cancelled because SparkContext was shut down"});
    }

    TEST_CASE("SCH-DAG-65 a group's later jobs are cancelled only if that was asked for") {
        DagWorld future{three_jobs()};
        CHECK(future.cancel_group("etl", true).empty());
        CHECK(only(future.job(0), "job") ==
              Lines{"job j0 killed: Job 0 cancelled part of cancelled job group etl"});
        CHECK(only(future.job(2), "job").empty());

        DagWorld now{three_jobs()};
        CHECK(now.cancel_group("etl").empty());
        CHECK(only(now.job(0), "job").empty());
    }

    TEST_CASE("SCH-DAG-65 the latest thousand such groups are remembered") {
        DagWorld world{three_jobs()};
        (void)world.cancel_group("etl", true);
        for (int n = 0; n < 999; ++n) {
            (void)world.cancel_group(fmt::format("g{}", n), true);
        }
        CHECK(only(world.job(0), "job").size() == 1);
        (void)world.cancel_group("one too many", true);
        CHECK(only(world.job(1), "job").empty());
    }

    TEST_CASE("SCH-DAG-69 attempts of a stage that waits for its parent are killed, too") {
        DriverWorld world{map_reduce(2, 2)};
        (void)world.start(2, 2);
        (void)world.success(task(0, 0, 0), 1);
        CHECK(only(world.success(task(0, 0, 1), 2), "launch") ==
              Lines{"launch s1.0/p0#0 on e1", "launch s1.0/p1#0 on e2"});
        (void)world.fetch_failure(task(1, 0, 0), 1, 1);
        CHECK(only(world.until(200), "launch") == Lines{"launch s0.1/p0#0 on e1"});
        const Lines lines = only(world.cancel(0), "kill");
        CHECK(only(lines, "kill s0.1/p0#0").size() == 1);
        CHECK(only(lines, "kill s1.0/p1#0").size() == 1);
        CHECK(lines.size() == 2);
    }
}

}  // namespace
}  // namespace forkyard::dag_cancel_test
