// Shuffle outputs that no executor takes, in a storage outside the cluster, in whole runs.
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "tests/sim/run/inline_run.hpp"

namespace forkyard::sim::fallback_storage_test {

using testing::begin;
using testing::InlineRun;
using testing::stage;

namespace {

using Lines = std::vector<std::string>;

// Three nodes, on each an executor of one core.
std::string three(const std::string& app, const std::string& rest) {
    return "format = 1\n[cluster]\n[[cluster.worker]]\nname = \"w\"\ncount = 3\ncores = 1\n"
           "memory = \"8g\"\n[conf]\n\"forkyard.offers\" = \"in-order\"\n"
           "\"spark.executor.cores\" = 1\n\"spark.decommission.enabled\" = true\n"
           "\"spark.storage.decommission.enabled\" = true\n"
           "\"spark.storage.decommission.fallbackStorage.path\" = \"s3a://bucket/\"\n"
           "[[app]]\nname = \"a\"\n" +
           app + rest;
}

std::string shuffle(int tasks) {
    return stage("m", tasks, "4s") + "shuffle_write = \"1m\"\n" + stage("r", 3, "2s") +
           "parents = [\"m\"]\n";
}

const std::string all_leave =
    "[[fault]]\nkind = \"decommission-executor\"\nexecutor = \"all\"\nat = \"4500ms\"\n"
    "grace = \"10min\"\n";
const std::string first_leaves =
    "[[fault]]\nkind = \"decommission-executor\"\nexecutor = \"e1\"\nat = \"4500ms\"\n"
    "grace = \"10min\"\n";
const std::string lost_nodes =
    "[[fault]]\nkind = \"lose-worker\"\nworker = [\"w-1\", \"w-2\"]\nat = \"50s\"\n"
    "notice = \"0s\"\n";

std::string killed(const std::string& exec) {
    return "[[fault]]\nkind = \"kill-executor\"\nat = \"4800ms\"\nexecutor = \"" + exec +
           "\"\nnotice = \"never\"\n";
}

std::size_t map_tasks_run(const InlineRun& run) {
    return run.records.of("task.launch app=a task=s0").size();
}

}  // namespace

TEST_SUITE("the fallback storage") {
    TEST_CASE("DECOM-06 with a fallback storage outputs go there, and are read from there") {
        const InlineRun run{three(shuffle(6), all_leave)};
        const Lines moved = run.records.of("map-output.moved");
        CHECK(begin(moved, 1) ==
              Lines{"4500000", "4500000", "4500000", "34500000", "34500000", "34500000"});
        CHECK(run.records.of("partition=0 exec=fallback from=e1").size() == 1);
        CHECK(run.records.of("map-output.register app=a shuffle=h0 partition=0 exec=fallback")
                  .size() == 1);
        CHECK(run.records.of("map-output.unregister").empty());
        CHECK(run.records.of("reason=decommissioned code=0").size() == 3);
        CHECK(map_tasks_run(run) == 6);
        CHECK(run.result.report.exit == Exit::ok);
    }

    TEST_CASE("DECOM-06 what is there stays there, whichever executors and nodes are lost") {
        const InlineRun run{three("open_until = \"90s\"\n" + shuffle(3) +
                                      "[[app.job]]\nname = \"one\"\nof = \"r\"\n"
                                      "[[app.job]]\nname = \"two\"\nof = \"r\"\nat = \"1min\"\n",
                                  all_leave + lost_nodes),
                            {"cluster.network={ latency = \"10ms\", bandwidth = \"1m/s\", "
                             "cross_rack_latency = \"20ms\" }"}};
        // Two uploads and one megabyte, and a third of it for each reader, as from another rack.
        CHECK(begin(run.records.of("map-output.moved"), 1) ==
              Lines{"5540000", "5540000", "5540000"});
        CHECK(run.records.of("map-output.unregister").empty());
        CHECK(run.records.of("status=fetch-failed").empty());
        CHECK(map_tasks_run(run) == 3);
        CHECK(run.records.of("task=s3.0").size() == 6);
        CHECK(run.records.of("loc=ANY").size() >= 3);  // no node is preferred, and none will do
        CHECK(run.result.report.exit == Exit::ok);
    }

    TEST_CASE("DECOM-06 an output whose peer is gone goes there; cached partitions do not") {
        const std::string keeps =
            stage("m", 3, "4s") + "shuffle_write = \"1m\"\ncache = \"MEMORY_ONLY\"\n" +
            "cache_size = \"1m\"\n" + stage("r", 3, "9s") + "parents = [\"m\"]\n";
        const InlineRun run{three(keeps, first_leaves + killed("e2") + killed("e3")),
                            {"cluster.network={ bandwidth = \"1m/s\" }"}};
        CHECK(begin(run.records.of("map-output.moved"), 5) ==
              Lines{"5800000 map-output.moved app=a shuffle=h0 partition=0"});
        CHECK(run.records.of("exec=fallback from=e1").size() == 1);
        CHECK(run.records.of("block.cached").size() >= 3);
        CHECK(run.records.of("block=rdd_0_0 exec=fallback").empty());
        CHECK(run.result.report.exit == Exit::ok);
    }
}

}  // namespace forkyard::sim::fallback_storage_test
