// A cluster manager whose process ends and comes back, seen in whole runs.
#include <string>
#include <vector>

#include <doctest/doctest.h>
#include <fmt/format.h>

#include "tests/sim/run/inline_run.hpp"

namespace forkyard::sim::manager_restart_test {

namespace {

using testing::InlineRun;
using testing::stage;

// Two workers of two cores, an executor each; `fault` is one of restart-manager.
std::string scenario(int tasks, const std::string& faults) {
    return "format = 1\n[cluster]\nmanager = \"standalone\"\n[[cluster.worker]]\nname = \"w\"\n"
           "count = 2\ncores = 2\nmemory = \"4g\"\n[conf]\n\"spark.executor.cores\" = 2\n"
           "[[app]]\nname = \"a\"\n" +
           stage("s", tasks, "10s") + faults;
}

std::string restart(const std::string& when, const std::string& more) {
    return "[[fault]]\nkind = \"restart-manager\"\n" + when + "\n" + more + "\n";
}

std::string kill(const std::string& executor, const std::string& at) {
    return fmt::format(
        "[[fault]]\nkind = \"kill-executor\"\nexecutor = \"{}\"\nat = \"{}\"\n", executor, at);
}

}  // namespace

TEST_SUITE("a manager that restarts") {
    TEST_CASE("CM-STA-26 while the master is gone what runs goes on, and nothing is replaced") {
        const InlineRun run{
            scenario(12, restart("at = \"1s\"", "down = \"30s\"") + kill("e1", "5s"))};
        CHECK(run.records.has("1000000 manager.stopped"));
        CHECK(run.records.has("5000000 executor.lost app=a exec=e1 reason=killed"));
        CHECK(run.records.has("31000000 manager.restarted keeps=all"));
        CHECK(run.records.has("31000000 executor.registered app=a exec=e3"));
        CHECK(run.result.report.exit == Exit::ok);
        CHECK(run.result.report.summary.makespan == std::chrono::seconds{50});
    }

    TEST_CASE("CM-STA-26 a master that is back waits for a silent worker, then gives it up") {
        const std::string lost =
            "[[fault]]\nkind = \"lose-worker\"\nworker = \"w-1\"\nat = \"5s\"\n";
        const InlineRun run{
            scenario(12, restart("at = \"1s\"", "down = \"30s\"") + lost + kill("e2", "20s")),
            {"cluster.conf.\"spark.deploy.recoveryTimeout\"=40s"}};
        CHECK(run.records.of("executor.registered").size() == 3);
        CHECK(run.records.has("71000000 timer what=master-recovery"));
        CHECK(run.records.has("71000000 worker.lost node=w-1"));
        CHECK(run.records.has("71000000 executor.lost app=a exec=e1 reason=worker-lost"));
        CHECK(run.records.has("71000000 executor.registered app=a exec=e3 node=w-2"));
        CHECK(run.result.report.exit == Exit::ok);
    }

    TEST_CASE("CM-STA-26 a master that read its books back has forgotten what was asked since") {
        const std::vector<std::string> dynamic{
            "conf.\"spark.dynamicAllocation.enabled\"=true",
            "conf.\"spark.dynamicAllocation.shuffleTracking.enabled\"=true",
            "conf.\"spark.dynamicAllocation.initialExecutors\"=2"};
        const std::string faults = kill("e1", "5s");
        const InlineRun kept{scenario(4, restart("at = \"2s\"", "") + faults), dynamic};
        CHECK(kept.records.of("executor.registered").size() == 3);
        const InlineRun run{scenario(4, restart("at = \"2s\"", "keeps = \"grants\"") + faults),
                            dynamic};
        CHECK(run.records.of("executor.registered").size() == 2);  // it wants no more than it had
        CHECK(run.result.report.exit == Exit::ok);
    }

    TEST_CASE(
        "CM-STA-26 a master without books kills what workers bring, and knows no application") {
        const InlineRun run{scenario(8, restart("at = \"2s\"", "keeps = \"none\""))};
        CHECK(run.result.verdict == Verdict::stuck);
        CHECK(run.records.of("worker.joined").size() == 4);
        CHECK(run.records.of("executor.lost").size() == 2);
        CHECK(run.records.of("executor.registered").size() == 2);
    }

    TEST_CASE("CM-STA-27 a driver tries to register three times in a minute, then gives up") {
        const InlineRun second{scenario(4, restart("at = \"0s\"", "down = \"25s\""))};
        CHECK(second.records.has("40000000 executor.registered app=a exec=e1"));
        const InlineRun never{scenario(4, restart("at = \"0s\"", "down = \"41s\"")),
                              {"expect.outcome=failed"}};
        CHECK(never.records.has("60000000 manager.unreachable app=a"));
        CHECK(
            never.records.has("app.finish app=a status=failed reason=\"Exiting due to error from "
                              "cluster scheduler: All masters are unresponsive! Giving up.\""));
        CHECK(never.result.report.exit == Exit::ok);
    }

    TEST_CASE(
        "CM-STA-27 a worker tries six times at short intervals, then ten times at long ones") {
        const auto joined_after = [](const std::string& down) {
            const InlineRun run{scenario(1, restart("at = \"0s\"", "down = \"" + down + "\"")),
                                {"cluster.worker.0.joins_at=2s", "app.0.submit_at=20min"}};
            return run.records.of("worker.joined").size();
        };
        CHECK(joined_after("55s") == 2);
        CHECK(joined_after("5min") == 2);
        CHECK(joined_after("17min") == 0);  // the slowest have given up after 16 min 29 s
    }

    TEST_CASE("timers of other managers wait for their process too") {
        for (const std::string manager : {"yarn", "kubernetes", "mesos"}) {
            CAPTURE(manager);
            const InlineRun run{
                scenario(8, restart("at = \"12s\"", "down = \"30s\"") + kill("e1", "13s")),
                {"cluster.manager=" + manager,
                 "conf.\"spark.cores.max\"=2",
                 "conf.\"spark.executor.instances\"=2",
                 "conf.\"spark.executor.cores\"=1"}};
            CHECK(run.result.report.exit == Exit::ok);
            const std::vector<std::string> there = run.records.of("executor.registered");
            REQUIRE(there.size() == 3);
            CHECK(there[2] > "42");
        }
    }

    TEST_CASE("a manager that is back hears of what has ended before it decides anything") {
        // Meanwhile an application ends, its node goes, another comes and asks.
        for (const std::string manager : {"standalone", "yarn", "kubernetes", "mesos"}) {
            CAPTURE(manager);
            const std::string more =
                "[[app]]\nname = \"b\"\nsubmit_at = \"15s\"\n" + stage("s", 2, "1s") +
                "[[fault]]\nkind = \"kill-executor\"\nexecutor = \"e2\"\nat = \"13s\"\n"
                "[[fault]]\nkind = \"drain-worker\"\nworker = \"w-2\"\nat = \"20s\"\n";
            const InlineRun run{scenario(4, restart("at = \"12s\"", "down = \"40s\"") + more),
                                {"cluster.manager=" + manager,
                                 "cluster.executor_start=1s",
                                 "conf.\"spark.executor.cores\"=1",
                                 "conf.\"spark.cores.max\"=2",
                                 "conf.\"spark.executor.instances\"=2"}};
            CHECK(run.result.report.exit == Exit::ok);
            for (const std::string& line : run.records.of("executor.launch app=b")) {
                CHECK(line.find("node=w-1") != std::string::npos);
            }
        }
    }
}

}  // namespace forkyard::sim::manager_restart_test
