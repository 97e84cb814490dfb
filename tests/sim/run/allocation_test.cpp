// Dynamic allocation in whole runs: losses, retried stages, waves of a take.
#include <string>

#include <doctest/doctest.h>

#include "tests/sim/run/inline_run.hpp"

namespace forkyard::sim::allocation_test {

using testing::InlineRun;

namespace {

std::string world(const std::string& conf, const std::string& app) {
    return "format = 1\n[cluster]\nexecutor_start = \"300ms\"\nmessage_delay = \"1ms\"\n"
           "[[cluster.worker]]\nname = \"w\"\ncount = 3\ncores = 4\nmemory = \"4g\"\n[conf]\n"
           "\"spark.executor.cores\" = 2\n\"spark.dynamicAllocation.enabled\" = true\n" +
           conf + "[[app]]\nname = \"a\"\n" + app;
}

const char* const map_reduce =
    "[[app.stage]]\nname = \"m\"\ntasks = 12\nduration = \"1s\"\n"
    "shuffle_write = \"1m\"\n[[app.stage]]\nname = \"r\"\ntasks = 8\n"
    "duration = \"2s\"\nparents = [\"m\"]\n";

}  // namespace

TEST_SUITE("dynamic allocation in runs") {
    TEST_CASE("a lost executor's map tasks run again, in an attempt of few tasks") {
        const InlineRun run{
            world("\"spark.dynamicAllocation.minExecutors\" = 3\n",
                  map_reduce + std::string{"[[fault]]\nkind = \"kill-executor\"\n"
                                           "executor = \"e2\"\nat = \"3500ms\"\n"})};
        CHECK(run.records.of("stage.submit app=a stage=s0.1").size() == 1);
        CHECK(run.result.report.exit == Exit::ok);
    }

    TEST_CASE("the later waves of a take begin behind the first partition") {
        const InlineRun run{
            world("",
                  "[[app.dataset]]\nname = \"d\"\nsteps = [ { range = [0, 100], partitions = 10, "
                  "cost = \"1s\" } ]\n[[app.job]]\nof = \"d\"\naction = \"take\"\n"
                  "args = [30]\n")};
        CHECK(run.records.of("job.finish").size() == 2);
        CHECK(run.result.report.exit == Exit::ok);
    }

    TEST_CASE("whatever is lost, all work is done, and what is asked for is nothing in the end") {
        for (int seed = 0; seed < 60; ++seed) {
            std::string faults;
            for (int i = 0; i < 3; ++i) {
                const int at = 1'000 + (seed * 397 + i * 1'811) % 9'000;
                faults +=
                    "[[fault]]\nkind = \"kill-executor\"\noptional = true\nexecutor = \"any\"\n"
                    "at = \"" +
                    std::to_string(at) + "ms\"\n";
            }
            const InlineRun run{
                world("\"spark.speculation\" = true\n"
                      "\"spark.dynamicAllocation.executorIdleTimeout\" = \"2s\"\n"
                      "\"spark.dynamicAllocation.shuffleTracking.timeout\" = \"3s\"\n",
                      "open_until = \"60s\"\n" + std::string{map_reduce} + faults),
                {"seed=" + std::to_string(seed)}};
            INFO("seed ", seed);
            CHECK(run.result.report.exit == Exit::ok);
            CHECK(run.records.of("executor.request app=a").back().find(" total=0 ") !=
                  std::string::npos);
        }
    }
}

}  // namespace forkyard::sim::allocation_test
