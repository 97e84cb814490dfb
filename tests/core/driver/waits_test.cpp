// What stages wait for, from the closed list: said when it changes, and only then.
#include <doctest/doctest.h>

#include "core/driver/driver.hpp"
#include "tests/builders/driver_world.hpp"

namespace forkyard::waits_test {
namespace {

AppSpec two_jobs(std::uint32_t tasks) {
    return app_of({stage_of("a", tasks, {}), stage_of("b", tasks, {})}, {"a", "b"});
}

TEST_SUITE("what stages wait for") {
    TEST_CASE("executors: none, then one that is on its way") {
        DriverWorld world{two_jobs(1)};
        (void)world.submitted();
        (void)world.job(0);
        CHECK(world.waits() == Lines{"s0.0 waits: no-executor"});
        world.granted(1);
        CHECK(world.waits() == Lines{"s0.0 waits: executor-starting"});
        (void)world.executor(1, 1);
        CHECK(world.waits().empty());
    }

    TEST_CASE("one that is lost before it registered is on its way no more") {
        DriverWorld world{two_jobs(1)};
        (void)world.submitted();
        world.granted(1);
        (void)world.job(0);
        CHECK(world.waits() == Lines{"s0.0 waits: executor-starting"});
        (void)world.lost(1, LossReason::launch_failed);
        CHECK(world.waits() == Lines{"s0.0 waits: no-executor"});
    }

    TEST_CASE("enough of them, as spark.scheduler.minRegisteredResourcesRatio says") {
        AppSpec app = two_jobs(1);
        app.conf.cores_max = 2;
        app.conf.registered_ratio_min = Millionths{1'000'000};
        DriverWorld world{std::move(app)};
        (void)world.start(1, 1);
        CHECK(world.waits() == Lines{"s0.0 waits: executor-starting"});
    }

    TEST_CASE("slots, and in FIFO the jobs before theirs") {
        DriverWorld world{two_jobs(2)};
        (void)world.start(1, 1);
        CHECK(world.waits() == Lines{"s0.0 waits: slots-full"});
        (void)world.job(1);
        CHECK(world.waits() == Lines{"s1.0 waits: behind-in-fifo j0"});
        (void)world.success(task(0, 0, 0), 1);  // the last task of job 0 starts
        CHECK(world.waits() == Lines{"s1.0 waits: slots-full"});
        (void)world.success(task(0, 0, 1), 1);
        CHECK(world.waits().empty());
    }

    TEST_CASE("in FAIR their share, as long as others want slots too") {
        AppSpec app = two_jobs(2);
        app.conf.scheduling = SchedulingMode::fair;
        app.jobs[1].pool = "other";
        DriverWorld world{std::move(app)};
        (void)world.start(1, 1);
        (void)world.job(1);
        CHECK(world.waits() == Lines{"s0.0 waits: slots-full",
                                     "s1.0 waits: pool-share other",
                                     "s0.0 waits: pool-share default"});
        CHECK(world.success(task(0, 0, 0), 1) == Lines{"launch s0.0/p1#0 on e1"});
        CHECK(world.waits() == Lines{"s1.0 waits: slots-full"});
    }

    TEST_CASE("their parents, and a failed one for its next attempt") {
        DriverWorld world{map_reduce(1, 1)};
        (void)world.start(2, 1);
        CHECK(world.waits() == Lines{"s1.0 waits: parent-stage s0"});
        (void)world.success(task(0, 0, 0), 1);
        (void)world.fetch_failure(task(1, 0, 0), 1, 1);
        CHECK(world.waits() ==
              Lines{"s1.1 waits: max-failures-backoff", "s0.1 waits: max-failures-backoff"});
        (void)world.until(200);
        CHECK(world.waits() == Lines{"s1.1 waits: parent-stage s0"});
    }

    TEST_CASE("a place that is local enough, level by level") {
        AppSpec app = two_jobs(2);
        app.stages[0].input.emplace().on = {{"w1"}};
        DriverWorld world{std::move(app)};
        (void)world.start(2, 1);
        CHECK(world.waits() == Lines{"s0.0 waits: locality-wait NODE_LOCAL"});
        CHECK(only(world.until(3000), "launch") == Lines{"launch s0.0/p1#0 on e2"});
        CHECK(world.waits().empty());
    }

    TEST_CASE("an executor where it may run, after failures") {
        AppSpec app = two_jobs(1);
        app.conf.exclusion.task_and_stage = true;
        DriverWorld world{std::move(app)};
        (void)world.start(2, 1);
        (void)world.job(1);
        (void)world.failure(task(0, 0, 0), 1);
        CHECK(world.waits() == Lines{"s0.0 waits: excluded"});
    }

    TEST_CASE("slots for all tasks of a barrier stage") {
        AppSpec app = two_jobs(2);
        app.stages[1].barrier = true;
        DriverWorld world{std::move(app)};
        (void)world.start(3, 1);
        (void)world.job(1);
        CHECK(world.waits() == Lines{"s1.0 waits: barrier-short 1 of 2 slots"});
    }

    TEST_CASE("a job, for a cluster that is large enough for its barrier stage") {
        AppSpec app = two_jobs(4);
        app.stages[0].barrier = true;
        DriverWorld world{std::move(app)};
        (void)world.start(3, 1);
        CHECK(world.waits() == Lines{"j0 waits: barrier-short 3 slots in all"});
    }

    TEST_CASE("executors that stay") {
        DriverWorld world{two_jobs(2)};
        (void)world.start(1, 1);
        (void)world.waits();
        (void)world.decommissioning(1);
        CHECK(world.waits() == Lines{"s0.0 waits: decommissioning"});
    }

    TEST_CASE("executors that were not asked to end") {
        DriverWorld world{two_jobs(2)};
        (void)world.start(1, 1);
        CHECK(world.waits() == Lines{"s0.0 waits: slots-full"});
        (void)world.silent(1, 0);
        CHECK(says(world.until(200'000), "kill e1"));
        CHECK(world.waits() == Lines{"s0.0 waits: decommissioning"});
        (void)world.lost(1, LossReason::heartbeat_timeout);
        CHECK(world.waits() == Lines{"s0.0 waits: no-executor"});
    }

    TEST_CASE("a task that failed waits anew, for the same reason or another") {
        DriverWorld world{two_jobs(1)};
        (void)world.start(1, 1);
        CHECK(world.waits().empty());
        (void)world.job(1);
        CHECK(world.waits() == Lines{"s1.0 waits: slots-full"});
        (void)world.failure(task(0, 0, 0), 1);  // runs again at once
        CHECK(world.waits().empty());
    }
}

}  // namespace
}  // namespace forkyard::waits_test
