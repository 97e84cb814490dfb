// The DAG scheduler: how jobs become stages, in which order these are submitted, what
// the end of tasks leads to, and how jobs end.
#include "core/driver/dag_scheduler.hpp"

#include <doctest/doctest.h>

#include "tests/builders/dag_world.hpp"

namespace forkyard::dag_scheduler_test {
namespace {

std::vector<StageId> stages(std::initializer_list<std::uint32_t> numbers) {
    std::vector<StageId> ids;
    for (const std::uint32_t number : numbers) {
        ids.emplace_back(number);
    }
    return ids;
}

// Two jobs over one map stage; the second needs another map stage, too.
AppSpec two_jobs_that_share() {
    return app_of({stage_of("shared", 2, {}),
                   stage_of("first", 1, {"shared"}),
                   stage_of("own", 2, {}),
                   stage_of("second", 1, {"shared", "own"})},
                  {"first", "second"});
}

TEST_SUITE("DAG scheduler: stages of a job") {
    TEST_CASE("SCH-DAG-01 a parent has the smaller number and is submitted first") {
        DagWorld dag{map_reduce(2, 1)};
        CHECK(dag.job(0) == Lines{"stage s0.0 of 2", "run s0.0 on {0, 1}"});
        CHECK(dag.submitted().stages == stages({0, 1}));
        CHECK(dag.submitted().final_stage == StageId{1});
    }

    TEST_CASE("SCH-DAG-02 one map stage a shuffle, even when two paths lead to it") {
        DagWorld dag{app_of({stage_of("a", 1, {}),
                             stage_of("b", 1, {"a"}),
                             stage_of("c", 1, {"a", "b"}),
                             stage_of("d", 1, {"c"})},
                            {"d"})};
        CHECK(dag.job(0) == Lines{"stage s0.0 of 1", "run s0.0 on {0}"});
        CHECK(dag.submitted().stages == stages({0, 1, 2, 3}));
        CHECK(only(dag.success(task(0, 0, 0), 1), "run") == Lines{"run s1.0 on {0}"});
        CHECK(only(dag.success(task(1, 0, 0), 1), "run") == Lines{"run s2.0 on {0}"});
        CHECK(only(dag.success(task(2, 0, 0), 1), "run") == Lines{"run s3.0 on {0}"});
        CHECK(only(dag.success(task(3, 0, 0), 1), "job") == Lines{"job j0 succeeded"});
    }

    TEST_CASE("SCH-DAG-06 a job without partitions ends at once, with no task") {
        DagWorld dag{map_reduce(2, 2, 2)};
        CHECK(only(dag.job(0, 0, 0, 0), "run").empty());
        CHECK(dag.idle());
    }

    TEST_CASE("SCH-DAG-06 a job without partitions uses up a job's number, not a stage's") {
        DagWorld dag{map_reduce(2, 2, 2)};
        CHECK(only(dag.job(0, 0, 0, 0), "job") == Lines{"job j0 succeeded"});
        CHECK(dag.submitted().stages.empty());
        (void)dag.job(1, 1, 0, 2);
        CHECK(dag.submitted().stages == stages({0, 1}));
    }

    TEST_CASE("SCH-DAG-10 missing parents are submitted first, lower numbers first") {
        DagWorld dag{app_of({stage_of("left", 1, {}),
                             stage_of("right", 2, {}),
                             stage_of("join", 1, {"left", "right"})},
                            {"join"})};
        CHECK(dag.job(0) ==
              Lines{"stage s0.0 of 1", "stage s1.0 of 2", "run s0.0 on {0}", "run s1.0 on {0, 1}"});
    }

    TEST_CASE("SCH-DAG-11 a child wakes when a parent ends, and may wait again") {
        DagWorld dag{app_of({stage_of("left", 1, {}),
                             stage_of("right", 1, {}),
                             stage_of("join", 1, {"left", "right"})},
                            {"join"})};
        (void)dag.job(0);
        CHECK(only(dag.success(task(0, 0, 0), 1), "run").empty());
        CHECK(dag.success(task(1, 0, 0), 1) ==
              Lines{"h1/0 at e1", "stage s1.0 succeeded", "stage s2.0 of 1", "run s2.0 on {0}"});
    }

    TEST_CASE("SCH-DAG-11 a diamond runs its five stages, the two in the middle together") {
        DagWorld dag{app_of({stage_of("a", 1, {}),
                             stage_of("b", 1, {"a"}),
                             stage_of("c", 1, {"a"}),
                             stage_of("d", 1, {"b", "c"}),
                             stage_of("result", 2, {"d"})},
                            {"result"})};
        CHECK(only(dag.job(0), "run") == Lines{"run s0.0 on {0}"});
        CHECK(only(dag.success(task(0, 0, 0), 1), "run") ==
              Lines{"run s1.0 on {0}", "run s2.0 on {0}"});
        CHECK(only(dag.success(task(2, 0, 0), 1), "run").empty());
        CHECK(only(dag.success(task(1, 0, 0), 1), "run") == Lines{"run s3.0 on {0}"});
        CHECK(only(dag.success(task(3, 0, 0), 1), "run") == Lines{"run s4.0 on {0, 1}"});
    }

    TEST_CASE("SCH-DAG-12 a result stage has a task for each partition that the job wants") {
        DagWorld dag{map_reduce(1, 5)};
        (void)dag.job(0, 0, 1, 3);
        CHECK(only(dag.success(task(0, 0, 0), 1), "run") == Lines{"run s1.0 on {1, 2}"});
        CHECK(dag.success(task(1, 0, 2), 1).empty());
        CHECK(only(dag.success(task(1, 0, 1), 1), "job") == Lines{"job j0 succeeded"});
    }
}

TEST_SUITE("DAG scheduler: jobs that share a shuffle") {
    TEST_CASE("SCH-DAG-13 a reused shuffle is a new stage, which is skipped") {
        DagWorld dag{map_reduce(2, 1, 2)};
        (void)dag.job(0);
        (void)dag.success(task(0, 0, 0), 1);
        (void)dag.success(task(0, 0, 1), 2);
        (void)dag.success(task(1, 0, 0), 1);
        CHECK(dag.job(1) == Lines{"stage s3.0 of 1", "skip s2 for j1", "run s3.0 on {0}"});
        CHECK(dag.submitted().stages == stages({2, 3}));
    }

    TEST_CASE("SCH-DAG-14 a fetch failure in a reused shuffle runs the skipped stage") {
        DagWorld dag{map_reduce(2, 1, 2)};
        (void)dag.job(0);
        (void)dag.success(task(0, 0, 0), 1);
        (void)dag.success(task(0, 0, 1), 2);
        (void)dag.success(task(1, 0, 0), 1);
        (void)dag.job(1);
        CHECK(dag.fetch_failure(task(3, 0, 0), 0, 1) ==
              Lines{"stage s3.0 failed", "h0/0 not at e1", "timer in 200 ms"});
        dag.at(200);
        CHECK(only(dag.timers(), "run") == Lines{"run s2.0 on {0}"});
        CHECK(only(dag.success(task(2, 0, 0), 2), "run") == Lines{"run s3.1 on {0}"});
    }

    TEST_CASE("SCH-DAG-15 when a job ends its map outputs stay registered") {
        DagWorld dag{map_reduce(1, 1, 2)};
        (void)dag.job(0);
        (void)dag.success(task(0, 0, 0), 1);
        CHECK_FALSE(says(dag.success(task(1, 0, 0), 1), "not at"));
        CHECK(dag.idle());
        CHECK(dag.executor_lost(1) == Lines{"h0/0 not at e1"});
    }

    TEST_CASE("SCH-DAG-16 jobs that are active together share the stage") {
        DagWorld dag{two_jobs_that_share()};
        CHECK(only(dag.job(0), "run") == Lines{"run s0.0 on {0, 1}"});
        CHECK(only(dag.job(1), "run") == Lines{"run s2.0 on {0, 1}"});
        CHECK(dag.submitted().stages == stages({0, 2, 3}));
    }

    TEST_CASE("SCH-DAG-62 the failure of a shared stage fails all jobs that need it") {
        DagWorld dag{two_jobs_that_share()};
        (void)dag.job(0);
        (void)dag.job(1);
        CHECK(dag.set_failed(task(0, 0, 0), "out of luck") ==
              Lines{"stage s0.0 failed",
                    "job j0 failed: Job aborted due to stage failure: out of luck",
                    "stage s2.0 failed",
                    "job j1 failed: Job aborted due to stage failure: out of luck",
                    "stop s1: Stage cancelled",
                    "stop s0: Stage cancelled",
                    "stop s2: Stage cancelled",
                    "stop s3: Stage cancelled"});
        CHECK(dag.idle());
    }

    TEST_CASE("SCH-DAG-63 a job that is cancelled leaves what another one needs") {
        DagWorld dag{two_jobs_that_share()};
        (void)dag.job(0);
        (void)dag.job(1);
        CHECK(dag.submitted_for(0) == JobId{0});
        const Lines ended = dag.cancel(0);
        CHECK(only(ended, "job") == Lines{"job j0 killed: Job 0 cancelled "});
        CHECK(only(ended, "stop") == Lines{"stop s1: Stage cancelled"});
        CHECK(only(ended, "stage").empty());

        SUBCASE("and stages that come later are the other job's") {
            (void)dag.success(task(2, 0, 0), 1);
            (void)dag.success(task(2, 0, 1), 1);
            (void)dag.success(task(0, 0, 0), 1);
            CHECK(only(dag.success(task(0, 0, 1), 1), "run") == Lines{"run s3.0 on {0}"});
            CHECK(dag.submitted_for(3) == JobId{1});
        }
        SUBCASE("and so is a retry of the shared stage") {
            (void)dag.executor_lost(1);
            (void)dag.success(task(0, 0, 0), 1);
            CHECK(only(dag.success(task(0, 0, 1), 2), "run") == Lines{"run s0.1 on {0}"});
            CHECK(dag.submitted_for(0) == JobId{1});
        }
    }

    TEST_CASE("SCH-DAG-64 a stage is submitted for the lowest job that needs it") {
        DagWorld dag{two_jobs_that_share()};
        (void)dag.job(1);
        (void)dag.job(0);
        CHECK(dag.submitted_for(0) == JobId{1});
        (void)dag.executor_lost(1);
        (void)dag.success(task(0, 0, 0), 1);
        CHECK(only(dag.success(task(0, 0, 1), 2), "run") == Lines{"run s0.1 on {0}"});
        CHECK(dag.submitted_for(0) == JobId{0});
    }
}

TEST_SUITE("DAG scheduler: ends of tasks") {
    TEST_CASE("SCH-DAG-22 a result counts once") {
        DagWorld dag{app_of({stage_of("result", 2, {})}, {"result"})};
        (void)dag.job(0);
        CHECK(dag.success(task(0, 0, 0), 1).empty());
        CHECK(dag.success(task(0, 0, 0, 1), 2).empty());
        CHECK(only(dag.success(task(0, 0, 1), 2), "job") == Lines{"job j0 succeeded"});
    }

    TEST_CASE("SCH-DAG-23 ends of tasks of a stage that is gone change nothing") {
        DagWorld dag{app_of({stage_of("result", 1, {})}, {"result"})};
        (void)dag.job(0);
        (void)dag.success(task(0, 0, 0), 1);
        CHECK(dag.success(task(0, 0, 0, 1), 2).empty());
        CHECK(dag.set_failed(task(0, 0, 0, 2), "too late").empty());
    }

    TEST_CASE("SCH-DAG-24 the last result ends the stage, then the job, and stops the rest") {
        DagWorld dag{map_reduce(1, 1)};
        (void)dag.job(0);
        (void)dag.success(task(0, 0, 0), 1);
        CHECK(dag.success(task(1, 0, 0), 1) == Lines{"stage s1.0 succeeded",
                                                     "job j0 succeeded",
                                                     "stop s0: Stage finished",
                                                     "stop s1: Stage finished"});
    }

    TEST_CASE("SCH-DAG-61 a task set that is given up fails its job") {
        DagWorld dag{map_reduce(2, 1)};
        (void)dag.job(0);
        const Lines ended = dag.set_failed(task(0, 0, 1), "Task 1 failed 4 times");
        // The stage that never started does not fail.
        CHECK(only(ended, "stage") == Lines{"stage s0.0 failed"});
        CHECK(only(ended, "job") ==
              Lines{"job j0 failed: Job aborted due to stage failure: Task 1 failed 4 times"});
    }

    TEST_CASE("SCH-DAG-26 the output of an executor that may be dead is not registered") {
        DagWorld dag{map_reduce(2, 1)};
        (void)dag.job(0);
        const std::uint64_t before = dag.epoch();
        CHECK(dag.executor_lost(1).empty());
        CHECK(dag.epoch() > before);
        CHECK(dag.success(task(0, 0, 0), 1).empty());
        CHECK(dag.success(task(0, 0, 0), 2) == Lines{"h0/0 at e2"});
        CHECK(dag.success(task(0, 0, 0), 1).empty());
        CHECK(only(dag.success(task(0, 0, 1), 1, dag.epoch()), "h0") == Lines{"h0/1 at e1"});
    }

    TEST_CASE("SCH-DAG-27 an output that was ignored is made by a new attempt of the map stage") {
        DagWorld dag{map_reduce(2, 2)};
        (void)dag.job(0);
        (void)dag.executor_lost(1);
        CHECK(dag.success(task(0, 0, 0), 1).empty());
        CHECK(dag.success(task(0, 0, 1), 2) == Lines{"h0/1 at e2",
                                                     "stage s0.0 succeeded",
                                                     "resubmit s0",
                                                     "stage s0.1 of 1",
                                                     "run s0.1 on {0}"});
        CHECK(only(dag.success(task(0, 1, 0), 3), "run") == Lines{"run s1.0 on {0, 1}"});
    }

    TEST_CASE("SCH-DAG-28 tasks that are resubmitted are pending again in the same attempt") {
        DagWorld dag{map_reduce(3, 1)};
        (void)dag.job(0);
        (void)dag.success(task(0, 0, 0), 1);
        (void)dag.success(task(0, 0, 1), 1);
        CHECK(dag.executor_lost(1) == Lines{"h0/0 not at e1", "h0/1 not at e1"});
        CHECK(dag.resubmitted(task(0, 0, 0), 1).empty());
        CHECK(dag.resubmitted(task(0, 0, 1), 1).empty());
        CHECK(dag.success(task(0, 0, 2), 2) == Lines{"h0/2 at e2"});
        CHECK(dag.success(task(0, 0, 0, 1), 2) == Lines{"h0/0 at e2"});
        CHECK(only(dag.success(task(0, 0, 1, 1), 2), "run") == Lines{"run s1.0 on {0}"});
    }

    TEST_CASE("SCH-DAG-32 the end of a map stage raises the epoch, complete or not") {
        DagWorld dag{map_reduce(1, 1)};
        (void)dag.job(0);
        SUBCASE("complete") {
            const std::uint64_t before = dag.epoch();
            (void)dag.success(task(0, 0, 0), 1);
            CHECK(dag.epoch() == before + 1);
        }
        SUBCASE("not complete") {
            (void)dag.executor_lost(1);
            const std::uint64_t before = dag.epoch();
            CHECK(only(dag.success(task(0, 0, 0), 1), "run") == Lines{"run s0.1 on {0}"});
            CHECK(dag.epoch() == before + 1);
        }
    }

    TEST_CASE("SCH-DAG-48 an executor that is added again is forgiven its past") {
        DagWorld dag{map_reduce(2, 1)};
        (void)dag.job(0);
        (void)dag.executor_lost(1);
        CHECK(dag.success(task(0, 0, 0), 1).empty());
        dag.executor_added(1);
        CHECK(only(dag.success(task(0, 0, 1), 1), "h0") == Lines{"h0/1 at e1"});
    }
}

}  // namespace
}  // namespace forkyard::dag_scheduler_test
