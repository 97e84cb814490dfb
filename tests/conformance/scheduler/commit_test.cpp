// SCH-OCC-01 to 04: which attempt of a task may commit its output.
#include <doctest/doctest.h>

#include "core/event_text.hpp"
#include "tests/builders/dag_world.hpp"
#include "tests/builders/driver_world.hpp"

namespace forkyard::commit_test {
namespace {

AppSpec barrier_maps() {
    AppSpec app = map_reduce(2, 1);
    app.stages[0].barrier = true;
    return app;
}

TEST_SUITE("conformance: permission to commit") {
    TEST_CASE("SCH-OCC-01 DP-IO-08 the first that asks may, until it fails") {
        DagWorld world{app_of({stage_of("save", 4, {})}, {"save"})};
        (void)world.job(0);
        CHECK(world.commit(task(0, 0, 2, 3)) == "yes");
        CHECK(world.commit(task(0, 0, 2, 100)) == "no");
        // One that does not have it cannot give it back.
        (void)world.ended_as(task(0, 0, 2, 100), 1, TaskStatus::failed);
        CHECK(world.commit(task(0, 0, 2, 101)) == "no");
        (void)world.ended_as(task(0, 0, 2, 3), 1, TaskStatus::failed);
        CHECK(world.commit(task(0, 0, 2, 102)) == "yes");
        CHECK(world.commit(task(0, 0, 2, 103)) == "no");
    }

    TEST_CASE("SCH-OCC-01 each partition has a lock of its own") {
        DagWorld world{app_of({stage_of("save", 4, {})}, {"save"})};
        (void)world.job(0);
        CHECK(world.commit(task(0, 0, 0)) == "yes");
        CHECK(world.commit(task(0, 0, 1)) == "yes");
        CHECK(world.commit(task(0, 0, 0, 1)) == "no");
    }

    TEST_CASE("SCH-OCC-01 whoever has it and is killed, or goes with its executor, gives it back") {
        for (const TaskStatus status :
             {TaskStatus::killed, TaskStatus::executor_lost, TaskStatus::resubmitted}) {
            CAPTURE(to_text(status));
            DagWorld world{map_reduce(2, 1)};
            (void)world.job(0);
            CHECK(world.commit(task(0, 0, 0)) == "yes");
            (void)world.ended_as(task(0, 0, 0), 1, status);
            CHECK(world.commit(task(0, 0, 0, 1)) == "yes");
        }
    }

    TEST_CASE("SCH-OCC-01 whoever has succeeded keeps it") {
        DagWorld world{map_reduce(2, 1)};
        (void)world.job(0);
        CHECK(world.commit(task(0, 0, 0)) == "yes");
        (void)world.success(task(0, 0, 0), 1);
        CHECK(world.commit(task(0, 0, 0, 1)) == "no");
    }

    TEST_CASE("SCH-OCC-01 a copy that lost asks in vain, and its end changes nothing") {
        AppSpec app = app_of({stage_of("save", 1, {})}, {"save"});
        app.conf.speculation.enabled = true;
        app.conf.speculation.duration_threshold = std::chrono::seconds{1};
        DriverWorld world{std::move(app)};
        (void)world.start(2, 1);
        CHECK(only(world.until(1100), "launch") == Lines{"launch s0.0/p0#1 on e2"});
        CHECK(world.commit(task(0, 0, 0, 1), 2) == Lines{"commit s0.0/p0#1: yes"});
        CHECK(world.commit(task(0, 0, 0, 0), 1) == Lines{"commit s0.0/p0#0: no"});
        CHECK(world.end(task(0, 0, 0, 0), 1, TaskStatus::commit_denied).empty());
        CHECK(only(world.success(task(0, 0, 0, 1), 2), "job") == Lines{"job j0 succeeded"});
    }

    TEST_CASE("SCH-OCC-02 an attempt that has failed is never given it") {
        DagWorld world{app_of({stage_of("save", 4, {})}, {"save"})};
        (void)world.job(0);
        (void)world.ended_as(task(0, 0, 0, 0), 1, TaskStatus::failed);
        CHECK(world.commit(task(0, 0, 0, 0)) == "no");
        CHECK(world.commit(task(0, 0, 0, 1)) == "yes");
    }

    // Reduce stage s1 is tried again after a fetch failure of task 1.
    void try_results_again(DagWorld & world, std::int64_t at) {
        world.at(at);
        (void)world.timers();
        const std::uint32_t attempt = static_cast<std::uint32_t>(at / 200);
        (void)world.success(task(0, attempt, 0), 1);
    }

    TEST_CASE("SCH-OCC-03 attempts of the stage and of the task tell who is who") {
        DagWorld world{map_reduce(1, 2)};
        (void)world.job(0);
        (void)world.success(task(0, 0, 0), 1);
        (void)world.fetch_failure(task(1, 0, 0), 0, 1);
        try_results_again(world, 200);
        CHECK(world.commit(task(1, 1, 1, 1)) == "yes");
        (void)world.fetch_failure(task(1, 1, 0), 0, 1);
        try_results_again(world, 400);
        CHECK(world.commit(task(1, 2, 1, 1)) == "no");
        (void)world.ended_as(task(1, 2, 1, 1), 1, TaskStatus::failed);
        CHECK(world.commit(task(1, 2, 1, 2)) == "no");  // the lock is not theirs
        (void)world.ended_as(task(1, 1, 1, 1), 1, TaskStatus::failed);
        CHECK(world.commit(task(1, 2, 1, 1)) == "no");  // it has failed
        CHECK(world.commit(task(1, 2, 1, 3)) == "yes");
    }

    TEST_CASE("SCH-OCC-04 what is known stays while the stage will be tried again") {
        DagWorld world{map_reduce(1, 2)};
        (void)world.job(0);
        (void)world.success(task(0, 0, 0), 1);
        CHECK(world.commit(task(1, 0, 1)) == "yes");
        (void)world.fetch_failure(task(1, 0, 0), 0, 1);
        CHECK(world.commit(task(1, 0, 1, 1)) == "no");
        try_results_again(world, 200);
        CHECK(world.commit(task(1, 1, 1)) == "no");
        CHECK(world.commit(task(1, 1, 0)) == "yes");
    }

    TEST_CASE("SCH-OCC-04 and goes with its end: those who ask then may not commit") {
        DagWorld world{map_reduce(1, 1)};
        CHECK(world.commit(task(0, 0, 0)) == "no");  // nor before it starts
        (void)world.job(0);
        (void)world.success(task(0, 0, 0), 1);
        CHECK(world.commit(task(0, 0, 0, 1)) == "no");
        CHECK(world.commit(task(1, 0, 0)) == "yes");
        (void)world.success(task(1, 0, 0), 1);
        CHECK(world.commit(task(1, 0, 0, 1)) == "no");
        (void)world.ended_as(task(1, 0, 0), 1, TaskStatus::failed);
        CHECK(world.commit(task(1, 0, 0, 1)) == "no");
    }

    TEST_CASE("SCH-OCC-04 and when it is given up") {
        DagWorld world{map_reduce(1, 1)};
        (void)world.job(0);
        (void)world.set_failed(task(0, 0, 0), "no luck");
        CHECK(world.commit(task(0, 0, 0, 1)) == "no");
    }

    TEST_CASE("SCH-OCC-04 a barrier's failure is an end, though it will be tried again") {
        DagWorld world{barrier_maps()};
        (void)world.job(0);
        CHECK(world.commit(task(0, 0, 0)) == "yes");
        (void)world.ended_as(task(0, 0, 1), 2, TaskStatus::failed);
        CHECK(world.commit(task(0, 0, 1, 1)) == "no");
        world.at(200);
        CHECK(only(world.timers(), "run") == Lines{"run s0.1 on {0, 1}"});
        CHECK(world.commit(task(0, 1, 0)) == "yes");  // nobody has it any more
    }

    TEST_CASE("SCH-OCC-04 an attempt that is denied does not count: it goes on for ever") {
        AppSpec app = app_of({stage_of("save", 1, {})}, {"save"});
        app.conf.task_failures_max = 1;
        DriverWorld world{std::move(app)};
        (void)world.start(1, 1);
        // Another has it, of which nothing is heard any more.
        CHECK(world.commit(task(0, 0, 0, 1000), 1) == Lines{"commit s0.0/p0#1000: yes"});
        for (std::uint32_t attempt = 0; attempt < 20; ++attempt) {
            CHECK(world.commit(task(0, 0, 0, attempt), 1) ==
                  Lines{fmt::format("commit s0.0/p0#{}: no", attempt)});
            CHECK(world.end(task(0, 0, 0, attempt), 1, TaskStatus::commit_denied) ==
                  Lines{fmt::format("launch s0.0/p0#{} on e1", attempt + 1)});
        }
    }
}

}  // namespace
}  // namespace forkyard::commit_test
