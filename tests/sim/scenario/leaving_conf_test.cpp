// What scenarios may say of executors that leave, of drained nodes and of the shuffle service.
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "tests/sim/scenario/loading.hpp"

namespace forkyard::sim::leaving_conf_test {

namespace {

const std::string one_stage = "[[app.stage]]\nname = \"s\"\ntasks = 1\n";

AppConf conf_of(const std::string& conf) {
    const LoadResult result = load_text(small_scenario + one_stage + "[conf]\n" + conf);
    REQUIRE(result.loaded);
    CHECK(shown(result).empty());
    return result.loaded->scenario.apps.front().conf;
}

}  // namespace

TEST_SUITE("leaving in a scenario") {
    TEST_CASE("as Spark has it where nothing is said") {
        const AppConf conf = conf_of("");
        CHECK(conf.decommission == DecommissionConf{});
        CHECK_FALSE(conf.decommission.enabled);
        CHECK_FALSE(conf.decommission.storage);
        CHECK(conf.decommission.cached_blocks);
        CHECK(conf.decommission.shuffle_blocks);
        CHECK(conf.decommission.threads_max == 8);
        CHECK(conf.decommission.block_failures_max == 3);
        CHECK(conf.decommission.interval == std::chrono::seconds{30});
        CHECK_FALSE(conf.decommission.force_kill_timeout);
        CHECK_FALSE(conf.shuffle_service);
        CHECK(conf.ignore_decommission_fetch_failure);
        CHECK_FALSE(conf_of("\"forkyard.compat\" = \"3.5\"\n").ignore_decommission_fetch_failure);
    }

    TEST_CASE("every property is read, bare numbers in Spark's units") {
        const AppConf conf = conf_of(
            "\"spark.decommission.enabled\" = true\n"
            "\"spark.executor.decommission.killInterval\" = 120\n"
            "\"spark.executor.decommission.forceKillTimeout\" = 60\n"
            "\"spark.storage.decommission.enabled\" = true\n"
            "\"spark.storage.decommission.rddBlocks.enabled\" = false\n"
            "\"spark.storage.decommission.shuffleBlocks.maxThreads\" = 2\n"
            "\"spark.storage.decommission.maxReplicationFailuresPerBlock\" = 1\n"
            "\"spark.storage.decommission.replicationReattemptInterval\" = 5000\n"
            "\"spark.storage.decommission.fallbackStorage.path\" = \"s3a://bucket/spark/\"\n"
            "\"spark.scheduler.maxRetainedRemovedDecommissionExecutors\" = 4\n"
            "\"spark.stage.ignoreDecommissionFetchFailure\" = false\n"
            "\"spark.files.fetchFailure.unRegisterOutputOnHost\" = true\n"
            "\"spark.excludeOnFailure.killExcludedExecutors.decommission\" = true\n"
            "\"spark.shuffle.service.enabled\" = true\n"
            "\"spark.shuffle.registration.maxAttempts\" = 5\n");
        CHECK(conf.decommission.enabled);
        CHECK(conf.decommission_kill_interval == std::chrono::seconds{120});
        CHECK(conf.decommission.force_kill_timeout == std::chrono::seconds{60});
        CHECK(conf.decommission.storage);
        CHECK_FALSE(conf.decommission.cached_blocks);
        CHECK(conf.decommission.threads_max == 2);
        CHECK(conf.decommission.block_failures_max == 1);
        CHECK(conf.decommission.interval == std::chrono::seconds{5});
        CHECK(conf.decommission.fallback);
        CHECK(conf.retained_decommissioned == 4);
        CHECK_FALSE(conf.ignore_decommission_fetch_failure);
        CHECK(conf.unregister_output_on_host);
        CHECK(conf.exclusion.kill_by_decommission);
        CHECK(conf.shuffle_service);
        CHECK(conf.service_registrations_max == 5);
    }

    TEST_CASE("DECOM-06 the fallback storage is a folder") {
        CHECK(problems_with(one_stage + "[conf]\n"
                                        "\"spark.storage.decommission.fallbackStorage.path\" = "
                                        "\"s3a://bucket\"\n")
                  .find("error: `spark.storage.decommission.fallbackStorage.path` must end with "
                        "`/`") != std::string::npos);
    }

    TEST_CASE("ALLOC-01 executors that pass their files on need not be kept for them") {
        const AppConf conf = conf_of(
            "\"spark.dynamicAllocation.enabled\" = true\n"
            "\"spark.decommission.enabled\" = true\n"
            "\"spark.storage.decommission.enabled\" = true\n");
        CHECK_FALSE(conf.allocation.shuffle_tracking);
        CHECK(conf_of("\"spark.dynamicAllocation.enabled\" = true\n"
                      "\"spark.decommission.enabled\" = true\n")
                  .allocation.shuffle_tracking);
    }

    TEST_CASE("ESS-03 Kubernetes has no shuffle service") {
        CHECK(problems_with(one_stage + "[cluster]\nmanager = \"kubernetes\"\n"
                                        "[conf]\n\"spark.shuffle.service.enabled\" = true\n")
                  .find("s.toml:14:35: error: Kubernetes has no external shuffle service") !=
              std::string::npos);
    }

    TEST_CASE("under the wall clock real data is copied, kept and passed on as under the virtual") {
        const std::string text =
            "[[app.dataset]]\nname = \"d\"\n"
            "steps = [ { range = 10 }, { cache = \"MEMORY_ONLY_2\" } ]\n[conf]\n"
            "\"spark.shuffle.service.enabled\" = true\n"
            "\"spark.storage.decommission.enabled\" = true\n";
        CHECK(problems_with(text).empty());
        CHECK(problems_with(text, {"clock=wall"}).empty());
    }

    TEST_CASE("a fault keeps shuffle files only where there is a service") {
        const std::string fault =
            "[[fault]]\nkind = \"lose-worker\"\nworker = \"w-1\"\nat = \"1s\"\n"
            "keep_shuffle = true\n";
        CHECK(problems_with(one_stage + fault) ==
              "s.toml:15:16: error: no application has a shuffle service that could keep files. "
              "set `spark.shuffle.service.enabled` to true");
        CHECK(problems_with(one_stage + fault, {"spark.shuffle.service.enabled=true"}).empty());
    }

    TEST_CASE("nodes have labels and may be spot nodes") {
        const LoadResult result = load_text(
            "format = 1\n[[cluster.worker]]\ncores = 1\nmemory = \"1g\"\nspot = true\n"
            "labels = { zone = \"a\", pool = \"b\" }\n[[app]]\n" +
            one_stage);
        REQUIRE(result.loaded);
        const NodeSpec& node = result.loaded->scenario.cluster.nodes.front();
        CHECK(node.spot);
        CHECK(node.labels.at("zone") == "a");
        CHECK(node.labels.size() == 2);
        CHECK_FALSE(load_text("format = 1\n[[cluster.worker]]\ncores = 1\nmemory = \"1g\"\n"
                              "labels = { zone = 3 }\n[[app]]\n" +
                              one_stage)
                        .loaded);
    }

    TEST_CASE("faults that make executors leave take a grace, and say what becomes of blocks") {
        const LoadResult result = load_text(
            small_scenario + one_stage +
            "[[fault]]\nkind = \"decommission-executor\"\nexecutor = \"e1\"\nat = \"1s\"\n"
            "[[fault]]\nkind = \"preempt-executor\"\nexecutor = \"e1\"\nat = \"1s\"\n"
            "grace = \"5s\"\nmigrate = false\n"
            "[[fault]]\nkind = \"drain-worker\"\nworker = \"w-1\"\nat = \"1s\"\n");
        REQUIRE(result.loaded);
        const std::vector<FaultSpec>& faults = result.loaded->scenario.faults;
        CHECK(faults[0].grace == std::chrono::seconds{30});
        CHECK(faults[0].migrates);
        CHECK(faults[1].grace == std::chrono::seconds{5});
        CHECK_FALSE(faults[1].migrates);
        CHECK(faults[2].kind == FaultKind::drain_worker);
        CHECK_FALSE(problems_with(one_stage + "[[fault]]\nkind = \"drain-worker\"\n"
                                              "worker = \"w-1\"\nat = \"1s\"\nmigrate = true\n")
                        .empty());
    }
}

}  // namespace forkyard::sim::leaving_conf_test
