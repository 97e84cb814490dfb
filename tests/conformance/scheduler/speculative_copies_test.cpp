// SCH-TSM-28 to 30: where the second copy of a slow task runs, and what becomes of both.
#include <doctest/doctest.h>

#include "tests/builders/driver_world.hpp"
#include "tests/builders/task_set_world.hpp"

namespace forkyard::speculative_copies_test {
namespace {

constexpr ExecutorId exec1{1};
constexpr ExecutorId exec2{2};
constexpr ExecutorId exec3{3};
constexpr ExecutorId exec4{4};
constexpr Locality node = Locality::node_local;
constexpr Locality any = Locality::any;

AppConf speculating(std::int64_t quantile) {
    AppConf conf;
    conf.speculation.enabled = true;
    conf.speculation.quantile = Millionths{quantile};
    return conf;
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
            TaskSetWorld set{conf};
            set.live(exec1, host1);
            set.live(exec2, host2);
            set.submit(task_set_of(2));
            CHECK(set.offer(exec1, any) == "0 PROCESS_LOCAL");
            CHECK(set.offer(exec1, any) == "1 PROCESS_LOCAL");
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
}  // namespace forkyard::speculative_copies_test
