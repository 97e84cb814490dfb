// What scenarios say of YARN, Kubernetes and Mesos, and what is wrong with it.
#include <string>
#include <vector>

#include <doctest/doctest.h>
#include <fmt/format.h>

#include "sim/scenario/scenario_file.hpp"

namespace forkyard::sim::manager_conf_test {

namespace {

LoadResult load_on(const std::string& manager,
                   const std::string& tables,
                   const std::string& conf = {},
                   const std::string& app = {}) {
    const std::string text = "format = 1\n[cluster]\nmanager = \"" + manager +
                             "\"\n[[cluster.worker]]\nname = \"w\"\ncores = 8\nmemory = \"64g\"\n" +
                             tables + "[conf]\n" + conf + "[[app]]\nname = \"a\"\n" + app +
                             "[[app.stage]]\ntasks = 1\n";
    return load_scenario_text({text, "s.toml", "."}, {}, DataFiles::look);
}

std::string told(const LoadResult& result) {
    std::string all;
    for (const Diagnostic& diagnostic : result.diagnostics) {
        all += diagnostic.text() + "\n";
    }
    return all;
}

bool tells(const LoadResult& result, std::string_view text) {
    return told(result).find(text) != std::string::npos;
}

AppConf conf_on(const std::string& manager, const std::string& conf = {}) {
    const LoadResult result = load_on(manager, "", conf);
    INFO(told(result));
    REQUIRE(result.loaded);
    return result.loaded->scenario.apps[0].conf;
}

}  // namespace

TEST_SUITE("scenarios of managers") {
    TEST_CASE(
        "ALLOC-25 YARN and Kubernetes start two executors of a core and wait for 80 percent") {
        for (const char* const manager : {"yarn", "kubernetes"}) {
            const AppConf conf = conf_on(manager);
            CHECK(conf.executor_cores == 1U);
            CHECK(conf.executors_static == 2U);
            CHECK(conf.gate_by_executors);
            CHECK(conf.registered_ratio_min == Millionths{800'000});
        }
        for (const char* const manager : {"standalone", "mesos"}) {
            const AppConf conf = conf_on(manager);
            CHECK(!conf.executor_cores);
            CHECK(!conf.executors_static);
            CHECK(conf.registered_ratio_min == Millionths{0});
        }
        CHECK(conf_on("yarn", "\"spark.executor.instances\" = 7\n").executors_static == 7U);
    }

    TEST_CASE("CM-YARN-12 CM-K8S-15 how many failures are allowed, and who counts them") {
        const auto instances = [](std::uint32_t count) {
            return fmt::format("\"spark.executor.instances\" = {}\n", count);
        };
        const auto dynamic = [](std::uint32_t most) {
            return fmt::format(
                "\"spark.dynamicAllocation.enabled\" = true\n"
                "\"spark.dynamicAllocation.shuffleTracking.enabled\" = true\n"
                "\"spark.dynamicAllocation.maxExecutors\" = {}\n",
                most);
        };
        for (const char* const manager : {"kubernetes", "yarn"}) {
            CHECK(conf_on(manager, instances(1)).executor_failures_max == 3U);
            CHECK(conf_on(manager).executor_failures_max == 4U);
            CHECK(conf_on(manager, instances(10)).executor_failures_max == 20U);
            CHECK(conf_on(manager, dynamic(6)).executor_failures_max == 12U);
            CHECK(conf_on(manager, dynamic(AllocationConf::unlimited / 2)).executor_failures_max ==
                  AllocationConf::unlimited - 1);
            CHECK(conf_on(manager, dynamic(AllocationConf::unlimited)).executor_failures_max ==
                  AllocationConf::unlimited);
        }
        CHECK(conf_on("kubernetes").failure_cap == FailureCap::exceeded);
        CHECK(conf_on("yarn").failure_cap == FailureCap::of_manager);
        CHECK(conf_on("yarn", "\"spark.yarn.max.executor.failures\" = 5\n").executor_failures_max ==
              5U);
        CHECK(!conf_on("standalone").executor_failures_max);
    }

    TEST_CASE("CM-K8S-01 CM-K8S-02 CM-K8S-04 batches by version") {
        CHECK(conf_on("kubernetes").pods.batch_size == 10);
        const PodsConf old = conf_on("kubernetes", "\"forkyard.compat\" = \"3.5\"\n").pods;
        CHECK(old.batch_size == 5);
        CHECK(!old.pending_blocks);
        const PodsConf oldest = conf_on("kubernetes", "\"forkyard.compat\" = \"3.0\"\n").pods;
        CHECK(oldest.pending_blocks);
        CHECK(oldest.creation_timeout == std::chrono::seconds{60});
    }

    TEST_CASE("Mesos runs by the rules of the last version that had it") {
        CHECK(conf_on("mesos").compat == Compat::spark_3_5);
        CHECK(conf_on("mesos", "\"forkyard.compat\" = \"3.0\"\n").compat == Compat::spark_3_0);
    }

    TEST_CASE("CM-K8S-18 an amount of cores as Kubernetes writes it") {
        const auto request = [](const std::string& text) {
            return conf_on("kubernetes",
                           "\"spark.kubernetes.executor.request.cores\" = " + text + "\n")
                .pods.request_millicores;
        };
        CHECK(request("\"500m\"") == 500U);
        CHECK(request("2") == 2000U);
        CHECK(request("0.5") == 500U);
        CHECK(tells(
            load_on("kubernetes", "", "\"spark.kubernetes.executor.request.cores\" = \"much\"\n"),
            "must be an amount of cores, which `much` is not"));
    }

    TEST_CASE("queues that make no tree or no whole are refused, each where it stands") {
        const auto queue = [](const std::string& keys) {
            return "[[cluster.yarn.queue]]\n" + keys;
        };
        CHECK(tells(load_on("yarn", queue("name = \"a\"\nparent = \"b\"\n")),
                    "s.toml:10:10: error: unknown queue `b`"));
        CHECK(tells(load_on("yarn",
                            queue("name = \"a\"\nparent = \"b\"\n") +
                                queue("name = \"b\"\nparent = \"a\"\n")),
                    "queue `a` is below itself"));
        CHECK(tells(load_on("yarn",
                            queue("name = \"a\"\nparent = \"b\"\n") +
                                queue("name = \"b\"\nparent = \"c\"\n")),
                    "s.toml:13:10: error: unknown queue `c`"));
        CHECK(tells(load_on("yarn", queue("name = \"root\"\n")),
                    "s.toml:9:8: error: `root` is the queue above all others"));
        CHECK(tells(load_on("yarn",
                            queue("name = \"a\"\ncapacity = 60\n") +
                                queue("name = \"b\"\ncapacity = 50\n")),
                    "the capacities below `root` make 110 %, not 100"));
        CHECK(tells(load_on("yarn", queue("name = \"a\"\ncapacity = 100\nmax_capacity = 50\n")),
                    "`max_capacity` must not be below `capacity`"));
        CHECK(tells(load_on("yarn", queue("name = \"a\"\nweight = -1\n")),
                    "`weight` must not be below 0"));
        CHECK(tells(load_on("yarn",
                            "[cluster.conf]\n"
                            "\"yarn.scheduler.capacity.root.x.user-limit-factor\" = 2\n" +
                                queue("name = \"a\"\n")),
                    "there is no queue `root.x`"));
    }

    TEST_CASE("CM-YARN-26 what counts is said by the key of the scheduler that is chosen") {
        const std::string drf = "policy = \"drf\"\n";
        const std::string dominant =
            "[cluster.conf]\n\"yarn.scheduler.capacity.resource-calculator\" = \"dominant\"\n";
        const auto counts_both = [](const std::string& scheduler, const std::string& rest) {
            const LoadResult result =
                load_on("yarn", "[cluster.yarn]\nscheduler = \"" + scheduler + "\"\n" + rest);
            REQUIRE(result.loaded);
            CHECK(tells(result, "has no effect here") !=
                  (rest.empty() || result.loaded->scenario.cluster.yarn.dominant));
            return result.loaded->scenario.cluster.yarn.dominant;
        };
        CHECK(counts_both("fair", drf));
        CHECK(counts_both("capacity", dominant));
        CHECK_FALSE(counts_both("capacity", drf));
        CHECK_FALSE(counts_both("fair", dominant));
        CHECK_FALSE(counts_both("fair", ""));
        CHECK_FALSE(counts_both("capacity", ""));
    }

    TEST_CASE("nodes to exclude may stand apart, and have to be there") {
        const auto exclude = [](const std::string& names) {
            return load_on("yarn", "", "\"spark.yarn.exclude.nodes\" = \"" + names + "\"\n");
        };
        const LoadResult apart = exclude(" w,\tw , ,w");
        REQUIRE(apart.loaded);
        CHECK(told(apart).empty());
        CHECK(apart.loaded->scenario.apps[0].conf.yarn.excluded_nodes ==
              std::vector<std::string>{"w", "w", "w"});
        CHECK(tells(exclude("w, w-7"), "warning: there is no worker `w-7` to exclude"));
    }

    TEST_CASE("a queue without a name is refused") {
        for (const char* const manager : {"yarn", "kubernetes", "mesos"}) {
            CHECK(tells(load_on(manager, "", "", "queue = \"\"\n"), "the queue has no name"));
        }
        CHECK(
            tells(load_on("mesos", "", "\"spark.mesos.role\" = \"\"\n"), "the queue has no name"));
    }

    TEST_CASE("CM-YARN-01 an executor larger than the largest container is refused at the start") {
        CHECK(tells(load_on("yarn", "", "\"spark.executor.memory\" = \"8g\"\n"),
                    "yarn.scheduler.maximum-allocation-mb"));
        CHECK(tells(load_on("yarn", "", "\"spark.executor.cores\" = 5\n"),
                    "yarn.scheduler.maximum-allocation-vcores"));
        CHECK(told(load_on("yarn",
                           "[cluster.conf]\n\"yarn.scheduler.maximum-allocation-mb\" = 16384\n",
                           "\"spark.executor.memory\" = \"8g\"\n"))
                  .empty());
    }

    TEST_CASE("CM-MESOS-12 fine-grained mode, and what does not go with it") {
        const std::string fine = "\"spark.mesos.coarse\" = false\n";
        const AppConf conf = conf_on("mesos", fine + "\"spark.mesos.mesosExecutor.cores\" = 2.0\n");
        CHECK(conf.mesos.fine_grained);
        CHECK(conf.mesos.own_cores == 2);
        CHECK_FALSE(conf_on("mesos").mesos.fine_grained);
        CHECK_FALSE(conf_on("yarn", fine).mesos.fine_grained);
        const LoadResult both = load_on("mesos",
                                        "",
                                        fine +
                                            "\"spark.dynamicAllocation.enabled\" = true\n"
                                            "\"spark.shuffle.service.enabled\" = true\n"
                                            "\"spark.cores.max\" = 2\n");
        CHECK(tells(both, "fine-grained mode has no dynamic allocation of executors"));
        CHECK(tells(both, "fine-grained mode does not look at `spark.cores.max`"));
        CHECK_FALSE(both.loaded->scenario.apps[0].conf.allocation.enabled);
        CHECK(tells(load_on("mesos", "", fine + "\"spark.mesos.mesosExecutor.cores\" = 0.5\n"),
                    "must be a whole number of cores"));
        CHECK(tells(load_on("mesos", "", fine + "\"spark.mesos.mesosExecutor.cores\" = 8\n"),
                    "no worker has room for the executors"));
    }

    TEST_CASE("CM-MESOS-06 an agent is reserved for a role that there is") {
        const auto on_mesos = [](const std::string& role, const std::string& tables) {
            return load_on("mesos", "reserved_for = \"" + role + "\"\n" + tables);
        };
        const std::string prod = "[[cluster.mesos.role]]\nname = \"prod\"\n";
        const LoadResult declared = on_mesos("prod", prod);
        REQUIRE(declared.loaded);
        CHECK(declared.loaded->scenario.cluster.nodes[0].reserved_for == "prod");
        CHECK(tells(declared, "no worker has room for the executors"));
        CHECK(told(on_mesos("default", "")).empty());  // the application's own
        const LoadResult quota = load_on("mesos", prod + "cores = 9\nmemory = \"1k\"\n");
        CHECK(tells(quota, "roles are guaranteed 9 cores, and the agents have 8"));
        CHECK(quota.loaded->scenario.cluster.mesos.roles[0].memory == Bytes{1024});
        CHECK(tells(on_mesos("prd", prod), "unknown role `prd`. did you mean `prod`?"));
    }

    TEST_CASE("whether executors fit is measured as their manager books them") {
        const auto told_of = [](const std::string& manager,
                                const std::string& memory,
                                const std::string& conf) {
            return told(load_scenario_text({"format = 1\n[cluster]\nmanager = \"" + manager +
                                                "\"\n[[cluster.worker]]\nname = \"w\"\ncores = 2\n"
                                                "memory = \"" +
                                                memory +
                                                "\"\n[[app]]\nname = \"a\"\n[app.conf]\n"
                                                "\"spark.executor.memory\" = \"1g\"\n" +
                                                conf + "[[app.stage]]\ntasks = 1\n",
                                            "s.toml",
                                            "."},
                                           {},
                                           DataFiles::look));
        };
        const std::string no_room = "no worker has room for the executors of `a` ";
        const std::string four = "\"spark.executor.cores\" = 4\n";
        // Of YARN's nodes memory alone counts, in whole containers.
        CHECK(told_of("yarn", "4g", four).empty());
        CHECK(told_of("yarn", "1500m", "").find(no_room + "(1 cores, 2g)") != std::string::npos);
        // A pod may ask for less than its executor has.
        CHECK(told_of("kubernetes", "4g", four).find(no_room) != std::string::npos);
        CHECK(told_of("kubernetes",
                      "4g",
                      four + "\"spark.kubernetes.executor.request.cores\" = \"500m\"\n")
                  .empty());
        const std::string mesos = "\"spark.executor.cores\" = 1\n";
        CHECK(told_of("mesos", "4g", mesos).empty());
        CHECK(told_of("mesos", "4g", mesos + "\"spark.mesos.executor.memoryOverhead\" = \"8g\"\n")
                  .find(no_room + "(1 cores, 9g)") != std::string::npos);
        CHECK(told_of("mesos", "4g", mesos + "\"spark.mesos.extra.cores\" = 2\n")
                  .find(no_room + "(3 cores") != std::string::npos);
    }

    TEST_CASE("so is what there is of other resources, on workers that tell what they have") {
        const auto told_of = [](const std::string& wanted) {
            return told(load_scenario_text(
                {"format = 1\n[[cluster.worker]]\nname = \"w\"\ncores = 2\nmemory = \"4g\"\n"
                 "resources = { gpu = 2 }\n[[app]]\nname = \"a\"\ndeploy_mode = \"cluster\"\n"
                 "[app.conf]\n\"spark.task.resource.gpu.amount\" = 1\n"
                 "\"spark.executor.resource.gpu.amount\" = 2\n\"spark." +
                     wanted + "\n[[app.stage]]\ntasks = 1\n",
                 "s.toml",
                 "."},
                {},
                DataFiles::look));
        };
        const std::string refused = "no worker has room and the resources for the ";
        CHECK(told_of("driver.resource.gpu.amount\" = 2").empty());
        const std::string driver = told_of("driver.resource.gpu.amount\" = 3");
        CHECK(driver.find(refused + "driver of `a`") != std::string::npos);
        CHECK(driver.find("see `spark.driver.resource`") != std::string::npos);
        const std::string executors = told_of(
            "executor.resource.fpga.amount\" = 1\n\""
            "spark.task.resource.fpga.amount\" = 1");
        CHECK(executors.find(refused + "executors of `a`") != std::string::npos);
        CHECK(executors.find("see `spark.executor.resource`") != std::string::npos);
    }

    TEST_CASE("so is whether a driver in cluster mode does") {
        const auto told_of = [](const std::string& manager, const std::string& memory) {
            return told(load_on(manager,
                                "",
                                "\"spark.executor.memory\" = \"1g\"\n\"spark.driver.memory\" = \"" +
                                    memory + "\"\n",
                                "deploy_mode = \"cluster\"\n"));
        };
        CHECK(told_of("yarn", "7g").empty());
        CHECK(told_of("yarn", "12g").find("a container for the driver of `a` takes") !=
              std::string::npos);
        CHECK(told_of("standalone", "64g").empty());
        for (const char* const manager : {"standalone", "kubernetes", "mesos"}) {
            CHECK(told_of(manager, "65g").find("no worker has room for the driver of `a`") !=
                  std::string::npos);
        }
    }

    TEST_CASE("tables of managers that are not chosen are checked all the same, then rest") {
        CHECK(tells(load_on("standalone", "[[cluster.mesos.role]]\nname = \"r\"\nweight = 0.0\n"),
                    "`weight` must be above 0"));
        CHECK(told(load_on("standalone", "[cluster.kubernetes]\nscoring = \"most-allocated\"\n"))
                  .empty());
    }
}

}  // namespace forkyard::sim::manager_conf_test
