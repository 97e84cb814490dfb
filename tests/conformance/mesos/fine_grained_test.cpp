// Mesos's fine-grained mode (CM-MESOS-12): the master with its frameworks over time, and the
// driver that borrows cores.
#include <cstdint>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "tests/builders/driver_world.hpp"
#include "tests/builders/manager_world.hpp"

namespace forkyard::fine_grained_test {

namespace {

// Applications of the kinds, on agents of so many cores.
enum class Mode { coarse, fine };
Scenario shared_by(const std::vector<std::uint32_t>& agents, const std::vector<Mode>& modes) {
    Scenario scenario = of_cores("mesos", agents, std::vector<std::uint32_t>(modes.size(), 1));
    for (std::size_t i = 0; i < modes.size(); ++i) {
        scenario.apps[i].conf.mesos.fine_grained = modes[i] == Mode::fine;
    }
    return scenario;
}

TaskAttempt task(std::uint32_t partition, std::uint32_t attempt = 0) {
    return {{StageId{0}, 0}, partition, attempt};
}

// With one stage of so many tasks.
AppSpec borrowing(std::uint32_t tasks) {
    AppSpec app = app_of({stage_of("scan", tasks, {})}, {"scan"});
    app.conf.mesos.fine_grained = true;
    return app;
}

}  // namespace

TEST_SUITE("Mesos: fine-grained mode over time") {
    TEST_CASE("CM-MESOS-12 nothing is started before tasks wait, and then for them alone") {
        ManagerWorld world{shared_by({4, 4}, {Mode::fine})};
        CHECK(world.asks(0).empty());
        CHECK(world.run_until(60'000).empty());
        CHECK(world.revives(0, 2) == Lines{"grant e1 of 1 on w0 to a0",
                                           "offer 1 on e1 to a0",
                                           "grant e2 of 1 on w1 to a0",
                                           "offer 1 on e2 to a0"});
        CHECK(world.notes() == Lines{"2 of 4 offered cores declined for 1 s",
                                     "2 of 4 offered cores declined for 1 s"});
        CHECK(world.run_until(600'000).empty());
    }

    TEST_CASE("CM-MESOS-12 a task's core comes back and is offered in the next batch") {
        ManagerWorld world{shared_by({4}, {Mode::fine})};
        (void)world.asks(0);
        CHECK(says(world.revives(0, 9), "offer 3 on e1"));
        (void)world.run_until(1'300);
        CHECK(world.returns(1, 1, 6).empty());
        CHECK(world.returns(1, 1, 6).empty());
        CHECK(world.run_until(60'000) == Lines{"at 2000 ms", "offer 2 on e1 to a0"});
        CHECK(world.returns(1, 1, 0).empty());  // it has nothing more to run
        CHECK(world.run_until(120'000).empty());
    }

    TEST_CASE("CM-MESOS-12 what its driver does not use it is offered again after 5 s") {
        ManagerWorld world{shared_by({4}, {Mode::fine})};
        (void)world.asks(0);
        (void)world.revives(0, 3);
        (void)world.run_until(500);
        CHECK(world.returns(1, 3, 3, 5).empty());
        CHECK(world.run_until(60'000) == Lines{"at 6000 ms", "offer 3 on e1 to a0"});
        // Or at once when it has more to run.
        CHECK(world.returns(1, 3, 3, 5).empty());
        (void)world.run_until(60'500);
        CHECK(world.revives(0, 4) == Lines{"offer 3 on e1 to a0"});
    }

    TEST_CASE("CM-MESOS-12 offers of one batch say how many are still to come") {
        ManagerWorld world{shared_by({3, 3}, {Mode::fine})};
        (void)world.asks(0);
        (void)world.revives(0, 4);
        (void)world.returns(1, 2, 0);
        (void)world.returns(2, 2, 0);
        CHECK(world.revives(0, 1) == Lines{"offer 2 on e1 to a0", "offer 2 on e2 to a0"});
        CHECK(world.offers_to_come() == std::vector<std::uint32_t>{1, 0, 1, 0});
    }

    TEST_CASE("CM-MESOS-12 cores go from application to application, task by task") {
        ManagerWorld world{shared_by({6}, {Mode::fine, Mode::fine})};
        (void)world.asks(0);
        (void)world.asks(1);
        CHECK(world.revives(0, 100) == Lines{"grant e1 of 1 on w0 to a0", "offer 5 on e1 to a0"});
        CHECK(world.revives(1, 100).empty());
        // It has all; what comes back goes to who has nothing, an executor being part of it.
        (void)world.run_until(300);
        (void)world.returns(1, 3, 90);
        CHECK(world.run_until(1'000) ==
              Lines{"at 1000 ms", "grant e2 of 1 on w0 to a1", "offer 2 on e2 to a1"});
        // From then on the dominant shares decide: of cores 3 to 3, of memory equal.
        (void)world.returns(1, 1, 90);
        CHECK(world.run_until(2'000) == Lines{"at 2000 ms", "offer 1 on e1 to a0"});
        (void)world.returns(2, 2, 90);
        CHECK(world.run_until(3'000) == Lines{"at 3000 ms", "offer 2 on e2 to a1"});
    }

    TEST_CASE("CM-MESOS-12 a coarse application keeps what it has, a fine one gives it up") {
        ManagerWorld world{shared_by({4}, {Mode::fine, Mode::coarse})};
        (void)world.asks(0);
        (void)world.revives(0, 3);
        CHECK(world.asks(1).empty());
        (void)world.run_until(300);
        (void)world.returns(1, 3, 0);
        CHECK(grants_to(world.run_until(1'000), 1) == 3);
        (void)world.revives(0, 3);
        CHECK(world.run_until(600'000).empty());
    }

    TEST_CASE("CM-MESOS-12 with its executor goes what was lent to it") {
        for (const bool told_early : {false, true}) {
            ManagerWorld world{shared_by({4}, {Mode::fine, Mode::fine})};
            (void)world.asks(0);
            (void)world.asks(1);
            (void)world.revives(0, 3);
            (void)world.runs(1);
            (void)world.revives(1, 3);
            (void)world.run_until(300);
            if (told_early) {
                (void)world.exits(1);
                CHECK(world.returns(1, 1, 2).empty());  // too late
            }
            (void)world.gone(1, LossReason::exited, 1);
            CHECK(world.run_until(60'000) ==
                  Lines{"at 1000 ms", "grant e2 of 1 on w0 to a1", "offer 3 on e2 to a1"});
        }
    }

    TEST_CASE("CM-MESOS-12 of an agent that was lost nothing comes back") {
        ManagerWorld world{shared_by({4, 4}, {Mode::fine})};
        (void)world.asks(0);
        (void)world.revives(0, 6);
        (void)world.worker_lost(0);
        CHECK(world.returns(1, 3, 3).empty());
        (void)world.gone(1, LossReason::worker_lost);
        CHECK(world.run_until(60'000).empty());
        CHECK(world.joins(0) == Lines{"grant e3 of 1 on w0 to a0", "offer 3 on e3 to a0"});
    }
}

TEST_SUITE("Mesos: a driver that borrows cores") {
    TEST_CASE("CM-MESOS-12 it wants offers when it has tasks, and has no cores of its own") {
        DriverWorld world{borrowing(3)};
        CHECK(says(world.submitted(), "request"));
        CHECK(says(world.job(0), "revive offers: 3 wait"));
        CHECK_FALSE(says(world.executor(1, 1), "launch"));
    }

    TEST_CASE("CM-MESOS-12 cores are used for tasks and go back with their end") {
        DriverWorld world{borrowing(3)};
        (void)world.submitted();
        (void)world.job(0);
        (void)world.executor(1, 1);
        CHECK(world.offered(1, 2) == Lines{"launch s0.0/p0#0 on e1", "launch s0.0/p1#0 on e1"});
        CHECK(world.success(task(0), 1) == Lines{"return 1 of e1; 1 wait"});
        CHECK(world.offered(1, 2) ==
              Lines{"launch s0.0/p2#0 on e1", "return 1 of e1, not for 1 s; 0 wait"});
        CHECK(world.offered(1, 1) == Lines{"return 1 of e1, not for 5 s; 0 wait"});
    }

    TEST_CASE("CM-MESOS-12 a batch is looked at as a whole, one task an executor in turn") {
        DriverWorld world{borrowing(2)};
        (void)world.submitted();
        (void)world.job(0);
        (void)world.executor(1, 1);
        (void)world.executor(2, 1);
        CHECK(world.offered(1, 2, 1).empty());
        CHECK(world.offered(2, 2) == Lines{"launch s0.0/p0#0 on e1",
                                           "launch s0.0/p1#0 on e2",
                                           "return 1 of e1, not for 1 s; 0 wait",
                                           "return 1 of e2, not for 1 s; 0 wait"});
    }

    TEST_CASE("CM-MESOS-12 what is lent to an executor that starts waits for it") {
        DriverWorld world{borrowing(1)};
        (void)world.submitted();
        (void)world.job(0);
        world.granted(1);
        CHECK(world.offered(1, 2).empty());
        CHECK(world.executor(1, 1) ==
              Lines{"launch s0.0/p0#0 on e1", "return 1 of e1, not for 1 s; 0 wait"});
    }

    TEST_CASE("CM-MESOS-12 an offer for an executor that is gone is nothing to it") {
        DriverWorld world{borrowing(1)};
        (void)world.submitted();
        (void)world.job(0);
        (void)world.executor(1, 1);
        (void)world.lost(1, LossReason::exited, 1);
        CHECK(world.offered(1, 2).empty());
    }

    TEST_CASE("CM-MESOS-12 a task that failed is a reason to want offers again") {
        DriverWorld world{borrowing(1)};
        (void)world.submitted();
        (void)world.job(0);
        (void)world.executor(1, 1);
        (void)world.offered(1, 1);
        CHECK(world.failure(task(0), 1) ==
              Lines{"return 1 of e1; 1 wait", "revive offers: 1 wait"});
        CHECK(world.offered(1, 1) == Lines{"launch s0.0/p0#1 on e1"});
        CHECK(says(world.lost(1, LossReason::exited, 1), "revive offers: 1 wait"));
    }

    TEST_CASE("CM-MESOS-12 its program can ask for no executors") {
        DriverWorld world{borrowing(1)};
        (void)world.submitted();
        CHECK(says(world.calls(ExecutorCall::request, 2),
                   "Requesting executors is not supported by current scheduler."));
    }
}

}  // namespace forkyard::fine_grained_test
