// Mesos as a whole: agents, offers and frameworks over time.
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "tests/builders/manager_world.hpp"

namespace forkyard::mesos_test {

namespace {

Scenario offers_of(const std::vector<std::uint32_t>& agents,
                   const std::vector<std::uint32_t>& cores,
                   std::optional<std::uint32_t> cores_max = {}) {
    Scenario scenario = of_cores("mesos", agents, cores);
    for (AppSpec& app : scenario.apps) {
        app.conf.cores_max = cores_max.value_or(app.conf.cores_max);
    }
    return scenario;
}

// Whether after so many losses of this kind the only agent is still used.
bool still_used(LossReason reason, std::uint32_t losses) {
    ManagerWorld world{offers_of({4}, {4})};
    (void)world.asks(0);
    for (std::uint32_t exec = 1; exec < losses; ++exec) {
        REQUIRE(world.gone(exec, reason, 1).size() == 1);
    }
    (void)world.gone(losses, reason, 1);
    (void)world.run_until(600'000);
    return world.count(0) == 1;
}

}  // namespace

TEST_SUITE("Mesos: offers over time") {
    TEST_CASE("CM-MESOS-01 what a framework does not use of an agent another may have") {
        ManagerWorld world{offers_of({8}, {3, 3}, 3)};
        CHECK(world.asks(0) == Lines{"grant e1 of 3 on w0 to a0"});
        CHECK(world.notes() == Lines{"5 of 8 offered cores declined for 5 s"});
        CHECK(world.asks(1) == Lines{"grant e2 of 3 on w0 to a1"});
        CHECK(world.notes() == Lines{"2 of 5 offered cores declined for 5 s"});
    }

    TEST_CASE("CM-MESOS-02 an agent that comes goes to who has the smallest share by weight") {
        Scenario scenario = offers_of({2, 2, 2, 2}, {2, 2});
        scenario.cluster.mesos.roles = {{"gold", Millionths{3'000'000}}};
        scenario.apps[0].queue = "gold";
        ManagerWorld world{scenario, NodesAt::later};
        (void)world.asks(0);
        (void)world.asks(1);
        CHECK(world.joins(0) == Lines{"grant e1 of 2 on w0 to a1"});  // equal: by role's name
        CHECK(world.joins(1) == Lines{"grant e2 of 2 on w1 to a0"});
        CHECK(world.joins(2) == Lines{"grant e3 of 2 on w2 to a0"});  // 1/9 against 1/3
        CHECK(world.joins(3) == Lines{"grant e4 of 2 on w3 to a0"});  // 1/6 against 1/4
    }

    TEST_CASE("CM-MESOS-04 an agent's room goes to one framework as a whole") {
        ManagerWorld world{offers_of({10, 10}, {2, 2}), NodesAt::later};
        (void)world.asks(0);
        (void)world.asks(1);
        CHECK(world.joins(0).size() == 5);
        CHECK(world.joins(1).size() == 5);
        CHECK(world.cores(0) == Cores{10, 0});
        CHECK(world.cores(1) == Cores{0, 10});
    }

    TEST_CASE("CM-MESOS-05 what was declined without more ado comes again after 5 s") {
        ManagerWorld world{offers_of({8}, {4})};
        CHECK(world.asks(0, 1) == Lines{"grant e1 of 4 on w0 to a0"});
        CHECK(world.notes() == Lines{"4 of 8 offered cores declined for 5 s"});
        (void)world.run_until(1'300);
        CHECK(world.asks(0, 2).empty());
        CHECK(world.run_until(60'000) == Lines{"at 5000 ms", "grant e2 of 4 on w0 to a0"});
    }

    TEST_CASE("CM-MESOS-05 also when others have wanted offers for a while before") {
        ManagerWorld world{offers_of({8}, {4, 4})};
        (void)world.asks(0, 1);
        (void)world.asks(1, 0);
        (void)world.run_until(300);
        (void)world.asks(1, 1);
        (void)world.asks(0, 2);
        (void)world.run_until(400);
        (void)world.asks(1, 0);
        // At 5000 ms it goes to who has less, and declines.
        CHECK(world.run_until(60'000) == Lines{"at 6000 ms", "grant e2 of 4 on w0 to a0"});
    }

    TEST_CASE("CM-MESOS-06 an agent of a role starts executors of that role alone") {
        Scenario scenario = offers_of({4, 4, 4}, {2, 2});
        scenario.cluster.nodes[0].reserved_for = "prod";
        scenario.cluster.nodes[2].reserved_for = "nobody";
        scenario.apps[1].queue = "prod";
        ManagerWorld world{scenario};
        CHECK(grants_to(world.asks(0), 0) == 2);
        CHECK(world.cores(0) == Cores{0, 4, 0});
        CHECK(grants_to(world.asks(1), 1) == 2);
        CHECK(world.cores(1) == Cores{4, 0, 0});
        // Nothing is left that anybody may have, and so no batch comes.
        CHECK(world.run_until(600'000).empty());
    }

    TEST_CASE("CM-MESOS-06 a driver goes where its application's executors may") {
        Scenario scenario = offers_of({8, 2}, {1});
        scenario.cluster.nodes[0].reserved_for = "prod";
        scenario.apps[0].cluster_mode = true;
        scenario.apps[0].conf.driver_memory = mebibytes(1'024);
        ManagerWorld other{scenario};
        CHECK(says(other.submits(0), "driver of a0 on n1"));
        scenario.apps[0].queue = "prod";
        ManagerWorld own{scenario};
        CHECK(says(own.submits(0), "driver of a0 on n0"));
    }

    TEST_CASE("CM-MESOS-07 a quota is kept free until its role comes") {
        Scenario scenario = offers_of({4, 4}, {2, 2});
        scenario.cluster.mesos.roles = {{"prod", one, 4, Bytes{}}};
        scenario.apps[1].queue = "prod";
        ManagerWorld world{scenario};
        CHECK(grants_to(world.asks(0), 0) == 2);
        CHECK(world.run_until(600'300).empty());
        CHECK(grants_to(world.asks(1), 1) == 2);
        CHECK(world.cores(0) == Cores{4, 0});
        CHECK(world.cores(1) == Cores{0, 4});
        // Lost, they are started again, and nobody else gets the room meanwhile.
        (void)world.gone(3, LossReason::requested);
        CHECK(world.cores(1) == Cores{0, 4});
        CHECK(world.run_until(900'000).empty());
    }

    TEST_CASE("CM-MESOS-07 of an agent that is drained each framework's part is asked back") {
        Scenario scenario = offers_of({4, 4}, {2, 2}, 2);
        ManagerWorld world{scenario};
        (void)world.asks(0);
        (void)world.asks(1);
        (void)world.notes();
        CHECK(world.drains(0, 30'000).empty());
        CHECK(world.notes() ==
              Lines{"inverse offer: 2 cores and 1476395008 bytes are wanted by 30000000 us",
                    "inverse offer: 2 cores and 1476395008 bytes are wanted by 30000000 us"});
        // What it gets back it offers to nobody.
        (void)world.gone(1, LossReason::requested);
        CHECK(world.cores(0) == Cores{0, 2});
    }

    TEST_CASE("CM-MESOS-09 executors go round by round over the agents of a batch") {
        ManagerWorld world{offers_of({8, 8}, {4}, 8)};
        CHECK(world.asks(0) == Lines{"grant e1 of 4 on w0 to a0", "grant e2 of 4 on w1 to a0"});
    }

    TEST_CASE("CM-MESOS-10 with all its cores it declines the rest of the agents for 120 s") {
        ManagerWorld world{offers_of({5, 5, 5}, {2}, 4)};
        CHECK(world.asks(0).size() == 2);
        CHECK(world.notes() == Lines{"3 of 5 offered cores declined for 5 s",
                                     "3 of 5 offered cores declined for 5 s",
                                     "5 of 5 offered cores declined for 120 s"});
        CHECK(world.run_until(600'000).empty());
    }
}

TEST_SUITE("Mesos: limits and losses") {
    TEST_CASE("CM-MESOS-11 nothing is started before executors are asked for") {
        ManagerWorld world{offers_of({4, 4}, {4})};
        CHECK(world.asks(0, 0).empty());
        CHECK(world.run_until(10'500).empty());
        CHECK(world.asks(0, 2).empty());
        CHECK(world.run_until(60'000) ==
              Lines{"at 11000 ms", "grant e1 of 4 on w0 to a0", "grant e2 of 4 on w1 to a0"});
    }

    TEST_CASE("CM-MESOS-11 an executor that ends revives the offers, those declined for long too") {
        ManagerWorld world{offers_of({4, 3}, {3}, 4)};
        CHECK(world.asks(0) == Lines{"grant e1 of 3 on w0 to a0"});
        CHECK(says(world.notes(), "3 of 3 offered cores declined for 120 s"));
        (void)world.run_until(2'300);
        CHECK(world.gone(1, LossReason::requested) == Lines{"grant e2 of 3 on w0 to a0"});
        (void)world.gone(2, LossReason::exited, 1);
        CHECK(world.gone(3, LossReason::exited, 1) == Lines{"grant e4 of 3 on w1 to a0"});
    }

    TEST_CASE("CM-MESOS-11 two that failed on an agent, and it is not used any more") {
        for (const LossReason reason :
             {LossReason::exited, LossReason::killed, LossReason::launch_failed}) {
            CHECK(still_used(reason, 1));
            CHECK_FALSE(still_used(reason, 2));
        }
    }

    TEST_CASE("CM-MESOS-11 who was killed by its driver has not failed") {
        for (const LossReason reason : {LossReason::idle,
                                        LossReason::requested,
                                        LossReason::excluded,
                                        LossReason::heartbeat_timeout}) {
            CHECK(still_used(reason, 3));
        }
    }

    TEST_CASE("CM-MESOS-14 an agent that has been silent for 75 s is lost") {
        ManagerWorld world{offers_of({4, 4}, {2}, 4)};
        (void)world.asks(0);
        CHECK(world.cores(0) == Cores{2, 2});
        (void)world.run_until(10'000);
        (void)world.falls_silent(0);
        CHECK(world.run_until(84'999).empty());
        CHECK(world.run_until(85'000) == Lines{"at 85000 ms", "kill e1: worker-lost"});
        // Its successor goes elsewhere.
        CHECK(world.killed_ones_go() == Lines{"grant e3 of 2 on w1 to a0"});
        CHECK(world.run_until(600'000).empty());
        CHECK(world.cores(0) == Cores{0, 4});
    }

    TEST_CASE("CM-MESOS-14 who is heard in time is not lost") {
        ManagerWorld world{offers_of({4}, {4})};
        (void)world.asks(0);
        (void)world.falls_silent(0);
        (void)world.run_until(74'000);
        (void)world.is_back(0);
        (void)world.run_until(74'500);
        (void)world.falls_silent(0);
        CHECK(world.run_until(600'000) == Lines{"at 149500 ms", "kill e1: worker-lost"});
    }
}

TEST_SUITE("Mesos: two applications that each want more than there is") {
    // Three agents of 10 cores, executors of 2 cores: 15 fit, each wants 20.
    TEST_CASE("CM-MESOS-02 who came first has all, what it gives back goes to the other") {
        ManagerWorld world{offers_of({10, 10, 10}, {2, 2})};
        (void)world.asks(0, 20);
        (void)world.asks(1, 20);
        CHECK(world.run_until(600'300).empty());
        CHECK(world.count(0) == 15);
        CHECK(world.count(1) == 0);
        CHECK(world.gone(1, LossReason::exited, 1) == Lines{"grant e16 of 2 on w0 to a1"});
        (void)world.ends(0);
        (void)world.all_gone(0);
        CHECK(only(world.run_until(601'000), "grant").size() == 14);
        CHECK(world.count(1) == 15);
    }

    TEST_CASE("CM-MESOS-04 there from the start they take turns: 10 and 5 executors") {
        ManagerWorld world{offers_of({10, 10, 10}, {2, 2}), NodesAt::later};
        (void)world.asks(0, 20);
        (void)world.asks(1, 20);
        for (const std::uint32_t node : {0U, 1U, 2U}) {
            (void)world.joins(node);
        }
        CHECK(world.cores(0) == Cores{10, 0, 10});
        CHECK(world.cores(1) == Cores{0, 10, 0});
        CHECK(world.run_until(600'000).empty());
        (void)world.ends(0);
        (void)world.all_gone(0);
        (void)world.run_until(601'000);
        CHECK(world.count(1) == 15);
    }
}

}  // namespace forkyard::mesos_test
