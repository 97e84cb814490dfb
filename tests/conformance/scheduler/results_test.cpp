// SCH-RES-01 to 04: the bytes of results, how they come and get lost, and failures that say
// nothing.
#include <doctest/doctest.h>

#include "tests/builders/driver_world.hpp"
#include "tests/builders/offers_world.hpp"

namespace forkyard::results_test {
namespace {

constexpr std::int64_t kib = 1024;
constexpr std::int64_t mib = 1024 * kib;

AppSpec with_result_limit(AppSpec app, std::int64_t bytes) {
    app.conf.result_size_max = Bytes{bytes};
    return app;
}

AppSpec ten_tasks() {
    return app_of({stage_of("work", 10, {})}, {"work"});
}

TEST_SUITE("conformance: the size of results") {
    TEST_CASE("SCH-RES-01 ten results of 1 KiB are within 2 MiB") {
        DriverWorld world{with_result_limit(ten_tasks(), 2 * mib)};
        (void)world.start(1, 10);
        for (std::uint32_t p = 0; p < 9; ++p) {
            CHECK(only(world.returned(task(0, 0, p), 1, kib), "job").empty());
        }
        CHECK(only(world.returned(task(0, 0, 9), 1, kib), "job") == Lines{"job j0 succeeded"});
    }

    TEST_CASE("SCH-RES-01 DP-BC-08 one of 10 MiB is not, and its job fails") {
        DriverWorld world{with_result_limit(ten_tasks(), 2 * mib)};
        (void)world.start(1, 10);
        const Lines lines = world.returned(task(0, 0, 3), 1, 10 * mib);
        CHECK(only(lines, "job") ==
              Lines{"job j0 failed: Job aborted due to stage failure: Total size of serialized "
                    "results of 1 tasks (10485760 bytes) is bigger than spark.driver.maxResultSize "
                    "(2097152 bytes)"});
        CHECK(only(lines, "kill").size() == 9);
        CHECK(only(lines, "launch").empty());
    }

    TEST_CASE("SCH-RES-01 results of 1 MiB are, up to the limit itself") {
        DriverWorld world{with_result_limit(ten_tasks(), 2 * mib)};
        (void)world.start(1, 10);
        CHECK(only(world.returned(task(0, 0, 0), 1, mib), "job").empty());
        CHECK(only(world.returned(task(0, 0, 1), 1, mib), "job").empty());
        CHECK(only(world.returned(task(0, 0, 2), 1, 1), "job j0 failed").size() == 1);
    }

    TEST_CASE("SCH-RES-01 without a limit any size will do") {
        DriverWorld world{with_result_limit(app_of({stage_of("work", 1, {})}, {"work"}), 0)};
        (void)world.start(1, 1);
        CHECK(only(world.returned(task(0, 0, 0), 1, 1000 * mib), "job") ==
              Lines{"job j0 succeeded"});
    }

    TEST_CASE("SCH-RES-01 map tasks are exempt, and each task set has a count of its own") {
        DriverWorld world{with_result_limit(map_reduce(2, 2), 2 * mib)};
        (void)world.start(1, 2);
        CHECK(only(world.returned(task(0, 0, 0), 1, 2 * mib), "job").empty());
        CHECK(only(world.returned(task(0, 0, 1), 1, 2 * mib), "job").empty());
        CHECK(only(world.returned(task(1, 0, 0), 1, mib), "job").empty());
        CHECK(only(world.returned(task(1, 0, 1), 1, mib), "job") == Lines{"job j0 succeeded"});
    }

    TEST_CASE("SCH-RES-01 the attempt whose result was too much counts as killed") {
        AppConf conf;
        conf.result_size_max = Bytes{mib};
        OffersWorld world{conf};
        constexpr ExecutorId exec1{1};
        world.executor(exec1, host1, 1);
        world.submit(task_set_of(2));
        CHECK(world.round().size() == 1);
        (void)world.returned(task(0, 0, 0), exec1, mib + 1);
        CHECK(world.last_end().status == TaskStatus::killed);
        CHECK(world.last_end().set_failed.has_value());
        CHECK(world.round().empty());  // the set is a zombie
    }
}

TEST_SUITE("conformance: how results come") {
    // What the driver does with the one result of a job that has this size.
    Lines with_result_of(std::int64_t bytes, const AppConf& conf = {}) {
        AppSpec app = app_of({stage_of("work", 1, {})}, {"work"});
        app.conf = conf;
        DriverWorld world{std::move(app)};
        (void)world.start(1, 1);
        return world.returned(task(0, 0, 0), 1, bytes);
    }

    TEST_CASE("SCH-RES-02 a result of more than spark.task.maxDirectResultSize is fetched") {
        CHECK(with_result_of(mib) == Lines{"stage s0.0 succeeded", "job j0 succeeded"});
        CHECK(with_result_of(mib + 1) ==
              Lines{"fetch s0.0/p0#0 from e1", "stage s0.0 succeeded", "job j0 succeeded"});
    }

    TEST_CASE("SCH-RES-02 or of more than a message can hold") {
        AppConf conf;
        conf.result_direct_max = Bytes{1000 * mib};
        CHECK(only(with_result_of(128 * mib, conf), "fetch").empty());
        CHECK(only(with_result_of(128 * mib + 1, conf), "fetch").size() == 1);
        conf.result_direct_max = Bytes{10};
        CHECK(only(with_result_of(10, conf), "fetch").empty());
        CHECK(only(with_result_of(11, conf), "fetch").size() == 1);
    }

    TEST_CASE("SCH-RES-02 one that is too big for the driver is not fetched at all") {
        AppConf conf;
        conf.result_size_max = Bytes{2 * mib};
        CHECK(only(with_result_of(2 * mib, conf), "fetch").size() == 1);
        const Lines dropped = with_result_of(2 * mib + 1, conf);
        CHECK(only(dropped, "fetch").empty());
        CHECK(only(dropped, "job j0 failed").size() == 1);
    }

    TEST_CASE("SCH-RES-02 what map tasks write stays where it is") {
        DriverWorld world{map_reduce(1, 1)};
        (void)world.start(1, 1);
        CHECK(only(world.returned(task(0, 0, 0), 1, 10 * mib), "fetch").empty());
    }

    TEST_CASE("SCH-RES-03 DP-BC-07 a result that is gone when it is fetched: the task runs again") {
        DriverWorld world{app_of({stage_of("work", 1, {})}, {"work"})};
        (void)world.start(1, 1);
        CHECK(world.end(task(0, 0, 0), 1, TaskStatus::result_lost) ==
              Lines{"launch s0.0/p0#1 on e1"});
        CHECK(only(world.success(task(0, 0, 0, 1), 1), "job") == Lines{"job j0 succeeded"});
    }

    TEST_CASE("SCH-RES-03 it counts as a failure") {
        AppSpec app = app_of({stage_of("work", 1, {})}, {"work"});
        app.conf.task_failures_max = 2;
        DriverWorld world{std::move(app)};
        (void)world.start(1, 1);
        (void)world.end(task(0, 0, 0), 1, TaskStatus::result_lost);
        CHECK(only(world.end(task(0, 0, 0, 1), 1, TaskStatus::result_lost), "job") ==
              Lines{"job j0 failed: Job aborted due to stage failure: Task 0 in stage s0.0 failed "
                    "2 times, most recent failure: TaskResultLost (result lost from block "
                    "manager)"});
    }
}

TEST_SUITE("conformance: failures without a reason") {
    TEST_CASE("SCH-RES-04 a failure whose reason cannot be read counts like any other") {
        AppSpec app = ten_tasks();
        app.conf.task_failures_max = 2;
        DriverWorld world{std::move(app)};
        (void)world.start(1, 1);
        CHECK(world.failure(task(0, 0, 0), 1, "") == Lines{"launch s0.0/p0#1 on e1"});
        CHECK(only(world.failure(task(0, 0, 0, 1), 1, ""), "job") ==
              Lines{"job j0 failed: Job aborted due to stage failure: Task 0 in stage s0.0 failed "
                    "2 times, most recent failure: UnknownReason"});
    }
}

}  // namespace
}  // namespace forkyard::results_test
