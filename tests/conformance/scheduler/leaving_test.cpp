// DECOM: what a driver does about executors that leave.
#include <doctest/doctest.h>

#include "tests/builders/driver_world.hpp"

namespace forkyard::leaving_test {
namespace {

AppSpec decommissions(AppSpec app) {
    app.conf.decommission.enabled = true;
    return app;
}

// Down to no executor, a second after the last task.
AppSpec elastic(AppSpec app) {
    AllocationConf& allocation = app.conf.allocation;
    allocation.enabled = true;
    allocation.idle_timeout = std::chrono::seconds{1};
    allocation.executors_initial = 2;
    app.conf.executor_cores = 1;
    return app;
}

TEST_SUITE("conformance: executors that leave") {
    TEST_CASE("DECOM-01 one that is told to end already is not told to leave") {
        DriverWorld world{decommissions(app_of({stage_of("work", 2, {})}, {"work"}))};
        (void)world.start(2, 1);
        CHECK(only(world.kills({1}), "kill") == Lines{"kill e1: requested"});
        (void)world.decommissioning(1);
        CHECK_FALSE(world.driver().task_scheduler().executors().at(ExecutorId{1}).decommissioning);
    }

    TEST_CASE("DECOM-06 what is in the fallback storage does not go with executors and nodes") {
        DriverWorld world{map_reduce(2, 1)};
        (void)world.submitted();
        (void)world.executor_on(NodeId{1}, 1, 1);
        (void)world.executor_on(NodeId{1}, 2, 1);
        (void)world.job(0);
        (void)world.success(task(0, 0, 0), 1);
        CHECK(only(world.moved(0, fallback_storage.value), "h0") == Lines{"h0/0 at fallback"});
        (void)world.decommissioning(1, NodeId{1});
        (void)world.success(task(0, 0, 1), 2);
        CHECK(only(world.lost(1, LossReason::decommissioned), "h0").size() == 1);  // e2's
        CHECK(only(world.lost(2, LossReason::worker_lost), "h0").empty());
    }

    TEST_CASE("DECOM-07 stragglers are killed after forceKillTimeout, once and without blame") {
        AppSpec app = decommissions(app_of({stage_of("work", 2, {})}, {"work"}));
        app.conf.decommission.force_kill_timeout = std::chrono::seconds{5};
        app.conf.task_failures_max = 1;
        DriverWorld world{std::move(app)};
        (void)world.start(2, 1);
        (void)world.decommissioning(1);
        CHECK(world.until(10'000) == Lines{"at 5000 ms", "kill e1: decommissioned"});
        CHECK(world.lost(1, LossReason::decommissioned, 137) ==
              Lines{"then s0.0/p0#0 executor-lost"});
        CHECK(world.until(20'000).empty());
    }

    TEST_CASE("DECOM-07 one that has left by then needs no killing") {
        AppSpec app = decommissions(app_of({stage_of("work", 2, {})}, {"work"}));
        app.conf.decommission.force_kill_timeout = std::chrono::seconds{5};
        DriverWorld world{std::move(app)};
        (void)world.start(2, 1);
        (void)world.decommissioning(1);
        (void)world.lost(1, LossReason::decommissioned);
        CHECK(only(world.until(10'000), "kill").empty());
    }

    TEST_CASE("DECOM-09 with its host gone as a whole, all outputs of the host are") {
        for (const bool whole : {true, false}) {
            CAPTURE(whole);
            DriverWorld world{map_reduce(2, 1)};
            (void)world.submitted();
            (void)world.executor_on(NodeId{1}, 1, 1);
            (void)world.executor_on(NodeId{1}, 2, 1);
            (void)world.job(0);
            (void)world.success(task(0, 0, 0), 1);
            (void)world.decommissioning(1, whole ? NodeId{1} : NodeId{});
            (void)world.success(task(0, 0, 1), 2);
            CHECK(only(world.lost(1, LossReason::decommissioned), "h0").size() == (whole ? 2 : 1));
        }
    }

    TEST_CASE(
        "SCH-DAG-45 those of its host where that went as a whole, with unRegisterOutputOnHost") {
        for (const bool whole : {true, false}) {
            CAPTURE(whole);
            AppSpec app = map_reduce(2, 1);
            app.conf.unregister_output_on_host = true;
            DriverWorld world{std::move(app)};
            (void)world.submitted();
            (void)world.executor_on(NodeId{1}, 1, 1);
            (void)world.executor_on(NodeId{1}, 2, 1);
            (void)world.executor_on(NodeId{2}, 3, 1);
            (void)world.job(0);
            (void)world.success(task(0, 0, 0), 1);
            (void)world.decommissioning(1, whole ? NodeId{1} : NodeId{});
            (void)world.success(task(0, 0, 1), 2);
            CHECK(only(world.fetch_failure(task(1, 0, 0), 2, 1), "h0").size() == (whole ? 2 : 1));
        }
    }

    TEST_CASE("DECOM-10 idle executors are decommissioned, not killed") {
        for (const bool gently : {true, false}) {
            CAPTURE(gently);
            AppSpec app = elastic(app_of({stage_of("work", 1, {})}, {"work"}));
            app.conf.decommission.enabled = gently;
            DriverWorld world{std::move(app)};
            (void)world.start(2, 1);
            const Lines decided = only(world.until(3'000), gently ? "decommission" : "kill");
            CHECK(decided == Lines{gently ? "decommission e2" : "kill e2: idle"});
            const ExecutorTable& executors = world.driver().task_scheduler().executors();
            CHECK(executors.at(ExecutorId{2}).decommissioning == gently);
            CHECK_FALSE(executors.has_room(ExecutorId{2}));
        }
    }

    TEST_CASE("DECOM-10 those that leave do not count in the least that is to stay") {
        AppSpec app = decommissions(elastic(app_of({stage_of("work", 1, {})}, {"work"})));
        app.conf.allocation.executors_min = 1;
        app.conf.allocation.executors_initial = 3;
        DriverWorld world{std::move(app)};
        (void)world.start(3, 1);
        (void)world.decommissioning(1);
        // e1 works and leaves; of the other two one has to stay.
        CHECK(only(world.until(5'000), "decommission").size() == 1);
    }
}

}  // namespace
}  // namespace forkyard::leaving_test
