// SCH-HLT-01 to 05, 13 and 14: executors and nodes that a task, or a stage, avoids
// because tasks failed there.
#include <set>

#include <doctest/doctest.h>

#include "tests/builders/driver_world.hpp"
#include "tests/builders/offers_world.hpp"

namespace forkyard::exclusion_test {
namespace {

constexpr ExecutorId exec1{1};
constexpr ExecutorId exec2{2};
constexpr ExecutorId exec3{3};
constexpr ExecutorId exec4{4};

AppConf excluding() {
    AppConf conf;
    conf.exclusion.task_and_stage = conf.exclusion.application = true;
    return conf;
}

// The exclusions of one task set, fed by hand.
class Failures {
public:
    explicit Failures(const ExclusionConf& conf) : set_{AppId{0}, {StageId{0}, 0}, conf} {}

    Lines fail(std::uint32_t index, ExecutorId exec, NodeId node) {
        Decisions decisions;
        Step step{SimTime{}, decisions, chooser_};
        set_.on_failure(step, index, index, exec, node, "out of luck");
        return lines_of(decisions.actions);
    }
    [[nodiscard]] const TaskSetExclusion& set() const { return set_; }

private:
    TaskSetExclusion set_;
    BoringChooser chooser_{};
};

TEST_SUITE("conformance: exclusion for a task and a stage") {
    TEST_CASE("SCH-HLT-01 a task: the executor after one failure, the node after two") {
        OffersWorld world{excluding()};
        for (const ExecutorId exec : {exec1, exec2, exec3}) {
            world.executor(exec, host1, 1);
        }
        world.executor(exec4, host2, 1);
        world.submit(task_set_of({{on_host(host1)}}));
        CHECK(world.offer(exec1) == Lines{"s0.0/p0#0 on e1 at NODE_LOCAL"});
        CHECK(world.failure(task(0, 0, 0), exec1) == Lines{"exclude e1 for p0 after 1"});
        CHECK(world.offer(exec1).empty());
        CHECK(world.offer(exec2) == Lines{"s0.0/p0#1 on e2 at NODE_LOCAL"});
        CHECK(world.failure(task(0, 0, 0, 1), exec2) ==
              Lines{"exclude e2 for p0 after 1", "exclude w1 for p0 after 2"});
        // The host it prefers has nothing for it any more.
        CHECK(world.offer(exec3).empty());
        world.at(seconds{3});
        CHECK(world.round() == Lines{"s0.0/p0#2 on e4 at ANY"});
    }

    TEST_CASE("SCH-HLT-01 other tasks may still run there") {
        OffersWorld world{excluding()};
        world.executor(exec1, host1, 1);
        world.submit(task_set_of(2));
        CHECK(world.round() == Lines{"s0.0/p0#0 on e1 at PROCESS_LOCAL"});
        (void)world.failure(task(0, 0, 0), exec1);
        CHECK(world.round() == Lines{"s0.0/p1#0 on e1 at PROCESS_LOCAL"});
    }

    TEST_CASE("SCH-HLT-02 a stage: the executor after two tasks, the node after two executors") {
        OffersWorld world{excluding()};
        world.executor(exec1, host1, 2);
        world.executor(exec2, host1, 2);
        world.executor(exec3, host1, 2);
        world.executor(exec4, host2, 2);
        world.submit(task_set_of(4));
        CHECK(world.offer(exec1).size() == 2);
        CHECK(world.failure(task(0, 0, 0), exec1) == Lines{"exclude e1 for p0 after 1"});
        CHECK(world.failure(task(0, 0, 1), exec1) ==
              Lines{"exclude e1 for p1 after 1", "exclude e1 for stage after 2"});
        CHECK(world.offer(exec1).empty());  // not even tasks that never failed
        CHECK(world.offer(exec2) ==
              Lines{"s0.0/p1#1 on e2 at PROCESS_LOCAL", "s0.0/p0#1 on e2 at PROCESS_LOCAL"});
        CHECK(world.failure(task(0, 0, 0, 1), exec2) ==
              Lines{"exclude e2 for p0 after 1", "exclude w1 for p0 after 2"});
        CHECK(world.failure(task(0, 0, 1, 1), exec2) == Lines{"exclude e2 for p1 after 1",
                                                              "exclude w1 for p1 after 2",
                                                              "exclude e2 for stage after 2",
                                                              "exclude w1 for stage after 2"});
        CHECK(world.offer(exec3).empty());  // of that host, without a failure
        CHECK(world.offer(exec4).size() == 2);
    }

    TEST_CASE("SCH-HLT-03 attempts count for a task, different tasks for a stage") {
        ExclusionConf conf = excluding().exclusion;
        conf.task_attempts_per_executor = 2;
        conf.task_attempts_per_node = 3;
        conf.stage_tasks_per_executor = 2;
        conf.stage_executors_per_node = 3;
        Failures failures{conf};
        const TaskSetExclusion& set = failures.set();
        CHECK(failures.fail(0, exec1, host1).empty());
        CHECK(failures.fail(0, exec1, host1) == Lines{"exclude e1 for p0 after 2"});
        CHECK(set.out_for_task(0, exec1, host1));
        CHECK_FALSE(set.out_for_task(1, exec1, host1));
        CHECK_FALSE(set.out_for_task(0, exec2, host1));
        CHECK_FALSE(set.out_for_stage(exec1, host1));

        CHECK(failures.fail(0, exec2, host1) == Lines{"exclude w1 for p0 after 3"});
        CHECK(set.out_for_task(0, exec3, host1));
        CHECK_FALSE(set.out_for_task(1, exec3, host1));

        CHECK(failures.fail(1, exec1, host1) == Lines{"exclude e1 for stage after 2"});
        CHECK(failures.fail(2, exec2, host1) == Lines{"exclude e2 for stage after 2"});
        CHECK_FALSE(set.out_for_stage(exec3, host1));
        CHECK(failures.fail(3, exec3, host1).empty());
        CHECK(failures.fail(4, exec3, host1) ==
              Lines{"exclude e3 for stage after 2", "exclude w1 for stage after 3"});
        CHECK(set.out_for_stage(exec4, host1));
        CHECK_FALSE(set.out_for_stage(exec4, host2));
    }

    TEST_CASE("SCH-HLT-04 failures on different hosts put no host out of the stage") {
        Failures failures{excluding().exclusion};
        for (const std::uint32_t index : {0U, 1U}) {
            (void)failures.fail(index, exec1, host1);
            (void)failures.fail(index, exec2, host2);
        }
        CHECK(failures.set().out_for_stage(exec1, host1));
        CHECK(failures.set().out_for_stage(exec2, host2));
        CHECK_FALSE(failures.set().out_for_stage(exec3, host1));
        CHECK_FALSE(failures.set().out_for_stage(exec4, host2));
    }

    TEST_CASE("SCH-HLT-05 within the stage nothing expires") {
        AppConf conf = excluding();
        conf.exclusion.timeout = milliseconds{300};
        conf.exclusion.stage_tasks_per_executor = 1;
        OffersWorld world{conf};
        world.executor(exec1, host1, 1);
        world.executor(exec2, host2, 0);
        world.submit(task_set_of(2));
        CHECK(world.offer(exec1).size() == 1);
        CHECK(world.failure(task(0, 0, 0), exec1) ==
              Lines{"exclude e1 for p0 after 1", "exclude e1 for stage after 1"});
        for (const std::int64_t ms : {300, 301, 100'000}) {
            world.at(milliseconds{ms});
            CHECK(world.offer(exec1).empty());
        }
    }
}

TEST_SUITE("conformance: a bad host") {
    // Ten tasks that prefer host 1, where everything fails; five executors there and
    // five on host 2. How the set ends: "all done", or why it was given up.
    std::string run_on_a_bad_host(const AppConf& conf) {
        TaskSetWorld set{conf};
        std::vector<ExecutorId> executors;
        for (std::uint32_t n = 1; n <= 10; ++n) {
            executors.emplace_back(n);
            set.live(executors.back(), n <= 5 ? host1 : host2);
        }
        set.submit(task_set_of(std::vector<std::vector<Place>>(10, {on_host(host1)})));
        for (std::uint32_t tries = 0; tries < 100 && !set.set().all_done(); ++tries) {
            for (const ExecutorId exec : executors) {
                const std::string launched = set.offer(exec, Locality::any);
                if (launched == "nothing" || launched == "reject") {
                    continue;
                }
                const TaskAttempt task = set.last();
                const TaskSetManager::End end =
                    exec.value <= 5 ? set.failure(task.partition, exec, task.attempt)
                                    : set.success(task.partition, exec, task.attempt);
                if (end.abort) {
                    return *end.abort;
                }
            }
            set.advance(seconds{1});
        }
        return set.set().all_done() ? "all done" : "hangs";
    }

    TEST_CASE("SCH-HLT-13 without exclusion the job fails") {
        CHECK(run_on_a_bad_host({}) ==
              "Task 0 in stage s0.0 failed 4 times, most recent failure: out of luck");
    }

    TEST_CASE("SCH-HLT-13 with it the job succeeds: the node is out after two of four tries") {
        CHECK(run_on_a_bad_host(excluding()) == "all done");
    }

    TEST_CASE("SCH-HLT-13 where all tasks fail it ends, and does not hang") {
        AppSpec app = app_of({stage_of("work", 1, {})}, {"work"});
        app.conf.exclusion = excluding().exclusion;
        app.conf.exclusion.unschedulable_timeout = {};
        DriverWorld world{std::move(app)};
        CHECK(only(world.start(2, 1), "launch") == Lines{"launch s0.0/p0#0 on e1"});
        CHECK(only(world.failure(task(0, 0, 0), 1), "launch") == Lines{"launch s0.0/p0#1 on e2"});
        const Lines failed = world.failure(task(0, 0, 0, 1), 2);
        CHECK(only(failed, "kill") == Lines{"kill e1: excluded"});
        CHECK(only(world.until(0), "job") ==
              Lines{"job j0 failed: Job aborted due to stage failure: Aborting s0.0 because "
                    "task 0 (partition 0) cannot run anywhere due to node and executor "
                    "excludeOnFailure. Most recent failure: out of luck"});
    }
}

TEST_SUITE("conformance: switches") {
    TEST_CASE("SCH-HLT-14 off by default") {
        OffersWorld world;
        world.executor(exec1, host1, 1);
        world.submit(task_set_of(1));
        for (std::uint32_t attempt = 0; attempt < 3; ++attempt) {
            CHECK(world.round().size() == 1);
            CHECK(world.failure(task(0, 0, 0, attempt), exec1).empty());
        }
    }

    // One task a set: it fails on e1 and succeeds on e2.
    Lines fail_on_e1_in_each_of(OffersWorld & world, std::uint32_t sets, std::uint32_t from = 0) {
        Lines lines;
        for (std::uint32_t stage = from; stage < from + sets; ++stage) {
            TaskSet set = task_set_of(1);
            set.stage = {StageId{stage}, 0};
            world.submit(std::move(set));
            REQUIRE(world.offer(exec1).size() == 1);
            for (std::string& line : world.failure(task(stage, 0, 0), exec1)) {
                lines.push_back(std::move(line));
            }
            REQUIRE(world.offer(exec2).size() == 1);
            for (std::string& line : world.success(task(stage, 0, 0, 1), exec2)) {
                lines.push_back(std::move(line));
            }
        }
        return lines;
    }

    TEST_CASE("SCH-HLT-14 for the application alone: tasks may go back, failures count") {
        AppConf conf;
        conf.exclusion.application = true;
        OffersWorld world{conf};
        world.executor(exec1, host1, 1);
        world.executor(exec2, host2, 1);
        world.submit(task_set_of(1));
        CHECK(world.offer(exec1).size() == 1);
        CHECK(world.failure(task(0, 0, 0), exec1).empty());
        CHECK(world.offer(exec1) == Lines{"s0.0/p0#1 on e1 at PROCESS_LOCAL"});
        CHECK(world.success(task(0, 0, 0, 1), exec1).empty());
        CHECK(fail_on_e1_in_each_of(world, 1, 1) == Lines{"exclude e1 for app after 2"});
    }

    TEST_CASE("SCH-HLT-14 for tasks and stages alone: the application excludes nothing") {
        AppConf conf;
        conf.exclusion.task_and_stage = true;
        OffersWorld world{conf};
        world.executor(exec1, host1, 1);
        world.executor(exec2, host2, 1);
        CHECK(fail_on_e1_in_each_of(world, 4) == Lines(4, "exclude e1 for p0 after 1"));
    }

    TEST_CASE("SCH-HLT-14 an executor that registers on an excluded node gets nothing") {
        AppConf conf = excluding();
        conf.exclusion.app_executors_per_node = 1;
        OffersWorld world{conf};
        world.executor(exec1, host1, 1);
        world.executor(exec2, host2, 1);
        (void)fail_on_e1_in_each_of(world, 2);
        world.executor(exec3, host1, 1);
        TaskSet set = task_set_of(1);
        set.stage = {StageId{9}, 0};
        world.submit(std::move(set));
        CHECK(world.offer(exec3).empty());
        CHECK(world.round() == Lines{"s9.0/p0#0 on e2 at PROCESS_LOCAL"});
    }
}

}  // namespace
}  // namespace forkyard::exclusion_test
