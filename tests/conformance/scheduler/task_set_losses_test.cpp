// SCH-TSM-23 to 25: what the loss of an executor means for the tasks of a set.
#include <doctest/doctest.h>

#include "tests/builders/driver_world.hpp"
#include "tests/builders/offers_world.hpp"

namespace forkyard::task_set_losses_test {
namespace {

constexpr ExecutorId exec1{1};
constexpr ExecutorId exec2{2};
constexpr ExecutorId exec3{3};

TEST_SUITE("conformance: lost executors and the tasks of a set") {
    TEST_CASE("SCH-TSM-23 DRV-10 finished map tasks run again, then its running ones have failed") {
        DriverWorld world{map_reduce(3, 1)};
        (void)world.start(1, 2);
        (void)world.success(task(0, 0, 0), 1);
        const Lines lines = world.lost(1, LossReason::worker_lost);
        CHECK(only(lines, "then") == Lines{"then s0.0/p0#0 resubmitted",
                                           "then s0.0/p1#0 executor-lost",
                                           "then s0.0/p2#0 executor-lost"});
        CHECK(only(world.executor(2, 3), "launch").size() == 3);
    }

    TEST_CASE("SCH-TSM-23 with an external shuffle service finished tasks are left alone") {
        AppSpec app = map_reduce(3, 1);
        app.conf.shuffle_service = true;
        DriverWorld world{std::move(app)};
        (void)world.start(1, 2);
        (void)world.success(task(0, 0, 0), 1);
        CHECK(only(world.lost(1, LossReason::killed), "then") ==
              Lines{"then s0.0/p1#0 executor-lost", "then s0.0/p2#0 executor-lost"});
    }

    TEST_CASE("SCH-TSM-23 unless the executor was decommissioned") {
        AppSpec app = map_reduce(3, 1);
        app.conf.shuffle_service = true;
        DriverWorld world{std::move(app)};
        (void)world.start(1, 1);
        (void)world.success(task(0, 0, 0), 1);
        CHECK(world.decommissioning(1).empty());
        CHECK(only(world.lost(1, LossReason::decommissioned), "then") ==
              Lines{"then s0.0/p0#0 resubmitted", "then s0.0/p1#0 executor-lost"});
    }

    TEST_CASE("SCH-TSM-23 the finished tasks of a result stage are left alone") {
        DriverWorld world{app_of({stage_of("work", 3, {})}, {"work"})};
        (void)world.start(1, 1);
        (void)world.success(task(0, 0, 0), 1);
        CHECK(only(world.lost(1, LossReason::worker_lost), "then") ==
              Lines{"then s0.0/p1#0 executor-lost"});
        CHECK(world.executor(2, 3) == Lines{"launch s0.0/p1#1 on e2", "launch s0.0/p2#0 on e2"});
    }

    TEST_CASE("SCH-TSM-23 levels are computed with what has to run again") {
        OffersWorld world;
        world.executor(exec1, host1, 1);
        world.executor(exec2, host2, 1);
        world.executor(exec3, host2, 1);
        TaskSet set = task_set_of({{on_host(host2)}, {}, {}});
        set.map_side = true;
        world.submit(std::move(set));
        CHECK(world.offer(exec2) == Lines{"s0.0/p0#0 on e2 at NODE_LOCAL"});
        CHECK(world.offer(exec1) == Lines{"s0.0/p1#0 on e1 at PROCESS_LOCAL"});
        (void)world.success(task(0, 0, 0), exec2);
        (void)world.success(task(0, 0, 1), exec1);
        CHECK(world.offer(exec1) == Lines{"s0.0/p2#0 on e1 at PROCESS_LOCAL"});
        (void)world.ended(task(0, 0, 2), exec1, TaskStatus::killed);
        CHECK(world.lost(exec2, LossReason::worker_lost) == Lines{"then s0.0/p0#0 resubmitted"});
        // Task 0 has a host again that can serve it, and is offered that one first.
        CHECK(world.round() ==
              Lines{"s0.0/p0#1 on e3 at NODE_LOCAL", "s0.0/p2#1 on e1 at PROCESS_LOCAL"});
    }

    TEST_CASE("SCH-TSM-24 a zombie has nothing resubmitted") {
        AppSpec app = map_reduce(1, 1);
        app.conf.speculation.enabled = true;
        app.conf.speculation.duration_threshold = seconds{1};
        DriverWorld world{std::move(app)};
        (void)world.start(2, 1);
        CHECK(world.until(1100) ==
              Lines{"at 1100 ms", "speculate s0.0/p0#0", "launch s0.0/p0#1 on e2"});
        CHECK(only(world.success(task(0, 0, 0), 1), "kill") ==
              Lines{"kill s0.0/p0#1 on e2: another attempt succeeded"});
        const Lines lines = world.lost(2, LossReason::killed);
        CHECK(only(lines, "then") == Lines{"then s0.0/p0#1 executor-lost"});
        CHECK(only(lines, "launch").empty());
        CHECK(world.driver().task_scheduler().executors().free_cores(exec1) == 0);
    }

    TEST_CASE("SCH-TSM-24 not even what its lost executor had finished") {
        OffersWorld world;
        world.executor(exec1, host1, 2);
        TaskSet set = task_set_of(2);
        set.map_side = true;
        world.submit(std::move(set));
        CHECK(world.round().size() == 2);
        (void)world.success(task(0, 0, 0), exec1);
        (void)world.kill_stage(0, "enough");
        CHECK(world.lost(exec1, LossReason::killed) == Lines{"then s0.0/p1#0 executor-lost"});
    }

    // Four map tasks; the copy of task 2 on e2 has won against the attempt on e3, whose
    // kill is not acknowledged. Task 3 runs on e1, so the set lives.
    void let_a_copy_win(OffersWorld & world) {
        for (const std::uint32_t n : {1U, 2U, 3U}) {
            world.executor(ExecutorId{n}, NodeId{n}, 1);
        }
        TaskSet set = task_set_of(4);
        set.map_side = true;
        world.submit(std::move(set));
        CHECK(world.round().size() == 3);
        world.at(seconds{1});
        (void)world.success(task(0, 0, 0), exec1);
        (void)world.success(task(0, 0, 1), exec2);
        CHECK(world.offer(exec1) == Lines{"s0.0/p3#0 on e1 at PROCESS_LOCAL"});
        world.at(milliseconds{1600});
        CHECK(world.speculate() ==
              Lines{"speculate s0.0/p2#0", "s0.0/p2#1 on e2 at PROCESS_LOCAL, a copy"});
        CHECK(world.success(task(0, 0, 2, 1), exec2) ==
              Lines{"kill s0.0/p2#0 on e3: another attempt succeeded"});
    }
    AppConf with_copies() {
        AppConf conf;
        conf.speculation.enabled = true;
        conf.speculation.quantile = Millionths{500'000};
        conf.speculation.multiplier = Millionths{1'500'000};
        return conf;
    }

    TEST_CASE("SCH-TSM-25 the loser's executor takes no output along") {
        OffersWorld world{with_copies()};
        let_a_copy_win(world);
        CHECK(world.lost(exec3, LossReason::killed) == Lines{"then s0.0/p2#0 executor-lost"});
        CHECK(world.round().empty());
    }

    TEST_CASE("SCH-TSM-25 the winner's does") {
        OffersWorld world{with_copies()};
        let_a_copy_win(world);
        CHECK(world.lost(exec3, LossReason::killed) == Lines{"then s0.0/p2#0 executor-lost"});
        CHECK(world.lost(exec2, LossReason::killed) ==
              Lines{"then s0.0/p1#0 resubmitted", "then s0.0/p2#1 resubmitted"});
        world.executor(ExecutorId{4}, host4, 2);
        CHECK(world.round() ==
              Lines{"s0.0/p2#2 on e4 at PROCESS_LOCAL", "s0.0/p1#1 on e4 at PROCESS_LOCAL"});
    }
}

}  // namespace
}  // namespace forkyard::task_set_losses_test
