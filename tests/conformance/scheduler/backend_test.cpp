// SCH-BE-02, 03, 05 and 07: which executors are offered, when the first tasks start, which
// reason of a loss holds, and what is heard of executors that are gone.
#include <doctest/doctest.h>

#include "tests/builders/driver_world.hpp"
#include "tests/builders/offers_world.hpp"

namespace forkyard::backend_test {
namespace {

constexpr ExecutorId exec1{1};
constexpr ExecutorId exec2{2};
constexpr std::int64_t second = 1000;

AppSpec tasks(std::uint32_t number) {
    return app_of({stage_of("work", number, {})}, {"work"});
}

// Health that kills the holder of a fetch failure at once.
AppConf killing() {
    AppConf conf;
    conf.exclusion.application = conf.exclusion.task_and_stage = true;
    conf.exclusion.fetch_failures = conf.exclusion.kill = true;
    conf.task_failures_max = 1;
    return conf;
}

// A task of s0 runs on e1; a reducer on e2 finds that e1's output is gone.
void blame_exec1_for_a_fetch(OffersWorld& world) {
    world.executor(exec1, host1, 2);
    world.executor(exec2, host2, 1);
    world.submit(task_set_of(1));
    CHECK(world.offer(exec1).size() == 1);
    TaskSet reducers = task_set_of(1);
    reducers.stage = {StageId{1}, 0};
    world.submit(std::move(reducers));
    CHECK(world.offer(exec2).size() == 1);
    CHECK(world.fetch_failure(task(1, 0, 0), exec2, exec1) ==
          Lines{"exclude e1 for app after 1", "kill e1: excluded"});
}

TEST_SUITE("conformance: executors without offers") {
    TEST_CASE("SCH-BE-02 one that was asked to end is not offered any more") {
        DriverWorld world{app_of({stage_of("a", 1, {}), stage_of("b", 4, {})}, {"a", "b"})};
        CHECK(world.start(2, 2) == Lines{"stage s0.0 of 1", "launch s0.0/p0#0 on e1"});
        (void)world.silent(2, 0);
        CHECK(world.until(180 * second) == Lines{"at 180000 ms", "kill e2: heartbeat-timeout"});
        // It is still there, with two free cores.
        CHECK(world.job(1) == Lines{"stage s1.0 of 4", "launch s1.0/p0#0 on e1"});
        CHECK(world.until(200 * second).empty());
        CHECK(world.success(task(0, 0, 0), 1) ==
              Lines{"stage s0.0 succeeded", "job j0 succeeded", "launch s1.0/p1#0 on e1"});
    }

    TEST_CASE("SCH-BE-02 neither for the slots of a barrier") {
        AppSpec app = tasks(3);
        app.stages[0].barrier = true;
        DriverWorld world{std::move(app)};
        (void)world.submitted();
        (void)world.executor(1, 2);
        (void)world.executor(2, 2);
        (void)world.silent(2, 0);
        (void)world.until(180 * second);
        CHECK(world.job(0).empty());
        CHECK(world.driver().task_scheduler().executors().slots() == 2);
    }

    TEST_CASE("SCH-BE-02 nor is one whose loss is still to be explained") {
        DriverWorld world{tasks(3)};
        (void)world.submitted();
        (void)world.executor(1, 1);
        (void)world.executor(2, 2);
        (void)world.disconnected(2);
        CHECK(only(world.job(0), "launch") == Lines{"launch s0.0/p0#0 on e1"});
        CHECK(world.until(100 * second).empty());
    }

    TEST_CASE("SCH-BE-02 nor is one that is being decommissioned") {
        DriverWorld world{tasks(3)};
        (void)world.submitted();
        (void)world.executor(1, 1);
        (void)world.executor(2, 2);
        (void)world.decommissioning(2);
        CHECK(only(world.job(0), "launch") == Lines{"launch s0.0/p0#0 on e1"});
        CHECK(world.success(task(0, 0, 0), 1) == Lines{"launch s0.0/p1#0 on e1"});
        CHECK(world.until(100 * second).empty());
    }
}

TEST_SUITE("conformance: the start gate") {
    AppSpec gated(std::int64_t millionths) {
        AppSpec app = tasks(10);
        app.conf.cores_max = 10;
        app.conf.registered_ratio_min = Millionths{millionths};
        return app;
    }

    TEST_CASE("SCH-BE-03 ALLOC-25 nothing starts before the ratio of the cores is there") {
        DriverWorld world{gated(800'000)};
        CHECK(only(world.start(7, 1), "launch").empty());
        CHECK(only(world.until(29 * second), "launch").empty());
        CHECK(only(world.executor(8, 1), "launch").size() == 8);
    }

    TEST_CASE("SCH-BE-03 or before spark.scheduler.maxRegisteredResourcesWaitingTime is over") {
        DriverWorld world{gated(800'000)};
        CHECK(only(world.start(1, 2), "launch").empty());
        CHECK(only(world.until(30 * second - 1), "launch").empty());
        CHECK(world.until(30 * second) ==
              Lines{"at 30000 ms", "launch s0.0/p0#0 on e1", "launch s0.0/p1#0 on e1"});
        // From then on whatever comes is used.
        CHECK(only(world.executor(2, 1), "launch").size() == 1);
    }

    TEST_CASE("SCH-BE-03 the wait can be another") {
        AppSpec app = gated(800'000);
        app.conf.registered_wait_max = std::chrono::seconds{5};
        DriverWorld world{std::move(app)};
        (void)world.start(1, 1);
        CHECK(world.until(5 * second) == Lines{"at 5000 ms", "launch s0.0/p0#0 on e1"});
    }

    TEST_CASE("SCH-BE-03 in standalone mode nothing is waited for unless it is asked for") {
        CHECK(AppConf{}.registered_ratio_min.count == 0);
        AppSpec app = tasks(10);
        app.conf.cores_max = 10;
        DriverWorld world{std::move(app)};
        CHECK(only(world.start(1, 1), "launch").size() == 1);
    }
}

TEST_SUITE("conformance: which reason of a loss holds") {
    TEST_CASE("SCH-BE-05 it was asked to end without blame, however it ended") {
        OffersWorld world{killing()};
        blame_exec1_for_a_fetch(world);
        CHECK(world.lost(exec1, LossReason::exited) == Lines{"then s0.0/p0#0 executor-lost"});
        CHECK_FALSE(world.last_end().set_failed);
        CHECK(world.offer(exec2).size() == 1);
    }

    TEST_CASE("SCH-BE-05 an exit of its own is the application's fault") {
        AppConf conf = killing();
        conf.exclusion.fetch_failures = false;
        OffersWorld world{conf};
        world.executor(exec1, host1, 1);
        world.submit(task_set_of(1));
        CHECK(world.offer(exec1).size() == 1);
        (void)world.lost(exec1, LossReason::exited);
        CHECK(world.last_end().set_failed.has_value());
    }

    TEST_CASE("SCH-BE-05 to be asked to end for its silence is no excuse") {
        AppSpec app = tasks(1);
        app.conf.task_failures_max = 1;
        DriverWorld world{std::move(app)};
        (void)world.start(1, 1);
        (void)world.silent(1, 0);
        CHECK(says(world.until(180 * second), "kill e1: heartbeat-timeout"));
        CHECK(only(world.lost(1, LossReason::heartbeat_timeout), "job j0 failed").size() == 1);
    }

    TEST_CASE("SCH-BE-05 it was being decommissioned, however it ended") {
        for (const bool decommissioned : {true, false}) {
            CAPTURE(decommissioned);
            AppSpec app = tasks(1);
            app.conf.task_failures_max = 1;
            DriverWorld world{std::move(app)};
            (void)world.start(1, 1);
            if (decommissioned) {
                (void)world.decommissioning(1);
            }
            CHECK(only(world.lost(1, LossReason::exited), "job").empty() == decommissioned);
        }
    }

    TEST_CASE(
        "SCH-BE-05 of one that is only known to have disconnected the application is blamed") {
        AppSpec app = tasks(1);
        app.conf.task_failures_max = 1;
        DriverWorld world{std::move(app)};
        (void)world.start(1, 1);
        CHECK(world.disconnected(1).empty());
        CHECK(only(world.lost(1, LossReason::exited), "job j0 failed").size() == 1);
    }

    TEST_CASE("SCH-BE-05 what unknown executors say of tasks frees no cores") {
        DriverWorld world{tasks(3)};
        (void)world.start(1, 1);
        CHECK(world.success(task(0, 0, 0), 7).empty());
        (void)world.executor(2, 1);
        (void)world.lost(2, LossReason::worker_lost);
        CHECK(world.success(task(0, 0, 1), 2).empty());
        CHECK(world.success(task(0, 0, 0), 1) == Lines{"launch s0.0/p1#1 on e1"});
    }
}

TEST_SUITE("conformance: beats of executors that are gone") {
    TEST_CASE("SCH-BE-07 one that was removed is not watched, whatever is heard of it") {
        DriverWorld world{tasks(1)};
        (void)world.start(1, 1);
        (void)world.lost(1, LossReason::exited);
        world.at(1 * second);
        (void)world.heard_again(1);
        (void)world.silent(1, 1 * second);
        CHECK(world.until(1000 * second).empty());
    }

    TEST_CASE("SCH-BE-07 nor is one that nobody has heard of") {
        DriverWorld world{tasks(1)};
        (void)world.submitted();
        (void)world.silent(5, 0);
        CHECK(world.until(1000 * second).empty());
    }

    TEST_CASE("SCH-BE-07 one with which the driver has lost touch is, until its loss is told") {
        DriverWorld world{tasks(1)};
        (void)world.start(1, 1);
        (void)world.disconnected(1);
        (void)world.silent(1, 0);
        CHECK(says(world.until(180 * second), "kill e1: heartbeat-timeout"));
        (void)world.lost(1, LossReason::heartbeat_timeout);
        CHECK(world.until(1000 * second).empty());
    }

    TEST_CASE("SCH-BE-07 nobody is watched once the driver has stopped") {
        DriverWorld world{tasks(1)};
        (void)world.start(1, 1);
        (void)world.closed("");
        (void)world.silent(1, 0);
        CHECK(world.until(1000 * second).empty());
    }
}

}  // namespace
}  // namespace forkyard::backend_test
