// How many executors dynamic allocation asks for (ALLOC-03 to ALLOC-11, ALLOC-17 to ALLOC-19).
#include <doctest/doctest.h>

#include "tests/builders/allocation_world.hpp"

namespace forkyard::allocation_target_test {

TEST_SUITE("dynamic allocation: how many") {
    TEST_CASE("ALLOC-03 one more, then two, four, eight, up to the most") {
        AllocationWorld world{allocation_conf(1, 10, 1)};
        world.submit(0, 1000);
        CHECK(world.until(9'000) == Lines{"at 1000 ms",
                                          "ask for 2",
                                          "at 2000 ms",
                                          "ask for 4",
                                          "at 3000 ms",
                                          "ask for 8",
                                          "at 4000 ms",
                                          "ask for 10"});
        world.add(1, 9);
        world.lose(3);
        world.add(9, 12);
        CHECK(world.target() == 10);
        CHECK(world.until(12'000).empty());
    }

    TEST_CASE("ALLOC-04 never more than the work needs") {
        AllocationWorld world{allocation_conf(0, 10, 0)};
        world.submit(0, 5);
        CHECK(
            world.until(5'000) ==
            Lines{"at 1000 ms", "ask for 1", "at 2000 ms", "ask for 3", "at 3000 ms", "ask for 5"});
        // The step was not granted in full, so it is one again.
        world.submit(1, 3);
        world.launch(1, 0, 1);
        CHECK(world.until(7'999) == Lines{"at 5000 ms", "ask for 6", "at 6000 ms", "ask for 8"});
        world.submit(2, 3);
        world.launch(2, 0, 2);
        CHECK(world.until(12'000) == Lines{"at 8000 ms", "ask for 9", "at 9000 ms", "ask for 10"});
    }

    TEST_CASE("ALLOC-05 a ratio of executors to tasks") {
        const auto target = [](std::uint32_t slots, std::int64_t ratio) {
            AllocationConf conf = allocation_conf(3, 15, 3);
            conf.ratio = Millionths{ratio};
            AllocationWorld world{conf, slots};
            world.submit(0, 20);
            (void)world.until(60'000);
            return world.target();
        };
        CHECK(target(1, 500'000) == 10);
        CHECK(target(1, 333'333) == 7);
        CHECK(target(2, 333'333) == 4);
        CHECK(target(1, 385'000) == 8);
        CHECK(target(1, 1'000'000) == 15);
        CHECK(target(4, 333'333) == 3);
    }

    TEST_CASE("ALLOC-06 the first who waits sets the timer, and nobody moves it") {
        AllocationWorld world{allocation_conf(0, 10, 0)};
        world.submit(0, 3);
        (void)world.until(700);
        world.submit(1, 3);
        CHECK(world.until(1'500) == Lines{"at 1000 ms", "ask for 1"});
        world.launch(0, 0, 3);
        world.launch(1, 0, 3);
        CHECK(world.until(10'000).empty());  // nothing waits
        world.submit(2, 4);
        CHECK(world.until(11'500) == Lines{"at 11000 ms", "ask for 2"});
    }

    TEST_CASE("ALLOC-07 the ramp in time: after a second, then each sustained time-out") {
        AllocationConf conf = allocation_conf(0, 20, 0);
        conf.sustained_timeout = std::chrono::seconds{2};
        AllocationWorld world{conf};
        world.submit(0, 1000);
        CHECK(world.until(999).empty());
        CHECK(
            world.until(6'000) ==
            Lines{"at 1000 ms", "ask for 1", "at 3000 ms", "ask for 3", "at 5000 ms", "ask for 7"});
        world.launch(0, 0, 1000);
        CHECK(world.until(20'000).empty());
        world.submit(1, 1000);
        CHECK(world.until(40'000) == Lines{"at 21000 ms",
                                           "ask for 8",
                                           "at 23000 ms",
                                           "ask for 10",
                                           "at 25000 ms",
                                           "ask for 14",
                                           "at 27000 ms",
                                           "ask for 20"});
    }

    TEST_CASE("ALLOC-08 the timer goes with the last waiting task of all stages") {
        AllocationWorld world{allocation_conf(0, 10, 0)};
        world.submit(0, 2);
        world.submit(1, 2);
        world.launch(0, 0, 2);
        world.launch(1, 0, 1);
        CHECK(world.until(1'000) == Lines{"at 1000 ms", "ask for 1"});
        world.launch(1, 1, 2);
        CHECK(world.until(5'000).empty());
        // A task that failed waits again; one that was killed does not.
        world.end(1, 1, 2, TaskStatus::killed);
        CHECK(world.until(7'000).empty());
        world.end(1, 0, 1, TaskStatus::failed);
        CHECK(world.until(8'500) == Lines{"at 8000 ms", "ask for 2"});
    }

    TEST_CASE("ALLOC-08 a stage that ends while its tasks wait takes the timer with it") {
        AllocationWorld world{allocation_conf(0, 10, 0)};
        world.submit(0, 5);
        world.finish(0);
        CHECK(world.until(5'000).empty());
    }

    TEST_CASE("ALLOC-09 the target falls with the work, and no executor with the target") {
        AllocationWorld world{allocation_conf(0, 10, 0)};
        world.submit(0, 5);
        (void)world.until(4'000);
        CHECK(world.target() == 5);
        world.launch(0, 0, 1, 1, 0);
        world.launch(0, 0, 1, 2, 1, true);
        world.end(0, 0, 1, TaskStatus::success, 1, 0);
        world.end(0, 0, 1, TaskStatus::killed, 2, 1);
        CHECK(world.needed() == 4);
        CHECK(world.until(4'500) == Lines{"at 4000 ms", "ask for 4"});
    }

    TEST_CASE("ALLOC-09 an executor goes when it has been idle for long, not before") {
        AllocationWorld world{allocation_conf(1, 2, 1)};
        world.submit(0, 2);
        CHECK(world.until(1'000) == Lines{"at 1000 ms", "ask for 2"});
        world.add(1, 3);
        world.launch(0, 0, 1, 1);
        world.launch(0, 1, 2, 2);
        (void)world.until(2'000);
        world.end(0, 0, 1, TaskStatus::success, 1);
        CHECK(world.until(9'000) == Lines{"at 2000 ms", "ask for 1", "at 5000 ms", "let go of e1"});
    }

    TEST_CASE("ALLOC-10 no ramp up to what is there already") {
        AllocationWorld world{allocation_conf(0, 100, 15)};
        world.add(1, 16);
        world.submit(0, 15);
        for (std::uint32_t p = 0; p < 15; ++p) {
            world.launch(0, p, p + 1, p + 1);
            world.end(0, p, p + 1, TaskStatus::success, p + 1);
        }
        world.finish(0);
        CHECK(world.until(500) == Lines{"at 0 ms", "ask for 0"});
        world.submit(1, 1000);
        CHECK(world.until(1'500) == Lines{"at 1500 ms", "ask for 16"});
    }

    TEST_CASE("ALLOC-11 the first target stands until there is work") {
        AllocationWorld world{allocation_conf(2, 5, 3)};
        CHECK(world.until(60'000).empty());
        CHECK(world.target() == 3);
        world.submit(0, 2);
        CHECK(world.until(60'500) == Lines{"at 60000 ms", "ask for 2"});
    }

    TEST_CASE("ALLOC-11 or until executors have been idle for long") {
        for (const std::uint32_t least : {1U, 2U}) {
            AllocationWorld world{allocation_conf(least, 5, 3)};
            (void)world.until(1'000);
            world.add(1, 4);
            const Lines expected =
                least == 2 ? Lines{"at 4000 ms", "ask for 2", "let go of e1"}
                           : Lines{"at 4000 ms", "ask for 1", "let go of e1", "let go of e2"};
            CHECK(world.until(10'000) == expected);
        }
    }

    TEST_CASE("ALLOC-17 copies are work, and one may not run beside its original") {
        AllocationWorld world{allocation_conf(0, 10, 10), 4};
        world.submit(0, 40);
        world.launch(0, 0, 40);
        CHECK(world.needed() == 10);
        world.end(0, 0, 30);
        CHECK(world.needed() == 3);
        world.speculate(0, 30, 40);
        CHECK(world.needed() == 5);
        world.launch(0, 30, 40, 2, 1, true);
        world.end(0, 30, 36, TaskStatus::success, 2, 1);  // 10 originals and 4 copies
        CHECK(world.needed() == 4);
        world.end(0, 30, 36, TaskStatus::killed);
        CHECK(world.needed() == 2);
        world.end(0, 36, 39, TaskStatus::success, 2, 1);
        world.end(0, 36, 39, TaskStatus::killed);
        CHECK(world.needed() == 1);
        world.end(0, 39, 40, TaskStatus::failed, 2, 1);
        world.speculate(0, 39, 40);
        CHECK(world.needed() == 2);
    }

    TEST_CASE("ALLOC-17 a copy whose original is done is no work any more") {
        AllocationWorld world{allocation_conf(0, 10, 10), 4};
        world.submit(0, 10);
        world.launch(0, 0, 10);
        world.speculate(0, 0, 10);
        CHECK(world.needed() == 5);
        world.end(0, 0, 5);
        CHECK(world.needed() == 3);
    }

    TEST_CASE("ALLOC-18 a set that may run nowhere needs an executor more") {
        AllocationWorld world{allocation_conf(0, 10, 1), 2};
        world.add(1, 2);
        world.submit(0, 2);
        world.launch(0, 0, 2);
        CHECK(world.needed() == 1);
        world.unschedulable(1);
        CHECK(world.needed() == 2);
        CHECK(world.until(1'500) == Lines{"at 1000 ms", "ask for 2"});
        world.unschedulable(0);
        CHECK(world.needed() == 1);
        CHECK(world.until(2'500) == Lines{"at 1500 ms", "ask for 1"});
        world.add(2, 4);
        world.unschedulable(2);
        CHECK(world.needed() == 4);
    }

    TEST_CASE(
        "ALLOC-21 when its manager's side begins anew it starts from its first target again") {
        AllocationWorld world{allocation_conf(0, 20, 3)};
        world.submit(1, 100);
        CHECK(world.until(3'000).back() == "ask for 10");
        world.add(1, 11);
        world.restart_manager();
        CHECK(world.target() == 3);
        // For the tasks that wait it looks at once, and ramps up from one again.
        const Lines asked = world.until(5'000);
        CHECK(asked == Lines{"at 3100 ms", "ask for 4", "at 4100 ms", "ask for 6"});
    }

    TEST_CASE("ALLOC-19 what runs for a stage that is over is running all the same") {
        AllocationWorld world{allocation_conf(0, 10, 0)};
        world.submit(0, 5);
        world.launch(0, 0, 2);
        world.finish(0);
        CHECK(world.needed() == 2);
        world.end(0, 0, 1);
        CHECK(world.needed() == 1);
        world.submit(1, 2);
        CHECK(world.needed() == 3);
        world.end(0, 1, 2, TaskStatus::failed);  // of a stage that is over: not tried again
        CHECK(world.needed() == 2);
        world.launch(1, 0, 2);
        world.end(1, 0, 1);
        CHECK(world.needed() == 1);
        world.end(1, 1, 2, TaskStatus::failed);
        CHECK(world.needed() == 1);
        world.launch(1, 1, 2, 1, 1);
        world.end(1, 1, 2, TaskStatus::success, 1, 1);
        CHECK(world.needed() == 0);
    }

    TEST_CASE("the tasks of a retried attempt, or of a take, are not the first of their stage") {
        AllocationWorld world{allocation_conf(0, 10, 0)};
        world.submit(0, 2);
        world.launch(0, 7, 8);
        CHECK(world.needed() == 2);
        world.launch(0, 3, 4);
        CHECK(world.until(5'000).empty());  // nothing waits
        world.end(0, 7, 8, TaskStatus::failed);
        CHECK(world.needed() == 2);
        world.end(0, 3, 4);
        CHECK(world.needed() == 1);
    }

    TEST_CASE("a finished task that is to run again waits, and ran only once") {
        AllocationWorld world{allocation_conf(0, 10, 0)};
        world.submit(0, 3);
        world.launch(0, 0, 3);
        world.end(0, 0, 2);
        CHECK(world.needed() == 1);
        world.end(0, 0, 2, TaskStatus::resubmitted);
        CHECK(world.needed() == 3);
        CHECK(world.until(1'500) == Lines{"at 1000 ms", "ask for 1"});
    }
}

}  // namespace forkyard::allocation_target_test
