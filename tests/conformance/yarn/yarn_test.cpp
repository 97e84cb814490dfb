// YARN as a whole: requests, beats, polls, ends of executors and of nodes (CM-YARN-01, 03, 05, 06,
// 07, 08, 12, 14, 20, 21, 23, 30).
#include <doctest/doctest.h>

#include "tests/builders/manager_world.hpp"

namespace forkyard::yarn_test {
namespace {

// Executors of 1 GiB and one core, without a container for the master.
Scenario on_yarn(const std::vector<WorkerSize>& nodes, std::size_t apps = 1) {
    Scenario scenario = managed_by("yarn", nodes, std::vector<Wish>(apps, Wish{1024, 1, {}}));
    for (AppSpec& app : scenario.apps) {
        app.conf.yarn.am_unmanaged = true;
    }
    return scenario;
}

constexpr WorkerSize roomy{10, 65'536};
constexpr WorkerSize for_one{10, 2048};

TEST_SUITE("YARN: beats and polls") {
    TEST_CASE(
        "CM-YARN-20 CM-YARN-14 a container takes a beat of its node and a poll of its master") {
        ManagerWorld world{on_yarn({roomy})};
        CHECK(world.asks(0, 1).empty());
        // The beat is at 1000 ms, the polls at 200, 600 and 1400 ms.
        CHECK(world.run_until(60'000) == Lines{"at 1400 ms", "grant e1 of 1 on w0 to a0"});
        CHECK(world.notes() == Lines{"container of 1 cores and 2048 MiB allocated anywhere"});
    }

    TEST_CASE("CM-YARN-20 nodes are filled in order of number, one container anywhere in a beat") {
        ManagerWorld world{on_yarn({roomy, roomy})};
        (void)world.asks(0, 3);
        CHECK(world.run_until(60'000) == Lines{"at 1400 ms",
                                               "grant e1 of 1 on w0 to a0",
                                               "grant e2 of 1 on w1 to a0",
                                               "at 3000 ms",
                                               "grant e3 of 1 on w0 to a0"});
    }

    TEST_CASE("CM-YARN-14 new demand is asked for at once, and polled for soon") {
        ManagerWorld world{on_yarn({roomy})};
        (void)world.asks(0, 1);
        (void)world.run_until(10'900);
        (void)world.asks(0, 2);
        // The beat at 11000 ms, the polls at 11100 and so on.
        CHECK(world.run_until(60'000) == Lines{"at 11100 ms", "grant e2 of 1 on w0 to a0"});
    }

    TEST_CASE("CM-YARN-14 who has waited for long asks every 3 s") {
        ManagerWorld world{on_yarn({for_one}, 2)};
        (void)world.asks(0, 1);
        (void)world.run_until(500);
        (void)world.asks(1, 1);
        (void)world.run_until(20'000);
        (void)world.asks(0, 0);
        (void)world.gone(1);
        // Its polls were at 500 + 200, 600, 1400, 3000, 6000 ms and so on.
        CHECK(world.run_until(60'000) == Lines{"at 21500 ms", "grant e2 of 1 on w0 to a1"});
    }

    TEST_CASE("CM-YARN-14 the pauses can be set, up to half of what a master may be silent for") {
        Scenario scenario = on_yarn({roomy});
        scenario.apps[0].conf.yarn.poll_shortest = std::chrono::seconds{2};
        scenario.apps[0].conf.yarn.poll_longest = std::chrono::seconds{2};
        ManagerWorld rare{scenario};
        (void)rare.asks(0, 1);
        CHECK(rare.run_until(60'000).front() == "at 2000 ms");
        scenario.apps[0].conf.yarn.poll_shortest = std::chrono::seconds{1000};
        scenario.apps[0].conf.yarn.poll_longest = std::chrono::seconds{1000};
        ManagerWorld rarest{scenario};
        (void)rarest.asks(0, 1);
        CHECK(rarest.run_until(2'000'000).front() == "at 300000 ms");
    }

    TEST_CASE("CM-YARN-20 with a container of its own the master is started first") {
        Scenario scenario = on_yarn({roomy});
        scenario.apps[0].conf.yarn.am_unmanaged = false;
        ManagerWorld world{scenario};
        (void)world.asks(0, 1);
        CHECK(world.waiting().size() == 1);
        // It runs from 1000 ms on, and polls at 1200, 1600 and 2400 ms.
        CHECK(world.run_until(60'000) == Lines{"at 2400 ms", "grant e1 of 1 on w0 to a0"});
        CHECK(world.notes() ==
              Lines{"application master of 1 cores and 1024 MiB allocated anywhere",
                    "container of 1 cores and 2048 MiB allocated anywhere"});
        CHECK(world.waiting().empty());
    }
}

TEST_SUITE("YARN: executors") {
    TEST_CASE("CM-YARN-01 what is granted is rounded up to whole multiples of 1024 MiB") {
        Scenario scenario = on_yarn({roomy});
        scenario.apps[0].conf.container.off_heap = mebibytes(1024);
        ManagerWorld world{scenario};
        (void)world.asks(0, 1);
        (void)world.run_until(2000);
        CHECK(world.grant(1).memory == mebibytes(3072));
    }

    TEST_CASE("CM-YARN-03 a container that came when it was not wanted any more is given back") {
        ManagerWorld world{on_yarn({for_one, for_one}, 2)};
        (void)world.asks(0, 2);
        (void)world.run_until(1000);
        CHECK(world.asks(0, 1) == Lines{"grant e1 of 1 on w0 to a0"});
        CHECK(world.notes().back() == "a container that is not needed is released");
        (void)world.asks(1, 1);
        CHECK(world.run_until(60'000) == Lines{"at 2400 ms", "grant e2 of 1 on w1 to a1"});
    }

    TEST_CASE("CM-YARN-05 a lower target ends nothing that runs") {
        ManagerWorld world{on_yarn({roomy, roomy})};
        (void)world.asks(0, 2);
        (void)world.run_until(5000);
        CHECK(world.asks(0, 1).empty());
        CHECK(world.run_until(60'000).empty());
        CHECK(world.count(0) == 2);
    }

    TEST_CASE("CM-YARN-06 one that is killed is not replaced, until more are wanted") {
        ManagerWorld world{on_yarn({roomy, roomy})};
        (void)world.asks(0, 2);
        (void)world.run_until(5000);
        (void)world.asks(0, 1);
        (void)world.gone(1);
        CHECK(world.run_until(10'000).empty());
        CHECK(world.count(0) == 1);
        (void)world.asks(0, 2);
        CHECK(world.run_until(60'000) == Lines{"at 11400 ms", "grant e3 of 1 on w0 to a0"});
    }

    TEST_CASE("CM-YARN-06 an end that is told of several times counts once") {
        Scenario scenario = on_yarn({roomy});
        scenario.apps[0].conf.executor_failures_max = 2;
        ManagerWorld world{scenario};
        (void)world.asks(0, 1);
        (void)world.run_until(5000);
        (void)world.exits(1);
        (void)world.exits(1);
        (void)world.gone(1, LossReason::exited, 1);
        CHECK(only(world.run_until(20'000), "grant") == Lines{"grant e2 of 1 on w0 to a0"});
        CHECK(world.count(0) == 1);
    }

    TEST_CASE("CM-YARN-07 one that has failed is replaced, when its node has told of it") {
        ManagerWorld world{on_yarn({roomy})};
        (void)world.asks(0, 1);
        (void)world.run_until(10'000);
        (void)world.gone(1, LossReason::exited, -1);
        // Known from the beat at 11000 ms on, heard at 11400 ms (polls at 10200, 10600), asked
        // for anew, given at 12000 ms.
        CHECK(world.run_until(60'000) == Lines{"at 13000 ms", "grant e2 of 1 on w0 to a0"});
    }

    TEST_CASE("CM-YARN-12 as many failures as the cap end the application") {
        Scenario scenario = on_yarn({roomy});
        scenario.apps[0].conf.executor_failures_max = 3;
        ManagerWorld world{scenario};
        (void)world.asks(0, 1);
        Lines lines;
        for (const std::uint32_t exec : {1U, 2U, 3U}) {
            (void)world.run_until(exec * 10'000);
            lines = world.gone(exec, LossReason::exited, 1);
        }
        CHECK(world.run_until(60'000) ==
              Lines{"at 31400 ms", "remove a0: Max number of executor failures (3) reached"});
        CHECK(world.count(0) == 0);
    }

    TEST_CASE("CM-YARN-08 ends that are nobody's fault are no failures, however many") {
        for (const LossReason reason : {LossReason::preempted, LossReason::worker_lost}) {
            ManagerWorld world{on_yarn({roomy})};
            (void)world.asks(0, 1);
            for (std::uint32_t exec = 1; exec <= 5; ++exec) {
                (void)world.run_until(exec * 10'000);
                (void)world.gone(exec, reason, 143);
            }
            CHECK(world.run_until(60'000).back() == "grant e6 of 1 on w0 to a0");
        }
    }

    TEST_CASE("CM-YARN-06 what a driver kills but still wants is asked for again, without news") {
        ManagerWorld world{on_yarn({roomy})};
        (void)world.asks(0, 2);
        (void)world.run_until(60'000);
        (void)world.gone(1, LossReason::heartbeat_timeout);
        // The poll at 63000 ms asks, that at 65000 ms is given what was allocated at 64000 ms.
        const Lines lines = world.run_until(120'000);
        CHECK(grants_to(lines, 0) == 1);
        CHECK(world.count(0) == 2);
    }

    TEST_CASE("CM-YARN-21 an application for a queue that is none is refused") {
        Scenario scenario = on_yarn({roomy});
        scenario.apps[0].queue = "nowhere";
        ManagerWorld world{scenario};
        CHECK(world.asks(0, 1) == Lines{"remove a0: Application rejected by queue placement "
                                        "policy: unknown queue nowhere"});
        CHECK(world.run_until(60'000).empty());
    }

    TEST_CASE("CM-YARN-23 so is one too many for its queue") {
        Scenario scenario = on_yarn({roomy}, 3);
        scenario.cluster.yarn.applications_max = 1;
        ManagerWorld world{scenario};
        (void)world.submits(0);
        CHECK(
            world.submits(1) ==
            Lines{"remove a1: Queue default already has 1 applications, cannot accept submission"});
        (void)world.ends(0);
        CHECK(world.submits(2).empty());
    }
}

TEST_SUITE("YARN: masters that end") {
    // An executor each on w0 and w1; the master with the driver is on w0 as well.
    Scenario in_cluster_mode() {
        Scenario scenario = on_yarn({roomy, roomy});
        scenario.apps[0].cluster_mode = true;
        scenario.apps[0].conf.app_attempts_max = 2;
        scenario.apps[0].conf.executor_failures_max = 1;
        return scenario;
    }

    TEST_CASE("CM-YARN-18 ends that a master was not told of are not told to the next one") {
        ManagerWorld world{in_cluster_mode()};
        (void)world.submits(0);
        (void)world.run_until(1'000);
        (void)world.driver_starts(0);
        (void)world.asks(0, 2);
        (void)world.run_until(20'000);
        REQUIRE(world.count(0) == 2);
        (void)world.gone(1, LossReason::killed, 137);
        (void)world.driver_lost(0);
        (void)world.gone(2, LossReason::killed, 137);
        CHECK(says(world.run_until(30'000), "launch driver of a0"));
        (void)world.driver_starts(0);
        (void)world.asks(0, 2);
        (void)world.run_until(60'000);
        CHECK(world.count(0) == 2);
    }

    TEST_CASE("CM-YARN-19 nor in client mode, when the master goes with its node") {
        Scenario scenario = on_yarn({roomy, roomy, roomy});
        scenario.apps[0].conf.yarn.am_unmanaged = false;
        ManagerWorld world{scenario};
        (void)world.asks(0, 2);
        (void)world.run_until(20'000);
        REQUIRE(world.count(0) == 2);
        const std::uint32_t elsewhere = world.grant(1).node == NodeId{0} ? 2 : 1;
        (void)world.gone(elsewhere, LossReason::killed, 137);
        (void)world.worker_lost(0);
        (void)world.killed_ones_go();
        (void)world.all_gone(0, LossReason::worker_lost);
        (void)world.run_until(30'000);
        (void)world.asks(0, 2);
        (void)world.run_until(60'000);
        CHECK(world.count(0) == 2);
    }
}

TEST_SUITE("YARN: masters whose node is silent") {
    // The master is on w0, executors on all three nodes, wanted by a driver elsewhere.
    struct Silent {
        Silent() : world{with_master()} {
            (void)world.asks(0, 6);
            (void)world.run_until(20'000);
            REQUIRE(world.count(0) == 6);
            (void)world.falls_silent(0);
            for (const std::uint32_t exec : world.executors(0)) {
                if (world.grant(exec).node == NodeId{1}) {
                    (void)world.gone(exec, LossReason::killed, 137);
                }
            }
            left = world.count(0);
        }
        static Scenario with_master() {
            Scenario scenario = on_yarn({roomy, roomy, roomy});
            scenario.apps[0].conf.yarn.am_unmanaged = false;
            return scenario;
        }
        ManagerWorld world;
        std::size_t left = 0;
    };

    TEST_CASE("CM-YARN-19 CM-YARN-30 nobody asks for executors until the node is lost") {
        Silent silent;
        ManagerWorld& world = silent.world;
        CHECK(world.run_until(300'000).empty());
        (void)world.asks(0, 8);
        CHECK(world.run_until(619'999).empty());
        CHECK(world.count(0) == silent.left);
        (void)world.run_until(620'000);
        (void)world.killed_ones_go();
        CHECK(says(world.run_until(630'000), "register with a0 again"));
        (void)world.asks(0, 8);
        (void)world.run_until(700'000);
        CHECK(world.count(0) == 8);
    }

    TEST_CASE("CM-YARN-30 if it is heard of again in time, its master goes on") {
        Silent silent;
        (void)silent.world.run_until(300'000);
        (void)silent.world.is_back(0);
        (void)silent.world.run_until(400'000);
        CHECK(silent.world.count(0) == 6);
    }
}

TEST_SUITE("YARN: nodes") {
    TEST_CASE("CM-YARN-30 a node that is silent for 600 s is lost, and nobody is to blame") {
        Scenario scenario = on_yarn({roomy, roomy});
        scenario.apps[0].conf.executor_failures_max = 1;
        ManagerWorld world{scenario};
        (void)world.asks(0, 2);
        (void)world.run_until(5000);
        (void)world.falls_silent(0);
        CHECK(world.run_until(604'999).empty());
        CHECK(world.run_until(605'000) == Lines{"at 605000 ms", "kill e1: worker-lost"});
        (void)world.killed_ones_go();
        CHECK(only(world.run_until(700'000), "grant") == Lines{"grant e3 of 1 on w1 to a0"});
        CHECK(world.count(0) == 2);
    }

    TEST_CASE("CM-YARN-30 one that is heard of again in time has lost nothing") {
        ManagerWorld world{on_yarn({roomy})};
        (void)world.asks(0, 1);
        (void)world.run_until(5000);
        (void)world.falls_silent(0);
        (void)world.run_until(604'999);
        (void)world.is_back(0);
        CHECK(world.run_until(2'000'000).empty());
        CHECK(world.count(0) == 1);
    }

    TEST_CASE("CM-YARN-20 CM-YARN-30 a node that is silent has no beats, and is given nothing") {
        ManagerWorld world{on_yarn({for_one, for_one})};
        (void)world.falls_silent(0);
        (void)world.asks(0, 2);
        (void)world.run_until(30'000);
        CHECK(world.count(0) == 1);
        CHECK(world.grant(1).node == NodeId{1});
        (void)world.is_back(0);
        (void)world.run_until(60'000);
        REQUIRE(world.count(0) == 2);
        CHECK(world.grant(2).node == NodeId{0});
    }

    TEST_CASE("CM-YARN-30 what ran on a lost node gives nothing back to it when it returns") {
        ManagerWorld world{on_yarn({for_one}, 2)};
        (void)world.asks(0, 1);
        (void)world.run_until(5000);
        (void)world.worker_lost(0);
        (void)world.joins(0);
        (void)world.asks(0, 0);
        (void)world.asks(1, 3);
        CHECK(world.run_until(20'000) == Lines{"at 6400 ms", "grant e2 of 1 on w0 to a1"});
        (void)world.gone(1, LossReason::worker_lost);
        CHECK(world.run_until(60'000).empty());
        CHECK(world.count(1) == 1);
    }

    TEST_CASE("CM-YARN-30 nor does a container that was never fetched") {
        ManagerWorld world{on_yarn({for_one})};
        (void)world.asks(0, 2);
        (void)world.run_until(1000);
        (void)world.worker_lost(0);
        (void)world.joins(0);
        CHECK(world.run_until(60'000) == Lines{"at 3000 ms", "grant e1 of 1 on w0 to a0"});
    }
}

}  // namespace
}  // namespace forkyard::yarn_test
