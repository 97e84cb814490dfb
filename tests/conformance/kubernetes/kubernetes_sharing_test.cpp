// Kubernetes as a whole: applications that share a cluster, and nodes that fail (CM-K8S-22 to
// CM-K8S-25).
#include <cstdint>
#include <vector>

#include <doctest/doctest.h>

#include "tests/builders/manager_world.hpp"

namespace forkyard::kubernetes_sharing_test {

namespace {

Scenario shared(const std::vector<std::uint32_t>& nodes, const std::vector<std::uint32_t>& cores) {
    return of_cores("kubernetes", nodes, cores);
}

// Two applications of 20 executors with 2 cores each, 15 fit; the first asks first.
Scenario fifteen_fit() {
    return shared({10, 10, 10}, {2, 2});
}

}  // namespace

TEST_SUITE("Kubernetes: several applications") {
    TEST_CASE("CM-K8S-22 pods run in the order in which the drivers made them") {
        ManagerWorld world{shared({25, 25}, {1, 1})};
        (void)world.asks(0, 100);
        (void)world.asks(1, 100);
        CHECK(world.count(0) == 10);
        CHECK(world.count(1) == 10);
        (void)world.run_until(1'000);
        CHECK(world.count(0) == 20);
        CHECK(world.count(1) == 20);
        (void)world.run_until(2'000);
        CHECK(world.count(0) == 30);
        CHECK(world.count(1) == 20);
        // The rest stays pending, nothing is taken back.
        CHECK(world.run_until(3'600'000).empty());
        const Lines waiting = world.waiting();
        REQUIRE(waiting.size() == 2);
        CHECK(says({waiting[0]}, "a0 has 70 pods pending"));
        CHECK(says({waiting[1]}, "a1 has 80 pods pending"));
    }

    TEST_CASE("CM-K8S-22 with quotas each namespace has its part") {
        Scenario scenario = shared({25, 25}, {1, 1});
        scenario.apps[0].queue = "left";
        scenario.apps[1].queue = "right";
        scenario.cluster.kubernetes.quotas = {{"left", 15, {}, {}}, {"right", {}, {}, 25}};
        ManagerWorld world{scenario};
        (void)world.asks(0, 100);
        (void)world.asks(1, 100);
        (void)world.run_until(3'600'000);
        CHECK(world.count(0) == 15);
        CHECK(world.count(1) == 25);
        CHECK(world.waiting().empty());  // no pod is pending: none was made
        (void)world.gone(1, LossReason::exited, 1);
        CHECK(world.count(0) == 14);
        (void)world.run_until(3'601'000);
        CHECK(world.count(0) == 15);
    }

    TEST_CASE("CM-K8S-22 a quota of memory counts all that the pods request") {
        Scenario scenario = shared({25}, {1});  // 1408 MiB each
        scenario.cluster.kubernetes.quotas = {{"default", {}, mebibytes(4'224), {}}};
        ManagerWorld world{scenario};
        CHECK(world.asks(0, 10).size() == 3);
        CHECK(world.run_until(60'000).empty());
    }

    TEST_CASE("CM-K8S-22 a quota counts the pods of drivers as well") {
        Scenario scenario = shared({25}, {1});
        scenario.apps[0].cluster_mode = true;
        for (const QuotaSpec& quota : {QuotaSpec{"default", 2, {}, {}},
                                       QuotaSpec{"default", {}, mebibytes(2'816), {}},
                                       QuotaSpec{"default", {}, {}, 2}}) {
            scenario.cluster.kubernetes.quotas = {quota};
            ManagerWorld world{scenario};
            CHECK(world.submits(0) == Lines{"launch driver of a0 on n0: 1 cores"});
            (void)world.driver_starts(0);
            CHECK(world.asks(0, 8) == Lines{"grant e1 of 1 on w0 to a0"});
            CHECK(world.run_until(60'000).empty());
        }
    }

    TEST_CASE("CM-K8S-22 a driver's pod is held back until its quota has room") {
        Scenario scenario = shared({25}, {1, 1, 1});
        scenario.apps[1].cluster_mode = true;
        scenario.apps[2].cluster_mode = true;
        scenario.cluster.kubernetes.quotas = {{"default", {}, {}, 2}};
        ManagerWorld world{scenario};
        CHECK(world.asks(0, 3).size() == 2);
        CHECK(world.submits(1).empty());
        CHECK(world.submits(2).empty());
        CHECK(says(world.notes(), "the quota of namespace default has no room for its driver pod"));
        CHECK(says(world.waiting(), "a1 waits for room in the quota of namespace default"));
        // They come before executors that are wanted still.
        CHECK(world.gone(1) == Lines{"launch driver of a1 on n0: 1 cores"});
        CHECK(world.run_until(60'000).empty());
        CHECK(world.ends(1) == Lines{"launch driver of a2 on n0: 1 cores"});
        CHECK(world.ends(2).empty());
        CHECK(only(world.run_until(120'000), "grant") == Lines{"grant e3 of 1 on w0 to a0"});
    }

    TEST_CASE("CM-K8S-22 of 15 executors the first gets 10, the second what is left") {
        ManagerWorld world{fifteen_fit()};
        (void)world.asks(0, 20);
        (void)world.asks(1, 20);
        (void)world.run_until(600'000);
        CHECK(world.count(0) == 10);
        CHECK(world.count(1) == 5);
        const Lines waiting = world.waiting();
        REQUIRE(waiting.size() == 2);
        CHECK(says({waiting[0]}, "a0 has 10 pods pending"));
        CHECK(says({waiting[1]}, "a1 has 15 pods pending"));
        (void)world.ends(0);
        (void)world.all_gone(0);
        (void)world.run_until(700'000);
        CHECK(world.count(1) == 15);
    }

    TEST_CASE("CM-K8S-23 with a higher priority the second gets all 15, when 30 s are over") {
        Scenario scenario = fifteen_fit();
        scenario.apps[1].priority = 1;
        ManagerWorld world{scenario};
        (void)world.asks(0, 20);
        (void)world.asks(1, 20);
        CHECK(world.count(1) == 5);
        CHECK(world.run_until(29'999).empty());
        // Five of its first batch found no room, and as many of its second one.
        CHECK(only(world.run_until(30'000), "kill").size() == 5);
        (void)world.killed_ones_go();
        CHECK(only(world.run_until(31'000), "kill").size() == 5);
        (void)world.killed_ones_go();
        (void)world.run_until(41'000);
        CHECK(world.count(1) == 15);
        (void)world.run_until(600'000);
        CHECK(world.count(0) == 0);
        CHECK(world.count(1) == 15);
        (void)world.ends(0);
        CHECK(world.run_until(700'000).empty());
        CHECK(world.count(1) == 15);
    }

    TEST_CASE("CM-K8S-23 a victim is preempted, and a new pod takes its place in the queue") {
        Scenario scenario = shared({1}, {1, 1});
        scenario.apps[1].priority = 1;
        ManagerWorld world{scenario};
        (void)world.asks(0, 1);
        (void)world.run_until(5'000);
        CHECK(world.asks(1, 1).empty());
        CHECK(says(world.notes(), "a0-exec-1 has to go for a1-exec-1"));
        CHECK(world.run_until(600'000) == Lines{"at 35000 ms", "kill e1: preempted"});
        CHECK(world.killed_ones_go() == Lines{"grant e2 of 1 on w0 to a1"});
        (void)world.run_until(700'000);
        CHECK(says(world.waiting(), "a0 has 1 pods pending"));
    }

    TEST_CASE("CM-K8S-23 when the node it waits for is lost, victims are sought elsewhere") {
        Scenario scenario = shared({1, 1}, {1, 1});
        scenario.apps[1].priority = 1;
        ManagerWorld world{scenario};
        (void)world.asks(0, 2);
        (void)world.asks(1, 1);
        CHECK(says(world.notes(), "a0-exec-1 has to go for a1-exec-1"));
        (void)world.run_until(10'000);
        CHECK(world.worker_lost(0).empty());
        CHECK(says(world.notes(), "a0-exec-2 has to go for a1-exec-1"));
        (void)world.gone(1, LossReason::worker_lost);
        CHECK(world.run_until(60'000) == Lines{"at 40000 ms", "kill e2: preempted"});
    }

    TEST_CASE("CM-K8S-23 victims die although who wanted their room is gone") {
        Scenario scenario = shared({1}, {1, 1});
        scenario.apps[1].priority = 1;
        ManagerWorld world{scenario};
        (void)world.asks(0, 1);
        (void)world.asks(1, 1);
        (void)world.run_until(500);
        (void)world.ends(1);
        CHECK(world.run_until(600'000) == Lines{"at 30000 ms", "kill e1: preempted"});
    }
}

TEST_SUITE("Kubernetes: nodes that fail") {
    TEST_CASE("CM-K8S-25 silent for 40 s a node takes no pods, 300 s later its pods go") {
        ManagerWorld world{shared({2, 2}, {1})};
        (void)world.asks(0, 2);
        (void)world.run_until(10'000);
        CHECK(world.falls_silent(0).empty());
        (void)world.notes();
        CHECK(world.run_until(49'999).empty());
        CHECK(world.notes().empty());
        (void)world.run_until(50'000);
        CHECK(world.notes() == Lines{"the node is not ready: no new pods"});
        (void)world.runs(1);
        (void)world.runs(2);
        CHECK(world.asks(0, 4) == Lines{"grant e3 of 1 on w1 to a0"});
        CHECK(world.run_until(600'000) == Lines{"at 350000 ms", "kill e1: worker-lost"});
    }

    TEST_CASE("CM-K8S-25 the driver's own time-out comes first: it gets another executor") {
        ManagerWorld world{shared({2, 2}, {1})};
        (void)world.asks(0, 1);
        (void)world.falls_silent(0);
        (void)world.run_until(120'000);
        CHECK(world.gone(1, LossReason::heartbeat_timeout).empty());
        CHECK(world.run_until(600'000) == Lines{"at 121000 ms", "grant e2 of 1 on w1 to a0"});
    }

    TEST_CASE("CM-K8S-25 a node that comes back takes pods again") {
        ManagerWorld world{shared({1}, {1})};
        (void)world.falls_silent(0);
        (void)world.run_until(45'000);
        CHECK(world.asks(0, 1).empty());
        (void)world.joins(0);
        CHECK(world.run_until(600'000) == Lines{"at 46000 ms", "grant e1 of 1 on w0 to a0"});
    }

    TEST_CASE("CM-K8S-25 a second silence is counted from its own beginning") {
        ManagerWorld world{shared({1}, {1})};
        (void)world.falls_silent(0);
        (void)world.run_until(20'000);
        (void)world.joins(0);
        (void)world.asks(0, 1);
        (void)world.run_until(30'000);
        (void)world.falls_silent(0);
        (void)world.notes();
        (void)world.run_until(69'999);
        CHECK(world.notes().empty());
        (void)world.run_until(70'000);
        CHECK(world.notes() == Lines{"the node is not ready: no new pods"});
        CHECK(world.run_until(600'000) == Lines{"at 370000 ms", "kill e1: worker-lost"});
        CHECK(world.notes().empty());
    }
}

}  // namespace forkyard::kubernetes_sharing_test
