// What queues on YARN give back, how fast, and whom it hits (CM-YARN-29): ten nodes of ten cores
// and 10 GiB, executors of one of each. adhoc is guaranteed 30 of them and has all 100 when prod
// comes and wants its 70.
#include <algorithm>

#include <doctest/doctest.h>

#include "tests/builders/manager_world.hpp"

namespace forkyard::preemption_test {
namespace {

Scenario greedy_queue(bool preempts) {
    const std::vector<WorkerSize> nodes(10, WorkerSize{10, 10 * 1024});
    Scenario scenario = managed_by("yarn", nodes, {{256, 1, {}}, {256, 1, {}}});
    YarnSpec& yarn = scenario.cluster.yarn;
    yarn.preemption = preempts;
    for (const auto& [name, capacity] : {std::pair{"adhoc", 30}, std::pair{"prod", 70}}) {
        QueueSpec& queue = yarn.queues.emplace_back();
        queue.name = name;
        queue.capacity = Millionths{std::int64_t{capacity} * 1'000'000};
        queue.user_limit_factor = Millionths{-1'000'000};
    }
    scenario.apps[0].queue = "adhoc";
    scenario.apps[1].queue = "prod";
    for (AppSpec& app : scenario.apps) {
        app.conf.yarn.am_unmanaged = true;
    }
    return scenario;
}

// adhoc has all; at 60 s prod asks.
void fill(ManagerWorld& world) {
    (void)world.asks(0, 100);
    (void)world.run_until(60'000);
    REQUIRE(world.count(0) == 100);
    (void)world.asks(1, 70);
    (void)world.notes();
}

TEST_SUITE("YARN: preemption") {
    TEST_CASE("CM-YARN-29 by default nothing is taken back") {
        ManagerWorld world{greedy_queue(false)};
        fill(world);
        CHECK(world.run_until(600'000).empty());
        CHECK(world.count(0) == 100);
    }

    TEST_CASE("CM-YARN-29 the monitor is the Capacity Scheduler's: a fair one is left alone") {
        Scenario scenario = greedy_queue(true);
        scenario.cluster.yarn.scheduler = YarnSchedulerKind::fair;
        ManagerWorld world{std::move(scenario)};
        fill(world);
        CHECK(world.run_until(600'000).empty());
        CHECK(world.count(0) == 100);
    }

    TEST_CASE("CM-YARN-29 every 3 s a tenth of the cluster at most is marked, the newest first") {
        ManagerWorld world{greedy_queue(true)};
        fill(world);
        CHECK(world.run_until(62'999).empty());
        CHECK(world.notes().empty());
        (void)world.run_until(63'000);
        const Lines marked = world.notes();
        REQUIRE(marked.size() == 10);
        CHECK(marked.front() == "e100 has to go: its queue is above its guarantee");
        CHECK(marked.back() == "e91 has to go: its queue is above its guarantee");
        (void)world.run_until(66'000);
        CHECK(world.notes().size() == 10);
        // Gaps of 50 and 40 GiB: a fifth of them.
        (void)world.run_until(69'000);
        CHECK(world.notes().size() == 10);
        (void)world.run_until(72'000);
        CHECK(world.notes().size() == 8);
        (void)world.run_until(75'000);
        CHECK(world.notes().size() == 7);  // 6.4 of 32
    }

    TEST_CASE("CM-YARN-29 what is still there 15 s later is killed") {
        ManagerWorld world{greedy_queue(true)};
        fill(world);
        CHECK(world.run_until(77'999).empty());
        Lines killed = world.run_until(78'000);
        CHECK(std::count_if(killed.begin(), killed.end(), [](const std::string& line) {
                  return line.starts_with("kill e") && line.ends_with(": preempted");
              }) == 10);
    }

    TEST_CASE("CM-YARN-29 a queue a tenth above its guarantee is left alone") {
        ManagerWorld world{greedy_queue(true)};
        fill(world);
        for (std::int64_t second = 61; second < 300; ++second) {
            (void)world.run_until(second * 1000);
            (void)world.killed_ones_go();
        }
        CHECK(world.count(0) == 33);
        CHECK(world.count(1) == 67);
        (void)world.notes();
        CHECK(world.run_until(600'000).empty());
    }

    TEST_CASE("CM-YARN-29 who asks for less than its guarantee gets that, and no more is taken") {
        ManagerWorld world{greedy_queue(true)};
        (void)world.asks(0, 100);
        (void)world.run_until(60'000);
        (void)world.asks(1, 5);
        for (std::int64_t second = 61; second < 200; ++second) {
            (void)world.run_until(second * 1000);
            (void)world.killed_ones_go();
        }
        CHECK(world.count(1) == 5);
        CHECK(world.count(0) == 95);
    }
}

}  // namespace
}  // namespace forkyard::preemption_test
