// On which nodes new containers are asked for (CM-YARN-15).
#include "core/policy/yarn/container_placement.hpp"

#include <doctest/doctest.h>

namespace forkyard::container_placement_test {
namespace {

using Places = std::vector<std::vector<NodeId>>;

constexpr NodeId host1{1};
constexpr NodeId host2{2};
constexpr NodeId host3{3};
constexpr NodeId host4{4};
constexpr NodeId host5{5};

// 15 tasks that prefer nodes, executors of 5 cores: work for three of them.
PlacementDemand three_executors(std::uint32_t containers,
                                std::map<NodeId, std::uint32_t> tasks_on,
                                std::map<NodeId, std::uint32_t> containers_on) {
    PlacementDemand demand;
    demand.containers = containers;
    demand.local_tasks = 15;
    demand.executor_cores = 5;
    demand.tasks_on = std::move(tasks_on);
    demand.containers_on = std::move(containers_on);
    return demand;
}

TEST_SUITE("YARN: places of new containers") {
    TEST_CASE("CM-YARN-15 nodes that many tasks prefer are named more often") {
        CHECK(place_containers(three_executors(
                  3, {{host3, 15}, {host4, 15}, {host5, 10}}, {{host1, 1}, {host2, 1}})) ==
              Places{{host3, host4, host5}, {host3, host4, host5}, {host3, host4}});
    }

    TEST_CASE("CM-YARN-15 a node that has its part is not named, the rest may be anywhere") {
        CHECK(place_containers(three_executors(
                  3, {{host1, 15}, {host2, 15}, {host3, 10}}, {{host1, 2}, {host2, 1}})) ==
              Places{{}, {host2, host3}, {host2, host3}});
    }

    TEST_CASE("CM-YARN-15 fewer than the nodes lack are all asked for there") {
        CHECK(place_containers(three_executors(
                  1, {{host1, 15}, {host2, 15}, {host3, 10}}, {{host1, 2}, {host2, 1}})) ==
              Places{{host2, host3}});
    }

    TEST_CASE("CM-YARN-15 where every node has its part, anywhere will do") {
        CHECK(place_containers(three_executors(3,
                                               {{host1, 15}, {host2, 15}, {host3, 10}},
                                               {{host1, 2}, {host2, 2}, {host3, 1}})) ==
              Places{{}, {}, {}});
    }

    TEST_CASE("CM-YARN-15 tasks without a preference name no node") {
        PlacementDemand demand = three_executors(1, {}, {{host1, 2}, {host2, 1}});
        demand.local_tasks = 0;
        CHECK(place_containers(demand) == Places{{}});
    }

    TEST_CASE("CM-YARN-15 requests under way count for the nodes that they name") {
        PlacementDemand demand =
            three_executors(1, {{host1, 15}, {host2, 15}, {host3, 10}}, {{host1, 2}, {host2, 1}});
        demand.pending = {{host2, host3}, {host1, host4}};
        CHECK(place_containers(demand) == Places{{host3}});
    }

    TEST_CASE("CM-YARN-15 what a task takes counts: tasks of two cores are work for six") {
        PlacementDemand demand = three_executors(6, {{host1, 15}, {host2, 15}}, {});
        demand.task_cpus = 2;
        CHECK(place_containers(demand) == Places(6, std::vector<NodeId>{host1, host2}));
        demand.task_cpus = 1;
        CHECK(place_containers(demand).front().empty());
    }

    TEST_CASE("CM-YARN-15 32768 tasks, 2048 containers and 128 nodes are no trouble") {
        PlacementDemand demand;
        demand.containers = 2048;
        demand.local_tasks = 32'768;
        demand.executor_cores = 16;
        for (std::uint32_t n = 0; n < 128; ++n) {
            // Three replicas of each, more of them on the lower half of the nodes.
            demand.tasks_on[NodeId{n}] = n < 64 ? 1024 : 512;
        }
        const Places places = place_containers(demand);
        REQUIRE(places.size() == 2048);
        std::map<NodeId, std::uint32_t> named;
        for (const std::vector<NodeId>& nodes : places) {
            for (const NodeId node : nodes) {
                ++named[node];
            }
        }
        REQUIRE(named.size() == 128);
        CHECK(named[NodeId{0}] == 2 * named[NodeId{127}]);
        CHECK(named[NodeId{0}] == 2048);
    }
}

}  // namespace
}  // namespace forkyard::container_placement_test
