// Stages that run again beside caches and older attempts: the invariants know what Spark
// does not read, and what it does not count.
#include <string>

#include <doctest/doctest.h>

#include "tests/sim/run/inline_run.hpp"

namespace forkyard::sim::stages_again_test {

using testing::InlineRun;

namespace {

std::string world(const std::string& workers, const std::string& rest) {
    return "format = 1\n[cluster]\n[cluster.network]\nbandwidth = \"4m/s\"\n"
           "[[cluster.worker]]\nname = \"w\"\ncores = 1\nmemory = \"2g\"\ncount = " +
           workers +
           "\n[conf]\n\"spark.executor.cores\" = 1\n\"spark.executor.memory\" = \"1g\"\n"
           "\"forkyard.offers\" = \"in-order\"\n[[app]]\nname = \"a\"\n" +
           rest;
}

}  // namespace

TEST_SUITE("stages again") {
    TEST_CASE("SCH-DAG-04 a cached stage starts without the outputs that it was made from") {
        const InlineRun run{world("2", R"(
[[app.stage]]
name = "map"
tasks = 2
duration = "1s"
shuffle_write = "1k"
[[app.stage]]
name = "mid"
tasks = 1
parents = ["map"]
duration = "1s"
cache = "MEMORY_ONLY"
[[app.job]]
of = "mid"
[[app.job]]
of = "mid"
at = "6s"
[[fault]]
kind = "kill-executor"
executor = "e2"
at = "5s"
)")};
        CHECK(run.result.report.exit == Exit::ok);
        CHECK(run.records.of("map-output.unregister").size() == 1);
        // One of its parent's outputs is gone, and nobody makes it again.
        CHECK(run.records.of("stage.submit").size() == 3);
        CHECK(
            run.records.has("task.launch app=a task=s3.0/p0#0 exec=e1 node=w-1 "
                            "loc=PROCESS_LOCAL"));
    }

    TEST_CASE("SCH-DAG-57 what an older attempt of an indeterminate stage makes is void") {
        // Partition 0 of mid reads for three seconds and loses a holder; partition 1 reads
        // nothing, runs on, and ends after partition 0 of the next attempt.
        const InlineRun run{world("3", R"(
[[app.stage]]
name = "map"
tasks = 3
duration = "1s"
shuffle_write = "6m"
skew = { weights = [1, 0] }
[[app.stage]]
name = "mid"
tasks = 2
parents = ["map"]
duration = { each = ["1s", "8s"] }
shuffle_write = "1k"
deterministic = false
[[app.stage]]
name = "end"
tasks = 1
parents = ["mid"]
[[fault]]
kind = "kill-executor"
executor = "e3"
at = "3s"
)")};
        CHECK(run.result.report.exit == Exit::ok);
        CHECK(run.records.has("9000000 task.finished app=a task=s1.0/p1#0 exec=e2 status=success"));
        // Both outputs are of the second attempt.
        CHECK(run.records.of("map-output.register app=a shuffle=h1").size() == 2);
        CHECK(run.records.has("stage.finish app=a stage=s1.1 status=succeeded"));
    }
}

}  // namespace forkyard::sim::stages_again_test
