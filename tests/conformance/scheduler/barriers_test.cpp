// SCH-BAR-01 to 04 and 06 to 09: stages whose tasks all start together.
#include <doctest/doctest.h>

#include "tests/builders/driver_world.hpp"
#include "tests/builders/offers_world.hpp"

namespace forkyard::barriers_test {
namespace {

constexpr ExecutorId exec1{1};
constexpr ExecutorId exec2{2};
constexpr ExecutorId exec3{3};
constexpr NodeId host1{1};
constexpr NodeId host2{2};

TaskSet barrier_set(TaskSet set, std::uint32_t job) {
    set.barrier = true;
    set.priority = JobId{job};
    set.stage = {StageId{job}, 0};
    return set;
}
TaskSet set_of_job(std::uint32_t tasks, std::uint32_t job) {
    TaskSet set = task_set_of(tasks);
    set.priority = JobId{job};
    set.stage = {StageId{job}, 0};
    return set;
}

// A barrier map stage and a stage that reads it; or one that is read by a barrier stage.
AppSpec barrier_maps(std::uint32_t maps, std::uint32_t reduces) {
    AppSpec app = map_reduce(maps, reduces);
    app.stages[0].barrier = true;
    return app;
}
AppSpec barrier_results(std::uint32_t maps, std::uint32_t reduces) {
    AppSpec app = map_reduce(maps, reduces);
    app.stages[1].barrier = true;
    return app;
}
Lines timers_at(DagWorld& world, std::int64_t milliseconds) {
    world.at(milliseconds);
    return world.timers();
}

// Three barrier tasks of two cores each, on so many executors of three cores.
std::size_t launched_of_three(std::uint32_t executors) {
    AppConf conf;
    conf.task_cpus = 2;
    OffersWorld world{conf};
    for (std::uint32_t n = 1; n <= executors; ++n) {
        world.executor(ExecutorId{n}, NodeId{n}, 3);
    }
    world.submit(barrier_set(task_set_of(3), 0));
    return world.round().size();
}

// One barrier task would rather run on e1, the other on its node; e2 is on another one.
TaskSet two_for_one_node() {
    return barrier_set(task_set_of({{on_exec(host1, exec1)}, {on_host(host1)}}), 0);
}

TEST_SUITE("conformance: barrier stages") {
    TEST_CASE("SCH-BAR-01 all tasks are launched in one round, or none") {
        CHECK(launched_of_three(2) == 0);
        CHECK(launched_of_three(3) == 3);
    }

    TEST_CASE("SCH-BAR-01 slots are those that are free") {
        OffersWorld world;
        world.executor(exec1, host1, 3);
        world.submit(set_of_job(1, 0));
        CHECK(world.round().size() == 1);
        world.submit(barrier_set(task_set_of(3), 1));
        CHECK(world.round().empty());
        (void)world.success(task(0, 0, 0), exec1);
        CHECK(world.round().size() == 3);
    }

    TEST_CASE("SCH-BAR-02 a set that goes first may take its slots") {
        OffersWorld world;
        world.executor(exec1, host1, 3);
        world.submit(barrier_set(task_set_of(3), 1));
        world.submit(set_of_job(1, 0));
        CHECK(world.round() == Lines{"s0.0/p0#0 on e1 at PROCESS_LOCAL"});
    }

    TEST_CASE("SCH-BAR-03 too few places: the next set has the cores, and all start later") {
        OffersWorld world;
        world.executor(exec1, host1, 1);
        world.executor(exec2, host2, 1);
        world.submit(two_for_one_node());
        world.submit(set_of_job(2, 1));
        const Lines first = world.round();
        CHECK(first.size() == 2);
        CHECK(only(first, "s1.0/").size() == 2);
        (void)world.success(task(1, 0, 0), exec1);
        (void)world.success(task(1, 0, 1), exec2);
        world.at(seconds{4});
        const Lines second = world.round();
        CHECK(second.size() == 2);
        CHECK(only(second, "s0.0/").size() == 2);
        CHECK(world.given_up().empty());
    }

    TEST_CASE("SCH-BAR-04 a stage without slots is looked at every 15 s, 40 times in vain") {
        CHECK(AppConf{}.barrier_check_interval == seconds{15});
        CHECK(AppConf{}.barrier_check_failures_max == 40);
        DriverWorld world{barrier_results(1, 3)};
        CHECK(world.start(1, 2).empty());
        CHECK(world.until(40 * 15'000 - 1).empty());
        const Lines lines = world.until(40 * 15'000);
        CHECK(lines.front() == "at 600000 ms");
        CHECK(only(lines, "job j0 failed: [SPARK-24819]").size() == 1);
        CHECK(world.until(2'000'000).empty());
    }

    TEST_CASE("SCH-BAR-04 the interval and the number are properties") {
        AppSpec app = barrier_results(1, 3);
        app.conf.barrier_check_interval = seconds{2};
        app.conf.barrier_check_failures_max = 3;
        DriverWorld world{std::move(app)};
        (void)world.start(1, 2);
        CHECK(world.until(5'999).empty());
        CHECK(only(world.until(6'000), "job j0 failed").size() == 1);
    }

    TEST_CASE("SCH-BAR-04 the first look with slots enough starts the job") {
        DriverWorld world{barrier_results(1, 3)};
        (void)world.start(1, 2);
        (void)world.until(16'000);
        CHECK(world.executor(2, 1).empty());
        CHECK(world.until(29'999).empty());
        CHECK(only(world.until(30'000), "launch") == Lines{"launch s0.0/p0#0 on e1"});
    }

    TEST_CASE("SCH-BAR-04 busy slots count, and a waiting job uses up no stage") {
        AppSpec app =
            app_of({stage_of("plain", 2, {}), stage_of("together", 3, {})}, {"together", "plain"});
        app.stages[1].barrier = true;
        DriverWorld world{std::move(app)};
        (void)world.start(1, 2);
        CHECK(only(world.job(1), "stage") == Lines{"stage s0.0 of 2"});
        CHECK(only(world.executor(2, 1), "launch").empty());
        CHECK(only(world.until(15'000), "stage") == Lines{"stage s1.0 of 3"});
    }

    TEST_CASE("SCH-BAR-04 four executors of three cores have 12 slots, of two cores a task 4") {
        for (const std::uint32_t cpus : {1U, 2U}) {
            ExecutorTable table{cluster_with_racks({}), cpus};
            for (std::uint32_t n = 1; n <= 4; ++n) {
                table.add(ExecutorId{n}, NodeId{n}, 3);
            }
            table.take(exec1);
            CHECK(table.slots() == (cpus == 1 ? 12 : 4));
        }
    }

    TEST_CASE("SCH-BAR-04 a barrier map stage below the result stage waits, too") {
        DriverWorld world{barrier_maps(3, 1)};
        CHECK(world.start(1, 2).empty());
        (void)world.executor(2, 1);
        CHECK(only(world.until(15'000), "launch").size() == 3);
    }

    TEST_CASE("SCH-BAR-04 a map-stage job fails at once") {
        AppSpec app = barrier_maps(3, 1);
        app.jobs[0].of = "map";
        app.jobs[0].map_stage = true;
        DriverWorld world{std::move(app)};
        CHECK(only(world.start(1, 2), "job j0 failed: [SPARK-24819]").size() == 1);
    }

    TEST_CASE("SCH-BAR-04 a job that waits for slots can be cancelled") {
        DriverWorld world{barrier_results(1, 3)};
        (void)world.start(1, 2);
        CHECK(only(world.cancel(0), "job") == Lines{"job j0 killed: Job 0 cancelled "});
        CHECK(world.until(1'000'000).empty());
    }

    TEST_CASE("SCH-BAR-05 a job of some partitions of a barrier stage is refused") {
        DagWorld world{barrier_results(1, 3)};
        for (std::uint32_t n = 0; n < 2; ++n) {
            const Lines lines = world.job(n, 0, n, 2);
            CHECK(only(lines, fmt::format("job j{} failed: [SPARK-24820]", n)).size() == 1);
            CHECK(only(lines, "stage").empty());
            CHECK(world.submitted().stages.empty());
        }
        CHECK(world.idle());
        // One of all of them is not, and no number of a stage was used up.
        CHECK(only(world.job(2, 0, 0, 3), "stage") == Lines{"stage s0.0 of 1"});
    }

    TEST_CASE("SCH-BAR-05 some partitions behind the shuffle of a barrier stage are fine") {
        DagWorld world{barrier_maps(2, 3)};
        CHECK(only(world.job(0, 0, 0, 1), "stage") == Lines{"stage s0.0 of 2"});
    }

    TEST_CASE("SCH-BAR-05 slots are counted first") {
        DriverWorld world{barrier_results(1, 3)};
        (void)world.submitted();
        CHECK(world.job(0, 0, 1).empty());  // no executor: it waits
        (void)world.executor(1, 3);
        CHECK(only(world.until(15'000), "job j0 failed: [SPARK-24820]").size() == 1);
        CHECK(world.until(1'000'000).empty());
    }

    TEST_CASE("SCH-BAR-06 one task fails, even killed: all run again after 200 ms") {
        for (const TaskStatus status : {TaskStatus::failed,
                                        TaskStatus::killed,
                                        TaskStatus::executor_lost,
                                        TaskStatus::commit_denied,
                                        TaskStatus::resubmitted}) {
            DagWorld world{barrier_maps(2, 1)};
            (void)world.job(0);
            (void)world.success(task(0, 0, 0), 1);
            const Lines lines = world.ended_as(task(0, 0, 1), 2, status);
            CHECK(only(lines, "h") == Lines{"h0/0 not at e1"});
            CHECK(only(lines, "stage") == Lines{"stage s0.0 failed"});
            CHECK(only(lines, "timer") == Lines{"timer in 200 ms"});
            CHECK(only(lines, "stop s0").size() == 1);
            CHECK(timers_at(world, 199).empty());
            CHECK(only(timers_at(world, 200), "run") == Lines{"run s0.1 on {0, 1}"});
        }
    }

    TEST_CASE("SCH-BAR-06 its other attempts are killed, and no other is launched") {
        DriverWorld world{barrier_maps(3, 1)};
        CHECK(only(world.start(1, 3), "launch").size() == 3);
        const Lines lines = world.failure(task(0, 0, 1), 1);
        CHECK(only(lines, "kill").size() == 2);
        CHECK(only(lines, "launch").empty());
        (void)world.end(task(0, 0, 0), 1, TaskStatus::killed);
        (void)world.end(task(0, 0, 2), 1, TaskStatus::killed);
        CHECK(only(world.until(200), "launch s0.1/").size() == 3);
    }

    TEST_CASE("SCH-BAR-06 an executor that takes a finished task with it fails the attempt, too") {
        DriverWorld world{barrier_maps(2, 1)};
        CHECK(only(world.start(2, 1), "launch").size() == 2);
        (void)world.success(task(0, 0, 0), 1);
        const Lines lines = world.lost(1, LossReason::worker_lost);
        CHECK(only(lines, "stage s0.0 failed").size() == 1);
        CHECK(only(lines, "kill s0.0/p1#0 on e2").size() == 1);
        (void)world.end(task(0, 0, 1), 2, TaskStatus::killed);
        (void)world.executor(3, 1);
        CHECK(only(world.until(200), "launch s0.1/").size() == 2);
    }

    TEST_CASE("SCH-BAR-06 it counts as an attempt of the stage, not as a task's failure") {
        AppSpec app = barrier_maps(1, 1);
        app.conf.task_failures_max = 1;
        DriverWorld world{std::move(app)};
        (void)world.start(1, 1);
        for (std::uint32_t n = 0; n < 3; ++n) {
            CHECK(only(world.failure(task(0, n, 0), 1), "job").empty());
            CHECK(only(world.until(200 * (n + 1)), "launch").size() == 1);
        }
        const Lines last = world.failure(task(0, 3, 0), 1);
        CHECK(only(last, "job j0 failed").size() == 1);
        CHECK(says(last, "maximum allowable number of times: 4"));
    }

    TEST_CASE("SCH-BAR-07 two failures of an attempt lead to one new attempt") {
        DagWorld world{barrier_maps(2, 1)};
        (void)world.job(0);
        (void)world.ended_as(task(0, 0, 0), 1, TaskStatus::failed);
        CHECK(world.ended_as(task(0, 0, 1), 1, TaskStatus::failed).empty());
        CHECK(only(timers_at(world, 200), "run") == Lines{"run s0.1 on {0, 1}"});
        CHECK(timers_at(world, 1000).empty());
    }

    TEST_CASE("SCH-BAR-07 and so if the second comes after that has started") {
        DagWorld world{barrier_maps(2, 1)};
        (void)world.job(0);
        (void)world.ended_as(task(0, 0, 0), 1, TaskStatus::failed);
        CHECK(only(timers_at(world, 200), "run") == Lines{"run s0.1 on {0, 1}"});
        CHECK(world.ended_as(task(0, 0, 1), 1, TaskStatus::failed).empty());
        CHECK(timers_at(world, 1000).empty());
    }

    TEST_CASE("SCH-BAR-08 a fetch failure against a barrier map stage runs all of it again") {
        DagWorld world{barrier_maps(2, 2)};
        (void)world.job(0);
        (void)world.success(task(0, 0, 0), 1);
        (void)world.success(task(0, 0, 1), 2);
        CHECK(only(world.fetch_failure_of(task(1, 0, 0), 0, 0, 1), "h") ==
              Lines{"h0/0 not at e1", "h0/1 not at e2"});
        CHECK(only(timers_at(world, 200), "run") == Lines{"run s0.1 on {0, 1}"});
    }

    TEST_CASE("SCH-BAR-09 a barrier result stage is not tried again") {
        DagWorld failed{barrier_results(1, 2)};
        (void)failed.job(0);
        (void)failed.success(task(0, 0, 0), 1);
        Lines lines = failed.ended_as(task(1, 0, 0), 1, TaskStatus::failed);
        CHECK(only(lines, "job j0 failed").size() == 1);
        CHECK(says(lines, "Could not recover from a failed barrier ResultStage"));
        CHECK(failed.idle());

        DagWorld fetching{barrier_results(1, 2)};
        (void)fetching.job(0);
        (void)fetching.success(task(0, 0, 0), 1);
        lines = fetching.fetch_failure(task(1, 0, 0), 0, 1);
        CHECK(only(lines, "job j0 failed").size() == 1);
        CHECK(says(lines, "Could not recover from a failed barrier ResultStage"));
        CHECK(timers_at(fetching, 1000).empty());
        CHECK(fetching.idle());
    }
}

}  // namespace
}  // namespace forkyard::barriers_test
