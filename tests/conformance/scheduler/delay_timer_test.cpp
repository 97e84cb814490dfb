// SCH-TSI-07 to 09: what sets a set's locality timer back, and what does not.
#include <doctest/doctest.h>

#include "tests/builders/offers_world.hpp"

namespace forkyard::delay_timer_test {
namespace {

constexpr ExecutorId exec1{1};
constexpr ExecutorId exec2{2};
constexpr ExecutorId exec3{3};
constexpr SimDuration wait = seconds{3};

// Eight tasks that want executor 1 on host 1.
TaskSet wanting_exec1() {
    return task_set_of(std::vector<std::vector<Place>>(8, {on_exec(host1, exec1)}));
}

Lines local(std::uint32_t partition) {
    return {fmt::format("s0.0/p{}#0 on e1 at PROCESS_LOCAL", partition)};
}
Lines on_exec2(std::uint32_t partition) {
    return {fmt::format("s0.0/p{}#0 on e2 at NODE_LOCAL", partition)};
}

TEST_SUITE("conformance: the delay timer") {
    TEST_CASE("SCH-TSI-07 a launch sets the timer back as long as nothing was rejected") {
        for (const bool full : {false, true}) {
            CAPTURE(full);
            OffersWorld world;
            world.executor(exec1, host1, 1);
            world.submit(wanting_exec1());
            world.at(wait);
            CHECK((full ? world.round() : world.offer(exec1)) == local(0));
            world.executor(exec2, host1, 1);
            CHECK(world.offer(exec2).empty());
            // A whole wait later, and not before, it is taken.
            world.at(2 * wait - SimDuration{1});
            CHECK(world.offer(exec2).empty());
            world.at(2 * wait);
            CHECK(world.offer(exec2) == on_exec2(1));
        }
    }

    TEST_CASE("SCH-TSI-07 without a launch the wait goes on") {
        OffersWorld world;
        world.executor(exec1, host1, 0);
        world.executor(exec2, host1, 1);
        world.submit(wanting_exec1());
        world.at(wait - SimDuration{1});
        CHECK(world.offer(exec2).empty());
        world.at(wait);
        CHECK(world.offer(exec2) == on_exec2(0));
    }

    // Executor 2 was refused in a round of all offers, 3 s ago.
    void reject_once(OffersWorld & world) {
        world.executor(exec1, host1, 1);
        world.executor(exec2, host1, 1);
        world.submit(wanting_exec1());
        CHECK(world.offer(exec1) == local(0));
        CHECK(world.round().empty());
        (void)world.success(task(0, 0, 0), exec1);
        world.at(wait);
    }

    TEST_CASE("SCH-TSI-08 after a reject partial offers do not set the timer back") {
        OffersWorld world;
        reject_once(world);
        CHECK(world.offer(exec1) == local(1));
        CHECK(world.offer(exec2) == on_exec2(2));  // level N still
    }

    TEST_CASE("SCH-TSI-08 a round of all offers without a reject makes it strict again") {
        OffersWorld world;
        reject_once(world);
        CHECK(world.offer(exec1) == local(1));
        CHECK(world.offer(exec2) == on_exec2(2));
        (void)world.success(task(0, 0, 1), exec1);
        (void)world.success(task(0, 0, 2), exec2);
        CHECK(world.round() ==
              Lines{"s0.0/p3#0 on e1 at PROCESS_LOCAL", "s0.0/p4#0 on e2 at NODE_LOCAL"});
        (void)world.success(task(0, 0, 4), exec2);
        CHECK(world.offer(exec2).empty());
    }

    TEST_CASE("SCH-TSI-08 a round of all offers with a reject does not") {
        OffersWorld world;
        reject_once(world);
        world.executor(exec3, host3, 1);  // not wanted yet, at N
        CHECK(world.round() ==
              Lines{"s0.0/p1#0 on e1 at PROCESS_LOCAL", "s0.0/p2#0 on e2 at NODE_LOCAL"});
        (void)world.success(task(0, 0, 2), exec2);
        CHECK(world.offer(exec2) == on_exec2(3));
    }

    TEST_CASE("SCH-TSI-09 another set's greed does not set my timer back") {
        OffersWorld world;
        world.executor(exec1, host1, 1);
        world.executor(exec2, host1, 1);
        world.submit(wanting_exec1());
        TaskSet greedy = task_set_of(8);
        greedy.stage = {StageId{1}, 0};
        world.submit(std::move(greedy));
        // At 0 s: the local offer is taken, the other one goes to the second set.
        CHECK(world.round() ==
              Lines{"s0.0/p0#0 on e1 at PROCESS_LOCAL", "s1.0/p0#0 on e2 at PROCESS_LOCAL"});
        world.at(seconds{2});
        (void)world.success(task(1, 0, 0), exec2);
        CHECK(world.offer(exec2) == Lines{"s1.0/p1#0 on e2 at PROCESS_LOCAL"});
        CHECK(world.round().empty());  // no core is free
        world.at(seconds{4});
        (void)world.success(task(1, 0, 1), exec2);
        CHECK(world.offer(exec2) == on_exec2(1));
    }
}

}  // namespace
}  // namespace forkyard::delay_timer_test
