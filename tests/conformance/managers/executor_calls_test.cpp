// What a program asks of its driver about executors (ALLOC-23), and dynamic allocation within
// a driver.
#include <doctest/doctest.h>

#include "tests/builders/driver_world.hpp"

namespace forkyard::executor_calls_test {

namespace {

AppSpec waiting_app() {
    return app_of({stage_of("s", 8, {})}, {"s"});
}

}  // namespace

TEST_SUITE("what a program asks of its driver") {
    TEST_CASE("ALLOC-23 so many more, and so many in all") {
        DriverWorld world{waiting_app()};
        CHECK(world.submitted() == Lines{"request any number"});
        (void)world.executor(1, 1);
        // The first number is counted from none: what is there was never asked for.
        CHECK(world.calls(ExecutorCall::request, 2) == Lines{"request 2"});
        CHECK(world.calls(ExecutorCall::request, 3) == Lines{"request 5"});
        CHECK(world.calls(ExecutorCall::request_total, 4) == Lines{"request 4"});
        CHECK(world.calls(ExecutorCall::request_total, 4).empty());
        CHECK(world.calls(ExecutorCall::request, 0).empty());
    }

    TEST_CASE("ALLOC-23 a killed executor is one less, even with tasks; a retry costs nothing") {
        DriverWorld world{waiting_app()};
        (void)world.start(3, 1);
        CHECK(world.calls(ExecutorCall::request_total, 3) == Lines{"request 3"});
        CHECK(world.kills({1, 2}) ==
              Lines{"request 1", "kill e1: requested", "kill e2: requested"});
        // Twice, unknown, or both: nothing.
        CHECK(world.kills({1, 1, 9}).empty());
        CHECK(world.lost(1, LossReason::requested) == Lines{"then s0.0/p0#0 executor-lost"});
        CHECK(world.driver().task_scheduler().executors().alive_count() == 2);
    }

    TEST_CASE("ALLOC-23 of what was not asked for, the first to be killed leaves none") {
        DriverWorld world{waiting_app()};
        (void)world.start(3, 1);
        CHECK(world.kills({2}) == Lines{"request 0", "kill e2: requested"});
    }

    TEST_CASE("ALLOC-23 those that have registered are listed, also on their way out") {
        DriverWorld world{waiting_app()};
        (void)world.start(3, 1);
        (void)world.kills({3});
        world.granted(4);
        CHECK(world.calls(ExecutorCall::list, 0) == Lines{"there are e1 e2 e3"});
        (void)world.lost(3, LossReason::requested);
        CHECK(world.calls(ExecutorCall::list, 0) == Lines{"there are e1 e2"});
    }

    TEST_CASE("ALLOC-23 with dynamic allocation nobody else may kill") {
        AppSpec app = waiting_app();
        app.conf.allocation.enabled = true;
        DriverWorld world{app};
        (void)world.start(1, 1);
        CHECK(world.kills({1}) ==
              Lines{"warning: killExecutors() unsupported with Dynamic Allocation turned on"});
    }
}

TEST_SUITE("dynamic allocation of a driver") {
    // Two tasks on the one executor; the first fails there and is excluded, while the other
    // keeps it from being idle.
    AppSpec one_busy_executor() {
        AppSpec app = app_of({stage_of("s", 2, {})}, {"s"});
        app.conf.executor_cores = 2;
        app.conf.exclusion.task_and_stage = true;
        app.conf.allocation.enabled = true;
        app.conf.allocation.executors_initial = 1;
        return app;
    }

    TEST_CASE("ALLOC-18 a set that may run nowhere waits for an executor more") {
        DriverWorld world{one_busy_executor()};
        (void)world.start(1, 2);
        CHECK(world.failure({{StageId{0}, 0}, 0, 0}, 1) == Lines{"exclude e1 for p0 after 1"});
        CHECK(world.until(1'000) == Lines{"at 1000 ms", "request 2"});
        CHECK(world.executor(2, 2) == Lines{"launch s0.0/p0#1 on e2"});
        CHECK(world.until(1'200) == Lines{"at 1100 ms", "request 1"});
    }

    TEST_CASE("ALLOC-18 when none comes the set is given up; in 3.0 at once") {
        AppSpec app = one_busy_executor();
        app.conf.allocation.executors_max = 1;
        DriverWorld world{app};
        (void)world.start(1, 2);
        (void)world.failure({{StageId{0}, 0}, 0, 0}, 1);
        CHECK(only(world.until(119'999), "job").empty());
        CHECK(only(world.until(120'000), "job").size() == 1);
        app.conf.compat = Compat::spark_3_0;
        DriverWorld old{app};
        (void)old.start(1, 2);
        CHECK(only(old.failure({{StageId{0}, 0}, 0, 0}, 1), "job").size() == 1);
    }

    TEST_CASE("it begins with its first target, asks for more, and lets go of what is idle") {
        AppSpec app = app_of({stage_of("s", 4, {})}, {"s"});
        app.conf.executor_cores = 1;
        app.conf.allocation.enabled = true;
        app.conf.allocation.executors_min = 1;
        app.conf.allocation.executors_initial = 1;
        app.conf.allocation.idle_timeout = std::chrono::seconds{5};
        DriverWorld world{app};
        CHECK(world.submitted() == Lines{"request 1"});
        (void)world.executor(1, 1);
        (void)world.job(0);
        CHECK(world.until(3'000) == Lines{"at 1000 ms", "request 2", "at 2000 ms", "request 4"});
        (void)world.executor(2, 1);
        (void)world.success({{StageId{0}, 0}, 0, 0}, 1);
        (void)world.success({{StageId{0}, 0}, 1, 0}, 2);
        (void)world.success({{StageId{0}, 0}, 2, 0}, 1);
        CHECK(world.until(3'050) == Lines{"at 3000 ms", "request 1"});
        (void)world.success({{StageId{0}, 0}, 3, 0}, 2);
        // Idle since 3 s and 3.05 s; one has to stay.
        CHECK(world.until(20'000) == Lines{"at 8000 ms", "kill e1: idle"});
    }
}

}  // namespace forkyard::executor_calls_test
