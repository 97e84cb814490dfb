// Task sets and slots, seen from outside: which task goes to which executor, in which
// order, and what the end of an attempt leads to.
#include "core/driver/task_scheduler.hpp"

#include <doctest/doctest.h>

#include "core/event_text.hpp"
#include "tests/builders/driver_world.hpp"

namespace forkyard::task_scheduler_test {
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
        CHECK(world.driver().task_scheduler().executors().free_cores(ExecutorId{2}) == 1);
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

    TEST_CASE("SCH-TSM-19 a task that succeeded has no failures any more") {
        // It fails, succeeds on e2, runs again because e2 is lost, and fails again: that
        // is not the second time in a row.
        AppSpec app = map_reduce(2, 1);
        app.conf.task_failures_max = 2;
        DriverWorld world{std::move(app)};
        (void)world.start(2, 1);
        CHECK(only(world.failure(task(0, 0, 1), 2), "launch") == Lines{"launch s0.0/p1#1 on e2"});
        (void)world.success(task(0, 0, 1, 1), 2);
        CHECK(only(world.lost(2, LossReason::killed), "then") ==
              Lines{"then s0.0/p1#1 resubmitted"});
        (void)world.executor(3, 1);
        CHECK_FALSE(says(world.failure(task(0, 0, 1, 2), 3), "failed"));
    }
}

}  // namespace
}  // namespace forkyard::task_scheduler_test
