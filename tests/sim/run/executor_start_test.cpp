// Executors that fail to start.
#include <string>

#include <doctest/doctest.h>

#include "tests/sim/run/inline_run.hpp"

namespace forkyard::sim::executor_start_test {

using testing::InlineRun;

namespace {

// Two workers of one core, two tasks of 2 s; an executor starts in half a second.
std::string world(const std::string& fault, const std::string& master = {}) {
    return "format = 1\n[cluster]\nexecutor_start = \"500ms\"\nmessage_delay = \"1ms\"\n"
           "[[cluster.worker]]\nname = \"w\"\ncount = 2\ncores = 1\nmemory = \"2g\"\n" +
           master +
           "[conf]\n\"spark.executor.cores\" = 1\n[[app]]\nname = \"a\"\n[[app.stage]]\n"
           "name = \"s\"\ntasks = 2\nduration = \"2s\"\n[[fault]]\n"
           "kind = \"fail-executor-start\"\n" +
           fault;
}

}  // namespace

TEST_SUITE("executors that fail to start") {
    TEST_CASE("the next one fails when it would register, and another is launched") {
        const InlineRun run{world("")};
        CHECK(run.records.of("fail-executor-start applied fault=0 app=a exec=e1 node=w-1").size() ==
              1);
        CHECK(run.records.has("502000 executor.lost app=a exec=e1 reason=launch-failed code=1"));
        CHECK(run.records.has("502000 executor.registered app=a exec=e2 node=w-2"));
        CHECK(run.records.has("1003000 executor.registered app=a exec=e3 node=w-1"));
        CHECK(run.result.report.exit == Exit::ok);
    }

    TEST_CASE("so many, of one worker, from an instant on") {
        const InlineRun run{world("times = 3\nworker = \"w-2\"\n")};
        CHECK(run.records.of("launch-failed").size() == 3);
        CHECK(run.records.of("executor.registered app=a exec=e5 node=w-2").size() == 1);
        const InlineRun later{
            world("at = \"1s\"\napp = \"a\"\n[[fault]]\n"
                  "kind = \"kill-executor\"\nexecutor = \"e1\"\nat = \"2s\"\n")};
        CHECK(later.records.has("2501000 executor.lost app=a exec=e3 reason=launch-failed"));
        CHECK(later.result.report.exit == Exit::ok);
    }

    TEST_CASE("a draw may spare one, and the fault goes on to the next") {
        const InlineRun run{world("times = 2\nprobability = 0.5\noptional = true\n")};
        CHECK(run.records.of("fault.probability").size() >= 2);
        CHECK(run.result.report.exit == Exit::ok);
    }

    TEST_CASE("CM-STA-21 where every launch fails there are ten, and the application is gone") {
        const InlineRun run{world("times = 100\n")};
        CHECK(run.records.of("executor.launch").size() == 11);  // nine more after the first two
        CHECK(run.records.of("app.remove app=a").size() == 1);
        CHECK(run.records
                  .of("job.finish app=a job=j0 status=failed reason=\"Job aborted due to "
                      "stage failure: Master removed our application: FAILED\"")
                  .size() == 1);
        CHECK(run.result.report.exit == Exit::failed);
    }

    TEST_CASE("CM-STA-21 with another limit, or none") {
        const InlineRun two{
            world("times = 100\n", "[cluster.conf]\n\"spark.deploy.maxExecutorRetries\" = 2\n")};
        CHECK(two.result.report.exit == Exit::failed);
        CHECK(two.records.of("launch-failed").size() == 2);
        const InlineRun none{
            world("times = 100\n", "[cluster.conf]\n\"spark.deploy.maxExecutorRetries\" = -1\n")};
        CHECK(none.records.of("launch-failed").size() == 100);
        CHECK(none.result.report.exit == Exit::ok);
    }
}

}  // namespace forkyard::sim::executor_start_test
