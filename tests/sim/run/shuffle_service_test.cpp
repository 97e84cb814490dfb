// The external shuffle service in whole runs: whose files are there when.
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "tests/sim/run/inline_run.hpp"

namespace forkyard::sim::shuffle_service_test {

using testing::begin;
using testing::InlineRun;
using testing::stage;

namespace {

using Lines = std::vector<std::string>;

// Three nodes, on each an executor of one core; reading takes a second.
std::string served(const std::string& rest, bool service = true) {
    return std::string{
               "format = 1\n[cluster]\n[[cluster.worker]]\nname = \"w\"\ncount = 3\ncores = 1\n"
               "memory = \"8g\"\n[cluster.network]\nlatency = \"1s\"\n[conf]\n"
               "\"forkyard.offers\" = \"in-order\"\n\"spark.executor.cores\" = 1\n"
               "\"spark.shuffle.service.enabled\" = "} +
           (service ? "true" : "false") + "\n[[app]]\nname = \"a\"\n" + stage("m", 6, "4s") +
           "shuffle_write = \"1m\"\n" + stage("r", 3, "2s") + "parents = [\"m\"]\n" + rest;
}

std::string fault(const std::string& kind, const std::string& at, const std::string& more) {
    return "[[fault]]\nkind = \"" + kind + "\"\nat = \"" + at + "\"\n" + more;
}

std::size_t map_tasks_run(const InlineRun& run) {
    return run.records.of("task.launch app=a task=s0").size();
}

const std::string first = "executor = \"e1\"\n";
// That of the first node.
std::string stopped(const std::string& at, const std::string& more) {
    return fault("stop-shuffle-service", at, "worker = \"w-1\"\n" + more);
}

const std::string worker = "worker = \"w-1\"\nnotice = \"0s\"\n";

}  // namespace

TEST_SUITE("the external shuffle service") {
    TEST_CASE("ESS-01 files outlive their executor: finished map tasks do not run again") {
        for (const char* when : {"4500ms", "7s", "8s", "8500ms", "9s", "10500ms"}) {
            CAPTURE(when);
            const InlineRun run{served(fault("kill-executor", when, first))};
            CHECK(run.records.of("map-output.unregister").empty());
            CHECK(run.records.of("status=resubmitted").empty());
            CHECK(run.records.of("status=fetch-failed").empty());
            CHECK(run.result.report.exit == Exit::ok);
        }
    }

    TEST_CASE("ESS-01 DP-SHUF-18 without it they go with their executor") {
        const InlineRun run{served(fault("kill-executor", "4500ms", first), false)};
        CHECK(run.records.of("map-output.unregister app=a shuffle=h0 partition=0").size() == 1);
        CHECK(run.records.of("status=resubmitted").size() == 1);
        const InlineRun reading{served(fault("kill-executor", "8500ms", first), false)};
        CHECK(reading.records.of("status=fetch-failed").size() == 3);  // its successor asks too
    }

    TEST_CASE("ESS-02 which losses lose files") {
        struct Row {
            const char* what;
            std::string fault;
            bool service;
            bool lost;
        };
        const Row rows[] = {
            {"process lost", fault("exit-executor", "7s", first), true, false},
            {"process lost", fault("exit-executor", "7s", first), false, true},
            {"worker lost", fault("lose-worker", "7s", worker), true, true},
            {"worker lost", fault("lose-worker", "7s", worker), false, true},
            {"killed by its driver",
             "[[app.request]]\nat = \"7s\"\nkill_executors = [\"e1\"]\n",
             true,
             false},
            {"killed by its driver",
             "[[app.request]]\nat = \"7s\"\nkill_executors = [\"e1\"]\n",
             false,
             true},
        };
        for (const Row& row : rows) {
            CAPTURE(row.what);
            CAPTURE(row.service);
            const InlineRun run{served(row.fault, row.service)};
            CHECK((run.records.of("map-output.unregister").size() > 0) == row.lost);
            CHECK((map_tasks_run(run) > 7) == row.lost);  // one ran when it was lost
            CHECK(run.result.report.exit == Exit::ok);
        }
    }

    TEST_CASE("ESS-03 the files of an executor that is gone go with its worker") {
        const InlineRun run{
            served(fault("kill-executor", "5s", first) + fault("lose-worker", "7s", worker))};
        CHECK(run.records.of("map-output.unregister app=a shuffle=h0 partition=0 exec=e1").size() ==
              1);
        CHECK(run.result.report.exit == Exit::ok);
    }

    TEST_CASE("ESS-03 unless they are kept where others reach them") {
        const InlineRun run{served(fault("kill-executor", "5s", first) +
                                   fault("lose-worker", "7s", worker + "keep_shuffle = true\n"))};
        CHECK(run.records.of("worker.files node=w-1 kept=1").size() == 1);
        CHECK(run.records.of("map-output.unregister").empty());
        CHECK(run.records.of("status=fetch-failed").empty());
        CHECK(run.result.report.exit == Exit::ok);
    }

    TEST_CASE("ESS-04 an executor that does not reach its service tries three times, and exits") {
        const InlineRun run{served(fault("kill-executor", "4500ms", first) + stopped("4s", ""))};
        CHECK(begin(run.records.of("executor.lost app=a exec=e4"), 6) ==
              Lines{"14500000 executor.lost app=a exec=e4 reason=launch-failed code=1"});
        CHECK(run.records.of("executor.registered app=a exec=e4").empty());
        CHECK(run.records.of("stop-shuffle-service applied fault=1").size() == 1);
    }

    TEST_CASE("ESS-04 as often as spark.shuffle.registration.maxAttempts says") {
        const InlineRun run{
            served(fault("kill-executor", "4500ms", first) + stopped("4s", "")),
            {"spark.shuffle.registration.maxAttempts=1", "cluster.executor_start=1s"}};
        CHECK(begin(run.records.of("executor.lost app=a exec=e4"), 1) == Lines{"5500000"});
        CHECK(begin(run.records.of("executor.lost app=a exec=e5"), 1) == Lines{"6500000"});
    }

    TEST_CASE("ESS-04 where executors start in no time they do not fail without end") {
        const InlineRun run{served(fault("kill-executor", "4500ms", first) + stopped("4s", "")),
                            {"spark.shuffle.registration.maxAttempts=1"}};
        CHECK(begin(run.records.of("executor.lost app=a exec=e4"), 1) == Lines{"9500000"});
    }

    TEST_CASE("ESS-04 a service that is back in time takes it; who had registered stays") {
        const InlineRun run{
            served(fault("kill-executor", "4500ms", first) + stopped("4s", "for = \"8s\"\n"))};
        CHECK(begin(run.records.of("executor.registered app=a exec=e4"), 1) == Lines{"14500000"});
        CHECK(run.records.of("executor.lost app=a exec=e2").size() == 1);
        CHECK(run.records.of("reason=app-finished").size() == 3);
        CHECK(run.records.of("stop-shuffle-service ended").size() == 1);
    }

    TEST_CASE("ESS-04 no file is read through a service that is stopped, but one's own") {
        const InlineRun run{served(stopped("8500ms", "for = \"1s\"\n"))};
        const Lines failed = run.records.of("status=fetch-failed");
        REQUIRE(failed.size() == 2);
        for (const std::string& line : failed) {
            CHECK(line.find("exec=e1 ") == std::string::npos);
            CHECK(line.find("from=e1") != std::string::npos);
        }
        CHECK(run.records.of("executor.lost app=a exec=e1 reason=app-finished").size() == 1);
        CHECK(run.result.report.exit == Exit::ok);
    }

    TEST_CASE("ESS-04 what is launched while it is stopped fails, too") {
        const InlineRun run{served(stopped("7s", "for = \"1500ms\"\n"))};
        CHECK(run.records.of("status=fetch-failed").size() == 2);
        CHECK(run.result.report.exit == Exit::ok);
    }

    TEST_CASE("ESS-04 once it is back, all its files are there, those of the dead too") {
        for (const char* manager : {"standalone", "yarn", "mesos"}) {
            CAPTURE(manager);
            const InlineRun run{served(fault("kill-executor", "4500ms", first) +
                                       stopped("4200ms", "for = \"3s\"\n")),
                                {"cluster.manager=" + std::string{manager}}};
            CHECK(run.records.of("stop-shuffle-service ended").size() == 1);
            CHECK(run.records.of("map-output.unregister").empty());
            CHECK(run.records.of("status=fetch-failed").empty());
            CHECK(run.result.report.exit == Exit::ok);
        }
    }

    TEST_CASE("ESS-04 a node that is lost and joins again has a service of its own") {
        const InlineRun run{
            served(stopped("5s", "") + fault("lose-worker", "6s", worker + "for = \"1s\"\n"))};
        CHECK(run.records.of("reason=launch-failed").empty());
        CHECK(run.records.of("node=w-1 cores=1").size() >= 2);
        CHECK(run.result.report.exit == Exit::ok);
    }

    TEST_CASE("ESS-04 where no application has one there is nothing to stop") {
        const InlineRun run{served(stopped("5s", "optional = true\n"), false)};
        CHECK(run.records.of("stop-shuffle-service noeffect").size() == 1);
        CHECK(run.records.of("status=fetch-failed").empty());
    }

    TEST_CASE("ESS-05 a reducer that reads from a node that is lost fails to fetch") {
        const InlineRun run{served(fault("lose-worker", "8500ms", "worker = \"w-1\"\n"))};
        CHECK(run.records.of("status=fetch-failed").size() == 2);
        CHECK(run.records.of("stage.resubmit app=a stage=s1").size() == 1);
        CHECK(map_tasks_run(run) == 8);
        CHECK(run.result.report.exit == Exit::ok);
    }

    TEST_CASE("ESS-05 with unRegisterOutputOnHost all on that node is dropped") {
        for (const bool host : {true, false}) {
            CAPTURE(host);
            // e1 ends; e4 takes its place on the node, and both have outputs there.
            const InlineRun run{served(fault("kill-executor", "4500ms", first) +
                                       fault("lose-worker", "12500ms", "worker = \"w-1\"\n")),
                                {std::string{"spark.files.fetchFailure.unRegisterOutputOnHost="} +
                                 (host ? "true" : "false")}};
            CHECK(run.records.of("status=fetch-failed").size() >= 1);
            CHECK(run.result.report.exit == Exit::ok);
        }
    }

    TEST_CASE("ALLOC-15 with the service executors go though their files are needed") {
        const InlineRun run{
            "format = 1\n[cluster]\n[[cluster.worker]]\nname = \"w\"\ncount = 3\ncores = 1\n"
            "memory = \"8g\"\n[conf]\n\"spark.executor.cores\" = 1\n"
            "\"spark.dynamicAllocation.enabled\" = true\n"
            "\"spark.dynamicAllocation.shuffleTracking.enabled\" = false\n"
            "\"spark.dynamicAllocation.executorIdleTimeout\" = \"5s\"\n"
            "\"spark.shuffle.service.enabled\" = true\n[[app]]\nname = \"a\"\n" +
            stage("m", 6, "4s") + "shuffle_write = \"1m\"\n" + stage("r", 1, "20s") +
            "parents = [\"m\"]\n"};
        CHECK(run.records.of("reason=idle").size() >= 2);
        CHECK(run.records.of("map-output.unregister").empty());
        CHECK(run.result.report.exit == Exit::ok);
    }
}

}  // namespace forkyard::sim::shuffle_service_test
