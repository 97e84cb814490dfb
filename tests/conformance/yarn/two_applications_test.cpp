// Two applications that each want more than half of a cluster on YARN: 3 nodes of 10 cores,
// 20 executors of 2 cores each, memory for all (CM-YARN-21, 22, 27, 28).
#include <algorithm>

#include <doctest/doctest.h>

#include "tests/builders/manager_world.hpp"

namespace forkyard::two_applications_test {
namespace {

using Counts = std::pair<std::size_t, std::size_t>;

Scenario halves(YarnSchedulerKind scheduler, std::int64_t user_limit_factor) {
    const WorkerSize node{10, 1 << 20};
    Scenario scenario = managed_by("yarn", {node, node, node}, {{256, 2, {}}, {256, 2, {}}});
    YarnSpec& yarn = scenario.cluster.yarn;
    yarn.scheduler = scheduler;
    yarn.dominant = true;
    for (const char* name : {"a", "b"}) {
        QueueSpec& queue = yarn.queues.emplace_back();
        queue.name = name;
        if (scheduler == YarnSchedulerKind::capacity) {
            queue.capacity = Millionths{50'000'000};
            queue.user_limit_factor = Millionths{user_limit_factor * 1'000'000};
        }
    }
    scenario.apps[0].queue = "a";
    scenario.apps[1].queue = "b";
    for (AppSpec& app : scenario.apps) {
        app.conf.yarn.am_unmanaged = true;
    }
    return scenario;
}

Counts counts(const ManagerWorld& world) {
    return {world.count(0), world.count(1)};
}

TEST_SUITE("YARN: two applications") {
    TEST_CASE("CM-YARN-21 CM-YARN-22 a user's limit of half the cluster: 8 and 7, then 8") {
        for (const std::int64_t later : {0, 40'000}) {
            ManagerWorld world{halves(YarnSchedulerKind::capacity, 1)};
            (void)world.asks(0, 20);
            (void)world.run_until(later);
            (void)world.asks(1, 20);
            (void)world.run_until(80'000);
            CHECK(counts(world) == Counts{8, 7});
            (void)world.ends(0);
            (void)world.all_gone(0);
            (void)world.run_until(120'000);
            CHECK(counts(world) == Counts{0, 8});
        }
    }

    TEST_CASE("CM-YARN-21 CM-YARN-22 with twice that limit the first has all that it can take") {
        ManagerWorld world{halves(YarnSchedulerKind::capacity, 2)};
        (void)world.asks(0, 20);
        (void)world.run_until(40'000);
        CHECK(world.cores(0) == Cores{10, 10, 10});
        (void)world.asks(1, 20);
        (void)world.run_until(80'000);
        CHECK(counts(world) == Counts{15, 0});
        // The second gets what the first gives back.
        (void)world.asks(0, 13);
        (void)world.gone(1);
        (void)world.gone(2);
        (void)world.run_until(120'000);
        CHECK(counts(world) == Counts{13, 2});
        (void)world.ends(0);
        (void)world.all_gone(0);
        (void)world.run_until(160'000);
        CHECK(counts(world) == Counts{0, 15});
    }

    TEST_CASE("CM-YARN-27 CM-YARN-28 fair shares are reached by what is given back: 8 and 7") {
        ManagerWorld world{halves(YarnSchedulerKind::fair, 1)};
        (void)world.asks(0, 20);
        (void)world.run_until(40'000);
        (void)world.asks(1, 20);
        (void)world.run_until(80'000);
        CHECK(counts(world) == Counts{15, 0});
        std::int64_t now = 80'000;
        for (std::size_t released = 1; released <= 10; ++released) {
            (void)world.gone(world.executors(0).front(), LossReason::exited, 0);
            now += 10'000;
            (void)world.run_until(now);
            const std::size_t moved = std::min<std::size_t>(released, 7);
            CHECK(counts(world) == Counts{15 - moved, moved});
        }
        (void)world.ends(0);
        (void)world.all_gone(0);
        (void)world.run_until(now + 40'000);
        CHECK(counts(world) == Counts{0, 15});
    }
}

}  // namespace
}  // namespace forkyard::two_applications_test
