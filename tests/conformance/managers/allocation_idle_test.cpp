// Which executors dynamic allocation lets go, and when (ALLOC-12 to ALLOC-16).
#include <doctest/doctest.h>

#include "tests/builders/allocation_world.hpp"

namespace forkyard::allocation_idle_test {

namespace {

// Idle 60 s, with cached blocks 120 s, with shuffle files 240 s; work for nobody.
AllocationConf with_timeouts() {
    AllocationConf conf = allocation_conf(0, 20, 0);
    conf.idle_timeout = std::chrono::seconds{60};
    conf.cached_timeout = std::chrono::seconds{120};
    conf.shuffle_timeout = std::chrono::seconds{240};
    return conf;
}

// A task of a stage runs there, from now on for no time.
void run_task(AllocationWorld& world,
              std::uint32_t stage,
              std::uint32_t exec,
              TaskStatus status = TaskStatus::success) {
    world.submit(stage, 1);
    world.launch(stage, 0, 1, exec);
    world.end(stage, 0, 1, status, exec);
    world.finish(stage);
}

}  // namespace

TEST_SUITE("dynamic allocation: who goes") {
    TEST_CASE("ALLOC-12 the least stay") {
        AllocationWorld world{allocation_conf(5, 10, 5)};
        world.add(1, 11);
        CHECK(world.until(10'000) == Lines{"at 3000 ms",
                                           "let go of e1",
                                           "let go of e2",
                                           "let go of e3",
                                           "let go of e4",
                                           "let go of e5"});
        for (std::uint32_t e = 1; e <= 5; ++e) {
            world.lose(e);
        }
        CHECK(world.until(20'000).empty());
        CHECK(world.target() == 5);
    }

    TEST_CASE("ALLOC-12 as many as are asked for stay, and letting go asks for no fewer") {
        AllocationWorld world{allocation_conf(5, 12, 8)};
        world.submit(0, 8);  // eight tasks wait, which nobody here runs
        world.add(1, 9);
        CHECK(world.until(10'000).empty());
        world.add(9, 13);
        CHECK(world.until(20'000) ==
              Lines{"at 10000 ms", "let go of e1", "let go of e2", "let go of e3", "let go of e4"});
        CHECK(world.target() == 8);
    }

    TEST_CASE("ALLOC-13 from the end of the last task, or the registration") {
        AllocationWorld world{allocation_conf(1, 20, 1)};
        world.add(1, 4);
        CHECK(world.until(3'500) == Lines{"at 3000 ms", "let go of e1", "let go of e2"});
        world.lose(1);
        world.lose(2);
        CHECK(world.until(5'000).empty());
        world.add(4, 5);  // now e3 may go as well
        CHECK(world.until(20'000) == Lines{"at 5000 ms", "let go of e3"});
    }

    TEST_CASE("ALLOC-13 who has a task is not idle, whatever else has ended") {
        AllocationWorld world{allocation_conf(0, 20, 2)};
        world.add(1, 3);
        world.submit(0, 3);
        world.launch(0, 0, 2, 1);
        world.launch(0, 2, 3, 2);
        (void)world.until(1'000);
        world.end(0, 0, 1, TaskStatus::success, 1);
        world.end(0, 2, 3, TaskStatus::success, 2);
        CHECK(world.until(10'000) ==
              Lines{"at 1000 ms", "ask for 1", "at 4000 ms", "let go of e2"});
        world.end(0, 1, 2, TaskStatus::success, 1);
        CHECK(world.until(20'000) ==
              Lines{"at 10000 ms", "ask for 0", "at 13000 ms", "let go of e1"});
    }

    TEST_CASE("ALLOC-13 one that is lost is nobody's to let go") {
        AllocationWorld world{allocation_conf(0, 20, 0)};
        world.add(1, 3);
        world.lose(1);
        CHECK(world.until(20'000) == Lines{"at 3000 ms", "let go of e2"});
    }

    TEST_CASE("ALLOC-14 cached blocks make it twice as long") {
        AllocationWorld world{with_timeouts()};
        world.add(1, 2);
        (void)world.until(30'000);
        world.add(2, 3);
        world.cache(2);
        CHECK(world.until(200'000) ==
              Lines{"at 60000 ms", "let go of e1", "at 150000 ms", "let go of e2"});
    }

    TEST_CASE("ALLOC-14 and without a time-out of their own they hold it for ever") {
        AllocationConf conf = with_timeouts();
        conf.cached_timeout.reset();
        AllocationWorld world{conf};
        world.add(1, 2);
        world.cache(1);
        CHECK(world.until(10'000'000).empty());
    }

    TEST_CASE("ALLOC-15 SCH-BE-10 files that a running job may read keep their executor") {
        AllocationWorld world{with_timeouts()};
        world.add(1, 2);
        world.start_job(0, {0});
        run_task(world, 0, 1);
        CHECK(world.until(1'000'000).empty());
        world.end_job(0);
        // Idle since the beginning: the time-out is over at once.
        CHECK(world.until(1'000'500) == Lines{"at 1000000 ms", "let go of e1"});
    }

    TEST_CASE("ALLOC-15 another job that reads them keeps it as well") {
        AllocationWorld world{with_timeouts()};
        world.add(1, 2);
        world.start_job(0, {0});
        run_task(world, 0, 1);
        world.end_job(0);
        (void)world.until(200'000);
        world.start_job(1, {0});
        CHECK(world.until(300'000).empty());
        world.end_job(1);
        CHECK(world.until(300'500) == Lines{"at 300000 ms", "let go of e1"});
    }

    TEST_CASE("ALLOC-15 each is kept by its own files alone, and by none of a failed task") {
        AllocationWorld world{with_timeouts()};
        world.add(1, 4);
        world.start_job(0, {0});
        world.start_job(1, {1});
        run_task(world, 0, 1);
        run_task(world, 1, 2);
        run_task(world, 1, 3, TaskStatus::failed);
        CHECK(world.until(100'000) == Lines{"at 60000 ms", "let go of e3"});
        world.end_job(0);
        CHECK(world.until(300'000) == Lines{"at 240000 ms", "let go of e1"});
        world.end_job(1);
        CHECK(world.until(300'500) == Lines{"at 300000 ms", "let go of e2"});
    }

    TEST_CASE("ALLOC-15 SCH-BE-10 with the time-outs of Spark an executor with files never goes") {
        AllocationConf conf = allocation_conf(0, 20, 0);
        conf.idle_timeout = AllocationConf{}.idle_timeout;
        AllocationWorld world{conf};
        world.add(1, 3);
        world.start_job(0, {0});
        run_task(world, 0, 1);
        world.end_job(0);
        CHECK(world.until(10'000'000) == Lines{"at 60000 ms", "let go of e2"});
    }

    TEST_CASE("ALLOC-16 of several time-outs the longest counts, in 3.0 the shorter") {
        const auto goes_at = [](bool longest, bool tracks) {
            AllocationConf conf = with_timeouts();
            conf.longest_timeout = longest;
            conf.shuffle_tracking = tracks;
            AllocationWorld world{conf};
            world.add(1, 2);
            world.start_job(0, {0});
            run_task(world, 0, 1);
            world.end_job(0);
            world.cache(1);
            return world.until(1'000'000).front();
        };
        CHECK(goes_at(true, true) == "at 240000 ms");
        CHECK(goes_at(true, false) == "at 120000 ms");
        CHECK(goes_at(false, true) == "at 120000 ms");
    }
}

}  // namespace forkyard::allocation_idle_test
