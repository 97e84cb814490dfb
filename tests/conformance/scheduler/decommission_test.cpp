// SCH-BE-08 and 09: executors that are going to end, and what their end means.
#include <doctest/doctest.h>

#include "tests/builders/driver_world.hpp"
#include "tests/builders/task_set_world.hpp"

namespace forkyard::decommission_test {
namespace {

constexpr ExecutorId exec1{1};
constexpr ExecutorId exec2{2};
constexpr Locality any = Locality::any;

AppSpec with_shuffle_service(AppSpec app) {
    app.conf.shuffle_service = true;
    return app;
}

TEST_SUITE("conformance: decommissioned executors") {
    TEST_CASE("SCH-BE-08 what runs there goes on, and nothing more is launched") {
        DriverWorld world{app_of({stage_of("work", 4, {})}, {"work"})};
        CHECK(only(world.start(2, 1), "launch").size() == 2);
        CHECK(world.decommissioning(1).empty());
        CHECK(world.success(task(0, 0, 0), 1).empty());
        CHECK(world.success(task(0, 0, 1), 2) == Lines{"launch s0.0/p2#0 on e2"});
        CHECK(world.lost(1, LossReason::decommissioned).empty());
        CHECK(world.success(task(0, 0, 2), 2) == Lines{"launch s0.0/p3#0 on e2"});
        CHECK(only(world.success(task(0, 0, 3), 2), "job") == Lines{"job j0 succeeded"});
    }

    TEST_CASE("SCH-BE-08 that it is leaving is known until it is lost, or longer if asked for") {
        for (const std::uint32_t retained : {0U, 1U}) {
            CAPTURE(retained);
            AppSpec app = app_of({stage_of("work", 1, {})}, {"work"});
            app.conf.retained_decommissioned = retained;
            DriverWorld world{std::move(app)};
            (void)world.start(1, 1);
            const ExecutorTable& executors = world.driver().task_scheduler().executors();
            CHECK_FALSE(executors.decommissioned(exec1));
            (void)world.decommissioning(1);
            CHECK(executors.decommissioned(exec1));
            (void)world.lost(1, LossReason::decommissioned);
            CHECK(executors.decommissioned(exec1) == (retained == 1));
        }
    }

    TEST_CASE("SCH-BE-08 a notice for one that is unknown or lost changes nothing") {
        AppSpec app = app_of({stage_of("work", 1, {})}, {"work"});
        app.conf.retained_decommissioned = 1;
        DriverWorld world{std::move(app)};
        (void)world.start(1, 1);
        const ExecutorTable& executors = world.driver().task_scheduler().executors();
        CHECK(world.decommissioning(9).empty());
        CHECK_FALSE(executors.decommissioned(ExecutorId{9}));
        (void)world.lost(1, LossReason::worker_lost);
        CHECK(world.decommissioning(1).empty());
        CHECK_FALSE(executors.decommissioned(exec1));
        CHECK(world.executor(2, 1) == Lines{"launch s0.0/p0#1 on e2"});
    }

    TEST_CASE("SCH-BE-08 a second notice is as good as none") {
        DriverWorld world{app_of({stage_of("work", 1, {})}, {"work"})};
        (void)world.start(1, 1);
        (void)world.decommissioning(1);
        CHECK(world.decommissioning(1).empty());
        CHECK_FALSE(world.driver().task_scheduler().executors().active_on_node(NodeId{1}));
    }

    // e1 and e2 on host1; task 0 would rather be on e1, task 1 runs anywhere.
    TaskSetWorld wants_e1() {
        TaskSetWorld set;
        set.live(exec1, host1);
        set.live(exec2, host1);
        set.submit(task_set_of({{on_exec(host1, exec1)}}));
        CHECK(set.levels() == "P N A");
        return set;
    }

    TEST_CASE("SCH-BE-08 it counts for no level: its host is left while others are there") {
        TaskSetWorld set = wants_e1();
        set.decommission(exec1);
        CHECK(set.levels() == "N A");
        CHECK(set.offer(exec2, any) == "0 NODE_LOCAL");
    }

    TEST_CASE("SCH-BE-08 and nothing is left when all on the host go") {
        TaskSetWorld set = wants_e1();
        set.decommission(exec1);
        set.decommission(exec2);
        CHECK(set.levels() == "A");
    }

    TEST_CASE("SCH-BE-09 its loss is not counted against the tasks that it ran") {
        AppSpec app = app_of({stage_of("work", 1, {})}, {"work"});
        app.conf.task_failures_max = 1;
        DriverWorld world{std::move(app)};
        (void)world.start(1, 1);
        (void)world.decommissioning(1);
        CHECK(world.lost(1, LossReason::exited, 1) == Lines{"then s0.0/p0#0 executor-lost"});
        CHECK(world.executor(2, 1) == Lines{"launch s0.0/p0#1 on e2"});
    }

    TEST_CASE("SCH-BE-09 what it had finished runs again, even with an external shuffle service") {
        DriverWorld world{with_shuffle_service(map_reduce(2, 1))};
        (void)world.start(2, 1);
        (void)world.success(task(0, 0, 0), 1);
        (void)world.decommissioning(1);
        CHECK(world.lost(1, LossReason::decommissioned) == Lines{"then s0.0/p0#0 resubmitted"});
        CHECK(world.success(task(0, 0, 1), 2) == Lines{"h0/1 at e2", "launch s0.0/p0#1 on e2"});
    }

    TEST_CASE("SCH-BE-09 but not what it has passed on to another node") {
        AppSpec app = map_reduce(3, 1);
        DriverWorld world{std::move(app)};
        CHECK(only(world.start(3, 1), "launch").size() == 3);
        (void)world.success(task(0, 0, 0), 1);
        (void)world.decommissioning(1);
        CHECK(world.moved(0, 2) == Lines{"h0/0 at e2"});
        CHECK(world.lost(1, LossReason::decommissioned).empty());
        (void)world.success(task(0, 0, 1), 2);
        CHECK(only(world.success(task(0, 0, 2), 3), "stage") ==
              Lines{"stage s0.0 succeeded", "stage s1.0 of 1"});
    }

    TEST_CASE("SCH-BE-09 before 3.4 that was not looked at") {
        AppSpec app = map_reduce(2, 1);
        app.conf.compat = Compat::spark_3_0;
        DriverWorld world{std::move(app)};
        (void)world.start(2, 1);
        (void)world.success(task(0, 0, 0), 1);
        (void)world.decommissioning(1);
        (void)world.moved(0, 2);
        CHECK(only(world.lost(1, LossReason::decommissioned), "then") ==
              Lines{"then s0.0/p0#0 resubmitted"});
    }

    TEST_CASE("SCH-BE-09 one that just ends takes along what it had, moved or not") {
        // Only a decommissioned executor is known to pass its outputs on.
        DriverWorld world{map_reduce(2, 1)};
        (void)world.start(2, 1);
        (void)world.success(task(0, 0, 0), 1);
        (void)world.moved(0, 2);
        CHECK(only(world.lost(1, LossReason::worker_lost), "then") ==
              Lines{"then s0.0/p0#0 resubmitted"});
    }
}

}  // namespace
}  // namespace forkyard::decommission_test
