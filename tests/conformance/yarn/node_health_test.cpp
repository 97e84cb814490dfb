// On which nodes an application master wants no containers (CM-YARN-09 to 11).
#include "core/policy/yarn/node_health.hpp"

#include <vector>

#include <doctest/doctest.h>

#include "tests/builders/manager_world.hpp"

namespace forkyard::node_health_test {
namespace {

using Nodes = std::vector<NodeId>;
using std::chrono::milliseconds;

SimTime at_ms(std::int64_t ms) {
    return SimTime{milliseconds{ms}};
}

// Excludes a node for 100 ms once more than two executors have failed there.
AppConf excluding() {
    AppConf conf;
    conf.yarn.exclude_on_launch_failure = true;
    conf.exclusion.app_executors_per_node = 2;
    conf.exclusion.timeout = milliseconds{100};
    return conf;
}

constexpr NodeId host1{1};
constexpr NodeId host2{2};
constexpr NodeId host3{3};
constexpr NodeId host4{4};

}  // namespace

TEST_SUITE("YARN: nodes without executors") {
    TEST_CASE("CM-YARN-09 a node is avoided after its third failure, until its time is over") {
        NodeHealth nodes{excluding(), {}};
        nodes.executor_failed(at_ms(0), host1);
        nodes.executor_failed(at_ms(0), host1);
        CHECK(nodes.excluded(at_ms(0)).empty());
        nodes.executor_failed(at_ms(0), host1);
        CHECK(nodes.excluded(at_ms(0)) == Nodes{host1});
        CHECK(nodes.next_return() == at_ms(100));
        CHECK(nodes.excluded(at_ms(100)) == Nodes{host1});
        CHECK(nodes.excluded(at_ms(101)).empty());
    }

    TEST_CASE("CM-YARN-09 failures on a node that is avoided already do not count at all") {
        NodeHealth nodes{excluding(), {}};
        for (int failure = 0; failure < 5; ++failure) {
            nodes.executor_failed(at_ms(0), host1);
        }
        CHECK(nodes.failures(at_ms(0)) == 3);
        nodes.set_by_driver({host2});
        nodes.executor_failed(at_ms(0), host2);
        CHECK(nodes.failures(at_ms(0)) == 3);
    }

    TEST_CASE("CM-YARN-09 without the property no node is avoided, and all failures count") {
        AppConf conf = excluding();
        conf.yarn.exclude_on_launch_failure = false;
        NodeHealth nodes{conf, {}};
        for (int failure = 0; failure < 5; ++failure) {
            nodes.executor_failed(at_ms(0), host1);
        }
        CHECK(nodes.excluded(at_ms(0)).empty());
        CHECK(nodes.failures(at_ms(0)) == 5);
    }

    TEST_CASE("CM-YARN-10 the list, the driver's nodes and those with failures are merged") {
        NodeHealth nodes{excluding(), {NodeId{8}, NodeId{9}}};
        CHECK(nodes.excluded(at_ms(0)) == Nodes{NodeId{8}, NodeId{9}});
        for (int failure = 0; failure < 3; ++failure) {
            nodes.executor_failed(at_ms(0), host1);
        }
        CHECK(nodes.excluded(at_ms(1)) == Nodes{host1, NodeId{8}, NodeId{9}});
        nodes.set_by_driver({host2, host3});
        CHECK(nodes.excluded(at_ms(2)) == Nodes{host1, host2, host3, NodeId{8}, NodeId{9}});
        nodes.set_by_driver({host3, host4});
        CHECK(nodes.excluded(at_ms(3)) == Nodes{host1, host3, host4, NodeId{8}, NodeId{9}});
        // The driver says how long its own are out, the list is for good.
        CHECK(nodes.excluded(at_ms(1000)) == Nodes{host3, host4, NodeId{8}, NodeId{9}});
    }

    TEST_CASE("CM-YARN-11 an application whose nodes are all excluded is given up") {
        Scenario scenario =
            managed_by("yarn", std::vector<WorkerSize>(4, {10, 65'536}), {Wish{1024, 1, {}}});
        AppConf& conf = scenario.apps[0].conf;
        conf.yarn.am_unmanaged = true;
        conf.executor_failures_max = 100;
        conf.yarn.exclude_on_launch_failure = true;
        conf.exclusion.app_executors_per_node = 0;
        ManagerWorld world{scenario};
        (void)world.asks(0, 1);
        Lines ends;
        for (std::uint32_t exec = 1; exec <= 4; ++exec) {
            Lines lines = world.run_until(exec * 60'000);
            REQUIRE(grants_to(lines, 0) == 1);
            CHECK(world.grant(exec).node == NodeId{exec - 1});  // one after the other is avoided
            (void)world.gone(exec, LossReason::exited, 1);
        }
        CHECK(only(world.run_until(600'000), "remove") ==
              Lines{"remove a0: Due to executor failures all available nodes are excluded"});
    }

    TEST_CASE("CM-YARN-10 a node that the driver excludes is given no more executors") {
        ManagerWorld world{
            managed_by("yarn", std::vector<WorkerSize>(2, {10, 65'536}), {Wish{1024, 1, {}}})};
        (void)world.asks(0, 4, {0, {}, {NodeId{0}}});
        (void)world.run_until(60'000);
        CHECK(world.cores(0) == Cores{0, 4});
        (void)world.asks(0, 6, {});
        (void)world.run_until(120'000);
        CHECK(world.count(0) == 6);
        CHECK(world.cores(0)[0] > 0);
    }

    TEST_CASE("ALLOC-20 CM-YARN-15 executors come to the nodes that tasks prefer") {
        Scenario scenario =
            managed_by("yarn", std::vector<WorkerSize>(4, {10, 65'536}), {Wish{1024, 1, {}}});
        scenario.apps[0].conf.yarn.am_unmanaged = true;
        const PlacementHints hints{6, {{NodeId{2}, 6}, {NodeId{3}, 6}}, {}};
        ManagerWorld world{scenario};
        (void)world.asks(0, 6, hints);
        (void)world.run_until(60'000);
        CHECK(world.count(0) == 6);
        CHECK(world.cores(0)[0] + world.cores(0)[1] == 0);
        // Where places do not matter, they come in order of the nodes.
        scenario.cluster.yarn.ignores_locality = true;
        ManagerWorld careless{scenario};
        (void)careless.asks(0, 6, hints);
        (void)careless.run_until(60'000);
        CHECK(careless.cores(0)[0] > 0);
    }
}

}  // namespace forkyard::node_health_test
