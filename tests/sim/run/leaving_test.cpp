// Executors that leave gently, in whole runs.
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "tests/sim/run/inline_run.hpp"

namespace forkyard::sim::leaving_test {

using testing::begin;
using testing::InlineRun;
using testing::stage;

namespace {

using Lines = std::vector<std::string>;

// Three nodes, on each an executor of one core.
std::string three(const std::string& conf, const std::string& app, const std::string& rest) {
    return "format = 1\n[cluster]\n[[cluster.worker]]\nname = \"w\"\ncount = 3\ncores = 1\n"
           "memory = \"8g\"\n[conf]\n\"forkyard.offers\" = \"in-order\"\n"
           "\"spark.executor.cores\" = 1\n\"spark.decommission.enabled\" = true\n" +
           conf + "[[app]]\nname = \"a\"\n" + app + rest;
}

std::string leaves(const std::string& at, const std::string& more = "") {
    return "[[fault]]\nkind = \"decommission-executor\"\nexecutor = \"e1\"\nat = \"" + at + "\"\n" +
           more;
}

std::string shuffle(int tasks) {
    return stage("m", tasks, "4s") + "shuffle_write = \"1m\"\n" + stage("r", 3, "2s") +
           "parents = [\"m\"]\n";
}

const std::string passes_on = "\"spark.storage.decommission.enabled\" = true\n";
const std::string for_long = "grace = \"10min\"\n";

std::size_t map_tasks_run(const InlineRun& run) {
    return run.records.of("task.launch app=a task=s0").size();
}

}  // namespace

TEST_SUITE("executors that leave") {
    TEST_CASE("DECOM-01 its driver hears of it, and launches nothing there any more") {
        const InlineRun run{three("", stage("s", 9, "4s"), leaves("5s"))};
        CHECK(begin(run.records.of("executor.decommissioning"), 4) ==
              Lines{"5000000 executor.decommissioning app=a exec=e1"});
        CHECK(run.records.of("exec=e1 node=w-1 loc").size() == 2);  // before that
        CHECK(run.result.report.exit == Exit::ok);
    }

    TEST_CASE("DECOM-01 one that leaves already is left alone") {
        const InlineRun run{
            three("", stage("s", 3, "20s"), leaves("5s") + leaves("6s", "optional = true\n"))};
        CHECK(run.records.of("executor.decommissioning").size() == 1);
        CHECK(run.records.of("decommission-executor noeffect").size() == 1);
    }

    TEST_CASE("DECOM-02 what runs there ends; then, at its next look, it exits with 0") {
        const InlineRun run{
            three("", "open_until = \"20s\"\n" + stage("s", 3, "4500ms"), leaves("1300ms"))};
        CHECK(run.records.of("task.finished").size() == 3);
        CHECK(begin(run.records.of("executor.lost app=a exec=e1"), 6) ==
              Lines{"5300000 executor.lost app=a exec=e1 reason=decommissioned code=0"});
        CHECK(run.result.report.exit == Exit::ok);
    }

    TEST_CASE("DECOM-02 idle, it takes a second; messages take their time") {
        const InlineRun run{
            three("",
                  stage("s", 1, "9s") + "",
                  "[[fault]]\nkind = \"decommission-executor\"\nexecutor = \"e3\"\nat = \"1s\"\n"),
            {"cluster.message_delay=10ms"}};
        CHECK(begin(run.records.of("executor.decommissioning"), 1) == Lines{"1010000"});
        CHECK(begin(run.records.of("executor.lost app=a exec=e3"), 1) == Lines{"2000000"});
    }

    TEST_CASE("DECOM-02 no map task runs again, whenever it is told to leave") {
        for (const char* when : {"0s", "1s", "4s", "4500ms", "8s", "9s"}) {
            CAPTURE(when);
            const InlineRun run{
                three(passes_on, shuffle(6), leaves(when, for_long + "optional = true\n"))};
            CHECK(map_tasks_run(run) == 6);
            CHECK(run.result.report.exit == Exit::ok);
        }
    }

    TEST_CASE("DECOM-03 cached partitions move to others, and later jobs find them") {
        const std::string twice =
            stage("c", 3, "4s") +
            "cache = \"MEMORY_ONLY\"\ncache_size = \"1m\"\n"
            "[[app.job]]\nname = \"one\"\nof = \"c\"\n[[app.job]]\nname = \"two\"\nof = \"c\"\n"
            "at = \"1min\"\n";
        const InlineRun run{three(
            passes_on + "\"spark.locality.wait\" = \"0s\"\n", twice, leaves("10s", for_long))};
        CHECK(run.records.of("block.cached").size() == 4);
        CHECK(begin(run.records.of("executor.lost app=a exec=e1"), 5) ==
              Lines{"11000000 executor.lost app=a exec=e1 reason=decommissioned"});
        CHECK(run.records.of("run=4000000").size() == 3);
        CHECK(run.records.of("task=s1.0").size() == 6);  // launched and over: in no time
        CHECK(run.records.of("run=0 ").size() == 3);
    }

    TEST_CASE("DECOM-04 outputs move, are registered at their new place, and nothing is lost") {
        const InlineRun run{
            three(passes_on, "open_until = \"2min\"\n" + shuffle(6), leaves("5s", for_long))};
        CHECK(begin(run.records.of("map-output.moved"), 5) ==
              Lines{"5000000 map-output.moved app=a shuffle=h0 partition=0",
                    "35000000 map-output.moved app=a shuffle=h0 partition=3"});
        CHECK(run.records.of("map-output.register app=a shuffle=h0 partition=0 exec=e2").size() ==
              1);
        CHECK(run.records.of("map-output.unregister").empty());
        CHECK(map_tasks_run(run) == 6);
    }

    TEST_CASE("DECOM-04 passing on takes the time of the network") {
        const InlineRun run{three(passes_on, shuffle(3), leaves("5s", for_long)),
                            {"cluster.network={ latency = \"10ms\", bandwidth = \"1m/s\" }"}};
        CHECK(begin(run.records.of("map-output.moved"), 1) == Lines{"6020000"});
    }

    TEST_CASE("DECOM-04 without `migrate`, or switched off, its outputs go with it") {
        for (const bool fault : {true, false}) {
            CAPTURE(fault);
            const InlineRun run{three(fault ? passes_on : "",
                                      shuffle(6),
                                      leaves("5s", fault ? "migrate = false\n" : ""))};
            CHECK(run.records.of("map-output.moved").empty());
            CHECK(
                run.records.of("executor.lost app=a exec=e1 reason=decommissioned code=0").size() ==
                1);
            CHECK(map_tasks_run(run) == 8);
            CHECK(run.result.report.exit == Exit::ok);
        }
    }

    TEST_CASE("DECOM-05 where nobody is to take them it goes at once, and they go with it") {
        const InlineRun run{three(passes_on,
                                  shuffle(6),
                                  "[[fault]]\nkind = \"decommission-executor\"\n"
                                  "executor = \"all\"\nat = \"4500ms\"\n")};
        CHECK(run.records.of("map-output.moved").empty());
        CHECK(run.records.of("reason=decommissioned code=0").size() == 3);
        CHECK(run.result.report.exit == Exit::ok);
    }

    TEST_CASE("DECOM-07 after the grace of a fault it is killed") {
        const InlineRun run{three("", stage("s", 3, "1min"), leaves("5s", "grace = \"10s\"\n"))};
        CHECK(begin(run.records.of("executor.lost app=a exec=e1"), 6) ==
              Lines{"15000000 executor.lost app=a exec=e1 reason=decommissioned code=137"});
        CHECK(run.result.report.exit == Exit::ok);
    }

    TEST_CASE(
        "DECOM-07 after forceKillTimeout its driver kills it, and asks for as many as before") {
        const InlineRun run{
            three("\"spark.executor.decommission.forceKillTimeout\" = 20\n"
                  "\"spark.task.maxFailures\" = 1\n",
                  stage("s", 3, "1min"),
                  leaves("5s", for_long))};
        CHECK(
            run.records.of("executor.kill app=a exec=e1 reason=decommissioned by=driver").size() ==
            1);
        CHECK(begin(run.records.of("executor.lost app=a exec=e1"), 6) ==
              Lines{"25000000 executor.lost app=a exec=e1 reason=decommissioned code=137"});
        CHECK(run.records.of("executor.request app").size() == 1);
        CHECK(run.records.of("executor.registered").size() == 4);
        CHECK(run.result.report.exit == Exit::ok);
    }

    TEST_CASE("DECOM-08 with killInterval what would not end in time gets a copy elsewhere") {
        const InlineRun run{
            three("\"spark.speculation\" = true\n\"spark.speculation.quantile\" = 0.5\n"
                  "\"spark.executor.decommission.killInterval\" = 5\n",
                  stage("s", 3, "20s"),
                  leaves("14s", for_long) +
                      "[[fault]]\nkind = \"slow-task\"\nstage = \"s\"\npartition = 0\n"
                      "factor = 3\n")};
        CHECK(run.records.of("task.speculate app=a task=s0.0/p0#0 exec=e1").size() == 1);
    }

    TEST_CASE("DECOM-09 its loss is nobody's fault") {
        for (const char* kind : {"decommission-executor", "preempt-executor"}) {
            CAPTURE(kind);
            const InlineRun run{three("\"spark.task.maxFailures\" = 1\n",
                                      stage("s", 3, "1min"),
                                      "[[fault]]\nkind = \"" + std::string{kind} +
                                          "\"\nexecutor = \"e1\"\nat = \"5s\"\n")};
            CHECK(run.records.of("task=s0.0/p0#0 exec=e1 status=executor-lost").size() == 1);
            CHECK(run.result.report.exit == Exit::ok);
        }
    }

    TEST_CASE("DECOM-09 an executor that is preempted uses its notice, if it has learnt to") {
        for (const bool learnt : {true, false}) {
            CAPTURE(learnt);
            const InlineRun run{
                three("",
                      stage("s", 3, "10s"),
                      "[[fault]]\nkind = \"preempt-executor\"\n"
                      "executor = \"e1\"\nat = \"5s\"\n"),
                {std::string{"spark.decommission.enabled="} + (learnt ? "true" : "false"),
                 "app.a.open_until=1min"}};
            CHECK(begin(run.records.of("executor.lost app=a exec=e1"), 6) ==
                  Lines{learnt ? "10000000 executor.lost app=a exec=e1 reason=preempted code=0"
                               : "35000000 executor.lost app=a exec=e1 reason=preempted code=137"});
        }
    }

    TEST_CASE("DECOM-10 dynamic allocation lets idle executors go gently, and says idle") {
        const InlineRun run{
            three("\"spark.dynamicAllocation.enabled\" = true\n"
                  "\"spark.dynamicAllocation.executorIdleTimeout\" = \"10s\"\n" +
                      passes_on,
                  "open_until = \"2min\"\n" + stage("s", 6, "4s"),
                  "")};
        CHECK(run.records.of("executor.kill").empty());
        const std::size_t gone = run.records.of("executor.decommission app=a").size();
        CHECK(gone > 0);
        CHECK(run.records.of("by=driver reason=idle").size() == gone);
        CHECK(run.records.of("reason=idle code=0").size() == gone);
        CHECK(run.records.of("executor.decommissioning").empty());  // it decided itself
    }

    TEST_CASE("DECOM-07 DECOM-10 one that was idle is so when its time to leave is over, too") {
        const InlineRun run{
            three("\"spark.dynamicAllocation.enabled\" = true\n"
                  "\"spark.dynamicAllocation.executorIdleTimeout\" = \"5s\"\n"
                  "\"spark.executor.decommission.forceKillTimeout\" = \"20s\"\n" +
                      passes_on,
                  "open_until = \"3min\"\n" + stage("m", 6, "4s") + "shuffle_write = \"1m\"\n" +
                      stage("r", 1, "60s") + "parents = [\"m\"]\n",
                  ""),
            {"cluster.network.bandwidth=1k/s"}};
        CHECK(!run.records.of("executor.kill app=a exec=e2 reason=idle by=driver").empty());
        CHECK(run.records.of("reason=decommissioned").empty());
    }

    TEST_CASE("DECOM-10 killExecutors kills all the same") {
        const InlineRun run{three("",
                                  "open_until = \"10s\"\n[[app.request]]\nat = \"5s\"\n"
                                  "kill_executors = [\"e1\"]\n" +
                                      stage("s", 1, "1s"),
                                  "")};
        CHECK(run.records.of("executor.kill app=a exec=e1 reason=requested").size() == 1);
        CHECK(run.records.of("executor.lost app=a exec=e1 reason=requested").size() == 1);
    }

    TEST_CASE("DECOM-10 excluded executors go gently if asked for") {
        const InlineRun run{
            three("\"spark.excludeOnFailure.enabled\" = true\n"
                  "\"spark.excludeOnFailure.killExcludedExecutors\" = true\n"
                  "\"spark.excludeOnFailure.killExcludedExecutors.decommission\" = true\n"
                  "\"spark.excludeOnFailure.application.maxFailedTasksPerExecutor\" = 1\n",
                  stage("s", 3, "4s") + stage("t", 1, "9s") + "parents = [\"s\"]\n",
                  "[[fault]]\nkind = \"fail-task\"\nstage = \"s\"\npartition = 0\n")};
        CHECK(run.records.of("executor.decommission app=a exec=e1 by=driver").size() == 1);
        CHECK(run.records.of("executor.lost app=a exec=e1 reason=decommissioned code=0").size() ==
              1);
        CHECK(run.result.report.exit == Exit::ok);
    }
}

TEST_SUITE("nodes that are drained") {
    const std::string drains =
        "[[fault]]\nkind = \"drain-worker\"\nworker = \"w-1\"\nat = \"5s\"\ngrace = \"20s\"\n";

    TEST_CASE("CM-STA-29 no more executors there; those that are there leave") {
        for (const char* manager : {"standalone", "yarn", "kubernetes", "mesos"}) {
            CAPTURE(manager);
            const InlineRun run{three("", stage("s", 6, "8s"), drains),
                                {std::string{"cluster.manager="} + manager,
                                 "spark.executor.memory=1g",
                                 std::string{"spark.scheduler.minRegisteredResourcesRatio=0"}}};
            CHECK(run.records.of("worker.draining node=w-1 until=25000000").size() == 1);
            CHECK(run.records.of("by=manager reason=decommissioned").size() == 1);
            CHECK(run.records.of(" reason=decommissioned code=0").size() == 1);
            CHECK(run.records.of("executor.launch").size() <= 3);
            CHECK(run.result.report.exit == Exit::ok);
        }
    }

    TEST_CASE("CM-K8S-24 what has not left when the grace is over is evicted") {
        for (const bool learnt : {true, false}) {
            CAPTURE(learnt);
            const InlineRun run{
                three("\"spark.task.maxFailures\" = 1\n", stage("s", 3, "1min"), drains),
                {std::string{"spark.decommission.enabled="} + (learnt ? "true" : "false")}};
            CHECK(run.records.of("executor.decommission app=a").size() == (learnt ? 1 : 0));
            CHECK(begin(run.records.of("executor.lost app=a exec=e1"), 5) ==
                  Lines{std::string{"25000000 executor.lost app=a exec=e1 reason="} +
                        (learnt ? "decommissioned" : "preempted")});
            CHECK(run.result.report.exit == Exit::ok);
        }
    }

    TEST_CASE(
        "CM-K8S-26 a spot node goes: with a notice what it has moves before, without it is lost") {
        const std::string loss =
            "[[fault]]\nkind = \"lose-worker\"\nworker = \"w-1\"\nat = \"25s\"\nnotice = \"0s\"\n";
        for (const bool notice : {true, false}) {
            CAPTURE(notice);
            const InlineRun run{three(passes_on,
                                      stage("m", 3, "4s") + "shuffle_write = \"1m\"\n" +
                                          stage("r", 3, "40s") + "parents = [\"m\"]\n",
                                      (notice ? drains : "") + loss),
                                {"cluster.manager=kubernetes",
                                 "spark.executor.instances=3",
                                 "spark.scheduler.minRegisteredResourcesRatio=0"}};
            CHECK((run.records.of("map-output.moved").size() > 0) == notice);
            CHECK((run.records.of("map-output.unregister").size() > 0) == !notice);
            CHECK(run.records.of("exec=e1 reason=worker-lost").size() +
                      run.records.of("exec=e1 reason=decommissioned").size() >=
                  1);
            CHECK(run.result.report.exit == Exit::ok);
        }
    }

    TEST_CASE("without a grace all on it ends at once, and nothing moves") {
        const InlineRun run{
            three(passes_on,
                  shuffle(6),
                  "[[fault]]\nkind = \"drain-worker\"\nworker = \"w-1\"\nat = \"5s\"\n"
                  "grace = \"0s\"\n"),
            {"cluster.worker.0.cores=2"}};
        CHECK(run.records.of("map-output.moved").empty());
        CHECK(run.records.of("5000000 executor.lost").size() == 2);
        CHECK(run.result.report.exit == Exit::ok);
    }

    TEST_CASE("a node that comes back takes executors again") {
        const InlineRun run{
            three("",
                  stage("s", 9, "8s"),
                  drains + "[[fault]]\nkind = \"lose-worker\"\nworker = \"w-1\"\nat = \"6s\"\n"
                           "notice = \"0s\"\nfor = \"5s\"\n")};
        CHECK(run.records.of("executor.launch app=a exec=e4 node=w-1").size() == 1);
        CHECK(run.result.report.exit == Exit::ok);
    }

    TEST_CASE("a driver there is evicted too, and started elsewhere if it is supervised") {
        const InlineRun run{
            "format = 1\n[cluster]\n[[cluster.worker]]\nname = \"w\"\ncount = 2\ncores = 2\n"
            "memory = \"8g\"\n[conf]\n\"spark.executor.cores\" = 1\n[[app]]\nname = \"a\"\n"
            "deploy_mode = \"cluster\"\nsupervise = true\n" +
            stage("s", 12, "8s") + drains};
        CHECK(run.records.of("driver.lost app=a node=w-1 reason=preempted").size() == 1);
        CHECK(run.records.of("driver.launch app=a node=w-2").size() == 1);
        CHECK(run.result.report.exit == Exit::ok);
    }
}

}  // namespace forkyard::sim::leaving_test
