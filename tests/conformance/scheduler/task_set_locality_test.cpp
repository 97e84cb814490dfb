// SCH-TSM-01 to 14: which task of a set an offer gets, and how long the set holds out
// for a better place.
#include <doctest/doctest.h>

#include "tests/builders/task_set_world.hpp"

namespace forkyard::task_set_locality_test {
namespace {

constexpr ExecutorId exec1{1};
constexpr ExecutorId exec2{2};
constexpr ExecutorId exec3{3};
// Where the catalogue has names instead of numbers.
constexpr ExecutorId exec_a{1};
constexpr ExecutorId exec_b{2};
constexpr ExecutorId exec_c{3};
constexpr ExecutorId exec_d{4};

constexpr Locality process = Locality::process_local;
constexpr Locality node = Locality::node_local;
constexpr Locality no_pref = Locality::no_pref;
constexpr Locality rack = Locality::rack_local;
constexpr Locality any = Locality::any;

constexpr SimDuration wait = seconds{3};  // spark.locality.wait

AppConf with_legacy_reset() {
    AppConf conf;
    conf.locality.legacy_reset = true;
    return conf;
}

TEST_SUITE("conformance: picking tasks") {
    TEST_CASE("SCH-TSM-01 low indices first, a task that failed before all others") {
        TaskSetWorld set;
        set.live(exec1, host1);
        set.submit(task_set_of(4));
        CHECK(set.offer(exec1, any) == "0 PROCESS_LOCAL");
        CHECK(set.offer(exec1, any) == "1 PROCESS_LOCAL");
        (void)set.failure(0, exec1);
        CHECK(set.offer(exec1, any) == "0 PROCESS_LOCAL");
        CHECK(set.last().attempt == 1);
        CHECK(set.offer(exec1, any) == "2 PROCESS_LOCAL");
    }

    TEST_CASE("SCH-TSM-01 the task that failed last is the first candidate") {
        TaskSetWorld set;
        set.live(exec1, host1);
        set.submit(task_set_of(4));
        for (const char* launched : {"0 PROCESS_LOCAL", "1 PROCESS_LOCAL", "2 PROCESS_LOCAL"}) {
            CHECK(set.offer(exec1, any) == launched);
        }
        (void)set.failure(0, exec1);
        (void)set.failure(2, exec1);
        CHECK(set.offer(exec1, any) == "2 PROCESS_LOCAL");
        CHECK(set.offer(exec1, any) == "0 PROCESS_LOCAL");
        CHECK(set.offer(exec1, any) == "3 PROCESS_LOCAL");
    }

    TEST_CASE("SCH-TSM-02 executor, host, no preference, rack, all: in this order") {
        AppConf conf;
        conf.locality.wait_process = conf.locality.wait_node = conf.locality.wait_rack = {};
        TaskSetWorld set{conf, {"", "rack1", "rack1", "rack2"}};
        set.live(exec1, host1);
        set.live(exec2, host2);
        set.live(exec3, host3);
        set.submit(task_set_of({{on_exec(host3, exec3)},
                                {on_host(host2)},
                                {},
                                {on_host(host1)},
                                {on_exec(host1, exec1)}}));
        CHECK(set.offer(exec1, any) == "4 PROCESS_LOCAL");
        CHECK(set.offer(exec1, any) == "3 NODE_LOCAL");
        CHECK(set.offer(exec1, any) == "2 PROCESS_LOCAL");  // as it is reported
        CHECK(set.offer(exec1, any) == "1 RACK_LOCAL");
        CHECK(set.offer(exec1, any) == "0 ANY");
        CHECK(set.offer(exec1, any) == "nothing");
    }

    TEST_CASE("SCH-TSM-02 all of it for normal tasks first, then again for copies") {
        AppConf conf;
        conf.speculation.enabled = true;
        conf.speculation.quantile = Millionths{250'000};
        conf.locality.wait_process = conf.locality.wait_node = conf.locality.wait_rack = {};
        TaskSetWorld set{conf};
        set.live(exec1, host1);
        set.live(exec2, host2);
        set.submit(task_set_of({{on_host(host1), on_host(host2)}, {}, {on_host(host1)}, {}}));
        CHECK(set.offer(exec1, any) == "0 NODE_LOCAL");
        CHECK(set.offer(exec2, any) == "1 PROCESS_LOCAL");
        set.advance(seconds{1});
        (void)set.success(1, exec2);
        set.advance(seconds{9});
        CHECK(set.speculate() == Lines{"speculate s0.0/p0#0"});
        // A copy of task 0 would be local on host2, but normal tasks come before it at
        // every level.
        CHECK(set.offer(exec2, any) == "3 PROCESS_LOCAL");
        CHECK(set.offer(exec2, any) == "2 ANY");
        CHECK(set.offer(exec2, any) == "0 NODE_LOCAL copy");
    }
}

TEST_SUITE("conformance: levels of locality") {
    TEST_CASE("SCH-TSM-03 the levels are those that live executors can serve") {
        TaskSetWorld set{{}, {"", "rack1", "rack2", "rack3"}};
        set.submit(task_set_of(
            {{on_exec(host1, exec_a)}, {on_exec(host1, exec_b)}, {on_exec(host2, exec_c)}, {}}));
        CHECK(set.levels() == "NP A");
        set.live(exec_d, host1);
        CHECK(set.levels() == "N NP R A");  // rack1 is known, and has an executor
        set.live(exec_c, host2);
        CHECK(set.levels() == "P N NP R A");
        set.gone(exec_c);
        CHECK(set.levels() == "N NP R A");
        set.gone(exec_d);
        CHECK(set.levels() == "NP A");
    }

    TEST_CASE("SCH-TSM-03 a rack is a level only where it is known") {
        TaskSetWorld set{{}, {"", "", "rack2"}};
        set.submit(task_set_of(
            {{on_exec(host1, exec_a)}, {on_exec(host1, exec_b)}, {on_exec(host2, exec_c)}, {}}));
        CHECK(set.levels() == "NP A");
        set.live(exec_d, host1);
        CHECK(set.levels() == "N NP A");
        set.live(exec_c, host2);
        CHECK(set.levels() == "P N NP R A");
        set.gone(exec_c);
        CHECK(set.levels() == "N NP A");
        set.gone(exec_d);
        CHECK(set.levels() == "NP A");
    }

    TEST_CASE("SCH-TSM-04 levels that no executor can serve are not waited for") {
        TaskSetWorld set;
        set.live(exec_a, host1);
        set.live(exec_c, host2);
        set.submit(task_set_of({{on_exec(host1, exec_b)}}));
        CHECK(set.levels() == "N A");
        CHECK(set.offer(exec_c, any) == "reject");
        CHECK(set.offer(exec_a, any) == "0 NODE_LOCAL");
    }

    TEST_CASE("SCH-TSM-14 a node with the input in memory is as good as the process") {
        TaskSetWorld set;
        set.live(exec_a, host1);
        set.live(exec_b, host2);
        set.live(exec_c, host3);
        set.submit(task_set_of({{on_host(host1)}, {on_host(host2)}, {in_memory_of(host3)}}));
        CHECK(set.levels() == "P N A");
        CHECK(set.offer(exec_c, process) == "2 PROCESS_LOCAL");
        CHECK(set.offer(exec_a, process) == "nothing");
    }

    TEST_CASE("SCH-TSM-14 without an executor on that node there is no process level") {
        TaskSetWorld set;
        set.live(exec_a, host1);
        set.live(exec_b, host2);
        set.live(exec_c, host3);
        set.submit(task_set_of({{on_host(host1)}, {on_host(host2)}, {in_memory_of(host3)}}));
        set.gone(exec_c);
        CHECK(set.levels() == "N A");
        set.gone(exec_a);
        set.gone(exec_b);
        CHECK(set.levels() == "A");
    }
}

TEST_SUITE("conformance: delay scheduling") {
    TEST_CASE("SCH-TSM-05 basic delay scheduling") {
        TaskSetWorld set;
        set.live(exec1, host1);
        set.live(exec2, host2);
        set.submit(task_set_of({{on_exec(host1, exec1)},
                                {on_exec(host2, exec2)},
                                {on_host(host1), on_exec(host2, exec2)},
                                {}}));
        CHECK(set.offer(exec1, any) == "0 PROCESS_LOCAL");
        CHECK(set.offer(exec1, process) == "nothing");
        set.advance(wait);
        CHECK(set.offer(exec1, node) == "2 NODE_LOCAL");
        CHECK(set.offer(exec2, node) == "1 PROCESS_LOCAL");
        CHECK(set.offer(exec2, node) == "nothing");
        CHECK(set.offer(exec2, no_pref) == "3 PROCESS_LOCAL");
    }

    TEST_CASE("SCH-TSM-06 it falls back after the wait, and is strict again after a local one") {
        TaskSetWorld set{with_legacy_reset()};
        set.live(exec1, host1);
        set.live(exec2, host2);
        set.live(exec3, host3);
        set.submit(task_set_of({{on_host(host1)},
                                {on_host(host2)},
                                {on_host(host2)},
                                {on_host(host3)},
                                {on_host(host2)}}));
        CHECK(set.offer(exec1, any) == "0 NODE_LOCAL");
        CHECK(set.offer(exec1, any) == "reject");
        set.advance(wait);
        CHECK(set.offer(exec1, any) == "1 ANY");
        CHECK(set.offer(exec1, any) == "2 ANY");
        CHECK(set.offer(exec2, any) == "4 NODE_LOCAL");
        CHECK(set.offer(exec2, any) == "reject");
        set.advance(wait);
        CHECK(set.offer(exec2, any) == "3 ANY");
    }

    TEST_CASE("SCH-TSM-06 the wait is over at 3 s, not a microsecond before") {
        TaskSetWorld set{with_legacy_reset()};
        set.live(exec1, host1);
        set.live(exec2, host2);
        set.submit(task_set_of({{on_host(host2)}}));
        set.advance(wait - SimDuration{1});
        CHECK(set.offer(exec1, any) == "reject");
        set.advance(SimDuration{1});
        CHECK(set.offer(exec1, any) == "0 ANY");
    }

    TEST_CASE("SCH-TSM-07 an offer is rejected only at ANY, with tasks waiting") {
        TaskSetWorld set{with_legacy_reset()};
        set.live(exec1, host1);
        set.live(exec2, host2);
        set.submit(task_set_of({{on_host(host1)}, {on_host(host2)}}));
        CHECK(set.offer(exec1, any) == "0 NODE_LOCAL");
        CHECK(set.offer(exec1, node) == "nothing");
        CHECK(set.offer(exec1, rack) == "nothing");
        CHECK(set.offer(exec1, any) == "reject");
        CHECK(set.offer(exec2, any) == "1 NODE_LOCAL");
        CHECK(set.offer(exec2, any) == "nothing");  // nothing waits
    }

    TEST_CASE("SCH-TSM-07 a zombie rejects nothing") {
        TaskSetWorld set;
        set.live(exec1, host1);
        set.live(exec2, host2);
        set.submit(task_set_of({{on_host(host2)}}));
        CHECK(set.offer(exec1, any) == "reject");
        set.set().make_zombie();
        CHECK(set.offer(exec1, any) == "nothing");
    }

    TEST_CASE("SCH-TSM-07 an executor that is excluded for the stage rejects nothing") {
        AppConf conf;
        conf.exclusion.task_and_stage = true;
        conf.exclusion.stage_tasks_per_executor = 1;
        TaskSetWorld set{conf};
        set.live(exec1, host1);
        set.live(exec2, host2);
        set.submit(task_set_of({{on_host(host2)}, {on_host(host1)}}));
        CHECK(set.offer(exec1, any) == "1 NODE_LOCAL");
        CHECK(set.offer(exec1, any) == "reject");
        (void)set.failure(1, exec1);
        CHECK(set.offer(exec1, any) == "nothing");
    }

    TEST_CASE("SCH-TSM-07 a copy that waits counts as well") {
        AppConf conf;
        conf.speculation.enabled = true;
        conf.speculation.quantile = Millionths{500'000};
        TaskSetWorld set{conf};
        set.live(exec1, host1);
        set.live(exec2, host2);
        set.submit(task_set_of({{on_host(host1)}, {on_host(host1)}}));
        CHECK(set.offer(exec1, any) == "0 NODE_LOCAL");
        CHECK(set.offer(exec1, any) == "1 NODE_LOCAL");
        set.advance(seconds{1});
        (void)set.success(0, exec1);
        CHECK(set.offer(exec1, any) == "nothing");
        set.advance(seconds{9});
        CHECK(set.speculate().size() == 1);
        CHECK(set.offer(exec1, any) == "reject");  // its own host will not do
    }
}

TEST_SUITE("conformance: delay scheduling and what is left to run") {
    TEST_CASE("SCH-TSM-08 a level with nothing left is given up without waiting") {
        TaskSetWorld set;
        set.live(exec_a, host1);
        set.live(exec_b, host2);
        set.submit(task_set_of({{on_host(host1)},
                                {on_host(host2)},
                                {on_exec(host1, exec_a)},
                                {on_exec(host2, exec_b)}}));
        CHECK(set.offer(exec_a, node) == "2 PROCESS_LOCAL");
        CHECK(set.offer(exec_b, node) == "3 PROCESS_LOCAL");
        CHECK(set.offer(exec_a, node) == "0 NODE_LOCAL");
        CHECK(set.offer(exec_b, node) == "1 NODE_LOCAL");
    }

    TEST_CASE("SCH-TSM-08 tasks without preference follow process-local ones at once") {
        TaskSetWorld set;
        set.live(exec_a, host1);
        set.live(exec_b, host2);
        set.submit(task_set_of({{}, {}, {on_exec(host1, exec_a)}, {on_exec(host2, exec_b)}}));
        CHECK(set.offer(exec_a, process) == "2 PROCESS_LOCAL");
        CHECK(set.offer(exec_b, process) == "3 PROCESS_LOCAL");
        CHECK(set.offer(exec_a, no_pref) == "0 PROCESS_LOCAL");
        CHECK(set.offer(exec_b, any) == "1 PROCESS_LOCAL");
    }

    TEST_CASE("SCH-TSM-09 tasks without preference run in passes at NO_PREF and wider") {
        TaskSetWorld set;
        set.live(exec1, host1);
        set.live(exec3, host2);
        set.submit(task_set_of({{on_exec(host1, exec1)}, {on_exec(host2, exec3)}, {}}));
        CHECK(set.offer(exec1, process) == "0 PROCESS_LOCAL");
        CHECK(set.offer(exec3, process) == "1 PROCESS_LOCAL");
        CHECK(set.offer(exec3, node) == "nothing");
        CHECK(set.offer(exec3, no_pref) == "2 PROCESS_LOCAL");
    }

    TEST_CASE("SCH-TSM-09 A2.2 a pass at NO_PREF asks for no wait, and sets none back") {
        TaskSetWorld set{with_legacy_reset()};
        set.live(exec1, host1);
        set.live(exec2, host2);
        set.submit(task_set_of({{on_exec(host1, exec1)}, {}, {}}));
        CHECK(set.offer(exec2, node) == "nothing");
        CHECK(set.offer(exec2, no_pref) == "1 PROCESS_LOCAL");
        set.advance(2 * wait);
        CHECK(set.offer(exec2, no_pref) == "2 PROCESS_LOCAL");
        CHECK(set.offer(exec2, any) == "0 ANY");  // it has waited all the time
    }

    TEST_CASE("SCH-TSM-10 tasks whose host is gone still wait, then run anywhere") {
        for (const bool legacy : {false, true}) {
            CAPTURE(legacy);
            TaskSetWorld set{legacy ? with_legacy_reset() : AppConf{}};
            set.live(exec1, host1);
            set.live(exec2, host2);
            set.live(exec3, host3);
            set.submit(task_set_of({{on_host(host1)}, {on_host(host2)}, {on_host(host3)}}));
            CHECK(set.offer(exec1, any) == "0 NODE_LOCAL");
            CHECK(set.offer(exec1, any) == "reject");
            set.gone(exec2);
            CHECK(set.offer(exec1, any) == "reject");
            set.advance(2 * wait);
            CHECK(set.offer(exec1, any) == "1 ANY");
            CHECK(set.offer(exec1, any) == "2 ANY");
        }
    }

    TEST_CASE("SCH-TSM-11 rack level") {
        TaskSetWorld set{{}, {"", "rack1", "rack1", "rack2"}};
        set.live(exec_a, host1);
        set.live(exec_b, host2);
        set.live(exec_c, host3);
        set.submit(task_set_of({{on_exec(host1, exec_a)}, {on_exec(host1, exec_a)}}));
        CHECK(set.levels() == "P N R A");
        set.advance(3 * wait);
        CHECK(set.offer(exec_c, rack) == "nothing");
        CHECK(set.offer(exec_c, any) == "0 ANY");
        CHECK(set.offer(exec_b, rack) == "1 RACK_LOCAL");
    }

    TEST_CASE("SCH-TSM-12 better levels that appear pull the set back") {
        TaskSetWorld set;
        set.submit(task_set_of({{on_exec(host1, exec_a)}, {on_exec(host1, exec_a)}}));
        CHECK(set.levels() == "A");
        set.live(exec_b, host2);
        CHECK(set.offer(exec_b, any) == "0 ANY");
        set.live(exec_a, host1);
        set.live(exec_c, host3);
        CHECK(set.levels() == "P N A");
        CHECK(set.offer(exec_c, any) == "reject");
        CHECK(set.offer(exec_a, any) == "1 PROCESS_LOCAL");
    }

    TEST_CASE("SCH-TSM-12 back to the most local of the new levels, not of all") {
        TaskSetWorld set;
        set.live(exec_a, host1);
        set.submit(task_set_of({{on_exec(host1, exec_a)}, {}, {on_host(host2)}}));
        CHECK(set.levels() == "P N NP A");
        set.advance(2 * wait);
        CHECK(set.offer(exec_a, any) == "0 PROCESS_LOCAL");
        set.gone(exec_a);
        CHECK(set.levels() == "NP A");
        set.live(exec_b, host2);
        CHECK(set.levels() == "N NP A");
        CHECK(set.set().level() == Locality::node_local);
    }

    TEST_CASE("SCH-TSM-13 levels may shrink while the set is at a wide one") {
        TaskSetWorld set;
        set.live(exec_a, host1);
        set.live(exec_b, host2);
        set.submit(task_set_of({{on_exec(host1, exec_a)}, {on_exec(host2, exec_b)}}));
        CHECK(set.levels() == "P N A");
        set.advance(2 * wait);
        CHECK(set.set().allowed(SimTime{2 * wait}) == any);
        set.gone(exec_a);
        set.gone(exec_b);
        CHECK(set.levels() == "A");
        set.live(exec_c, host3);
        CHECK(set.offer(exec_c, any) == "0 ANY");
    }
}

}  // namespace
}  // namespace forkyard::task_set_locality_test
