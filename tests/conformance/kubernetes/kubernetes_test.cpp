// Kubernetes as a whole: the pods of a driver over time (CM-K8S-01 to CM-K8S-18).
#include <cstdint>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "tests/builders/manager_world.hpp"

namespace forkyard::kubernetes_test {

namespace {

Scenario pods_on(const std::vector<std::uint32_t>& nodes, const std::vector<std::uint32_t>& cores) {
    return of_cores("kubernetes", nodes, cores);
}

}  // namespace

TEST_SUITE("Kubernetes: pods over time") {
    TEST_CASE("CM-K8S-01 one batch a second, the rest of it in the next round") {
        ManagerWorld world{pods_on({20}, {1})};
        CHECK(grants_to(world.asks(0, 11), 0) == 10);
        CHECK(world.run_until(999).empty());
        CHECK(world.run_until(60'000) == Lines{"at 1000 ms", "grant e11 of 1 on w0 to a0"});
    }

    TEST_CASE("CM-K8S-01 a new target is served at once when nothing is outstanding") {
        ManagerWorld world{pods_on({3}, {1})};
        (void)world.asks(0, 1);
        (void)world.run_until(300);
        CHECK(world.asks(0, 2).empty());  // the first has not been seen to run
        CHECK(world.run_until(2'300) == Lines{"at 1000 ms", "grant e2 of 1 on w0 to a0"});
        CHECK(world.asks(0, 4) == Lines{"grant e3 of 1 on w0 to a0"});
        // The fourth is pending, so that the fifth has to wait.
        (void)world.run_until(3'300);
        (void)world.notes();
        (void)world.asks(0, 5);
        CHECK(world.notes().empty());
        (void)world.run_until(4'000);
        CHECK(world.notes() == Lines{"pods 5 to 5 created"});
    }

    TEST_CASE("CM-K8S-02 pending pods hold nothing up") {
        ManagerWorld world{pods_on({5}, {1})};
        CHECK(grants_to(world.asks(0, 30), 0) == 5);
        CHECK(world.run_until(60'000).empty());
        CHECK(world.notes() ==
              Lines{"pods 1 to 10 created", "pods 11 to 20 created", "pods 21 to 30 created"});
    }

    TEST_CASE("CM-K8S-02 in 3.0 the next batch waits until the last one runs") {
        Scenario scenario = pods_on({7, 9}, {1});
        scenario.apps[0].conf.pods.batch_size = 5;
        scenario.apps[0].conf.pods.pending_blocks = true;
        ManagerWorld world{scenario, NodesAt::later};
        (void)world.joins(0);
        CHECK(grants_to(world.asks(0, 15), 0) == 5);
        CHECK(grants_to(world.run_until(1'000), 0) == 2);
        CHECK(world.run_until(5'500).empty());
        CHECK(world.notes() == Lines{"pods 1 to 5 created", "pods 6 to 10 created"});
        CHECK(grants_to(world.joins(1), 0) == 3);
        CHECK(grants_to(world.run_until(6'000), 0) == 5);
    }

    TEST_CASE("CM-K8S-03 a failed executor is followed by a new one in the next round") {
        ManagerWorld world{pods_on({10}, {1})};
        (void)world.asks(0, 3);
        (void)world.run_until(500);
        (void)world.notes();
        CHECK(world.gone(2, LossReason::exited, 1).empty());
        CHECK(world.run_until(60'000) == Lines{"at 1000 ms", "grant e4 of 1 on w0 to a0"});
        CHECK(world.notes() == Lines{"pods 4 to 4 created"});
    }

    TEST_CASE("CM-K8S-05 pods that wait for a node are deleted when nobody has wanted them long") {
        ManagerWorld world{pods_on({5}, {1})};
        (void)world.asks(0, 10);
        (void)world.run_until(10'000);
        CHECK(world.asks(0, 2).empty());
        CHECK(world.run_until(60'999).empty());
        CHECK(world.notes() == Lines{"pods 1 to 10 created"});
        CHECK(world.run_until(61'000).empty());
        CHECK(world.notes() == Lines{"5 waiting pods deleted"});
        // Those that run are not touched.
        CHECK(world.run_until(1'000'000).empty());
        CHECK(world.waiting().empty());
    }

    TEST_CASE("CM-K8S-05 also when a further batch was to be made just then") {
        ManagerWorld world{pods_on({5}, {1})};
        (void)world.asks(0, 20);
        (void)world.run_until(500);
        CHECK(world.asks(0, 2).empty());
        (void)world.run_until(61'000);
        CHECK(world.notes() == Lines{"pods 1 to 10 created", "5 waiting pods deleted"});
    }

    TEST_CASE("CM-K8S-05 also when the namespace may have no more pods") {
        Scenario scenario = pods_on({5}, {1});
        scenario.cluster.kubernetes.quotas = {{"default", {}, {}, 10}};
        ManagerWorld world{scenario};
        (void)world.asks(0, 10);
        (void)world.asks(0, 2);
        (void)world.run_until(61'000);
        CHECK(world.notes() == Lines{"pods 1 to 10 created", "5 waiting pods deleted"});
    }

    TEST_CASE("CM-K8S-08 no more pods wait than the limit says, those that run do not count") {
        Scenario scenario = pods_on({2}, {1});
        scenario.apps[0].conf.pods.pending_max = 3;
        ManagerWorld world{scenario};
        CHECK(grants_to(world.asks(0, 30), 0) == 2);
        (void)world.run_until(60'000);
        CHECK(world.notes() == Lines{"pods 1 to 3 created", "pods 4 to 5 created"});
    }

    TEST_CASE("CM-K8S-09 more pods in all than allowed end the application") {
        Scenario scenario = pods_on({10}, {1, 1});
        scenario.apps[0].conf.pods.pods_max = 3;
        ManagerWorld world{scenario};
        (void)world.asks(0, 3);
        (void)world.run_until(500);
        (void)world.gone(1, LossReason::exited, 1);
        CHECK(world.run_until(60'000) ==
              Lines{"at 1000 ms", "remove a0: Exceed the pod creation limit: 3"});
        CHECK(world.asks(0, 5).empty());
    }

    TEST_CASE("CM-K8S-09 pods made in that round are not started any more") {
        Scenario scenario = pods_on({10}, {1});
        scenario.apps[0].conf.pods.pods_max = 3;
        ManagerWorld world{scenario};
        CHECK(world.asks(0, 5) == Lines{"remove a0: Exceed the pod creation limit: 3"});
    }

    TEST_CASE("CM-K8S-16 an executor that was let go leaves room at once, and no successor") {
        ManagerWorld world{pods_on({2}, {1, 1})};
        (void)world.asks(0, 2);
        (void)world.asks(1, 1);
        (void)world.asks(0, 1);
        CHECK(world.gone(1, LossReason::idle) == Lines{});
        CHECK(world.run_until(60'000) == Lines{"at 1000 ms", "grant e3 of 1 on w0 to a1"});
    }

    TEST_CASE("CM-K8S-16 with the application its waiting pods go") {
        ManagerWorld world{pods_on({2}, {1, 1})};
        (void)world.asks(0, 10);
        (void)world.asks(1, 2);
        CHECK(world.waiting().size() == 2);
        CHECK(world.ends(0).empty());
        CHECK(world.waiting().size() == 1);
        (void)world.run_until(2'000);
        Lines lines = world.all_gone(0);
        CHECK(grants_to(lines, 0) == 0);
        append(lines, world.run_until(60'000));  // the second is tried again a second later
        CHECK(grants_to(lines, 1) == 2);
    }
}

TEST_SUITE("Kubernetes: what a pod asks for") {
    TEST_CASE("CM-K8S-18 heap and a tenth of it, at least 384 MiB, and what lies beside") {
        const auto takes = [](std::int64_t heap_mib, auto change) {
            Scenario scenario = managed_by("kubernetes", {{8, 100'000}}, {{heap_mib, 2, {}}});
            change(scenario.apps[0].conf.container);
            ManagerWorld world{scenario};
            (void)world.asks(0, 1);
            return world.grant(1).memory.count >> 20;
        };
        CHECK(takes(1'024, [](ContainerConf&) {}) == 1'408);
        CHECK(takes(8'192, [](ContainerConf&) {}) == 9'011);
        CHECK(takes(8'192, [](ContainerConf& c) { c.overhead_factor = {400'000}; }) == 11'468);
        CHECK(takes(8'192, [](ContainerConf& c) { c.overhead = mebibytes(1'000); }) == 9'192);
        CHECK(takes(1'024, [](ContainerConf& c) {
                  c.off_heap = mebibytes(500);
                  c.python = mebibytes(70);
              }) == 1'978);
    }

    TEST_CASE("CM-K8S-18 memory that is requested has to be there") {
        ManagerWorld world{managed_by("kubernetes", {{8, 2'815}}, {{1'024, 1, {}}})};
        CHECK(world.asks(0, 2) == Lines{"grant e1 of 1 on w0 to a0"});
        ManagerWorld larger{managed_by("kubernetes", {{8, 2'816}}, {{1'024, 1, {}}})};
        CHECK(larger.asks(0, 2).size() == 2);
    }

    TEST_CASE("CM-K8S-18 a smaller request of cores packs pods, their slots stay") {
        Scenario scenario = pods_on({1}, {4});
        scenario.apps[0].conf.pods.request_millicores = 500;
        ManagerWorld world{scenario};
        CHECK(world.asks(0, 3) == Lines{"grant e1 of 4 on w0 to a0", "grant e2 of 4 on w0 to a0"});
    }

    TEST_CASE("CM-K8S-18 a larger one keeps room free") {
        Scenario scenario = pods_on({4}, {1});
        scenario.apps[0].conf.pods.request_millicores = 1'500;
        ManagerWorld world{scenario};
        CHECK(world.asks(0, 3).size() == 2);
    }
}

}  // namespace forkyard::kubernetes_test
