// SCH-TSM-15 to 22 and 26: what the end of an attempt means for the tasks of a set.
#include <doctest/doctest.h>

#include "tests/builders/driver_world.hpp"
#include "tests/builders/task_set_world.hpp"

namespace forkyard::task_set_failures_test {
namespace {

constexpr ExecutorId exec1{1};
constexpr Locality any = Locality::any;

AppSpec tasks_failing_at_most(std::uint32_t tasks, std::uint32_t failures) {
    AppSpec app = app_of({stage_of("work", tasks, {})}, {"work"});
    app.conf.task_failures_max = failures;
    return app;
}

AppConf one_failure_is_enough() {
    AppConf conf;
    conf.task_failures_max = 1;
    return conf;
}

TEST_SUITE("conformance: failures that count") {
    TEST_CASE("SCH-TSM-15 the fourth counted failure of one task gives the set up") {
        TaskSetWorld set;
        set.live(exec1, host1);
        set.submit(task_set_of(3));
        CHECK(set.offer(exec1, any) == "0 PROCESS_LOCAL");
        CHECK(set.offer(exec1, any) == "1 PROCESS_LOCAL");
        for (std::uint32_t attempt = 0; attempt < 3; ++attempt) {
            CHECK_FALSE(set.failure(1, exec1, attempt).abort);
            CHECK(set.offer(exec1, any) == "1 PROCESS_LOCAL");
        }
        const TaskSetManager::End fourth = set.failure(1, exec1, 3);
        CHECK(fourth.abort == std::optional<std::string>{
                                  "Task 1 in stage s0.0 failed 4 times, most recent failure: "
                                  "out of luck"});
        CHECK(set.set().zombie());
        CHECK(set.offer(exec1, any) == "nothing");
    }

    TEST_CASE("SCH-TSM-15 the job fails with the task's name, its failures and the last one") {
        DriverWorld world{tasks_failing_at_most(2, 4)};
        (void)world.start(1, 2);
        for (std::uint32_t attempt = 0; attempt < 3; ++attempt) {
            CHECK(world.failure(task(0, 0, 1, attempt), 1) ==
                  Lines{fmt::format("launch s0.0/p1#{} on e1", attempt + 1)});
        }
        CHECK(only(world.failure(task(0, 0, 1, 3), 1), "job") ==
              Lines{"job j0 failed: Job aborted due to stage failure: Task 1 in stage s0.0 "
                    "failed 4 times, most recent failure: out of luck"});
    }

    TEST_CASE("SCH-TSM-15 failures of different tasks do not add up") {
        DriverWorld world{tasks_failing_at_most(4, 4)};
        (void)world.start(1, 4);
        for (std::uint32_t attempt = 0; attempt < 3; ++attempt) {
            for (std::uint32_t p = 0; p < 4; ++p) {
                CHECK(only(world.failure(task(0, 0, p, attempt), 1), "job").empty());
            }
        }
        CHECK(only(world.failure(task(0, 0, 2, 3), 1), "job").size() == 1);
    }

    TEST_CASE("SCH-TSM-16 an exception counts") {
        DriverWorld world{tasks_failing_at_most(1, 1)};
        (void)world.start(1, 1);
        CHECK(only(world.failure(task(0, 0, 0), 1), "job").size() == 1);
    }

    TEST_CASE("SCH-TSM-16 killed and commit-denied attempts do not") {
        for (const TaskStatus status : {TaskStatus::killed, TaskStatus::commit_denied}) {
            CAPTURE(to_text(status));
            DriverWorld world{tasks_failing_at_most(1, 1)};
            (void)world.start(1, 1);
            CHECK(world.end(task(0, 0, 0), 1, status) == Lines{"launch s0.0/p0#1 on e1"});
        }
    }

    TEST_CASE("SCH-TSM-16 a fetch failure does not") {
        AppSpec app = map_reduce(1, 1);
        app.conf.task_failures_max = 1;
        DriverWorld world{std::move(app)};
        (void)world.start(2, 1);
        (void)world.success(task(0, 0, 0), 1);
        CHECK(only(world.fetch_failure(task(1, 0, 0), 1, 1), "job").empty());
        CHECK(only(world.until(200), "launch") == Lines{"launch s0.1/p0#0 on e1"});
    }

    TEST_CASE("SCH-TSM-16 nothing does once the set is a zombie") {
        TaskSetWorld set{one_failure_is_enough()};
        set.live(exec1, host1);
        set.submit(task_set_of(2));
        CHECK(set.offer(exec1, any) == "0 PROCESS_LOCAL");
        CHECK(set.offer(exec1, any) == "1 PROCESS_LOCAL");
        set.set().make_zombie();
        const TaskSetManager::End end = set.failure(0, exec1);
        CHECK(end.known);
        CHECK_FALSE(end.abort);
    }

    TEST_CASE("SCH-TSM-16 so the failure of a barrier task never does") {
        TaskSetWorld set{one_failure_is_enough()};
        set.live(exec1, host1);
        TaskSet barrier = task_set_of(2);
        barrier.barrier = true;
        set.submit(std::move(barrier));
        CHECK(set.offer(exec1, any) == "0 PROCESS_LOCAL");
        CHECK(set.offer(exec1, any) == "1 PROCESS_LOCAL");
        CHECK_FALSE(set.failure(0, exec1).abort);
        CHECK_FALSE(set.failure(1, exec1).abort);
    }

    TEST_CASE("SCH-TSM-17 an exit that is not the application's fault costs nothing") {
        DriverWorld world{tasks_failing_at_most(1, 1)};
        (void)world.start(1, 1);
        CHECK(world.lost(1, LossReason::preempted, 143) == Lines{"then s0.0/p0#0 executor-lost"});
        CHECK(world.executor(2, 1) == Lines{"launch s0.0/p0#1 on e2"});
    }

    TEST_CASE("SCH-TSM-17 one that is counts as a failure of its tasks") {
        DriverWorld world{tasks_failing_at_most(1, 1)};
        (void)world.start(1, 1);
        const Lines lines = world.lost(1, LossReason::exited, 1);
        CHECK(only(lines, "then") == Lines{"then s0.0/p0#0 executor-lost"});
        CHECK(only(lines, "job") ==
              Lines{"job j0 failed: Job aborted due to stage failure: Task 0 in stage s0.0 "
                    "failed 1 times, most recent failure: ExecutorLostFailure (executor e1 "
                    "lost: exited, exit code 1)"});
        CHECK(world.executor(2, 1).empty());
    }

    TEST_CASE("SCH-TSM-18 a task that was never confirmed running is not blamed") {
        DriverWorld world{tasks_failing_at_most(2, 1)};
        (void)world.start(1, 2);
        const Lines lines = world.lost(1, LossReason::exited, 1, {task(0, 0, 0), task(0, 0, 1)});
        CHECK(lines == Lines{"then s0.0/p0#0 executor-lost", "then s0.0/p1#0 executor-lost"});
        CHECK(world.executor(2, 2).size() == 2);
    }

    TEST_CASE("SCH-TSM-18 one that was is") {
        DriverWorld world{tasks_failing_at_most(2, 1)};
        (void)world.start(1, 2);
        const Lines lines = world.lost(1, LossReason::exited, 1, {task(0, 0, 0)});
        CHECK(only(lines, "job").size() == 1);
        CHECK(says(lines, "Task 1 in stage s0.0 failed 1 times"));
    }

    TEST_CASE("SCH-TSM-19 a success takes the failures away") {
        AppSpec app = map_reduce(2, 1);
        DriverWorld world{std::move(app)};
        (void)world.start(2, 1);
        // Three failures of task 1, a success, and three more after its output is lost.
        for (std::uint32_t attempt = 0; attempt < 3; ++attempt) {
            CHECK(world.failure(task(0, 0, 1, attempt), 2).size() == 1);
        }
        (void)world.success(task(0, 0, 1, 3), 2);
        CHECK(only(world.lost(2, LossReason::killed), "then") ==
              Lines{"then s0.0/p1#3 resubmitted"});
        CHECK(world.executor(3, 1) == Lines{"launch s0.0/p1#4 on e3"});
        for (std::uint32_t attempt = 4; attempt < 7; ++attempt) {
            CHECK(world.failure(task(0, 0, 1, attempt), 3) ==
                  Lines{fmt::format("launch s0.0/p1#{} on e3", attempt + 1)});
        }
        CHECK(only(world.failure(task(0, 0, 1, 7), 3), "job").size() == 1);
    }

    TEST_CASE("SCH-TSM-19 so does the success of another attempt of the stage") {
        TaskSetWorld set;
        set.live(exec1, host1);
        TaskSet tasks = task_set_of(2);
        tasks.map_side = true;
        set.submit(std::move(tasks));
        CHECK(set.offer(exec1, any) == "0 PROCESS_LOCAL");
        for (std::uint32_t attempt = 0; attempt < 3; ++attempt) {
            CHECK_FALSE(set.failure(0, exec1, attempt).abort);
            CHECK(set.offer(exec1, any) == "0 PROCESS_LOCAL");
        }
        set.set().partition_done(0);
        // Its own attempt ends as well; the output is lost later, and it fails again.
        CHECK(set.success(0, exec1, 3).status == TaskStatus::success);
        (void)set.ended(0, exec1, TaskStatus::resubmitted, 3);
        CHECK(set.offer(exec1, any) == "0 PROCESS_LOCAL");
        CHECK_FALSE(set.failure(0, exec1, 4).abort);
    }
}

TEST_SUITE("conformance: failures that would only be repeated") {
    TEST_CASE("SCH-TSM-20 a result that cannot be serialised ends the set at once") {
        DriverWorld world{tasks_failing_at_most(2, 4)};
        (void)world.start(1, 2);
        const Lines lines =
            world.failure(task(0, 0, 1), 1, "java.io.NotSerializableException: Thread");
        CHECK(only(lines, "job") ==
              Lines{"job j0 failed: Job aborted due to stage failure: Task 1 in stage s0.0 had a "
                    "not serializable result: java.io.NotSerializableException: Thread"});
        CHECK(only(lines, "launch").empty());
    }

    TEST_CASE("SCH-TSM-20 so does an output file that is there already") {
        DriverWorld world{tasks_failing_at_most(2, 4)};
        (void)world.start(1, 2);
        const Lines lines = world.failure(
            task(0, 0, 0), 1, "org.apache.spark.TaskOutputFileAlreadyExistException: /out");
        CHECK(only(lines, "job j0 failed").size() == 1);
        CHECK(says(lines, "Task 0 in stage s0.0 can not write to output file"));
    }

    TEST_CASE("SCH-TSM-20 any other failure is tried again") {
        DriverWorld world{tasks_failing_at_most(2, 4)};
        (void)world.start(1, 2);
        CHECK(world.failure(task(0, 0, 0), 1, "java.io.IOException: disk full") ==
              Lines{"launch s0.0/p0#1 on e1"});
    }
}

TEST_SUITE("conformance: ends that end more than one attempt") {
    TEST_CASE("SCH-TSM-21 a fetch failure ends the attempt of the stage") {
        TaskSetWorld set;
        set.live(exec1, host1);
        set.submit(task_set_of(3));
        CHECK(set.offer(exec1, any) == "0 PROCESS_LOCAL");
        CHECK(set.offer(exec1, any) == "1 PROCESS_LOCAL");
        CHECK_FALSE(set.ended(0, exec1, TaskStatus::fetch_failed).abort);
        CHECK(set.set().zombie());
        CHECK(set.offer(exec1, any) == "nothing");  // neither task 0 again nor task 2
        CHECK(set.set().running() == 1);            // task 1 goes on
        CHECK_FALSE(set.set().finished());
        CHECK(set.success(1, exec1).status == TaskStatus::success);
        CHECK(set.set().finished());
        CHECK_FALSE(set.set().all_done());
    }

    TEST_CASE("SCH-TSM-21 what runs is not killed, what waits is not launched") {
        DriverWorld world{map_reduce(1, 3)};
        (void)world.start(2, 1);
        (void)world.success(task(0, 0, 0), 1);
        const Lines failed = world.fetch_failure(task(1, 0, 0), 1, 1);
        CHECK(only(failed, "launch").empty());
        CHECK(only(failed, "kill").empty());
        CHECK(only(world.success(task(1, 0, 1), 2), "launch").empty());
    }

    TEST_CASE("SCH-TSM-22 a second report of an attempt changes nothing") {
        for (const TaskStatus first : {TaskStatus::success, TaskStatus::failed}) {
            for (const TaskStatus second : {TaskStatus::success, TaskStatus::failed}) {
                CAPTURE(to_text(first));
                CAPTURE(to_text(second));
                DriverWorld world{tasks_failing_at_most(3, 2)};
                (void)world.start(1, 2);
                CHECK(world.end(task(0, 0, 0), 1, first).size() == 1);
                CHECK(world.end(task(0, 0, 0), 1, second).empty());
                CHECK(world.driver().task_scheduler().executors().free_cores(exec1) == 0);
            }
        }
    }

    TEST_CASE("SCH-TSM-22 DRV-10 a success that comes after its executor was declared lost") {
        DriverWorld world{tasks_failing_at_most(1, 4)};
        (void)world.start(1, 1);
        CHECK(only(world.lost(1, LossReason::heartbeat_timeout), "then") ==
              Lines{"then s0.0/p0#0 executor-lost"});
        CHECK(world.success(task(0, 0, 0), 1).empty());  // the job has not ended
        CHECK(world.executor(2, 1) == Lines{"launch s0.0/p0#1 on e2"});
        CHECK(only(world.success(task(0, 0, 0, 1), 2), "job") == Lines{"job j0 succeeded"});
    }

    TEST_CASE("SCH-TSM-26 a set is a zombie before anybody hears of its last success") {
        DriverWorld world{map_reduce(2, 2)};
        (void)world.start(1, 2);
        (void)world.success(task(0, 0, 0), 1);
        // The stage ends, its child is submitted and launched within one event: nothing
        // of the finished set is launched or submitted once more.
        CHECK(world.success(task(0, 0, 1), 1) == Lines{"h0/1 at e1",
                                                       "stage s0.0 succeeded",
                                                       "stage s1.0 of 2",
                                                       "launch s1.0/p0#0 on e1",
                                                       "launch s1.0/p1#0 on e1"});
    }

    TEST_CASE("SCH-TSM-26 exclusions apply before the failed task waits again") {
        AppSpec app = tasks_failing_at_most(2, 4);
        app.conf.exclusion.task_and_stage = true;
        DriverWorld world{std::move(app)};
        CHECK(only(world.start(1, 1), "launch") == Lines{"launch s0.0/p0#0 on e1"});
        CHECK(world.failure(task(0, 0, 0), 1) ==
              Lines{"exclude e1 for p0 after 1", "launch s0.0/p1#0 on e1"});
    }
}

}  // namespace
}  // namespace forkyard::task_set_failures_test
