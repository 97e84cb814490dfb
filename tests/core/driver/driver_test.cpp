// One application's driver from its submission to its end: what it asks for, the start
// gate, silent executors, cancellation, and how the application ends.
#include "core/driver/driver.hpp"

#include <doctest/doctest.h>

#include "tests/builders/driver_world.hpp"

namespace forkyard::driver_test {
namespace {

constexpr std::int64_t second = 1000;

TEST_SUITE("driver") {
    TEST_CASE("it asks for executors when the application is submitted, with no limit") {
        DriverWorld world{map_reduce(1, 1)};
        CHECK(world.submitted() == Lines{"request any number"});
    }

    TEST_CASE("a job of two stages, from its submission to the end of the application") {
        DriverWorld world{map_reduce(2, 1)};
        CHECK(world.start(1, 1) == Lines{"stage s0.0 of 2", "launch s0.0/p0#0 on e1"});
        CHECK(world.success(task(0, 0, 0), 1) == Lines{"h0/0 at e1", "launch s0.0/p1#0 on e1"});
        CHECK(world.success(task(0, 0, 1), 1) == Lines{"h0/1 at e1",
                                                       "stage s0.0 succeeded",
                                                       "stage s1.0 of 1",
                                                       "launch s1.0/p0#0 on e1"});
        CHECK(world.success(task(1, 0, 0), 1) == Lines{"stage s1.0 succeeded", "job j0 succeeded"});
        CHECK(world.closed("") == Lines{"app succeeded"});
        CHECK(world.driver().finished());
    }

    TEST_CASE("events of other applications are ignored, and all events after the end") {
        DriverWorld world{map_reduce(1, 1)};
        (void)world.start(1, 1);
        (void)world.closed("");
        CHECK(world.success(task(0, 0, 0), 1).empty());
        CHECK(world.executor(2, 1).empty());
    }

    TEST_CASE("an application that is killed ends its jobs") {
        DriverWorld world{map_reduce(1, 1)};
        (void)world.start(1, 1);
        const Lines ended = world.killed();
        CHECK(only(ended, "stage") == Lines{"stage s0.0 killed"});
        CHECK(only(ended, "job").size() == 1);
        CHECK(only(ended, "app") == Lines{"app killed: killed by its user"});
    }

    TEST_CASE("an application whose job failed fails for its reason") {
        DriverWorld world{map_reduce(1, 1)};
        (void)world.start(1, 1);
        CHECK(only(world.closed("job j0 failed"), "app") == Lines{"app failed: job j0 failed"});
    }

    TEST_CASE("SCH-DAG-24 the attempts of a result stage that still run are killed") {
        DriverWorld world{map_reduce(2, 2)};
        (void)world.start(2, 1);
        (void)world.success(task(0, 0, 0), 1);
        (void)world.success(task(0, 0, 1), 2);
        (void)world.fetch_failure(task(1, 0, 0), 1, 2);
        CHECK(only(world.until(200), "launch") == Lines{"launch s0.1/p1#0 on e1"});
        (void)world.executor(3, 1);
        // p0 is tried again on e1 while p1 of the first attempt still runs on e2.
        CHECK(only(world.success(task(0, 1, 1), 1), "launch") ==
              Lines{"launch s1.1/p0#0 on e1", "launch s1.1/p1#0 on e3"});
        (void)world.success(task(1, 1, 0), 1);
        const Lines ended = world.success(task(1, 0, 1), 2);
        CHECK(only(ended, "kill") == Lines{"kill s1.1/p1#0 on e3: Stage finished"});
        CHECK(only(ended, "job") == Lines{"job j0 succeeded"});
    }

    TEST_CASE("SCH-DAG-63 a job that is cancelled has its attempts killed") {
        DriverWorld world{map_reduce(2, 1)};
        (void)world.start(1, 2);
        CHECK(world.cancel(0) == Lines{"stage s0.0 killed",
                                       "job j0 killed: Job 0 cancelled ",
                                       "kill s0.0/p0#0 on e1: Stage cancelled",
                                       "kill s0.0/p1#0 on e1: Stage cancelled"});
        CHECK(world.end(task(0, 0, 0), 1, TaskStatus::killed).empty());
        CHECK(world.driver().task_scheduler().executors().free_cores(ExecutorId{1}) == 1);
    }
}

TEST_SUITE("driver: registration wait") {
    AppSpec gated(std::int64_t millionths) {
        AppSpec app = app_of({stage_of("work", 4, {})}, {"work"});
        app.conf.cores_max = 4;
        app.conf.registered_ratio_min = Millionths{millionths};
        return app;
    }

    TEST_CASE("no task before the ratio of spark.cores.max has registered") {
        DriverWorld world{gated(750'000)};
        CHECK(only(world.start(2, 1), "launch").empty());
        CHECK(only(world.executor(3, 1), "launch").size() == 3);
    }

    TEST_CASE("or before spark.scheduler.maxRegisteredResourcesWaitingTime has passed") {
        DriverWorld world{gated(750'000)};
        (void)world.start(1, 1);
        CHECK(only(world.until(30 * second - 1), "launch").empty());
        CHECK(world.until(30 * second) == Lines{"at 30000 ms", "launch s0.0/p0#0 on e1"});
    }
}

TEST_SUITE("driver: silent executors") {
    TEST_CASE("SCH-BE-06 DRV-04 the one that was silent for too long is expired, not the other") {
        DriverWorld world{map_reduce(1, 1)};
        (void)world.submitted();
        (void)world.executor(1, 1);
        (void)world.executor(2, 1);
        CHECK(world.silent(2, 0).empty());
        (void)world.until(60 * second);
        CHECK(world.silent(1, 60 * second).empty());
        CHECK(world.until(179 * second).empty());
        CHECK(world.until(180 * second) == Lines{"at 180000 ms", "kill e2: heartbeat-timeout"});
        CHECK(world.until(239 * second).empty());
    }

    TEST_CASE("DRV-04 DP-BC-10 a check at the very limit does not count: 120 to 180 s") {
        struct Row {
            std::int64_t since;
            std::int64_t found;
        };
        for (const Row& row : {Row{0, 180 * second},
                               Row{1, 180 * second},
                               Row{59'999, 180 * second},
                               Row{60 * second, 240 * second},
                               Row{61 * second, 240 * second}}) {
            CAPTURE(row.since);
            DriverWorld world{map_reduce(1, 1)};
            (void)world.submitted();
            (void)world.executor(1, 1);
            world.at(row.since);
            (void)world.silent(1, row.since);
            CHECK(world.until(row.found - 1).empty());
            CHECK(says(world.until(row.found), "kill e1: heartbeat-timeout"));
        }
    }

    TEST_CASE("DRV-04 one that is heard again in time is kept") {
        DriverWorld world{map_reduce(1, 1)};
        (void)world.submitted();
        (void)world.executor(1, 1);
        (void)world.silent(1, 0);
        world.at(100 * second);
        (void)world.heard_again(1);
        CHECK(world.until(1000 * second).empty());
    }

    TEST_CASE("SCH-BE-06 an executor that is lost meanwhile is not expired") {
        DriverWorld world{map_reduce(1, 1)};
        (void)world.submitted();
        (void)world.executor(1, 1);
        (void)world.silent(1, 0);
        (void)world.lost(1, LossReason::exited);
        CHECK(world.until(1000 * second).empty());
    }
}

}  // namespace
}  // namespace forkyard::driver_test
