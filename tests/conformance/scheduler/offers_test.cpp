// SCH-TSI-01 to 06, 10 to 13, 15 and 16: rounds of offers over all task sets, and what
// becomes of sets, attempts and executors.
#include <cstdint>
#include <map>

#include <doctest/doctest.h>

#include "core/random.hpp"
#include "tests/builders/driver_world.hpp"
#include "tests/builders/offers_world.hpp"

namespace forkyard::offers_test {
namespace {

constexpr ExecutorId exec0{0};
constexpr ExecutorId exec1{1};
constexpr ExecutorId exec2{2};
constexpr ExecutorId exec3{3};
constexpr Locality any = Locality::any;

TaskSet stage_attempt(std::uint32_t stage, std::uint32_t attempt, std::uint32_t tasks) {
    TaskSet set = task_set_of(tasks);
    set.stage = {StageId{stage}, attempt};
    return set;
}

// Seeded, and remembers how many options there were.
class SeededChooser final : public Chooser {
public:
    explicit SeededChooser(std::uint64_t seed) : key_{random_key(seed, Stream::test)} {}
    std::uint64_t options = 0;
    std::uint64_t choices = 0;

private:
    std::uint64_t choose(std::string_view /*point*/,
                         std::string_view /*label*/,
                         std::uint64_t n) override {
        options = n;
        return draw(key_, choices++) % n;
    }
    std::uint64_t key_;
};

AppConf without_waits() {
    AppConf conf;
    conf.locality.wait_process = conf.locality.wait_node = conf.locality.wait_rack = {};
    return conf;
}

TEST_SUITE("conformance: rounds of offers") {
    // Two executors of one core and so many sets of one task: on which each was launched.
    Lines one_task_sets(std::uint64_t seed, std::uint32_t sets) {
        SeededChooser chooser{seed};
        OffersWorld world{{}, {}, &chooser};
        world.executor(exec1, host1, 1);
        world.executor(exec2, host2, 1);
        Lines launched;
        for (std::uint32_t stage = 0; stage < sets; ++stage) {
            world.submit(stage_attempt(stage, 0, 1));
            const Lines round = world.round();
            REQUIRE(round.size() == 2);
            CHECK(round[0] == fmt::format("choice offer.order app/s{}.0 of 2", stage));
            const bool first = round[1].find("on e1") != std::string::npos;
            launched.push_back(first ? "e1" : "e2");
            (void)world.success(task(stage, 0, 0), first ? exec1 : exec2);
        }
        return launched;
    }

    TEST_CASE("SCH-TSI-01 offers are shuffled: both of two executors get some") {
        const Lines launched = one_task_sets(7, 1000);
        // Far beyond what chance would do: 500 expected, a deviation of 16.
        CHECK(only(launched, "e1").size() > 400);
        CHECK(only(launched, "e2").size() > 400);
        CHECK(one_task_sets(7, 1000) == launched);  // a seed gives one order
        CHECK(one_task_sets(8, 1000) != launched);
    }

    TEST_CASE("SCH-TSI-01 only what may be offered is shuffled") {
        SeededChooser chooser{1};
        AppConf conf;
        conf.exclusion.application = true;
        conf.exclusion.fetch_failures = true;
        OffersWorld world{conf, {}, &chooser};
        for (const ExecutorId exec : {exec1, exec2, exec3}) {
            world.executor(exec, NodeId{exec.value}, 2);
        }
        world.submit(stage_attempt(0, 0, 7));
        CHECK(only(world.round(), "s0.0").size() == 6);
        CHECK(chooser.options == 6);  // the orders of three
        for (const std::uint32_t p : {0U, 1U, 2U}) {
            for (const ExecutorId exec : {exec1, exec2, exec3}) {
                (void)world.ended(task(0, 0, p), exec, TaskStatus::killed);
            }
        }
        CHECK(world.fetch_failure(task(0, 0, 3), exec1, exec3) ==
              Lines{"exclude e3 for app after 1"});
        world.submit(stage_attempt(1, 0, 3));
        CHECK(only(world.round(), "s1.0").size() == 3);
        CHECK(chooser.options == 2);  // the orders of two
    }

    TEST_CASE("SCH-TSI-02 one task an executor a sweep, so that tasks spread") {
        OffersWorld world;
        for (const ExecutorId exec : {exec1, exec2, exec3}) {
            world.executor(exec, NodeId{exec.value}, 2);
        }
        world.submit(task_set_of(5));
        CHECK(world.round() == Lines{"s0.0/p0#0 on e1 at PROCESS_LOCAL",
                                     "s0.0/p1#0 on e2 at PROCESS_LOCAL",
                                     "s0.0/p2#0 on e3 at PROCESS_LOCAL",
                                     "s0.0/p3#0 on e1 at PROCESS_LOCAL",
                                     "s0.0/p4#0 on e2 at PROCESS_LOCAL"});
    }

    TEST_CASE("SCH-TSI-02 local offers win in a round, even without waits") {
        // The local executor comes first in the order, or last.
        for (const ExecutorId local : {exec1, exec2}) {
            CAPTURE(local.value);
            OffersWorld world{without_waits()};
            world.executor(exec1, host1, 1);
            world.executor(exec2, host2, 1);
            world.submit(task_set_of({{on_exec(NodeId{local.value}, local)}}));
            CHECK(world.round() ==
                  Lines{fmt::format("s0.0/p0#0 on e{} at PROCESS_LOCAL", local.value)});
        }
    }

    TEST_CASE("SCH-TSI-02 a set takes all its levels before the next set is asked") {
        OffersWorld world{without_waits()};
        world.executor(exec1, host1, 1);
        world.executor(exec2, host2, 1);
        TaskSet first = task_set_of({{on_host(host1)}, {on_host(host1)}});
        TaskSet second = task_set_of({{on_host(host2)}});
        second.stage = {StageId{1}, 0};
        world.submit(std::move(first));
        world.submit(std::move(second));
        CHECK(world.round() == Lines{"s0.0/p0#0 on e1 at NODE_LOCAL", "s0.0/p1#0 on e2 at ANY"});
    }

    TEST_CASE("SCH-TSI-03 without waits any level will do at once") {
        OffersWorld world{without_waits()};
        world.executor(exec1, host1, 1);
        world.executor(exec2, host2, 1);
        world.submit(task_set_of({{on_exec(host1, exec1)}}));
        CHECK(world.offer(exec2) == Lines{"s0.0/p0#0 on e2 at ANY"});
    }

    TEST_CASE("SCH-TSI-03 with them it will not") {
        OffersWorld world;
        world.executor(exec1, host1, 1);
        world.executor(exec2, host2, 1);
        world.submit(task_set_of({{on_exec(host1, exec1)}}));
        CHECK(world.offer(exec2).empty());
    }

    TEST_CASE("SCH-TSI-04 a task takes spark.task.cpus cores") {
        AppConf conf;
        conf.task_cpus = 2;
        OffersWorld world{conf};
        world.executor(exec0, host0, 0);
        world.executor(exec1, host1, 1);
        world.submit(task_set_of(1));
        CHECK(world.round().empty());
        world.executor(exec2, host2, 2);
        world.executor(exec3, host3, 1);
        CHECK(world.round() == Lines{"s0.0/p0#0 on e2 at PROCESS_LOCAL"});
        CHECK(world.executors().free_cores(exec2) == 0);
        CHECK(world.executors().free_cores(exec3) == 1);
    }
}

TEST_SUITE("conformance: sets, attempts and executors") {
    TEST_CASE("SCH-TSI-10 one active attempt of a stage") {
        OffersWorld world;
        world.submit(stage_attempt(0, 0, 1));
        world.submit(stage_attempt(0, 1, 1));
        world.submit(stage_attempt(0, 2, 1));
        world.executor(exec1, host1, 3);
        CHECK(world.round() == Lines{"s0.2/p0#0 on e1 at PROCESS_LOCAL"});
    }

    TEST_CASE("SCH-TSI-10 sets of other stages stay active") {
        OffersWorld world;
        world.submit(stage_attempt(0, 0, 1));
        world.submit(stage_attempt(1, 0, 1));
        world.submit(stage_attempt(0, 1, 1));
        world.executor(exec1, host1, 3);
        CHECK(world.round() ==
              Lines{"s0.1/p0#0 on e1 at PROCESS_LOCAL", "s1.0/p0#0 on e1 at PROCESS_LOCAL"});
    }

    TEST_CASE("SCH-TSI-11 a zombie that finishes does not disturb the next attempt") {
        OffersWorld world;
        world.executor(exec1, host1, 10);
        world.submit(stage_attempt(0, 0, 10));
        CHECK(only(world.round(), "s0.0").size() == 10);
        world.submit(stage_attempt(0, 1, 10));
        for (std::uint32_t p = 0; p < 10; ++p) {
            (void)world.success(task(0, 0, p), exec1);
        }
        const Lines round = world.round();
        CHECK(round.size() == 10);
        CHECK(only(round, "s0.1").size() == 10);
    }

    TEST_CASE("SCH-TSI-12 DRV-02 tasks wait while the reason of a loss is pending") {
        OffersWorld world;
        world.executor(exec0, host0, 1);
        world.executor(exec1, host1, 1);
        world.submit(task_set_of(1));
        CHECK(world.offer(exec0) == Lines{"s0.0/p0#0 on e0 at PROCESS_LOCAL"});
        world.disconnected(exec0);
        CHECK(world.round().empty());
        CHECK(world.lost(exec0, LossReason::preempted) == Lines{"then s0.0/p0#0 executor-lost"});
        CHECK(world.round() == Lines{"s0.0/p0#1 on e1 at PROCESS_LOCAL"});
    }

    TEST_CASE("SCH-TSI-12 DRV-02 what was sent before the connection broke counts") {
        OffersWorld world;
        world.executor(exec0, host0, 1);
        world.executor(exec1, host1, 1);
        world.submit(task_set_of(1));
        CHECK(world.offer(exec0) == Lines{"s0.0/p0#0 on e0 at PROCESS_LOCAL"});
        world.disconnected(exec0);
        (void)world.success(task(0, 0, 0), exec0);
        CHECK(world.last_end().known);
        CHECK(world.lost(exec0, LossReason::killed).empty());  // nothing of it runs
        CHECK(world.round().empty());
    }

    TEST_CASE("SCH-TSI-12 nothing is launched on an executor that is gone") {
        OffersWorld world;
        world.executor(exec0, host0, 2);
        world.submit(task_set_of(2));
        world.disconnected(exec0);
        CHECK(world.round().empty());
        CHECK(world.offer(exec0).empty());
    }

    TEST_CASE("SCH-TSI-13 a lost executor leaves no trace") {
        OffersWorld world;
        world.executor(exec0, host0, 1);
        world.submit(task_set_of(1));
        CHECK(world.round().size() == 1);
        CHECK(world.executors().alive(exec0));
        CHECK(world.executors().active_on_node(host0));
        const std::uint64_t running = world.scheduler().digest();
        CHECK(world.lost(exec0, LossReason::killed) == Lines{"then s0.0/p0#0 executor-lost"});
        CHECK_FALSE(world.executors().alive(exec0));
        CHECK_FALSE(world.executors().active_on_node(host0));
        CHECK(world.executors().registered_cores() == 0);
        CHECK(world.scheduler().digest() != running);
        // Its task is not known by that name any more.
        CHECK(world.success(task(0, 0, 0), exec0).empty());
        CHECK_FALSE(world.last_end().known);
        world.executor(exec1, host0, 1);
        CHECK(world.round() == Lines{"s0.0/p0#1 on e1 at PROCESS_LOCAL"});
    }

    TEST_CASE("SCH-TSI-13 a loss while the reason was pending leaves none either") {
        OffersWorld world;
        world.executor(exec0, host0, 1);
        world.submit(task_set_of(1));
        CHECK(world.round().size() == 1);
        world.disconnected(exec0);
        CHECK_FALSE(world.executors().alive(exec0));
        CHECK_FALSE(world.executors().active_on_node(host0));
        (void)world.lost(exec0, LossReason::killed);
        CHECK(world.lost(exec0, LossReason::killed).empty());
    }

    TEST_CASE("SCH-TSI-15 a new executor is known even if it gets nothing") {
        OffersWorld world;
        world.executor(exec0, host0, 1);
        world.executor(exec1, host1, 1);
        world.submit(task_set_of({{on_exec(host0, exec2)}, {on_exec(host0, exec2)}}));
        // Levels N and A: the host is known, its executor 2 is not.
        CHECK(world.round() == Lines{"s0.0/p0#0 on e0 at NODE_LOCAL"});
        world.executor(exec2, host0, 1);
        CHECK(world.round() == Lines{"s0.0/p1#0 on e2 at PROCESS_LOCAL"});
        world.executor(exec3, host2, 1);
        CHECK(world.round().empty());
        CHECK(world.executors().alive(exec3));
        CHECK(world.executors().active_on_node(host2));
    }

    TEST_CASE("SCH-TSI-15 and changes the levels") {
        TaskSetWorld set;
        set.live(exec0, host0);
        set.live(exec1, host1);
        set.submit(task_set_of({{on_exec(host0, exec2)}, {on_exec(host0, exec2)}}));
        CHECK(set.levels() == "N A");
        CHECK(set.offer(exec1, any) == "reject");
        CHECK(set.offer(exec0, any) == "0 NODE_LOCAL");
        set.live(exec2, host0);
        CHECK(set.levels() == "P N A");
        CHECK(set.offer(exec2, any) == "1 PROCESS_LOCAL");
    }

    TEST_CASE("SCH-TSI-16 to cancel a stage kills its attempts and ends its set") {
        OffersWorld world;
        world.executor(exec1, host1, 1);
        world.executor(exec2, host2, 1);
        world.submit(task_set_of(10));
        CHECK(world.round().size() == 2);
        CHECK(world.kill_stage(0, "Stage 0 cancelled") ==
              Lines{"kill s0.0/p0#0 on e1: Stage 0 cancelled",
                    "kill s0.0/p1#0 on e2: Stage 0 cancelled"});
        (void)world.ended(task(0, 0, 0), exec1, TaskStatus::killed);
        CHECK(world.round().empty());  // as in 4.0: nothing new of it
        (void)world.ended(task(0, 0, 1), exec2, TaskStatus::killed);
        CHECK(world.round().empty());
        CHECK_FALSE(world.scheduler().has_waiting_tasks());
    }

    TEST_CASE("SCH-TSI-16 all attempts of the stage") {
        OffersWorld world;
        world.executor(exec1, host1, 2);
        world.submit(stage_attempt(0, 0, 1));
        CHECK(world.round().size() == 1);
        world.submit(stage_attempt(0, 1, 2));
        CHECK(world.round().size() == 1);
        CHECK(world.kill_stage(0, "enough") ==
              Lines{"kill s0.0/p0#0 on e1: enough", "kill s0.1/p0#0 on e1: enough"});
        (void)world.ended(task(0, 0, 0), exec1, TaskStatus::killed);
        CHECK(world.round().empty());
    }

    TEST_CASE("SCH-TSI-16 a stage that is cancelled fails its job, and is not offered again") {
        DriverWorld world{app_of({stage_of("work", 10, {})}, {"work"})};
        CHECK(only(world.start(2, 1), "launch").size() == 2);
        const Lines cancelled = world.cancel_stage(0);
        CHECK(only(cancelled, "kill s0.0").size() == 2);
        CHECK(only(cancelled, "stage") == Lines{"stage s0.0 killed"});
        CHECK(only(cancelled, "job") ==
              Lines{"job j0 killed: Job 0 cancelled because Stage 0 was cancelled"});
        CHECK(world.end(task(0, 0, 0), 1, TaskStatus::killed).empty());
        CHECK(world.executor(3, 1).empty());
    }
}

}  // namespace
}  // namespace forkyard::offers_test
