// SCH-POOL-01 to 06 and 08: in which order task sets are served.
#include <doctest/doctest.h>

#include "tests/builders/driver_world.hpp"
#include "tests/builders/offers_world.hpp"

namespace forkyard::pools_test {
namespace {

constexpr ExecutorId exec1{1};

PoolSpec pool(std::string name,
              std::int64_t min_share,
              std::int64_t weight = 1,
              std::string parent = "root",
              SchedulingMode mode = SchedulingMode::fifo) {
    PoolSpec spec;
    spec.name = std::move(name);
    spec.parent = std::move(parent);
    spec.mode = mode;
    spec.weight = weight;
    spec.min_share = min_share;
    return spec;
}

AppConf fair() {
    AppConf conf;
    conf.scheduling = SchedulingMode::fair;
    return conf;
}

TaskSet set_in(const std::string& pool, std::uint32_t stage, std::uint32_t tasks) {
    TaskSet set = task_set_of(tasks);
    set.stage = {StageId{stage}, 0};
    set.pool = pool;
    return set;
}

// Slot after slot becomes free, and none of the tasks ends: of which stage is the task
// launched there? "-": none.
std::string order_of(OffersWorld& world, std::uint32_t slots, std::uint32_t first_executor = 1) {
    std::string order;
    for (std::uint32_t n = first_executor; n < first_executor + slots; ++n) {
        world.executor(ExecutorId{n}, host1, 1);
        const Lines launched = world.offer(ExecutorId{n});
        const std::string stage =
            launched.empty() ? "-" : launched[0].substr(1, launched[0].find('.') - 1);
        order += fmt::format("{}{}", order.empty() ? "" : " ", stage);
    }
    return order;
}

TEST_SUITE("conformance: FIFO") {
    TEST_CASE("SCH-POOL-01 the lower stage of a job first") {
        OffersWorld world;
        for (const std::uint32_t stage : {2U, 0U, 1U}) {
            world.submit(set_in("", stage, 2));
        }
        CHECK(order_of(world, 7) == "0 0 1 1 2 2 -");
    }

    TEST_CASE("SCH-POOL-01 the lower job before the lower stage") {
        OffersWorld world;
        for (const std::uint32_t stage : {0U, 1U, 2U}) {
            TaskSet set = set_in("", stage, 2);
            set.priority = JobId{stage == 1 ? 0U : 1U};
            world.submit(std::move(set));
        }
        CHECK(order_of(world, 6) == "1 1 0 0 2 2");
    }

    TEST_CASE("SCH-POOL-02 names of pools do not matter") {
        OffersWorld world{{}, {pool("a", 0), pool("b", 5)}};
        world.submit(set_in("a", 0, 2));
        world.submit(set_in("b", 1, 2));  // would be needy
        world.submit(set_in("c", 2, 2));
        CHECK(order_of(world, 6) == "0 0 1 1 2 2");
    }
}

TEST_SUITE("conformance: FAIR") {
    TEST_CASE("SCH-POOL-03 the worked example") {
        OffersWorld world{fair(), {pool("1", 2), pool("2", 3)}};
        world.submit(set_in("1", 0, 1));
        world.submit(set_in("1", 1, 1));
        world.submit(set_in("1", 2, 2));
        world.submit(set_in("2", 3, 2));
        world.submit(set_in("2", 4, 2));
        CHECK(order_of(world, 9) == "0 3 3 1 4 2 2 4 -");
    }

    TEST_CASE("SCH-POOL-04 nested pools") {
        const SchedulingMode mode = SchedulingMode::fair;
        OffersWorld world{fair(),
                          {pool("0", 3, 1, "root", mode),
                           pool("1", 4, 1, "root", mode),
                           pool("00", 2, 2, "0"),
                           pool("01", 1, 1, "0"),
                           pool("10", 2, 2, "1"),
                           pool("11", 2, 1, "1")}};
        const char* leaves[] = {"00", "01", "10", "11"};
        for (std::uint32_t stage = 0; stage < 8; ++stage) {
            world.submit(set_in(leaves[stage / 2], stage, 5));
        }
        CHECK(order_of(world, 4) == "0 4 6 2");
    }

    TEST_CASE("SCH-POOL-04 what runs counts for all pools above, until it ends") {
        // Equal weights: pool "a" with a leaf for each set, pool "b" with one.
        const SchedulingMode mode = SchedulingMode::fair;
        OffersWorld world{fair(),
                          {pool("a", 0, 1, "root", mode),
                           pool("a1", 0, 1, "a"),
                           pool("a2", 0, 1, "a"),
                           pool("b", 0)}};
        world.submit(set_in("a1", 0, 9));
        world.submit(set_in("a2", 1, 9));
        world.submit(set_in("b", 2, 9));
        CHECK(order_of(world, 6) == "0 2 1 2 0 2");
        (void)world.success(task(0, 0, 0), exec1);
        CHECK(world.offer(exec1) == Lines{"s0.0/p2#0 on e1 at PROCESS_LOCAL"});
        CHECK(order_of(world, 3, 7) == "1 2 0");
    }

    TEST_CASE("SCH-POOL-05 equal shares go by name, as text") {
        OffersWorld world{fair(), {pool("9", 0), pool("10", 0)}};
        world.submit(set_in("9", 0, 2));
        world.submit(set_in("10", 1, 2));
        CHECK(order_of(world, 4) == "1 0 1 0");
    }

    TEST_CASE("SCH-POOL-05 sets as well, where the pool is fair inside") {
        OffersWorld world{fair(), {pool("p", 0, 1, "root", SchedulingMode::fair)}};
        world.submit(set_in("p", 9, 1));   // TaskSet_9.0
        world.submit(set_in("p", 10, 1));  // TaskSet_10.0
        CHECK(order_of(world, 2) == "10 9");
    }

    TEST_CASE("SCH-POOL-05 every attempt of a stage is a set of its own") {
        OffersWorld world{fair(), {pool("p", 0, 1, "root", SchedulingMode::fair)}};
        world.executor(exec1, host1, 8);
        const auto submit = [&](std::uint32_t stage, std::uint32_t attempt) {
            TaskSet set = set_in("p", stage, 2);
            set.stage.attempt = attempt;
            world.submit(std::move(set));
        };
        submit(0, 0);
        CHECK(world.round().size() == 2);
        submit(0, 1);
        submit(1, 1);
        CHECK(world.round() == Lines{"s0.1/p0#0 on e1 at PROCESS_LOCAL",
                                     "s0.1/p1#0 on e1 at PROCESS_LOCAL",
                                     "s1.1/p0#0 on e1 at PROCESS_LOCAL",
                                     "s1.1/p1#0 on e1 at PROCESS_LOCAL"});
        // The end of the first attempt's tasks is not that of the second's.
        (void)world.success(task(0, 0, 0), exec1);
        (void)world.success(task(0, 0, 1), exec1);
        (void)world.failure(task(0, 1, 0), exec1);
        CHECK(world.round() == Lines{"s0.1/p0#1 on e1 at PROCESS_LOCAL"});
    }

    TEST_CASE("SCH-POOL-06 a job without a pool goes to the pool default") {
        OffersWorld world{fair(), {pool("a", 0, 2), pool("z", 0)}};
        world.submit(set_in("a", 0, 9));
        world.submit(set_in("z", 1, 9));
        world.submit(set_in("", 3, 1));
        world.submit(set_in("default", 2, 9));
        // Shares 0: by name. Then "a" is behind with 1/2, then all have 1. Inside, FIFO.
        CHECK(order_of(world, 7) == "0 2 1 0 0 2 1");
    }

    TEST_CASE("SCH-POOL-06 an unknown pool is made: FIFO inside, weight 1, no minimum") {
        OffersWorld world{fair(), {pool("needy", 1), pool("heavy", 0, 2)}};
        world.submit(set_in("new", 8, 9));
        world.submit(set_in("new", 7, 1));
        world.submit(set_in("heavy", 1, 9));
        world.submit(set_in("needy", 2, 9));
        // "needy" has to have one; then shares 0, by name; then "heavy" with 1/2.
        CHECK(order_of(world, 8) == "2 1 7 1 1 2 8 1");
    }

    TEST_CASE("SCH-POOL-06 the pool default may be described as any other") {
        OffersWorld world{fair(), {pool("default", 2), pool("a", 0)}};
        world.submit(set_in("a", 0, 9));
        world.submit(set_in("", 1, 9));
        CHECK(order_of(world, 6) == "1 1 0 0 0 1");
    }
}

TEST_SUITE("conformance: a round and its order") {
    TEST_CASE("SCH-POOL-08 the order is that of the beginning of the round") {
        OffersWorld world{fair(), {pool("a", 0), pool("b", 0)}};
        world.submit(set_in("a", 0, 3));
        world.submit(set_in("b", 1, 3));
        world.executor(exec1, host1, 4);
        // One by one it would be 0 1 0 1.
        CHECK(world.round() == Lines{"s0.0/p0#0 on e1 at PROCESS_LOCAL",
                                     "s0.0/p1#0 on e1 at PROCESS_LOCAL",
                                     "s0.0/p2#0 on e1 at PROCESS_LOCAL",
                                     "s1.0/p0#0 on e1 at PROCESS_LOCAL"});
    }

    TEST_CASE("SCH-POOL-08 nothing that runs is killed for another's share") {
        OffersWorld world{fair(), {pool("a", 0), pool("needy", 4)}};
        world.submit(set_in("a", 0, 8));
        world.executor(exec1, host1, 4);
        CHECK(world.round().size() == 4);
        world.submit(set_in("needy", 1, 8));
        CHECK(world.round().empty());
        (void)world.success(task(0, 0, 0), exec1);
        CHECK(world.round() == Lines{"s1.0/p0#0 on e1 at PROCESS_LOCAL"});
    }

    TEST_CASE("SCH-POOL-08 only sets that are no zombies and have waiting tasks are listed") {
        OffersWorld world;
        CHECK_FALSE(world.scheduler().has_waiting_tasks());
        world.submit(set_in("", 0, 2));
        CHECK(world.scheduler().has_waiting_tasks());
        world.executor(exec1, host1, 1);
        CHECK(world.round().size() == 1);
        CHECK(world.scheduler().has_waiting_tasks());
        world.executor(ExecutorId{2}, host1, 1);
        CHECK(world.round().size() == 1);
        CHECK_FALSE(world.scheduler().has_waiting_tasks());  // both run
        (void)world.failure(task(0, 0, 0), exec1);
        CHECK(world.scheduler().has_waiting_tasks());
        (void)world.kill_stage(0, "enough");
        CHECK_FALSE(world.scheduler().has_waiting_tasks());
    }
}

}  // namespace
}  // namespace forkyard::pools_test
