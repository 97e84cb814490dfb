// SCH-TSI-17: the warning that nothing can start.
#include <doctest/doctest.h>

#include "tests/builders/driver_world.hpp"

namespace forkyard::starvation_test {
namespace {

constexpr std::int64_t second = 1000;
constexpr const char* warning =
    "warning: Initial job has not accepted any resources; check your cluster UI to ensure that "
    "workers are registered and have sufficient resources";

AppSpec tasks(std::uint32_t number) {
    return app_of({stage_of("work", number, {})}, {"work"});
}

TEST_SUITE("conformance: nothing starts") {
    TEST_CASE("SCH-TSI-17 a warning 15 s after the first tasks, while none was launched") {
        DriverWorld world{tasks(1)};
        (void)world.submitted();
        world.at(2 * second);
        (void)world.job(0);
        CHECK(world.until(17 * second - 1).empty());
        CHECK(world.until(17 * second) == Lines{"at 17000 ms", warning});
        // It is no error: what comes later is used.
        CHECK(world.executor(1, 1) == Lines{"launch s0.0/p0#0 on e1"});
        CHECK(only(world.success(task(0, 0, 0), 1), "job") == Lines{"job j0 succeeded"});
    }

    TEST_CASE("SCH-TSI-17 also where executors are too small") {
        AppSpec app = tasks(1);
        app.conf.task_cpus = 2;
        DriverWorld world{std::move(app)};
        (void)world.start(3, 1);
        CHECK(only(world.until(15 * second), "warning") == Lines{warning});
    }

    TEST_CASE("SCH-TSI-17 none once a task was launched, however long others wait") {
        DriverWorld world{tasks(2)};
        CHECK(only(world.start(1, 1), "launch").size() == 1);
        CHECK(world.until(1000 * second).empty());
        (void)world.lost(1, LossReason::worker_lost);
        CHECK(world.until(2000 * second).empty());
    }

    TEST_CASE("SCH-TSI-17 the time is spark.starvation.timeout") {
        AppSpec app = tasks(1);
        app.conf.starvation_timeout = std::chrono::seconds{40};
        DriverWorld world{std::move(app)};
        (void)world.start(0, 1);
        CHECK(world.until(40 * second) == Lines{"at 40000 ms", warning});
    }
}

}  // namespace
}  // namespace forkyard::starvation_test
