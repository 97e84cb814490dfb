// SCH-BAR-10: tasks of a barrier stage that wait for each other.
#include <doctest/doctest.h>

#include "tests/builders/driver_world.hpp"

namespace forkyard::barrier_sync_test {
namespace {

constexpr std::int64_t second = 1000;

// A barrier map stage of `tasks`, all of them running on e1.
AppSpec barrier_of(std::uint32_t tasks) {
    AppSpec app = map_reduce(tasks, 1);
    app.stages[0].barrier = true;
    return app;
}

TEST_SUITE("conformance: meeting at a barrier") {
    TEST_CASE("SCH-BAR-10 all go on when the last one has come, and the next sync is another") {
        DriverWorld world{barrier_of(3)};
        (void)world.start(1, 3);
        for (std::uint32_t epoch = 0; epoch < 2; ++epoch) {
            CHECK(world.at_barrier(task(0, 0, 2), 3, epoch).empty());
            CHECK(world.at_barrier(task(0, 0, 0), 3, epoch).empty());
            CHECK(world.at_barrier(task(0, 0, 1), 3, epoch) ==
                  Lines{"barrier s0.0/p2#0: go on [  ]",
                        "barrier s0.0/p0#0: go on [  ]",
                        "barrier s0.0/p1#0: go on [  ]"});
        }
    }

    TEST_CASE("SCH-BAR-10 what was gathered comes in the order of partitions") {
        DriverWorld world{barrier_of(3)};
        (void)world.start(1, 3);
        (void)world.gathers(task(0, 0, 2), 3, 0, "two");
        (void)world.gathers(task(0, 0, 0), 3, 0, "zero");
        CHECK(world.gathers(task(0, 0, 1), 3, 0, "one") ==
              Lines{"barrier s0.0/p2#0: go on [zero one two]",
                    "barrier s0.0/p0#0: go on [zero one two]",
                    "barrier s0.0/p1#0: go on [zero one two]"});
        // Nothing of it is left for the next sync.
        (void)world.gathers(task(0, 0, 1), 3, 1, "b");
        (void)world.gathers(task(0, 0, 0), 3, 1, "a");
        CHECK(only(world.gathers(task(0, 0, 2), 3, 1, "c"), "barrier s0.0/p0") ==
              Lines{"barrier s0.0/p0#0: go on [a b c]"});
    }

    TEST_CASE("SCH-BAR-10 a task that comes with a past sync is refused") {
        DriverWorld world{barrier_of(2)};
        (void)world.start(1, 2);
        (void)world.at_barrier(task(0, 0, 0), 2, 0);
        (void)world.at_barrier(task(0, 0, 1), 2, 0);
        const Lines refused = world.at_barrier(task(0, 0, 0), 2, 0);
        CHECK(only(refused, "barrier s0.0/p0#0: The request to sync of s0.0").size() == 1);
        CHECK(says(refused, "has already finished"));
        // And nobody was counted as waiting.
        CHECK(world.at_barrier(task(0, 0, 1), 2, 1).empty());
        CHECK(world.at_barrier(task(0, 0, 0), 2, 1).size() == 2);
    }

    TEST_CASE("SCH-BAR-10 different kinds in one sync: all fail, and so does all that follows") {
        DriverWorld world{barrier_of(3)};
        (void)world.start(1, 3);
        (void)world.at_barrier(task(0, 0, 0), 3, 0);
        (void)world.at_barrier(task(0, 0, 1), 3, 0);
        const Lines lines = world.gathers(task(0, 0, 2), 3, 0, "two");
        const std::string why = "Different requestMethods for barrier sync: [sync, all-gather]";
        CHECK(only(lines, "barrier s0.0/p0#0: ") == Lines{"barrier s0.0/p0#0: " + why});
        CHECK(only(lines, "barrier s0.0/p1#0: ") == Lines{"barrier s0.0/p1#0: " + why});
        CHECK(only(lines, "barrier s0.0/p2#0: The request to sync").size() == 1);
        CHECK(says(world.at_barrier(task(0, 0, 0), 3, 0), "has already finished"));
        CHECK(says(world.at_barrier(task(0, 0, 0), 3, 1), "has already finished"));
    }

    TEST_CASE("SCH-BAR-10 the kinds of different syncs need not be the same") {
        DriverWorld world{barrier_of(1)};
        (void)world.start(1, 1);
        CHECK(world.at_barrier(task(0, 0, 0), 1, 0).size() == 1);
        CHECK(world.gathers(task(0, 0, 0), 1, 1, "alone") ==
              Lines{"barrier s0.0/p0#0: go on [alone]"});
    }

    TEST_CASE("SCH-BAR-10 those who wait too long fail, counted from the first") {
        AppSpec app = barrier_of(3);
        app.conf.barrier_sync_timeout = std::chrono::seconds{5};
        DriverWorld world{std::move(app)};
        (void)world.start(1, 3);
        world.at(1 * second);
        (void)world.at_barrier(task(0, 0, 0), 3, 0);
        world.at(4 * second);
        (void)world.at_barrier(task(0, 0, 1), 3, 0);
        CHECK(world.until(6 * second - 1).empty());
        const std::string why =
            "The coordinator didn't get all barrier sync requests for barrier epoch 0 from s0.0 "
            "within 5 second(s)";
        CHECK(world.until(6 * second) ==
              Lines{"at 6000 ms", "barrier s0.0/p0#0: " + why, "barrier s0.0/p1#0: " + why});
        // The last one comes late: it waits anew, for others that will not come.
        CHECK(world.at_barrier(task(0, 0, 2), 3, 0).empty());
        CHECK(only(world.until(11 * second), "barrier").size() == 1);
    }

    TEST_CASE("SCH-BAR-10 a sync that came about has no time-out any more") {
        AppSpec app = barrier_of(2);
        app.conf.barrier_sync_timeout = std::chrono::seconds{5};
        DriverWorld world{std::move(app)};
        (void)world.start(1, 2);
        (void)world.at_barrier(task(0, 0, 0), 2, 0);
        (void)world.at_barrier(task(0, 0, 1), 2, 0);
        CHECK(world.until(100 * second).empty());
        CHECK(AppConf{}.barrier_sync_timeout == std::chrono::hours{24 * 365});
    }

    TEST_CASE("SCH-BAR-10 what is known goes with the attempt of the stage; the next starts anew") {
        AppSpec app = barrier_of(2);
        app.conf.barrier_sync_timeout = std::chrono::seconds{5};
        DriverWorld world{std::move(app)};
        (void)world.start(1, 2);
        (void)world.at_barrier(task(0, 0, 0), 2, 0);
        (void)world.at_barrier(task(0, 0, 1), 2, 0);
        (void)world.at_barrier(task(0, 0, 0), 2, 1);
        CHECK(only(world.failure(task(0, 0, 1), 1), "stage s0.0 failed").size() == 1);
        (void)world.end(task(0, 0, 0), 1, TaskStatus::killed);
        CHECK(only(world.until(200), "launch").size() == 2);
        (void)world.at_barrier(task(0, 1, 1), 2, 0);
        CHECK(world.at_barrier(task(0, 1, 0), 2, 0).size() == 2);
        // Nobody waits: not the task of the attempt that has ended either.
        CHECK(world.until(100 * second).empty());
    }
}

}  // namespace
}  // namespace forkyard::barrier_sync_test
