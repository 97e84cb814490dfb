// SCH-BE-11: too many executors that fail end the application.
#include <doctest/doctest.h>

#include "core/event_text.hpp"
#include "tests/builders/driver_world.hpp"

namespace forkyard::executor_failures_test {
namespace {

constexpr std::int64_t second = 1000;
const Lines too_many{"app failed: Max number of executor failures (3) reached"};

AppSpec with_limit(std::optional<std::uint32_t> failures) {
    AppSpec app = app_of({stage_of("work", 2, {})}, {"work"});
    app.conf.executor_failures_max = failures;
    app.conf.task_failures_max = 100;
    return app;
}

// Another executor registers and is lost.
Lines one_more(DriverWorld& world, std::uint32_t exec, LossReason reason) {
    (void)world.executor(exec, 1);
    return world.lost(exec, reason, 1);
}

TEST_SUITE("conformance: too many executors fail") {
    TEST_CASE("SCH-BE-11 the application ends when the limit is reached") {
        DriverWorld world{with_limit(3)};
        (void)world.submitted();
        (void)world.job(0);
        CHECK(only(one_more(world, 1, LossReason::exited), "app").empty());
        CHECK(only(one_more(world, 2, LossReason::killed), "app").empty());
        const Lines last = one_more(world, 3, LossReason::exited);
        CHECK(only(last, "app") == too_many);
        CHECK(only(last, "job") ==
              Lines{"job j0 failed: Job 0 cancelled because SparkContext was shut down"});
        CHECK(world.driver().finished());
    }

    TEST_CASE("SCH-BE-11 losses that are not the application's fault do not count") {
        DriverWorld world{with_limit(1)};
        (void)world.submitted();
        (void)world.job(0);
        std::uint32_t exec = 0;
        for (const LossReason reason : {LossReason::worker_lost,
                                        LossReason::preempted,
                                        LossReason::decommissioned,
                                        LossReason::requested,
                                        LossReason::excluded}) {
            CAPTURE(to_text(reason));
            CHECK(only(one_more(world, ++exec, reason), "app").empty());
        }
        CHECK(only(one_more(world, ++exec, LossReason::exited), "app").size() == 1);
    }

    TEST_CASE("SCH-BE-11 nor do those that were asked to end, or were about to") {
        DriverWorld world{with_limit(1)};
        (void)world.submitted();
        (void)world.executor(1, 1);
        (void)world.silent(1, 0);
        CHECK(says(world.until(180 * second), "kill e1: heartbeat-timeout"));
        CHECK(only(world.lost(1, LossReason::heartbeat_timeout), "app").empty());
        (void)world.executor(2, 1);
        (void)world.decommissioning(2);
        CHECK(only(world.lost(2, LossReason::exited), "app").empty());
    }

    TEST_CASE("SCH-BE-11 a failure counts as long as spark.executor.failuresValidityInterval") {
        for (const bool in_time : {true, false}) {
            CAPTURE(in_time);
            AppSpec app = with_limit(3);
            app.conf.executor_failures_validity = std::chrono::seconds{60};
            DriverWorld world{std::move(app)};
            (void)world.submitted();
            (void)one_more(world, 1, LossReason::exited);
            world.at(30 * second);
            (void)one_more(world, 2, LossReason::exited);
            world.at(60 * second + (in_time ? 0 : 1));
            CHECK(only(one_more(world, 3, LossReason::exited), "app").size() == (in_time ? 1 : 0));
        }
    }

    TEST_CASE("SCH-BE-11 without an interval it counts for ever") {
        DriverWorld world{with_limit(3)};
        (void)world.submitted();
        for (std::uint32_t exec = 1; exec <= 3; ++exec) {
            world.at(exec * 1'000'000 * second);
            CHECK(only(one_more(world, exec, LossReason::exited), "app").size() ==
                  (exec == 3 ? 1 : 0));
        }
    }

    TEST_CASE("SCH-BE-11 in standalone mode there is no limit unless it is given") {
        CHECK_FALSE(AppConf{}.executor_failures_max);
        DriverWorld world{with_limit(std::nullopt)};
        (void)world.submitted();
        for (std::uint32_t exec = 1; exec <= 50; ++exec) {
            CHECK(only(one_more(world, exec, LossReason::exited), "app").empty());
        }
    }
}

}  // namespace
}  // namespace forkyard::executor_failures_test
