// SCH-HLT-12: a task set whose waiting tasks can run on no known executor.
#include <doctest/doctest.h>

#include "tests/builders/driver_world.hpp"
#include "tests/builders/offers_world.hpp"

namespace forkyard::unschedulable_test {
namespace {

const char* const given_up =
    "job j0 failed: Job aborted due to stage failure: Aborting s0.0 because task 0 "
    "(partition 0) cannot run anywhere due to node and executor excludeOnFailure. Most "
    "recent failure: out of luck";

AppSpec excluding(AppSpec app) {
    app.conf.exclusion.task_and_stage = true;
    return app;
}
AppSpec tasks(std::uint32_t number) {
    return excluding(app_of({stage_of("work", number, {})}, {"work"}));
}
// A job for each of the stages, each with a thread of its own.
AppSpec jobs_of(const std::vector<StageSpec>& stages) {
    std::vector<std::string> names;
    for (const StageSpec& stage : stages) {
        names.push_back(stage.name);
    }
    return excluding(app_of(stages, names));
}

TEST_SUITE("conformance: task sets that may run nowhere") {
    TEST_CASE("SCH-HLT-12 DRV-09 an idle executor is killed; without another the set has 120 s") {
        DriverWorld world{tasks(1)};
        (void)world.start(1, 1);
        world.at(5000);
        CHECK(world.failure(task(0, 0, 0), 1) ==
              Lines{"exclude e1 for p0 after 1", "kill e1: excluded"});
        CHECK(world.lost(1, LossReason::excluded).empty());
        CHECK(world.until(124'999).empty());
        const Lines ended = world.until(125'000);
        CHECK(only(ended, "at") == Lines{"at 125000 ms"});
        CHECK(only(ended, "job") == Lines{given_up});
    }

    TEST_CASE("SCH-HLT-12 it is killed once, while the time-out runs") {
        DriverWorld world{tasks(1)};
        (void)world.start(1, 1);
        (void)world.failure(task(0, 0, 0), 1);
        CHECK(world.until(119'999).empty());  // nor again in the rounds of every second
    }

    TEST_CASE("SCH-HLT-12 an executor that comes in time ends the time-out") {
        DriverWorld world{tasks(1)};
        (void)world.start(1, 1);
        (void)world.failure(task(0, 0, 0), 1);
        (void)world.lost(1, LossReason::excluded);
        world.at(119'000);
        CHECK(world.executor(2, 1) == Lines{"launch s0.0/p0#1 on e2"});
        CHECK(world.until(500'000).empty());
        CHECK(only(world.success(task(0, 0, 0, 1), 2), "job") == Lines{"job j0 succeeded"});
    }

    // Sets 0 and 1 have a task each that may not run on the one executor, as was found
    // at 0 s.
    void let_two_sets_fail(OffersWorld & world) {
        world.executor(ExecutorId{1}, host1, 1);
        for (const std::uint32_t stage : {0U, 1U}) {
            TaskSet set = task_set_of(1);
            set.stage = {StageId{stage}, 0};
            world.submit(std::move(set));
            CHECK(only(world.round(), "s").size() == 1);
            (void)world.failure(task(stage, 0, 0), ExecutorId{1});
        }
        CHECK(world.round().empty());  // it was asked to end already
    }
    AppConf excluding_conf() {
        AppConf conf;
        conf.exclusion.task_and_stage = true;
        return conf;
    }

    TEST_CASE("SCH-HLT-12 every set has a time-out of its own") {
        OffersWorld world{excluding_conf()};
        let_two_sets_fail(world);
        world.at(milliseconds{119'999});
        world.expire_unschedulable();
        CHECK(world.given_up().empty());
        world.at(seconds{120});
        world.expire_unschedulable();
        CHECK(world.given_up().size() == 2);
    }

    TEST_CASE("SCH-HLT-12 a launch of any set ends the time-outs of all") {
        OffersWorld world{excluding_conf()};
        let_two_sets_fail(world);
        world.at(seconds{60});
        world.executor(ExecutorId{2}, host2, 1);
        CHECK(world.round() == Lines{"s0.0/p0#1 on e2 at PROCESS_LOCAL"});
        world.at(seconds{600});
        world.expire_unschedulable();
        CHECK(world.given_up().empty());
    }

    TEST_CASE("SCH-HLT-12 nobody is idle: the set is given up at once") {
        DriverWorld world{jobs_of({stage_of("one", 1, {}), stage_of("two", 1, {})})};
        (void)world.start(1, 2);
        CHECK(only(world.job(1), "launch") == Lines{"launch s1.0/p0#0 on e1"});
        const Lines ended = world.failure(task(0, 0, 0), 1);
        CHECK(only(ended, "kill").empty());
        CHECK(only(ended, "job") == Lines{given_up});
        CHECK(only(world.success(task(1, 0, 0), 1), "job") == Lines{"job j1 succeeded"});
    }

    TEST_CASE("SCH-HLT-12 an executor where it may run is enough, be it busy") {
        DriverWorld world{tasks(2)};
        CHECK(only(world.start(2, 1), "launch").size() == 2);
        CHECK(world.failure(task(0, 0, 0), 1) == Lines{"exclude e1 for p0 after 1"});
        CHECK(world.until(600'000).empty());
        CHECK(world.success(task(0, 0, 1), 2) == Lines{"launch s0.0/p0#1 on e2"});
    }

    TEST_CASE("SCH-HLT-12 the loss of an executor may be what makes it so") {
        DriverWorld world{tasks(2)};
        CHECK(only(world.start(2, 1), "launch").size() == 2);
        world.at(300);
        CHECK(world.failure(task(0, 0, 0), 1) == Lines{"exclude e1 for p0 after 1"});
        CHECK(world.lost(2, LossReason::worker_lost) ==
              Lines{"then s0.0/p1#0 executor-lost", "launch s0.0/p1#1 on e1"});
        // What is left may not run on e1, which is busy: the next round gives it up.
        const Lines ended = world.until(10'000);
        CHECK(only(ended, "at") == Lines{"at 1000 ms"});
        CHECK(only(ended, "job") == Lines{given_up});
    }

    TEST_CASE("SCH-HLT-12 waiting for locality never does") {
        OffersWorld world{excluding_conf()};
        world.executor(ExecutorId{1}, host1, 0);
        world.executor(ExecutorId{2}, host2, 1);
        world.submit(task_set_of({{on_host(host1)}}));
        CHECK(world.round().empty());
        world.at(milliseconds{2999});
        CHECK(world.round().empty());
        CHECK(world.given_up().empty());
    }

    TEST_CASE("SCH-HLT-12 nor does a cluster without executors") {
        DriverWorld world{tasks(1)};
        (void)world.start(1, 1);
        (void)world.failure(task(0, 0, 0), 1);
        (void)world.lost(1, LossReason::excluded);
        CHECK(world.until(119'999).empty());
    }

    TEST_CASE("SCH-HLT-12 the last waiting task is asked, the next one to be tried") {
        DriverWorld world{tasks(3)};
        (void)world.start(2, 1);  // tasks 0 and 1; task 2 waits
        CHECK(world.failure(task(0, 0, 0), 1) ==
              Lines{"exclude e1 for p0 after 1", "launch s0.0/p2#0 on e1"});
        // Task 0 may run on e2, and does when that is free; it fails there, too.
        CHECK(world.success(task(0, 0, 1), 2) == Lines{"launch s0.0/p0#1 on e2"});
        const Lines failed = world.failure(task(0, 0, 0, 1), 2);
        CHECK(failed == Lines{"exclude e2 for p0 after 1", "kill e2: excluded"});
    }
}

}  // namespace
}  // namespace forkyard::unschedulable_test
