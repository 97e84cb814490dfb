// SCH-TSM-27 to 34: when a running task gets a second copy, where, and what becomes of
// the copies.
#include <doctest/doctest.h>

#include "tests/builders/driver_world.hpp"
#include "tests/builders/task_set_world.hpp"

namespace forkyard {
namespace {

constexpr ExecutorId exec1{1};
constexpr ExecutorId exec2{2};
constexpr ExecutorId exec3{3};
constexpr ExecutorId exec4{4};
constexpr Locality node = Locality::node_local;
constexpr Locality any = Locality::any;

AppConf speculating(std::int64_t quantile, std::int64_t multiplier = 3'000'000) {
    AppConf conf;
    conf.speculation.enabled = true;
    conf.speculation.quantile = Millionths{quantile};
    conf.speculation.multiplier = Millionths{multiplier};
    return conf;
}

// `tasks` without preferences, all launched at 0 s on exec1, with three idle hosts.
TaskSetWorld launched(const AppConf& conf, std::uint32_t tasks) {
    TaskSetWorld set{conf};
    set.live(exec1, host1);
    set.live(exec2, host2);
    set.live(exec3, host3);
    set.submit(task_set_of(tasks));
    for (std::uint32_t index = 0; index < tasks; ++index) {
        CHECK(set.offer(exec1, any) == fmt::format("{} PROCESS_LOCAL", index));
    }
    return set;
}

void succeed_up_to(TaskSetWorld& set, std::uint32_t count) {
    for (std::uint32_t index = 0; index < count; ++index) {
        (void)set.success(index, exec1);
    }
}

TEST_SUITE("conformance: which tasks are slow") {
    TEST_CASE("SCH-TSM-27 defaults: nine tenths done, and three times the median") {
        AppConf conf;
        conf.speculation.enabled = true;
        TaskSetWorld set = launched(conf, 10);
        set.advance(seconds{1});
        succeed_up_to(set, 8);
        set.advance(minutes{1});
        CHECK(set.speculate().empty());  // eight are not enough
        CHECK(set.next_look_ms() == -1);
    }

    TEST_CASE("SCH-TSM-27 defaults: strictly longer than the threshold") {
        AppConf conf;
        conf.speculation.enabled = true;
        TaskSetWorld set = launched(conf, 10);
        set.advance(seconds{1});
        succeed_up_to(set, 9);
        CHECK(set.next_look_ms() == 3100);  // a look every 100 ms
        set.advance(seconds{2});
        CHECK(set.speculate().empty());
        set.advance(SimDuration{1});
        CHECK(set.speculate() == Lines{"speculate s0.0/p9#0"});
        CHECK(set.speculate().empty());  // once
    }

    TEST_CASE("SCH-TSM-27 as in 3.5: three quarters done, one and a half times the median") {
        TaskSetWorld set = launched(speculating(750'000, 1'500'000), 8);
        set.advance(seconds{1});
        succeed_up_to(set, 5);
        set.advance(minutes{1});
        CHECK(set.speculate().empty());
        (void)set.success(5, exec1);  // the median of five and this one is still 1 s
        CHECK(set.speculate() == Lines{"speculate s0.0/p6#0", "speculate s0.0/p7#0"});
    }

    TEST_CASE("SCH-TSM-27 as in 3.5: the threshold is 1.5 s for a median of 1 s") {
        TaskSetWorld set = launched(speculating(750'000, 1'500'000), 4);
        set.advance(seconds{1});
        succeed_up_to(set, 3);
        CHECK(set.next_look_ms() == 1600);
        set.advance(milliseconds{500});
        CHECK(set.speculate().empty());
        set.advance(SimDuration{1});
        CHECK(set.speculate() == Lines{"speculate s0.0/p3#0"});
    }

    TEST_CASE("SCH-TSM-27 at least one success, however small the quantile") {
        TaskSetWorld set = launched(speculating(400'000), 2);  // 0.8 tasks
        set.advance(minutes{1});
        CHECK(set.speculate().empty());
        (void)set.success(0, exec1);
        set.advance(minutes{3});
        CHECK(set.speculate() == Lines{"speculate s0.0/p1#0"});
    }

    TEST_CASE("SCH-TSM-27 the quantile is rounded down") {
        TaskSetWorld set = launched(speculating(500'000), 5);  // 2.5 tasks
        set.advance(seconds{1});
        succeed_up_to(set, 2);
        set.advance(seconds{10});
        CHECK(set.speculate().size() == 3);
    }

    TEST_CASE("SCH-TSM-27 not faster than after 100 ms") {
        TaskSetWorld set = launched(speculating(500'000), 2);
        set.advance(milliseconds{10});
        (void)set.success(0, exec1);
        set.advance(milliseconds{90});
        CHECK(set.speculate().empty());
        set.advance(SimDuration{1});
        CHECK(set.speculate() == Lines{"speculate s0.0/p1#0"});
    }

    TEST_CASE("SCH-TSM-27 the median of an even count is the upper one, or the mean") {
        for (const bool upper : {true, false}) {
            CAPTURE(upper);
            AppConf conf = speculating(500'000);
            conf.speculation.upper_median = upper;
            TaskSetWorld set = launched(conf, 4);
            set.advance(seconds{1});
            (void)set.success(0, exec1);
            set.advance(seconds{4});
            (void)set.success(1, exec1);
            CHECK(set.next_look_ms() == (upper ? 15'100 : 9'100));
        }
    }

    TEST_CASE("SCH-TSM-27 what another attempt of the stage finished does not count") {
        TaskSetWorld set = launched(speculating(500'000), 2);
        set.set().partition_done(0);
        set.advance(minutes{10});
        CHECK(set.speculate().empty());
    }

    TEST_CASE("SCH-TSM-27 no copies in a zombie, in a barrier set, or of a single task") {
        TaskSetWorld zombie = launched(speculating(500'000), 2);
        zombie.advance(seconds{1});
        (void)zombie.success(0, exec1);
        zombie.set().make_zombie();
        zombie.advance(minutes{10});
        CHECK(zombie.speculate().empty());

        TaskSetWorld barrier{speculating(500'000)};
        barrier.live(exec1, host1);
        TaskSet set = task_set_of(2);
        set.barrier = true;
        barrier.submit(std::move(set));
        CHECK(barrier.offer(exec1, any) == "0 PROCESS_LOCAL");
        CHECK(barrier.offer(exec1, any) == "1 PROCESS_LOCAL");
        barrier.advance(seconds{1});
        (void)barrier.success(0, exec1);
        barrier.advance(minutes{10});
        CHECK(barrier.speculate().empty());

        TaskSetWorld single = launched(speculating(500'000), 1);
        single.advance(minutes{10});
        CHECK(single.speculate().empty());
    }

    TEST_CASE("SCH-TSM-31 a fixed threshold for stages that fit into one executor") {
        struct Row {
            std::uint32_t tasks;
            std::optional<std::uint32_t> cores;  // of an executor
            bool marked;
        };
        for (const Row& row : {Row{1, 1, true},
                               Row{2, 2, true},
                               Row{2, 1, false},
                               Row{1, std::nullopt, true},  // unknown: one slot
                               Row{2, std::nullopt, false}}) {
            CAPTURE(row.tasks);
            CAPTURE(row.cores.value_or(0));
            AppConf conf = speculating(1'000'000);
            conf.executor_cores = row.cores;
            conf.speculation.duration_threshold = minutes{60};
            TaskSetWorld set = launched(conf, row.tasks);
            set.advance(minutes{60});
            CHECK(set.speculate().empty());
            set.advance(seconds{1});
            CHECK(set.speculate().size() == (row.marked ? row.tasks : 0));
            CHECK(set.speculate().empty());  // once
        }
    }

    TEST_CASE("SCH-TSM-31 the usual rule applies if its quantile is met first") {
        AppConf conf = speculating(500'000);
        conf.executor_cores = 2;
        conf.speculation.duration_threshold = minutes{60};
        TaskSetWorld set = launched(conf, 2);
        set.advance(minutes{1});
        (void)set.success(0, exec1);
        set.advance(minutes{2});
        CHECK(set.speculate().empty());
        set.advance(SimDuration{1});
        CHECK(set.speculate() == Lines{"speculate s0.0/p1#0"});
    }

    TEST_CASE("SCH-TSM-33 a minimum run time") {
        AppConf conf = speculating(500'000, 1'500'000);
        conf.speculation.runtime_min = milliseconds{3000};
        TaskSetWorld set = launched(conf, 2);
        set.advance(seconds{1});
        (void)set.success(0, exec1);
        set.advance(seconds{1});
        CHECK(set.speculate().empty());  // longer than 1.5 s, but shorter than 3 s
        set.advance(seconds{2});
        CHECK(set.speculate() == Lines{"speculate s0.0/p1#0"});
    }
}

TEST_SUITE("conformance: tasks that come on well") {
    // Of four tasks two took 10 s each, for 100 records a second: slow is who takes
    // more than 30 s.
    TaskSetWorld with_average() {
        TaskSetWorld set = launched(speculating(500'000), 4);
        set.advance(seconds{10});
        for (const std::uint32_t index : {0U, 1U}) {
            TaskFinished event = TaskSetWorld::event_of(index, exec1, 0, TaskStatus::success);
            event.records = 1000;
            event.run = seconds{10};
            (void)set.end(event, false);
        }
        return set;
    }

    TEST_CASE("SCH-TSM-32 no copy of a task with three quarters of the average rate") {
        TaskSetWorld set = with_average();
        set.progress(2, exec1, 750, seconds{10});
        set.progress(3, exec1, 749, seconds{10});
        set.advance(seconds{20});
        CHECK(set.speculate().empty());
        set.advance(SimDuration{1});
        CHECK(set.speculate() == Lines{"speculate s0.0/p3#0"});
    }

    TEST_CASE("SCH-TSM-32 beyond twice the threshold its rate does not matter") {
        TaskSetWorld set = with_average();
        set.progress(2, exec1, 5000, seconds{10});
        set.progress(3, exec1, 5000, seconds{10});
        set.advance(seconds{50});
        CHECK(set.speculate().empty());
        set.advance(SimDuration{1});
        CHECK(set.speculate() == Lines{"speculate s0.0/p2#0", "speculate s0.0/p3#0"});
    }

    TEST_CASE("SCH-TSM-32 no reported progress is no progress") {
        TaskSetWorld set = with_average();
        set.progress(2, exec1, 5000, seconds{10});
        set.advance(seconds{20} + SimDuration{1});
        CHECK(set.speculate() == Lines{"speculate s0.0/p3#0"});
    }

    TEST_CASE("SCH-TSM-32 until a success has read records every slow task passes") {
        TaskSetWorld set = launched(speculating(500'000), 4);
        set.progress(2, exec1, 1'000'000, seconds{1});
        set.advance(seconds{10});
        succeed_up_to(set, 2);
        set.advance(seconds{20} + SimDuration{1});
        CHECK(set.speculate().size() == 2);
    }

    TEST_CASE("SCH-TSM-32 switched off, the rate does not matter") {
        AppConf conf = speculating(500'000);
        conf.speculation.efficiency = false;
        TaskSetWorld set = launched(conf, 2);
        set.progress(1, exec1, 1'000'000, seconds{1});
        set.advance(seconds{10});
        TaskFinished event = TaskSetWorld::event_of(0, exec1, 0, TaskStatus::success);
        event.records = 10;
        event.run = seconds{10};
        (void)set.end(event, false);
        set.advance(seconds{20} + SimDuration{1});
        CHECK(set.speculate() == Lines{"speculate s0.0/p1#0"});
    }

    TEST_CASE("SCH-TSM-32 the fixed threshold of a tiny stage knows no rate") {
        AppConf conf = speculating(1'000'000);
        conf.executor_cores = 2;
        conf.speculation.duration_threshold = seconds{15};
        TaskSetWorld set = launched(conf, 2);
        set.advance(seconds{10});
        TaskFinished event = TaskSetWorld::event_of(0, exec1, 0, TaskStatus::success);
        event.records = 10;
        event.run = seconds{10};
        (void)set.end(event, false);
        set.progress(1, exec1, 1'000'000, seconds{10});
        set.advance(seconds{5} + SimDuration{1});
        CHECK(set.speculate() == Lines{"speculate s0.0/p1#0"});
    }

    TEST_CASE("SCH-TSM-34 at once where the executor will be gone before the task can end") {
        AppConf conf = speculating(500'000, 1'500'000);
        conf.decommission_kill_interval = seconds{5};
        TaskSetWorld set{conf};
        set.live(exec1, host1);
        set.live(exec2, host2);
        set.submit(task_set_of(4));
        CHECK(set.offer(exec1, any) == "0 PROCESS_LOCAL");
        CHECK(set.offer(exec1, any) == "1 PROCESS_LOCAL");
        CHECK(set.offer(exec2, any) == "2 PROCESS_LOCAL");
        set.advance(seconds{6});
        CHECK(set.offer(exec2, any) == "3 PROCESS_LOCAL");
        set.advance(seconds{4});
        succeed_up_to(set, 2);
        CHECK(set.speculate().empty());
        set.decommission(exec2);
        CHECK(set.next_look_ms() == 10'000);
        // Task 3 would end at 16 s, the executor at 15 s; task 2 ends in time.
        CHECK(set.speculate() == Lines{"speculate s0.0/p3#0"});
        set.advance(seconds{5});
        CHECK(set.speculate().empty());
        set.advance(seconds{1});
        CHECK(set.speculate() == Lines{"speculate s0.0/p2#0"});
    }
}

TEST_SUITE("conformance: second copies") {
    // The world of SCH-TSM-28: tasks 0 and 1 are slow, task 2 is done.
    TaskSetWorld two_slow_tasks() {
        TaskSetWorld set{speculating(333'333)};
        set.live(exec1, host1);
        set.live(exec2, host2);
        set.live(exec3, host3);
        set.live(exec4, host4);
        set.submit(
            task_set_of({{on_host(host1), on_host(host3)}, {on_host(host2)}, {on_host(host3)}}));
        CHECK(set.offer(exec1, any) == "0 NODE_LOCAL");
        CHECK(set.offer(exec2, any) == "1 NODE_LOCAL");
        CHECK(set.offer(exec3, any) == "2 NODE_LOCAL");
        set.advance(seconds{1});
        (void)set.success(2, exec3);
        set.advance(seconds{9});
        CHECK(set.speculate() == Lines{"speculate s0.0/p0#0", "speculate s0.0/p1#0"});
        return set;
    }

    TEST_CASE("SCH-TSM-28 a copy obeys the preferences and goes to another host") {
        TaskSetWorld set = two_slow_tasks();
        CHECK(set.offer(exec4, node) == "nothing");
        CHECK(set.offer(exec2, node) == "nothing");
        CHECK(set.offer(exec3, node) == "0 NODE_LOCAL copy");
        CHECK(set.offer(exec4, any) == "1 ANY copy");
        for (const ExecutorId exec : {exec1, exec2, exec3, exec4}) {
            CHECK(set.offer(exec, any) == "nothing");
        }
    }

    TEST_CASE("SCH-TSM-28 never to a host that has ever run an attempt of the task") {
        TaskSetWorld set{speculating(500'000)};
        set.live(exec1, host1);
        set.live(exec2, host2);
        set.live(exec3, host3);
        set.submit(task_set_of(2));
        CHECK(set.offer(exec1, any) == "0 PROCESS_LOCAL");
        CHECK(set.offer(exec1, any) == "1 PROCESS_LOCAL");
        (void)set.failure(1, exec1);
        CHECK(set.offer(exec2, any) == "1 PROCESS_LOCAL");
        set.advance(seconds{1});
        (void)set.success(0, exec1);
        set.advance(seconds{9});
        CHECK(set.speculate() == Lines{"speculate s0.0/p1#1"});
        CHECK(set.offer(exec2, any) == "reject");
        CHECK(set.offer(exec1, any) == "reject");  // its first attempt failed here
        CHECK(set.offer(exec3, any) == "1 PROCESS_LOCAL copy");
    }

    TEST_CASE("SCH-TSM-28 A2.3 the wish for a copy outlives the attempt that was slow") {
        TaskSetWorld set = two_slow_tasks();
        (void)set.failure(1, exec2);
        CHECK(set.offer(exec4, node) == "nothing");
        CHECK(set.offer(exec2, node) == "1 NODE_LOCAL");  // again, as a normal task
        CHECK(set.offer(exec4, any) == "1 ANY copy");
    }

    TEST_CASE("SCH-TSM-28 no copy of a task whose only attempt has ended") {
        TaskSetWorld set = two_slow_tasks();
        (void)set.success(1, exec2);
        CHECK(set.offer(exec4, any) == "0 ANY copy");
        CHECK(set.offer(exec4, any) == "nothing");
    }

    TEST_CASE("SCH-TSM-29 the first success kills the other copy") {
        TaskSetWorld set = two_slow_tasks();
        CHECK(set.offer(exec4, any) == "1 ANY copy");
        CHECK(set.success(1, exec4, 1).status == TaskStatus::success);
        CHECK(set.decided() == Lines{"kill s0.0/p1#0 on e2: another attempt succeeded"});
        // It may end before the kill arrives: it has not committed all the same.
        const TaskSetManager::End loser = set.success(1, exec2);
        CHECK(loser.known);
        CHECK(loser.status == TaskStatus::killed);
        CHECK(set.decided().empty());
        CHECK(set.set().running() == 1);
    }

    TEST_CASE("SCH-TSM-29 the loser's result does not count towards the limit of results") {
        for (const std::int64_t of_last : {40, 41}) {
            CAPTURE(of_last);
            AppConf conf = speculating(500'000);
            conf.result_size_max = Bytes{100};
            TaskSetWorld set = launched(conf, 2);
            const auto success = [&](std::uint32_t index,
                                     ExecutorId exec,
                                     std::uint32_t attempt,
                                     std::int64_t bytes) {
                TaskFinished event =
                    TaskSetWorld::event_of(index, exec, attempt, TaskStatus::success);
                event.result = bytes;
                return set.end(event, false);
            };
            set.advance(seconds{1});
            CHECK_FALSE(success(0, exec1, 0, 60).abort);
            set.advance(seconds{9});
            CHECK(set.speculate().size() == 1);
            CHECK(set.offer(exec2, any) == "1 PROCESS_LOCAL copy");
            const TaskSetManager::End winner = success(1, exec2, 1, of_last);
            CHECK(winner.abort.has_value() == (of_last > 40));
            if (!winner.abort) {
                CHECK_FALSE(success(1, exec1, 0, 1000).abort);
            }
        }
    }

    TEST_CASE("SCH-TSM-30 killed copies are no failures") {
        AppSpec app = app_of({stage_of("work", 5, {})}, {"work"});
        app.conf.speculation = speculating(600'000).speculation;
        DriverWorld world{std::move(app)};
        (void)world.start(1, 8);
        for (std::uint32_t attempt = 0; attempt < 3; ++attempt) {
            for (const std::uint32_t p : {3U, 4U}) {
                CHECK(world.failure(task(0, 0, p, attempt), 1) ==
                      Lines{fmt::format("launch s0.0/p{}#{} on e1", p, attempt + 1)});
            }
        }
        world.at(1000);
        for (const std::uint32_t p : {0U, 1U, 2U}) {
            CHECK(world.success(task(0, 0, p), 1).empty());
        }
        CHECK(world.until(60'000) ==
              Lines{"at 3100 ms", "speculate s0.0/p3#3", "speculate s0.0/p4#3"});
        CHECK(world.executor(2, 1) == Lines{"launch s0.0/p4#4 on e2"});
        CHECK(world.success(task(0, 0, 4, 4), 2) ==
              Lines{"kill s0.0/p4#3 on e1: another attempt succeeded", "launch s0.0/p3#4 on e2"});
        CHECK(world.end(task(0, 0, 4, 3), 1, TaskStatus::killed).empty());
        const Lines ended = world.success(task(0, 0, 3, 4), 2);
        CHECK(says(ended, "kill s0.0/p3#3 on e1: another attempt succeeded"));
        CHECK(only(ended, "job") == Lines{"job j0 succeeded"});
        CHECK(world.end(task(0, 0, 3, 3), 1, TaskStatus::killed).empty());
    }
}

}  // namespace
}  // namespace forkyard
