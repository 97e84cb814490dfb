// cluster.manager = "local-cluster[...]".
#include <string>

#include <doctest/doctest.h>

#include "sim/scenario/scenario_file.hpp"

namespace forkyard::sim::local_cluster_test {

namespace {

LoadResult load(const std::string& manager, const std::string& rest = {}) {
    const std::string text = "format = 1\n[cluster]\nmanager = \"" + manager + "\"\n" + rest +
                             "[[app]]\nname = \"a\"\n[[app.stage]]\ntasks = 1\n";
    return load_scenario_text({text, "s.toml", "."}, {}, DataFiles::look);
}

std::string said(const LoadResult& result) {
    std::string all;
    for (const Diagnostic& diagnostic : result.diagnostics) {
        all += diagnostic.text() + "\n";
    }
    return all;
}

}  // namespace

TEST_SUITE("local clusters") {
    TEST_CASE("CM-LOC-07 so many workers alike, under a standalone master") {
        for (const char* const manager :
             {"local-cluster[3,14,1024]", "local-cluster[ 3 , 14,\\t1024 ]"}) {
            const LoadResult result = load(manager);
            CHECK(said(result).empty());
            REQUIRE(result.loaded);
            const ClusterSpec& cluster = result.loaded->scenario.cluster;
            CHECK(cluster.manager == "standalone");
            REQUIRE(cluster.nodes.size() == 3);
            CHECK(cluster.nodes[2].name == "worker-3");
            for (const NodeSpec& node : cluster.nodes) {
                CHECK(node.cores == 14);
                CHECK(node.memory == Bytes{std::int64_t{1} << 30});
            }
            CHECK(result.loaded->scenario.apps[0].conf.task_failures_max == 4);
        }
    }

    TEST_CASE("CM-LOC-07 an executor with more memory than a worker is refused, with both sizes") {
        const LoadResult result = load("local-cluster[2,1,512]");  // 1g by default
        CHECK(said(result).find("s.toml:4:1: error: the local cluster has 512m a worker, an "
                                "executor of `a` wants 1g") != std::string::npos);
        CHECK(said(load("local-cluster[2,1,512]", "[conf]\n\"spark.executor.memory\" = \"512m\"\n"))
                  .empty());
    }

    TEST_CASE("CM-LOC-04 what is no local cluster is refused, and so are workers beside one") {
        for (const char* const manager : {"local-cluster",
                                          "local-cluster[]",
                                          "local-cluster[2]",
                                          "local-cluster[2,1]",
                                          "local-cluster[2,1,1024,1]",
                                          "local-cluster[2,1,1024,]",
                                          "local-cluster[0,1,1024]",
                                          "local-cluster[2,x,1024]",
                                          "local-cluster[2,1,1024",
                                          "local-cluster[2,-1,1024]",
                                          "local-cluster:2,1,1024",
                                          "local-cluster[1 4,1,1024]"}) {
            INFO(manager);
            CHECK(said(load(manager)).find("is no local cluster") != std::string::npos);
        }
        CHECK(said(load("local-cluster[2,1,1024]",
                        "[[cluster.worker]]\ncores = 1\nmemory = \"2g\"\n"))
                  .find("makes its own workers") != std::string::npos);
    }
}

}  // namespace forkyard::sim::local_cluster_test
