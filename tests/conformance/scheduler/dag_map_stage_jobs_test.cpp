// SCH-DAG-70 to 73: jobs that make a shuffle and nothing more.
#include <doctest/doctest.h>

#include "tests/builders/dag_world.hpp"

namespace forkyard::dag_map_stage_jobs_test {
namespace {

// Jobs 0 and 1 make the shuffles of a and of b, job 2 reads that of b.
AppSpec two_map_stage_jobs() {
    AppSpec app = chain_of_three(2);
    app.jobs.clear();
    for (const char* of : {"a", "b", "c"}) {
        JobSpec job;
        job.name = of;
        job.of = of;
        job.map_stage = app.jobs.size() < 2;
        app.jobs.push_back(std::move(job));
    }
    return app;
}

// The first `jobs` jobs make the shuffle of the map stage, the last one reads it.
AppSpec map_stage_jobs(std::uint32_t maps, std::uint32_t reduces, std::size_t jobs) {
    AppSpec app = map_reduce(maps, reduces, jobs + 1);
    for (std::size_t j = 0; j < jobs; ++j) {
        app.jobs[j].of = "map";
        app.jobs[j].map_stage = true;
    }
    return app;
}

TEST_SUITE("conformance: map stages as jobs") {
    TEST_CASE("SCH-DAG-70 a map-stage job is done once, when all outputs are there") {
        DagWorld world{map_stage_jobs(2, 1, 1)};
        CHECK(only(world.job(0), "run") == Lines{"run s0.0 on {0, 1}"});
        CHECK(only(world.success(task(0, 0, 0), 1), "job").empty());
        CHECK(only(world.success(task(0, 0, 1), 2), "job") == Lines{"job j0 succeeded"});
        CHECK(world.idle());
    }

    TEST_CASE("SCH-DAG-70 a later job runs its result stage alone") {
        DagWorld world{map_stage_jobs(2, 1, 1)};
        (void)world.job(0);
        (void)world.success(task(0, 0, 0), 1);
        (void)world.success(task(0, 0, 1), 2);
        CHECK(world.job(1) == Lines{"stage s2.0 of 1", "skip s1 for j1", "run s2.0 on {0}"});
        CHECK(only(world.success(task(2, 0, 0), 1), "job") == Lines{"job j1 succeeded"});
    }

    TEST_CASE("SCH-DAG-70 the map stage submitted again is done at once, without tasks") {
        DagWorld world{map_stage_jobs(2, 1, 2)};
        (void)world.job(0);
        (void)world.success(task(0, 0, 0), 1);
        (void)world.success(task(0, 0, 1), 2);
        const Lines lines = world.job(1);
        CHECK(only(lines, "job") == Lines{"job j1 succeeded"});
        CHECK(only(lines, "run").empty());
        CHECK(only(lines, "stage").empty());
    }

    TEST_CASE("SCH-DAG-71 it shares its stage with a job that reads the shuffle") {
        DagWorld world{map_stage_jobs(2, 2, 1)};
        CHECK(only(world.job(0), "run") == Lines{"run s0.0 on {0, 1}"});
        CHECK(only(world.job(1), "run").empty());
        (void)world.success(task(0, 0, 0), 1);
        CHECK(world.success(task(0, 0, 1), 2) == Lines{"h0/1 at e2",
                                                       "stage s0.0 succeeded",
                                                       "job j0 succeeded",
                                                       "stage s1.0 of 2",
                                                       "run s1.0 on {0, 1}"});
        (void)world.success(task(1, 0, 0), 1);
        CHECK(only(world.success(task(1, 0, 1), 1), "job") == Lines{"job j1 succeeded"});
    }

    TEST_CASE("SCH-DAG-72 outputs of an executor that was lost do not make it done") {
        DagWorld world{map_stage_jobs(3, 1, 1)};
        (void)world.job(0);
        (void)world.success(task(0, 0, 0), 1);
        (void)world.executor_lost(1);
        CHECK(only(world.success(task(0, 0, 1), 1), "h").empty());
        const Lines lines = world.success(task(0, 0, 2), 2);
        CHECK(only(lines, "job").empty());
        CHECK(only(lines, "run") == Lines{"run s0.1 on {0, 1}"});
        CHECK(only(world.success(task(0, 1, 0), 2), "job").empty());
        CHECK(only(world.success(task(0, 1, 1), 2), "job") == Lines{"job j0 succeeded"});
    }

    TEST_CASE("SCH-DAG-73 one result each, though their readers fail to fetch") {
        DagWorld world{two_map_stage_jobs()};
        Lines all = world.job(0);
        append(all, world.job(1));
        append(all, world.job(2));
        append(all, world.success(task(0, 0, 0), 1));
        append(all, world.success(task(0, 0, 1), 2));
        append(all, world.success(task(1, 0, 0), 3));
        append(all, world.fetch_failure(task(1, 0, 1), 0, 1));
        world.at(200);
        append(all, world.timers());
        append(all, world.success(task(0, 1, 0), 4));
        append(all, world.success(task(1, 1, 1), 4));
        append(all, world.success(task(2, 0, 0), 5));
        append(all, world.fetch_failure(task(2, 0, 1), 1, 3));
        world.at(400);
        append(all, world.timers());
        append(all, world.success(task(1, 2, 0), 5));
        append(all, world.success(task(2, 1, 1), 5));
        CHECK(only(all, "run") == Lines{"run s0.0 on {0, 1}",
                                        "run s1.0 on {0, 1}",
                                        "run s0.1 on {0}",
                                        "run s1.1 on {1}",
                                        "run s2.0 on {0, 1}",
                                        "run s1.2 on {0}",
                                        "run s2.1 on {1}"});
        CHECK(only(all, "job") ==
              Lines{"job j0 succeeded", "job j1 succeeded", "job j2 succeeded"});
    }
}

}  // namespace
}  // namespace forkyard::dag_map_stage_jobs_test
