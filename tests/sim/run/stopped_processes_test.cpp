// What a process that is dead or frozen may still do: nothing, but for what it had sent.
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "tests/sim/run/inline_run.hpp"

namespace forkyard::sim::stopped_processes_test {

namespace {

using testing::InlineRun;
using testing::stage;

// Three workers, on each an executor of one core; 10 MiB take ten seconds from one to another.
std::string world(const std::string& conf, const std::string& rest) {
    return "format = 1\n[cluster]\n[cluster.network]\nbandwidth = \"1m/s\"\n[[cluster.worker]]\n"
           "name = \"w\"\ncount = 3\ncores = 1\nmemory = \"8g\"\n[conf]\n"
           "\"forkyard.offers\" = \"in-order\"\n\"spark.executor.cores\" = 1\n" +
           conf + "[[app]]\nname = \"a\"\nopen_until = \"4min\"\n" + stage("m", 3, "5s") +
           "shuffle_write = \"10m\"\n" + stage("r", 1, "1s") + "parents = [\"m\"]\n" + rest;
}

std::string fault(const std::string& kind, const std::string& at, const std::string& more) {
    return "[[fault]]\nkind = \"" + kind + "\"\nat = \"" + at + "\"\n" + more;
}

const std::string leaving =
    "\"spark.decommission.enabled\" = true\n\"spark.storage.decommission.enabled\" = true\n";
const std::string e1 = "executor = \"e1\"\n";
const std::string frozen = fault("freeze-executor", "32s", e1 + "for = \"20s\"\n");

}  // namespace

TEST_SUITE("processes that are stopped") {
    TEST_CASE("a frozen executor passes nothing on: it goes on when it thaws") {
        const InlineRun run{world(
            leaving, fault("decommission-executor", "30s", e1 + "grace = \"10min\"\n") + frozen)};
        CHECK(run.records.has("60000000 map-output.moved app=a"));
    }

    TEST_CASE("one that is told to go while it is frozen loses no more than the rest of that") {
        const InlineRun run{world(
            leaving, fault("decommission-executor", "40s", e1 + "grace = \"10min\"\n") + frozen)};
        CHECK(run.records.has("62000000 map-output.moved app=a"));
    }

    TEST_CASE("a report that is held goes with its process") {
        const std::string hold =
            "[[fault]]\nkind = \"hold-completion\"\nstage = \"m\"\npartition = 0\nfor = \"60s\"\n";
        const InlineRun killed{
            world("", hold + fault("kill-executor", "10s", e1 + "notice = \"never\"\n"))};
        CHECK(killed.records.of("task=s0.0/p0#0 exec=e1 status=success").empty());
        CHECK(killed.records.has("app.finish app=a status=succeeded"));
        const InlineRun stopped{
            world("", hold + fault("freeze-executor", "10s", e1 + "for = \"100s\"\n"))};
        CHECK(stopped.records.has(
            "165000000 task.finished app=a task=s0.0/p0#0 exec=e1 status=success run=5000000"));
    }

    TEST_CASE("an executor that is to be taken has that reason, however it ends") {
        const std::string taken = fault("preempt-executor", "10s", e1 + "grace = \"60s\"\n");
        const InlineRun drained{
            world("", taken + fault("drain-worker", "12s", "worker = \"w-1\"\ngrace = \"10s\"\n"))};
        CHECK(drained.records.has("22000000 executor.lost app=a exec=e1 reason=preempted"));
    }

    TEST_CASE(
        "files that survive the loss of a node do so each time, for drivers that came since") {
        const std::string lost = "worker = \"w-1\"\nnotice = \"0s\"\nkeep_shuffle = true\n";
        const std::string second = "[[app]]\nname = \"b\"\nsubmit_at = \"60s\"\n" +
                                   stage("m", 3, "10s") + "shuffle_write = \"1m\"\n" +
                                   stage("r", 6, "10s") + "parents = [\"m\"]\n";
        const InlineRun run{world("\"spark.shuffle.service.enabled\" = true\n",
                                  second + fault("lose-worker", "25s", lost + "for = \"10s\"\n") +
                                      fault("lose-worker", "75s", lost)),
                            {"app.0.open_until=50s"}};
        CHECK(run.records.of("worker.files node=w-1 kept=1").size() == 2);
        CHECK(run.records.of("map-output.unregister app=b").empty());
        CHECK(run.result.report.exit == Exit::ok);
    }
}

TEST_SUITE("losing touch with an executor") {
    TEST_CASE("CM-K8S-17 DRV-02 a broken connection is no loss: the end of the pod decides") {
        const InlineRun run{world("\"spark.executor.instances\" = 3\n",
                                  fault("kill-executor", "3s", e1 + "code = 143\n")),
                            {"cluster.manager=kubernetes"}};
        std::vector<std::string> kinds;
        for (const std::string& line : run.records.of("exec=e1")) {
            if (line.starts_with("3000000 executor") || line.starts_with("executor.explain")) {
                kinds.push_back(line.substr(0, line.find(" app")));
            }
        }
        CHECK(kinds == std::vector<std::string>{"3000000 executor.exited",
                                                "3000000 executor.disconnected",
                                                "executor.explain",
                                                "3000000 executor.lost"});
        CHECK(run.records.has("3000000 executor.lost app=a exec=e1 reason=killed code=143"));
        CHECK(run.result.report.exit == Exit::ok);
    }

    TEST_CASE("DRV-03 on YARN the master answers when it has heard of the container's end") {
        const std::string kill = fault("kill-executor", "7200ms", e1 + "code = 1\n");
        const InlineRun run{world("\"spark.executor.instances\" = 2\n", kill),
                            {"cluster.manager=yarn"}};
        CHECK(run.records.has("7200000 executor.exited app=a exec=e1 reason=killed code=1"));
        CHECK(run.records.has("7200000 executor.disconnected app=a exec=e1"));
        const std::vector<std::string> lost = run.records.of("executor.lost app=a exec=e1");
        REQUIRE(lost.size() == 1);
        // Its node beats at 8 s; the master asks 0.2, 0.6 and 1.4 s after the executor's end.
        CHECK(lost[0].starts_with("8600000 "));
        CHECK(lost[0].find("reason=killed code=1 ") != std::string::npos);
        CHECK(run.result.report.exit == Exit::ok);
    }

    TEST_CASE("DRV-03 where there is no master the executor is lost at once") {
        const InlineRun run{
            world("\"spark.executor.instances\" = 2\n\"spark.yarn.exclude.nodes\" = \"w-1\"\n",
                  fault("lose-worker", "7s", "worker = \"w-1\"\nnotice = \"0s\"\n") +
                      fault("kill-executor", "7s", e1)),
            {"cluster.manager=yarn"}};
        CHECK(run.records.has("7000000 executor.lost app=a exec=e1"));
    }

    TEST_CASE("CM-K8S-17 one whose end nobody tells is lost when it has been silent for too long") {
        for (const std::string manager : {"kubernetes", "yarn"}) {
            CAPTURE(manager);
            const InlineRun run{world("\"spark.executor.instances\" = 3\n",
                                      fault("restart-manager", "9s", "down = \"15min\"\n") +
                                          fault("kill-executor", "12s", e1 + "code = 1\n")),
                                {"cluster.manager=" + manager, "app.0.stage.0.duration=30s"}};
            CHECK(run.records.of("executor.disconnected app=a exec=e1").size() == 1);
            // It last beat at 10 s; the receiver looks once a minute, for more than two.
            CHECK(run.records.of("executor.lost app=a exec=e1").size() == 1);
            CHECK(
                run.records.has("180000000 executor.lost app=a exec=e1 reason=heartbeat-timeout"));
            CHECK(run.records.has("app.finish app=a status=succeeded"));
        }
    }

    TEST_CASE("DRV-03 standalone and Mesos masters tell by themselves, at once") {
        for (const std::string manager : {"standalone", "mesos"}) {
            CAPTURE(manager);
            const InlineRun run{world("", fault("kill-executor", "3s", e1)),
                                {"cluster.manager=" + manager}};
            CHECK(run.records.of("executor.disconnected").empty());
            CHECK(run.records.has("3000000 executor.lost app=a exec=e1"));
        }
    }
}

}  // namespace forkyard::sim::stopped_processes_test
