// Task sets and slots, seen from outside: which task goes to which executor, in which
// order, and what the end of an attempt leads to.
#include "core/driver/task_scheduler.hpp"

#include <doctest/doctest.h>

#include "tests/builders/driver_world.hpp"

namespace forkyard {
namespace {

AppSpec tasks(std::uint32_t number) {
    return app_of({stage_of("work", number, {})}, {"work"});
}

AppSpec with_failures_max(AppSpec app, std::uint32_t most) {
    app.conf.task_failures_max = most;
    return app;
}

TEST_SUITE("task scheduler: offers") {
    TEST_CASE("SCH-TSM-01 low partitions first") {
        DriverWorld world{tasks(3)};
        CHECK(only(world.start(1, 2), "launch") ==
              Lines{"launch s0.0/p0#0 on e1", "launch s0.0/p1#0 on e1"});
        CHECK(world.success(task(0, 0, 0), 1) == Lines{"launch s0.0/p2#0 on e1"});
    }

    TEST_CASE("SCH-TSM-01 a task that failed is the next candidate") {
        DriverWorld world{tasks(3)};
        (void)world.start(1, 1);
        CHECK(world.failure(task(0, 0, 0), 1) == Lines{"launch s0.0/p0#1 on e1"});
        CHECK(world.success(task(0, 0, 0, 1), 1) == Lines{"launch s0.0/p1#0 on e1"});
    }

    TEST_CASE("SCH-TSI-02 one task an executor a sweep, so that tasks spread") {
        DriverWorld world{tasks(5)};
        CHECK(only(world.start(3, 2), "launch") == Lines{"launch s0.0/p0#0 on e1",
                                                         "launch s0.0/p1#0 on e2",
                                                         "launch s0.0/p2#0 on e3",
                                                         "launch s0.0/p3#0 on e1",
                                                         "launch s0.0/p4#0 on e2"});
    }

    TEST_CASE("SCH-TSI-04 a task takes spark.task.cpus cores") {
        AppSpec app = tasks(3);
        app.conf.task_cpus = 2;
        DriverWorld world{app};
        (void)world.submitted();
        CHECK(only(world.job(0), "launch").empty());
        CHECK(world.executor(1, 1).empty());
        CHECK(world.executor(2, 3) == Lines{"launch s0.0/p0#0 on e2"});
        CHECK(world.driver().task_scheduler().free_cores(ExecutorId{2}) == 1);
        CHECK(world.success(task(0, 0, 0), 2) == Lines{"launch s0.0/p1#0 on e2"});
    }

    TEST_CASE("SCH-POOL-01 lower jobs first, then lower stages") {
        const auto two = [](std::string name) { return stage_of(std::move(name), 2, {}); };
        DriverWorld world{app_of({two("a"), two("b"), two("c")}, {"a", "b", "c"})};
        (void)world.submitted();
        // Job 2 comes first of all and is served last of all.
        (void)world.job(2);
        (void)world.job(0);
        (void)world.job(1);
        CHECK(world.executor(1, 6) == Lines{"launch s1.0/p0#0 on e1",
                                            "launch s1.0/p1#0 on e1",
                                            "launch s2.0/p0#0 on e1",
                                            "launch s2.0/p1#0 on e1",
                                            "launch s0.0/p0#0 on e1",
                                            "launch s0.0/p1#0 on e1"});
    }

    TEST_CASE("SCH-POOL-01 within a job the lower stage is served first") {
        DriverWorld world{app_of({stage_of("left", 2, {}),
                                  stage_of("right", 2, {}),
                                  stage_of("join", 1, {"left", "right"})},
                                 {"join"})};
        CHECK(only(world.start(1, 3), "launch") ==
              Lines{"launch s0.0/p0#0 on e1", "launch s0.0/p1#0 on e1", "launch s1.0/p0#0 on e1"});
    }

    TEST_CASE("SCH-BE-01 a success offers the executor that became free, a new one itself") {
        DriverWorld world{tasks(4)};
        (void)world.submitted();
        (void)world.job(0);
        CHECK(world.executor(1, 1) == Lines{"launch s0.0/p0#0 on e1"});
        CHECK(world.executor(2, 1) == Lines{"launch s0.0/p1#0 on e2"});
        CHECK(world.success(task(0, 0, 1), 2) == Lines{"launch s0.0/p2#0 on e2"});
    }

    TEST_CASE("the order of executors in a round is one choice, none for one executor") {
        AppSpec app = tasks(6);
        app.conf.offers = OfferOrder::shuffled;
        DriverWorld world{app};
        CHECK(only(world.start(3, 1), "choice") == Lines{"choice offer.order app/s0.0 of 6"});
        CHECK(only(world.success(task(0, 0, 0), 1), "choice").empty());
    }
}

TEST_SUITE("task scheduler: failures") {
    TEST_CASE("SCH-TSM-15 the fourth failure of one task fails the job") {
        DriverWorld world{tasks(2)};
        (void)world.start(1, 2);
        for (std::uint32_t attempt = 0; attempt < 3; ++attempt) {
            CHECK(only(world.failure(task(0, 0, 1, attempt), 1), "job").empty());
        }
        CHECK(only(world.failure(task(0, 0, 1, 3), 1), "job") ==
              Lines{"job j0 failed: Job aborted due to stage failure: Task 1 in stage s0.0 "
                    "failed 4 times, most recent failure: out of luck"});
    }

    TEST_CASE("SCH-TSM-15 the failures of different tasks do not add up") {
        DriverWorld world{with_failures_max(tasks(4), 2)};
        (void)world.start(1, 4);
        for (std::uint32_t p = 0; p < 4; ++p) {
            CHECK(only(world.failure(task(0, 0, p), 1), "job").empty());
        }
        CHECK(only(world.failure(task(0, 0, 2, 1), 1), "job").size() == 1);
    }

    TEST_CASE("SCH-DAG-61 when a job fails the attempts of its stages are killed") {
        DriverWorld world{with_failures_max(tasks(3), 1)};
        (void)world.start(3, 1);
        CHECK(only(world.failure(task(0, 0, 1), 2), "kill") ==
              Lines{"kill s0.0/p0#0 on e1: Stage cancelled",
                    "kill s0.0/p2#0 on e3: Stage cancelled"});
    }

    TEST_CASE("SCH-TSM-16 killed and commit-denied attempts do not count") {
        for (const TaskStatus status : {TaskStatus::killed, TaskStatus::commit_denied}) {
            DriverWorld world{with_failures_max(tasks(1), 1)};
            (void)world.start(1, 1);
            CHECK(world.end(task(0, 0, 0), 1, status) == Lines{"launch s0.0/p0#1 on e1"});
        }
    }

    TEST_CASE("SCH-TSM-17 DRV-01 only a loss that is the application's fault counts") {
        struct Row {
            LossReason reason;
            bool charged;
        };
        for (const Row& row : {Row{LossReason::exited, true},
                               Row{LossReason::killed, true},
                               Row{LossReason::heartbeat_timeout, true},
                               Row{LossReason::worker_lost, false},
                               Row{LossReason::preempted, false},
                               Row{LossReason::decommissioned, false},
                               Row{LossReason::idle, false},
                               Row{LossReason::requested, false},
                               Row{LossReason::excluded, false}}) {
            CAPTURE(to_text(row.reason));
            DriverWorld world{with_failures_max(tasks(1), 1)};
            (void)world.start(1, 1);
            const Lines lines = world.lost(1, row.reason);
            CHECK(only(lines, "then") == Lines{"then s0.0/p0#0 executor-lost"});
            CHECK(only(lines, "job").empty() != row.charged);
            // What was not given up runs on the next executor.
            CHECK(only(world.executor(2, 1), "launch s0.0/p0#1 on e2").empty() == row.charged);
        }
    }

    TEST_CASE("SCH-TSM-19 a success clears the count of failures") {
        AppSpec app = with_failures_max(map_reduce(2, 1), 2);
        DriverWorld world{app};
        (void)world.start(1, 1);
        (void)world.executor(2, 1);
        (void)world.failure(task(0, 0, 0), 1);
        (void)world.success(task(0, 0, 0, 1), 1);
        // The output is lost; the task fails once more, which is not its second in a row.
        CHECK(only(world.lost(1, LossReason::requested), "then") ==
              Lines{"then s0.0/p0#1 resubmitted"});
        (void)world.success(task(0, 0, 1), 2);
        CHECK(only(world.failure(task(0, 0, 0, 2), 2), "job").empty());
    }

    TEST_CASE("SCH-TSM-22 a second report of an attempt changes nothing") {
        DriverWorld world{tasks(3)};
        (void)world.start(1, 1);
        (void)world.success(task(0, 0, 0), 1);
        CHECK(world.success(task(0, 0, 0), 1).empty());
        CHECK(world.failure(task(0, 0, 0), 1).empty());
        CHECK(world.driver().task_scheduler().free_cores(ExecutorId{1}) == 0);
    }

    TEST_CASE("SCH-TSM-22 a success that comes after the executor was declared lost is ignored") {
        DriverWorld world{tasks(1)};
        (void)world.start(1, 1);
        (void)world.executor(2, 1);
        CHECK(only(world.lost(1, LossReason::heartbeat_timeout), "launch") ==
              Lines{"launch s0.0/p0#1 on e2"});
        CHECK(world.success(task(0, 0, 0), 1).empty());
        CHECK(only(world.success(task(0, 0, 0, 1), 2), "job") == Lines{"job j0 succeeded"});
    }
}

TEST_SUITE("task scheduler: lost executors") {
    TEST_CASE("SCH-TSM-23 A2.11 finished map tasks first, then running ones") {
        DriverWorld world{map_reduce(3, 1)};
        (void)world.start(1, 1);
        (void)world.success(task(0, 0, 0), 1);
        (void)world.success(task(0, 0, 1), 1);
        CHECK(world.lost(1, LossReason::requested) == Lines{"h0/0 not at e1",
                                                            "h0/1 not at e1",
                                                            "then s0.0/p0#0 resubmitted",
                                                            "then s0.0/p1#0 resubmitted",
                                                            "then s0.0/p2#0 executor-lost"});
        CHECK(only(world.executor(2, 3), "launch").size() == 3);
        (void)world.success(task(0, 0, 0, 1), 2);
        (void)world.success(task(0, 0, 1, 1), 2);
        CHECK(only(world.success(task(0, 0, 2, 1), 2), "stage") ==
              Lines{"stage s0.0 succeeded", "stage s1.0 of 1"});
    }

    TEST_CASE("SCH-TSM-23 finished result tasks are left alone") {
        DriverWorld world{tasks(2)};
        (void)world.start(1, 1);
        (void)world.success(task(0, 0, 0), 1);
        CHECK(only(world.lost(1, LossReason::requested), "then") ==
              Lines{"then s0.0/p1#0 executor-lost"});
    }

    TEST_CASE("SCH-TSM-24 a task set that has ended resubmits nothing") {
        DriverWorld world{map_reduce(1, 1)};
        (void)world.start(2, 1);
        (void)world.success(task(0, 0, 0), 1);
        CHECK_FALSE(says(world.lost(1, LossReason::requested), "resubmitted"));
    }

    TEST_CASE("SCH-TSM-25 only the attempt that made the output matters") {
        DriverWorld world{map_reduce(2, 1)};
        (void)world.start(2, 1);
        // p0 fails on e1 and is made on e2.
        (void)world.success(task(0, 0, 1), 2);
        (void)world.executor(3, 1);
        (void)world.failure(task(0, 0, 0), 1);
        SUBCASE("the executor of the failed attempt") {
            // e1 runs the retry, the first in order.
            CHECK(only(world.lost(1, LossReason::requested), "then") ==
                  Lines{"then s0.0/p0#1 executor-lost"});
        }
        SUBCASE("the executor of the one that succeeded") {
            CHECK(only(world.lost(2, LossReason::requested), "then") ==
                  Lines{"then s0.0/p1#0 resubmitted"});
        }
    }

    TEST_CASE("SCH-TSI-13 a lost executor leaves no trace") {
        DriverWorld world{tasks(2)};
        (void)world.start(1, 2);
        (void)world.lost(1, LossReason::requested);
        CHECK_FALSE(world.driver().task_scheduler().alive(ExecutorId{1}));
        CHECK(world.driver().task_scheduler().free_cores(ExecutorId{1}) == 0);
        CHECK(world.driver().task_scheduler().registered_cores() == 0);
        CHECK(world.lost(1, LossReason::exited).empty());
        // The last to be lost is the next candidate.
        CHECK(world.executor(2, 2) == Lines{"launch s0.0/p1#1 on e2", "launch s0.0/p0#1 on e2"});
    }
}

TEST_SUITE("task scheduler: attempts of one stage") {
    TEST_CASE("SCH-TSM-21 after a fetch failure the attempt launches nothing; what runs goes on") {
        DriverWorld world{map_reduce(1, 3)};
        (void)world.start(1, 1);
        (void)world.executor(2, 1);
        CHECK(only(world.success(task(0, 0, 0), 1), "launch") ==
              Lines{"launch s1.0/p0#0 on e1", "launch s1.0/p1#0 on e2"});
        const Lines failed = world.fetch_failure(task(1, 0, 0), 1, 1);
        CHECK(only(failed, "launch").empty());
        CHECK(only(failed, "kill").empty());
        CHECK(only(world.success(task(1, 0, 1), 2), "launch").empty());
        CHECK(only(world.until(200), "launch") == Lines{"launch s0.1/p0#0 on e1"});
        // The result that the first attempt made is not made again.
        CHECK(only(world.success(task(0, 1, 0), 1), "stage s1") == Lines{"stage s1.1 of 2"});
    }

    TEST_CASE("SCH-TSI-10 SCH-TSI-11 an older attempt that ends does not disturb the new one") {
        DriverWorld world{map_reduce(1, 3)};
        (void)world.start(1, 3);
        (void)world.success(task(0, 0, 0), 1);
        (void)world.fetch_failure(task(1, 0, 0), 1, 1);
        CHECK(only(world.until(200), "launch") == Lines{"launch s0.1/p0#0 on e1"});
        CHECK(only(world.success(task(0, 1, 0), 1), "launch") == Lines{"launch s1.1/p0#0 on e1"});
        // A failure in the old attempt is not retried there.
        CHECK(world.failure(task(1, 0, 1), 1) == Lines{"launch s1.1/p1#0 on e1"});
        CHECK(world.failure(task(1, 0, 2), 1) == Lines{"launch s1.1/p2#0 on e1"});
    }

    TEST_CASE("SCH-DAG-30 what an older attempt made is not launched by the newer one") {
        DriverWorld world{map_reduce(1, 3)};
        (void)world.start(1, 1);
        (void)world.success(task(0, 0, 0), 1);
        (void)world.executor(2, 2);
        (void)world.fetch_failure(task(1, 0, 0), 1, 1);
        CHECK(only(world.until(200), "launch") == Lines{"launch s0.1/p0#0 on e1"});
        CHECK(only(world.success(task(0, 1, 0), 1), "launch") == Lines{"launch s1.1/p0#0 on e1"});
        // p1 is left out; p2, which the older attempt still runs, has its turn.
        CHECK(only(world.success(task(1, 0, 1), 2), "launch") == Lines{"launch s1.1/p2#0 on e2"});
        (void)world.success(task(1, 0, 2), 2);
        CHECK(only(world.success(task(1, 1, 0), 1), "job") == Lines{"job j0 succeeded"});
    }

    TEST_CASE("SCH-TSM-19 what another attempt made has no failures any more") {
        // p0 of attempt 1 has failed once when attempt 0 makes it; its output is lost with
        // the executor of the failed try, and one more failure is not the second in a row.
        TaskSetManager set{{{StageId{0}, 1}, JobId{0}, {0, 1}, true, 0}, 2};
        TaskFinished failed;
        failed.task = set.launch(ExecutorId{1});
        failed.status = TaskStatus::failed;
        REQUIRE_FALSE(set.end(failed, true));
        set.partition_done(0);
        TaskFinished again;
        again.task = set.outputs_on(ExecutorId{1}).at(0);
        again.status = TaskStatus::resubmitted;
        REQUIRE_FALSE(set.end(again, false));
        failed.task = set.launch(ExecutorId{1});
        CHECK_FALSE(set.end(failed, true));
    }
}

}  // namespace
}  // namespace forkyard
