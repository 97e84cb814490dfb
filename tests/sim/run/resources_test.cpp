// Custom resources of workers, as a standalone master books them.
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "tests/sim/run/inline_run.hpp"

namespace forkyard::sim::resources_test {

namespace {

using testing::InlineRun;
using testing::stage;
using Lines = std::vector<std::string>;

std::string gpus(const std::string& rest) {
    return "format = 1\n[cluster]\n[[cluster.worker]]\nname = \"w\"\ncores = 16\n"
           "memory = \"32g\"\nresources = { gpu = 6 }\n[conf]\n\"spark.executor.cores\" = 1\n"
           "\"spark.executor.resource.gpu.amount\" = 3\n"
           "\"spark.task.resource.gpu.amount\" = 3\n"
           "\"spark.driver.resource.gpu.amount\" = 3\n" +
           rest;
}

std::string in_cluster(const std::string& name) {
    return "[[app]]\nname = \"" + name + "\"\ndeploy_mode = \"cluster\"\n" + stage("s", 2, "5s");
}

}  // namespace

TEST_SUITE("resources of workers") {
    TEST_CASE("CM-STA-30 a driver and an executor have addresses of their own") {
        const InlineRun run{gpus(in_cluster("a"))};
        CHECK(run.records.of("manager.note") ==
              Lines{R"(manager.note app=a node=w text="the driver has gpu 0, 1, 2")",
                    R"(manager.note app=a node=w text="e1 has gpu 3, 4, 5")"});
        CHECK(run.records.of("executor.registered").size() == 1);  // for want of a fourth
        CHECK(run.result.report.summary.makespan == std::chrono::seconds{10});
        CHECK(run.result.report.exit == Exit::ok);
    }

    TEST_CASE("CM-STA-30 a driver waits until so many are free, and those of others come back") {
        const InlineRun run{gpus(in_cluster("a") + in_cluster("b")), {"cluster.driver_start=1s"}};
        CHECK(run.records.of("has gpu") ==
              Lines{R"(manager.note app=a node=w text="the driver has gpu 0, 1, 2")",
                    R"(manager.note app=b node=w text="the driver has gpu 3, 4, 5")"});
        CHECK(run.result.verdict == Verdict::stuck);  // two drivers, and no room to work
        const InlineRun one_by_one{gpus(in_cluster("a") + in_cluster("b")),
                                   {"cluster.conf.\"spark.deploy.maxDrivers\"=1"}};
        CHECK(one_by_one.records.of("has gpu").size() == 4);
        CHECK(one_by_one.records.has("10000000 driver.started app=b"));
        CHECK(one_by_one.result.report.exit == Exit::ok);
    }

    TEST_CASE("CM-STA-30 what a lost executor had goes to the one that takes its place") {
        const InlineRun run{gpus("[[app]]\nname = \"a\"\n" + stage("s", 4, "5s") +
                                 "[[fault]]\nkind = \"kill-executor\"\nexecutor = \"e1\"\n"
                                 "at = \"2s\"\n")};
        CHECK(run.records.of("has gpu") ==
              Lines{R"(manager.note app=a node=w text="e1 has gpu 0, 1, 2")",
                    R"(manager.note app=a node=w text="e2 has gpu 3, 4, 5")",
                    R"(manager.note app=a node=w text="e3 has gpu 0, 1, 2")"});
        CHECK(run.result.report.exit == Exit::ok);
    }

    TEST_CASE("where no worker tells what it has, there is what executors ask for") {
        const InlineRun run{gpus(in_cluster("a")), {"cluster.worker.0.resources={}"}};
        CHECK(run.records.of("manager.note").empty());
        CHECK(run.records.of("executor.registered").size() > 2);
        CHECK(run.result.report.exit == Exit::ok);
    }
}

}  // namespace forkyard::sim::resources_test
