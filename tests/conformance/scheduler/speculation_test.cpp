// SCH-TSM-27 and 31 to 34: when a running task is slow enough for a second copy.
#include <doctest/doctest.h>

#include "tests/builders/task_set_world.hpp"

namespace forkyard::speculation_test {
namespace {

constexpr ExecutorId exec1{1};
constexpr ExecutorId exec2{2};
constexpr ExecutorId exec3{3};
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

}  // namespace
}  // namespace forkyard::speculation_test
