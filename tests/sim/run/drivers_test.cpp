// Drivers in cluster deploy mode: where they run, what is lost with them, who starts them again.
#include <algorithm>
#include <string>
#include <vector>

#include <doctest/doctest.h>
#include <fmt/format.h>

#include "tests/sim/run/inline_run.hpp"

namespace forkyard::sim::drivers_test {

using testing::InlineRun;
using testing::stage;
using Lines = std::vector<std::string>;

namespace {

// Three workers of four cores; a driver takes 2 s to start; two executors of two cores, eight
// tasks of 3 s before four of 2 s.
std::string world(const std::string& app, const std::string& rest) {
    return "format = 1\n[cluster]\ndriver_start = \"2s\"\n[[cluster.worker]]\nname = \"w\"\n"
           "count = 3\ncores = 4\nmemory = \"16g\"\n[conf]\n\"spark.executor.cores\" = 2\n"
           "\"spark.cores.max\" = 4\n[[app]]\nname = \"a\"\n" +
           app + stage("map", 8, "3s") + "shuffle_write = \"1m\"\n" + stage("reduce", 4, "2s") +
           "parents = [\"map\"]\n" + rest;
}

constexpr const char* const in_cluster = "deploy_mode = \"cluster\"\n";
constexpr const char* const supervised = "deploy_mode = \"cluster\"\nsupervise = true\n";
constexpr const char* const killed = "[[fault]]\nkind = \"kill-driver\"\nat = \"10s\"\n";

}  // namespace

TEST_SUITE("drivers in cluster mode") {
    TEST_CASE(
        "CM-STA-22 CM-STA-25 a driver takes room of a worker, and begins when it has started") {
        const InlineRun run{world(in_cluster, "")};
        CHECK(run.records.of("driver.launch") ==
              Lines{"driver.launch app=a node=w-1 cores=1 memory=1073741824 attempt=1"});
        CHECK(run.records.has("2000000 driver.started app=a node=w-1 attempt=1"));
        CHECK(run.records.has("2000000 job.submitted app=a job=j0"));
        // The worker of the driver has fewest free cores, so it comes last.
        CHECK(run.records.of("executor.launch app=a") ==
              Lines{"executor.launch app=a exec=e1 node=w-2 cores=2 memory=1073741824",
                    "executor.launch app=a exec=e2 node=w-3 cores=2 memory=1073741824"});
        CHECK(run.records.of("driver.exit") == Lines{"driver.exit app=a status=succeeded code=0"});
        CHECK(run.result.report.exit == Exit::ok);
    }

    TEST_CASE("CM-STA-22 drivers go to each worker in turn, or to one while it has room") {
        const std::string three =
            "[[app]]\nname = \"b\"\ndeploy_mode = \"cluster\"\n" + stage("s", 1, "1s") +
            "[[app]]\nname = \"c\"\ndeploy_mode = \"cluster\"\n" + stage("s", 1, "1s");
        const InlineRun spread{world(in_cluster, three)};
        CHECK(spread.records.of("driver.launch app=b node=w-2").size() == 1);
        CHECK(spread.records.of("driver.launch app=c node=w-3").size() == 1);
        const InlineRun packed{world(in_cluster, three),
                               {"cluster.conf.\"spark.deploy.spreadOutDrivers\"=false"}};
        CHECK(packed.records.of("driver.launch app=c node=w-1").size() == 1);
        const InlineRun two{world(in_cluster, three),
                            {"cluster.conf.\"spark.deploy.maxDrivers\"=2"}};
        // When another has ended.
        const Lines order = two.records.of("driver.");
        const auto third = std::find_if(order.begin(), order.end(), [](const std::string& line) {
            return line.starts_with("driver.launch app=c");
        });
        REQUIRE(third != order.end());
        CHECK(std::any_of(order.begin(), third, [](const std::string& line) {
            return line.starts_with("driver.exit");
        }));
        CHECK(two.result.report.exit == Exit::ok);
    }

    TEST_CASE(
        "CM-STA-23 DRV-08 a supervised driver that dies starts again on its worker, from scratch") {
        const InlineRun run{world(supervised, killed)};
        CHECK(run.records.has("10000000 driver.lost app=a node=w-1 reason=killed code=137"));
        CHECK(run.records.has("job.finish app=a job=j0 status=failed"));
        CHECK(run.records.of("executor.lost app=a exec=e1 reason=app-finished").size() == 1);
        CHECK(run.records.has("11000000 timer what=driver-retry app=a"));
        CHECK(run.records.has("13000000 driver.started app=a node=w-1 attempt=2"));
        // Another job, other stages and executors: nothing is kept.
        CHECK(run.records.has("13000000 job.submitted app=a job=j1 name=reduce"));
        CHECK(run.records.of("job.submitted app=a job=j1").front().find("stages=s2,s3") !=
              std::string::npos);
        CHECK(run.records.of("executor.launch app=a exec=e3").size() == 1);
        CHECK(run.records.of("app.finish") == Lines{"app.finish app=a status=succeeded reason=-"});
        CHECK(run.result.report.exit == Exit::ok);
    }

    TEST_CASE("CM-STA-23 the pauses double until it has run for more than five seconds") {
        const std::string often =
            "[[fault]]\nkind = \"kill-driver\"\nwhen = { kind = \"driver.started\" }\n"
            "delay = \"1s\"\ntimes = 3\n"
            "[[fault]]\nkind = \"kill-driver\"\nwhen = { kind = \"driver.started\", attempt = 4 }\n"
            "delay = \"6s\"\n";
        const InlineRun run{world(supervised, often)};
        Lines retries;
        for (const std::string& line : run.records.of("timer what=driver-retry")) {
            retries.push_back(line.substr(0, line.find(' ')));
        }
        // Started at 2 s, lost at 3 s; 1 s later and 2 s to start: 6 s, and so on.
        CHECK(retries == Lines{"4000000", "9000000", "16000000", "25000000"});
        CHECK(run.result.report.exit == Exit::ok);
    }

    TEST_CASE("DRV-07 DP-SES-05 a driver that nobody starts again is the end of its application") {
        const InlineRun cluster{world(in_cluster, killed)};
        CHECK(cluster.records.of("app.remove") ==
              Lines{"app.remove app=a reason=\"its driver failed\""});
        CHECK(cluster.result.report.exit == Exit::failed);
        const std::string early = "[[fault]]\nkind = \"kill-driver\"\nat = \"5s\"\n";
        const InlineRun client{world("", early)};
        CHECK(client.records.has("5000000 driver.lost app=a node=- reason=killed"));
        CHECK(client.records.of("app.finish") ==
              Lines{"app.finish app=a status=failed reason=\"the driver was lost\""});
        CHECK(client.records.of("reason=app-finished").size() == 2);  // its executors go
        const InlineRun unknown{world("supervise = true\n", early)};  // client mode: never
        CHECK(unknown.result.report.exit == Exit::failed);
    }

    TEST_CASE("CM-STA-24 a supervised driver that went with its worker is started on another one") {
        const InlineRun run{world(
            supervised, "[[fault]]\nkind = \"lose-worker\"\nworker = \"w-1\"\nat = \"4s\"\n")};
        CHECK(run.records.has("4000000 driver.lost app=a node=w-1 reason=worker-lost"));
        CHECK(run.records.of("driver.launch app=a node=w-2 cores=1").size() == 1);
        CHECK(run.records.has("122000000 driver.started app=a node=w-2 attempt=2"));
        CHECK(run.result.report.exit == Exit::ok);
    }

    TEST_CASE("CM-YARN-18 an application on YARN is started twice, whatever its user asks for") {
        const std::string yarn = "cluster.manager=yarn";
        const InlineRun once{world(in_cluster, killed), {yarn}};
        CHECK(once.records.of("driver.started app=a").size() == 2);
        CHECK(once.result.report.exit == Exit::ok);
        const std::string both =
            "[[fault]]\nkind = \"kill-driver\"\nwhen = { kind = \"driver.started\" }\n"
            "delay = \"1s\"\ntimes = 2\n";
        const InlineRun twice{world(in_cluster, both), {yarn, "spark.yarn.maxAppAttempts=5"}};
        CHECK(twice.records.of("app.remove app=a reason=\"Application failed 2 times").size() == 1);
        const InlineRun never{world(in_cluster, killed), {yarn, "spark.yarn.maxAppAttempts=1"}};
        CHECK(never.records.of("app.remove app=a reason=\"Application failed 1 times").size() == 1);
    }

    TEST_CASE(
        "CM-YARN-18 the loss of a node uses no attempt up, and is known when the node is lost") {
        const InlineRun run{
            world(in_cluster, "[[fault]]\nkind = \"lose-worker\"\nworker = \"w-1\"\nat = \"4s\"\n"),
            {"cluster.manager=yarn", "spark.yarn.maxAppAttempts=1"}};
        CHECK(run.records.of("driver.launch app=a node=w-2").size() == 1);
        CHECK(run.records.has("606000000 driver.started app=a node=w-2 attempt=2"));
        CHECK(run.result.report.exit == Exit::ok);
    }

    TEST_CASE("CM-K8S-28 a driver pod that fails is not made again") {
        const InlineRun run{world(supervised, killed), {"cluster.manager=kubernetes"}};
        CHECK(run.records.of("app.remove") ==
              Lines{"app.remove app=a reason=\"its driver pod failed\""});
        CHECK(run.result.report.exit == Exit::failed);
    }

    TEST_CASE("CM-MESOS-13 a supervised driver on Mesos is tried again after 1, 2, 4 seconds") {
        const std::string often =
            "[[fault]]\nkind = \"kill-driver\"\nwhen = { kind = \"driver.started\" }\n"
            "delay = \"1s\"\ntimes = 3\n";
        const InlineRun run{world(supervised, often), {"cluster.manager=mesos"}};
        Lines retries;
        for (const std::string& line : run.records.of("timer what=driver-retry")) {
            retries.push_back(line.substr(0, line.find(' ')));
        }
        CHECK(retries == Lines{"4000000", "9000000", "16000000"});
        CHECK(run.result.report.exit == Exit::ok);
    }

    TEST_CASE("what a driver asked for just before it died is granted to nobody") {
        const std::string at_once =
            "[[fault]]\nkind = \"kill-driver\"\nwhen = { kind = \"executor.request\" }\n";
        for (const char* const manager : {"standalone", "yarn", "mesos"}) {
            const InlineRun run{
                world(supervised, at_once),
                {std::string{"cluster.manager="} + manager, "cluster.message_delay=10ms"}};
            INFO(manager);
            CHECK(run.records.of("executor.requested").size() == 1);  // of the second attempt
            CHECK(run.records.of("executor.launch app=a exec=e3").empty());
            CHECK(run.result.report.exit == Exit::ok);
        }
    }

    TEST_CASE("a driver that has no room waits until another application has ended") {
        const std::string narrow =
            "format = 1\n[cluster]\n[[cluster.worker]]\nname = \"w\"\ncores = 4\n"
            "memory = \"16g\"\n[conf]\n\"spark.driver.cores\" = 3\n"
            "\"spark.executor.cores\" = 1\n";
        const auto app = [](const std::string& name) {
            return "[[app]]\nname = \"" + name + "\"\ndeploy_mode = \"cluster\"\n" +
                   stage("s", 2, "2s");
        };
        for (const char* const manager : {"standalone", "yarn", "kubernetes", "mesos"}) {
            const InlineRun run{
                narrow + app("a") + app("b"),
                {std::string{"cluster.manager="} + manager,
                 "cluster.conf.\"yarn.scheduler.capacity.resource-calculator\"=dominant",
                 "cluster.yarn.scheduler=fair",
                 "spark.executor.instances=1"}};
            INFO(manager);
            CHECK(run.records.of("driver.launch app=a").size() == 1);
            CHECK(run.records.of("driver.launch app=b").size() == 1);
            CHECK(run.result.report.exit == Exit::ok);
        }
    }

    TEST_CASE("an application can be killed while its driver waits, starts, or is to start again") {
        for (const char* const at : {"1s", "2s", "10500ms", "12s"}) {
            const std::string app = fmt::format("{}kill_at = \"{}\"\n", supervised, at);
            const InlineRun run{world(app, killed) +
                                "optional = true\n[expect]\noutcome = \"killed\"\n"};
            CHECK(run.records.of("app.finish app=a status=killed").size() == 1);
            CHECK(run.result.report.exit == Exit::ok);
        }
    }
}

}  // namespace forkyard::sim::drivers_test
