// spark.dynamicAllocation.* and [[app.request]] as they are read.
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "sim/scenario/scenario_file.hpp"

namespace forkyard::sim::allocation_conf_test {

namespace {

struct Loaded {
    LoadResult result;
    [[nodiscard]] const AppSpec& app() const { return result.loaded->scenario.apps.front(); }
    [[nodiscard]] std::string said() const {
        std::string all;
        for (const Diagnostic& diagnostic : result.diagnostics) {
            all += diagnostic.text() + "\n";
        }
        return all;
    }
    [[nodiscard]] bool says(const std::string& part) const {
        return said().find(part) != std::string::npos;
    }
};

Loaded load(const std::string& conf, const std::string& rest = {}) {
    const std::string text =
        "format = 1\n[[cluster.worker]]\nname = \"w\"\ncores = 8\n"
        "memory = \"8g\"\n[conf]\n" +
        conf +
        "[[app]]\nname = \"a\"\nsubmit_at = \"1s\"\n[[app.stage]]\n"
        "name = \"s\"\ntasks = 4\n" +
        rest;
    return {load_scenario_text({text, "test.toml", "."}, {}, DataFiles::look)};
}

Loaded allocation(const std::string& keys) {
    return load("\"spark.dynamicAllocation.enabled\" = true\n" + keys);
}

std::string key(const std::string& name, const std::string& value) {
    return "\"spark.dynamicAllocation." + name + "\" = " + value + "\n";
}

}  // namespace

TEST_SUITE("dynamic allocation in a scenario") {
    TEST_CASE("ALLOC-01 what cannot be is refused where it stands") {
        CHECK(allocation(key("minExecutors", "-1")).says("test.toml:8:"));
        CHECK(allocation(key("maxExecutors", "0")).says("must be a whole number from 1"));
        CHECK(allocation(key("minExecutors", "3") + key("maxExecutors", "2"))
                  .says("must not be above"));
        CHECK(allocation(key("schedulerBacklogTimeout", "0")).says("must be a time"));
        CHECK(allocation(key("sustainedSchedulerBacklogTimeout", "\"0s\"")).says("must be a time"));
        CHECK(allocation(key("executorAllocationRatio", "0")).says("must be above 0"));
        CHECK(allocation(key("executorAllocationRatio", "1.1")).says("error"));
        CHECK(allocation("\"spark.executor.cores\" = 1\n\"spark.task.cpus\" = 2\n")
                  .says("cannot run a task of 2"));
        const Loaded untracked = allocation(key("shuffleTracking.enabled", "false"));
        CHECK(untracked.says("would lose shuffle files"));
        CHECK(allocation("\"forkyard.compat\" = \"3.5\"\n").says("would lose shuffle files"));
        CHECK(allocation(key("minExecutors", "2") + key("maxExecutors", "2")).said().empty());
    }

    TEST_CASE("ALLOC-02 at first as many as the largest of three settings says") {
        const auto initial = [](const std::string& keys) {
            const Loaded loaded = allocation(keys);
            CHECK(loaded.said().empty());
            return loaded.app().conf.allocation.executors_initial;
        };
        CHECK(initial("") == 0);
        CHECK(initial(key("minExecutors", "2")) == 2);
        CHECK(initial(key("minExecutors", "2") + key("initialExecutors", "3")) == 3);
        CHECK(initial(key("initialExecutors", "3") + "\"spark.executor.instances\" = 4\n") == 4);
        CHECK(allocation(key("initialExecutors", "3") + key("maxExecutors", "2"))
                  .says("would begin with 3 executors"));
    }

    TEST_CASE("spark.executor.instances without dynamic allocation draws a warning") {
        CHECK(load("\"spark.executor.instances\" = 4\n")
                  .says("warning: a standalone cluster does not look at"));
    }

    TEST_CASE("the defaults follow the version") {
        const AllocationConf now = allocation("").app().conf.allocation;
        CHECK(now.shuffle_tracking);
        CHECK(now.longest_timeout);
        CHECK(now.sustained_timeout == now.backlog_timeout);
        CHECK_FALSE(now.cached_timeout);
        const AllocationConf old =
            allocation(key("shuffleTracking.enabled", "true") + key("executorIdleTimeout", "5") +
                       key("cachedExecutorIdleTimeout", "\"2min\"") +
                       key("schedulerBacklogTimeout", "3") + "\"forkyard.compat\" = \"3.0\"\n")
                .app()
                .conf.allocation;
        CHECK_FALSE(old.longest_timeout);
        CHECK(old.idle_timeout == std::chrono::seconds{5});
        CHECK(old.cached_timeout == std::chrono::minutes{2});
        CHECK(old.sustained_timeout == std::chrono::seconds{3});
    }

    TEST_CASE("requests are read, each for one thing") {
        const auto request = [](const std::string& keys) {
            return load("", "[[app.request]]\n" + keys);
        };
        const Loaded good = request(
            "at = \"2s\"\nkill_executors = [\"e2\", \"e1\"]\n"
            "[[app.request]]\nat = \"3s\"\nrequest_executors = 2\n"
            "[[app.request]]\nat = \"4s\"\nlist_executors = true\n"
            "[[app.request]]\nat = \"5s\"\nrequest_total_executors = 0\n");
        CHECK(good.said().empty());
        const std::vector<RequestSpec>& requests = good.app().requests;
        REQUIRE(requests.size() == 4);
        CHECK(requests[0] == RequestSpec{SimTime{std::chrono::seconds{2}},
                                         ExecutorCall::kill,
                                         0,
                                         {ExecutorId{2}, ExecutorId{1}}});
        CHECK(requests[1].count == 2);
        CHECK(requests[2].call == ExecutorCall::list);
        CHECK(requests[3].call == ExecutorCall::request_total);
        CHECK(request("at = \"2s\"\n").says("asks for one thing, not for 0"));
        CHECK(request("at = \"2s\"\nrequest_executors = 1\nlist_executors = true\n")
                  .says("asks for one thing, not for 2"));
        CHECK(request("request_executors = 1\n").says("`at`"));
        CHECK(request("at = \"500ms\"\nrequest_executors = 1\n").says("before the application's"));
        CHECK(request("at = \"2s\"\nrequest_executors = -1\n").says("error"));
        CHECK(request("at = \"2s\"\nkill_executors = [\"w1\"]\n").says("no executor `w1`"));
        CHECK(request("at = \"2s\"\nkill_executors = []\n").says("is empty"));
        CHECK(request("at = \"2s\"\nlist_executors = false\n").says("is true, or left out"));
    }
}

}  // namespace forkyard::sim::allocation_conf_test
