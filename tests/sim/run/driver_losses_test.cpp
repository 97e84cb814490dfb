// What becomes of executors, and of the tasks on them, when something is lost: as drivers on
// standalone clusters and on Kubernetes see it.
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "tests/sim/run/inline_run.hpp"

namespace forkyard::sim::driver_losses_test {

using testing::InlineRun;
using testing::stage;

namespace {

// Two nodes of two cores, room for an executor of two cores each.
std::string two_nodes(const std::string& app, const std::string& rest) {
    return "format = 1\n[cluster]\n[[cluster.worker]]\nname = \"w\"\ncount = 2\ncores = 2\n"
           "memory = \"8g\"\n[conf]\n\"spark.executor.cores\" = 2\n" +
           app + rest;
}

std::string application(const std::string& conf, const std::string& stages) {
    return conf + "[[app]]\nname = \"a\"\n" + stages;
}

}  // namespace

TEST_SUITE("losses as drivers see them") {
    TEST_CASE("DRV-05 silent executors are killed and replaced: as many are wanted as before") {
        const InlineRun run{
            two_nodes(application("", stage("s", 8, "30s")),
                      "[[fault]]\nkind = \"freeze-executor\"\nexecutor = \"all\"\nat = \"5s\"\n")};
        CHECK(run.records.of("executor.kill app=a exec=e1 reason=heartbeat-timeout by=driver")
                  .size() == 1);
        CHECK(run.records.of("executor.kill app=a exec=e2 reason=heartbeat-timeout by=driver")
                  .size() == 1);
        CHECK(run.records.of("executor.registered app=a").size() == 4);
        CHECK(run.records.of("executor.request app=a").size() == 1);  // the total never changed
        CHECK(run.result.report.exit == Exit::ok);
    }

    TEST_CASE("DRV-05 an application master asks for those that replace them") {
        const InlineRun run{
            two_nodes(application("\"spark.executor.instances\" = 2\n", stage("s", 8, "30s")),
                      "[[fault]]\nkind = \"freeze-executor\"\nexecutor = \"all\"\nat = \"5s\"\n"),
            {"cluster.manager=yarn"}};
        CHECK(run.records.of("executor.registered app=a").size() == 4);
        CHECK(run.result.report.exit == Exit::ok);
    }

    TEST_CASE(
        "CM-YARN-30 a container that is lost before its master fetched it is asked for again") {
        for (const char* kind : {"lose-worker", "drain-worker"}) {
            CAPTURE(kind);
            const InlineRun run{
                two_nodes(application("\"spark.executor.instances\" = 1\n", stage("s", 2, "5s")),
                          "[[fault]]\nkind = \"" + std::string{kind} +
                              "\"\nworker = \"w-1\"\nat = \"2200ms\"\n"),
                {std::string{"cluster.manager=yarn"},
                 std::string{kind} == "lose-worker" ? "fault.0.notice=0s" : "fault.0.grace=5s"}};
            CHECK(run.records.of("container of 2 cores").size() == 2);
            CHECK(run.records.of("executor.launch app=a exec=e1 node=w-2").size() == 1);
            CHECK(run.result.report.exit == Exit::ok);
        }
    }

    TEST_CASE("CM-K8S-13 a pod that fails is its application's fault, one that is deleted is not") {
        const std::string once =
            application("\"spark.task.maxFailures\" = 1\n\"spark.executor.instances\" = 2\n",
                        stage("s", 8, "10s"));
        const std::vector<std::string> kubernetes{"cluster.manager=kubernetes"};
        const InlineRun failed{two_nodes(once,
                                         "[[fault]]\nkind = \"exit-executor\"\nexecutor = \"e1\"\n"
                                         "at = \"5s\"\n"),
                               kubernetes};
        CHECK(failed.records.of("job.finish app=a job=j0 status=failed").size() == 1);
        CHECK(failed.result.report.exit == Exit::failed);
        const InlineRun deleted{
            two_nodes(
                application("\"spark.task.maxFailures\" = 1\n\"spark.executor.instances\" = 2\n",
                            stage("s", 8, "40s")),
                "[[app]]\nname = \"b\"\npriority = 5\nsubmit_at = \"1s\"\n" + stage("s", 2, "2s")),
            {"cluster.manager=kubernetes", "app.b.conf.\"spark.executor.instances\"=1"}};
        CHECK(deleted.records.of("executor.lost app=a exec=e2 reason=preempted").size() +
                  deleted.records.of("executor.lost app=a exec=e1 reason=preempted").size() ==
              1);
        CHECK(deleted.result.report.exit == Exit::ok);
    }

    TEST_CASE("CM-K8S-10 no pod for an executor is made before the driver's is there") {
        const InlineRun run{
            two_nodes("[[app]]\nname = \"a\"\ndeploy_mode = \"cluster\"\n" + stage("s", 2, "1s"),
                      ""),
            {"cluster.manager=kubernetes", "cluster.driver_start=3s", "spark.executor.cores=1"}};
        CHECK(run.records.has("3000000 driver.started app=a node=w-1"));
        CHECK(run.records.has("3000000 executor.registered app=a exec=e1"));
        CHECK(run.records.of("executor.registered").size() == 2);
    }

    TEST_CASE("CM-STA-19 a worker whose connection breaks is gone at once, and so is all on it") {
        const InlineRun run{two_nodes(application("", stage("s", 4, "10s")),
                                      "[[fault]]\nkind = \"lose-worker\"\nworker = \"w-1\"\n"
                                      "at = \"5s\"\nnotice = \"0s\"\n")};
        CHECK(run.records.has("5000000 worker.lost node=w-1"));
        CHECK(run.records.has("5000000 executor.lost app=a exec=e1 reason=worker-lost"));
        CHECK(run.result.report.exit == Exit::ok);
    }

    TEST_CASE("CM-STA-20 a worker that comes back has nothing left of what ran there") {
        const InlineRun run{two_nodes(application("", stage("s", 8, "10s")),
                                      "[[fault]]\nkind = \"lose-worker\"\nworker = \"w-1\"\n"
                                      "at = \"5s\"\nfor = \"20s\"\n")};
        CHECK(run.records.has("25000000 executor.lost app=a exec=e1 reason=worker-lost"));
        CHECK(run.records.has("25000000 worker.joined node=w-1"));
        CHECK(run.records.has("25000000 executor.registered app=a exec=e3 node=w-1"));
        CHECK(run.result.report.exit == Exit::ok);
    }

    TEST_CASE("a driver that is killed before it has begun is started again, and its jobs run") {
        for (const std::string manager : {"standalone", "mesos", "yarn"}) {
            CAPTURE(manager);
            const InlineRun run{
                two_nodes("[[app]]\nname = \"a\"\ndeploy_mode = \"cluster\"\nsupervise = true\n" +
                              stage("s", 2, "1s"),
                          "[[fault]]\nkind = \"kill-driver\"\n"
                          "when = { kind = \"driver.launch\" }\n"),
                {"cluster.manager=" + manager,
                 "cluster.driver_start=2s",
                 "conf.\"spark.executor.cores\"=1"}};
            CHECK(run.records.of("driver.exit app=a status=failed").size() == 1);
            CHECK(run.records.of("driver.started").size() == 1);
            CHECK(run.records.has("job.finish app=a job=j0 status=succeeded"));
            CHECK(run.result.report.exit == Exit::ok);
        }
    }

    TEST_CASE("each driver that is lost has its exit, whether it had begun or not") {
        const InlineRun run{
            two_nodes("[[app]]\nname = \"a\"\ndeploy_mode = \"cluster\"\nsupervise = true\n" +
                          stage("s", 4, "10s"),
                      "[[fault]]\nkind = \"kill-driver\"\nat = \"6s\"\n"
                      "[[fault]]\nkind = \"kill-driver\"\n"
                      "when = { kind = \"driver.launch\", attempt = 2 }\n"),
            {"cluster.driver_start=2s", "conf.\"spark.executor.cores\"=1"}};
        CHECK(run.records.of("driver.lost").size() == 2);
        CHECK(run.records.of("driver.exit app=a status=failed").size() == 2);
        CHECK(run.result.report.exit == Exit::ok);
    }

    TEST_CASE("what a driver waited for in vain does not wake the one after it") {
        // Nothing ever registers, so the first tasks starve: after 15 s of each attempt.
        const InlineRun run{
            two_nodes("[[app]]\nname = \"a\"\ndeploy_mode = \"cluster\"\nsupervise = true\n" +
                          stage("s", 4, "10s"),
                      "[[fault]]\nkind = \"kill-driver\"\nat = \"10s\"\n"),
            {"conf.\"spark.executor.cores\"=1",
             "conf.\"spark.executor.memory\"=512g",
             "time_limit=1min"}};
        const std::vector<std::string> warnings = run.records.of("timer what=starvation");
        REQUIRE(warnings.size() == 1);
        CHECK(warnings[0].starts_with("26000000 "));
    }

    TEST_CASE("CM-YARN-17 the code of a master tells how it ended") {
        const auto code = [](const std::string& fault, std::vector<std::string> more = {}) {
            more.insert(more.end(),
                        {"cluster.manager=yarn",
                         "conf.\"spark.executor.cores\"=1",
                         "conf.\"spark.yarn.maxAppAttempts\"=1",
                         "conf.\"spark.executor.maxNumFailures\"=1"});
            const InlineRun run{two_nodes("[[app]]\nname = \"a\"\ndeploy_mode = \"cluster\"\n" +
                                              stage("s", 4, "10s"),
                                          fault),
                                more};
            const std::vector<std::string> exits = run.records.of("driver.exit app=a");
            REQUIRE(exits.size() == 1);
            return exits[0].substr(exits[0].find("status="));
        };
        const std::string fault = "[[fault]]\nkind = ";
        CHECK(code("") == "status=succeeded code=0");
        CHECK(code(fault + "\"fail-task\"\nattempt = \"all\"\n", {"expect.outcome=failed"}) ==
              "status=failed code=15");
        CHECK(code(fault + "\"kill-executor\"\nexecutor = \"any\"\nat = \"8s\"\n",
                   {"expect.outcome=failed"}) == "status=failed code=11");
        CHECK(code(fault + "\"kill-driver\"\nat = \"8s\"\n", {"expect.outcome=failed"}) ==
              "status=failed code=137");
    }

    TEST_CASE("CM-K8S-04 pods that a slow API server does not show in time are made anew") {
        // There is room for two of the three pods; the last is unseen for 8 s.
        const auto deleted = [](const std::string& timeout) {
            const InlineRun run{
                two_nodes(application("\"spark.executor.instances\" = 3\n", stage("s", 4, "20s")),
                          ""),
                {"cluster.manager=kubernetes",
                 "cluster.message_delay=4s",
                 "conf.\"spark.kubernetes.allocation.executor.timeout\"=" + timeout}};
            CHECK(run.result.report.exit == Exit::ok);
            return run.records.of("waiting pods deleted").size();
        };
        CHECK(deleted("600s") == 0);
        CHECK(deleted("5s") > 1);
    }
}

}  // namespace forkyard::sim::driver_losses_test
