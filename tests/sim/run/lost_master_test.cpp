// A master on YARN that is lost while its driver, a client's, lives on.
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "tests/sim/run/inline_run.hpp"

namespace forkyard::sim::lost_master_test {

namespace {

using testing::InlineRun;
using testing::stage;
using Lines = std::vector<std::string>;

// The master is on w-1, executors of one core on w-2 and w-3; w-1 is lost at 20 s.
std::string losing_the_master(const std::string& conf) {
    return "format = 1\n[cluster]\nmanager = \"yarn\"\n[[cluster.worker]]\nname = \"w\"\n"
           "count = 3\ncores = 4\nmemory = \"8g\"\n[conf]\n\"spark.executor.memory\" = \"1g\"\n"
           "\"spark.yarn.exclude.nodes\" = \"w-1\"\n" +
           conf + "[[app]]\nname = \"a\"\n" + stage("s", 40, "2s") +
           "[[fault]]\nkind = \"lose-worker\"\nworker = \"w-1\"\nat = \"20s\"\nnotice = \"0s\"\n";
}

std::size_t count(const InlineRun& run, const char* text) {
    return run.records.of(text).size();
}

}  // namespace

TEST_SUITE("masters of clients that are lost") {
    TEST_CASE("CM-YARN-19 executors end with it, another begins, and numbers go on") {
        const InlineRun run{losing_the_master("\"spark.executor.instances\" = 4\n")};
        CHECK(count(run, "application master of") == 2);
        CHECK(count(run, "executor.kill app=a exec=") == 4);
        for (const char* const exec : {"e1", "e2", "e3", "e4"}) {
            CHECK(run.records.has(std::string{"20000000 executor.lost app=a exec="} + exec +
                                  " reason=killed"));
        }
        CHECK(count(run, "manager.registered app=a") == 1);
        CHECK(count(run, "executor.request app=a total=4") == 2);
        CHECK(count(run, "executor.launch app=a exec=e8") == 1);
        CHECK(count(run, "executor.launch app=a") == 8);
        CHECK(run.records.has("app.finish app=a status=succeeded"));
        CHECK(run.result.report.exit == Exit::ok);
    }

    TEST_CASE("CM-YARN-19 ALLOC-21 dynamic allocation begins with its first target again") {
        const InlineRun run{
            losing_the_master("\"spark.dynamicAllocation.enabled\" = true\n"
                              "\"spark.dynamicAllocation.initialExecutors\" = 2\n"
                              "\"spark.dynamicAllocation.maxExecutors\" = 6\n")};
        bool again = false;
        std::size_t after = 0;
        for (const std::string& line : run.records.lines) {
            again = again || line.find("manager.registered app=a") != std::string::npos;
            if (again && line.find("executor.request app=a") != std::string::npos && after++ == 0) {
                CHECK(line.find(" total=2 ") != std::string::npos);
            }
        }
        CHECK(after > 0);
        CHECK(run.records.has("app.finish app=a status=succeeded"));
        CHECK(run.result.report.exit == Exit::ok);
    }

    TEST_CASE("CM-YARN-19 ALLOC-21 a first target of none is raised for the tasks that wait") {
        const InlineRun run{losing_the_master("\"spark.dynamicAllocation.enabled\" = true\n")};
        CHECK(run.records.has("20000000 manager.registered app=a") == false);
        CHECK(run.records.has("app.finish app=a status=succeeded"));
    }

    TEST_CASE("CM-YARN-19 the executors that ended with it are no failures of the application") {
        const InlineRun run{
            losing_the_master("\"spark.executor.instances\" = 4\n"
                              "\"spark.executor.maxNumFailures\" = 1\n")};
        CHECK(run.records.has("app.finish app=a status=succeeded"));
    }
}

}  // namespace forkyard::sim::lost_master_test
