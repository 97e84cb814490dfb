// Local masters: one executor in the driver, and what an application loses by it.
#include <algorithm>
#include <string>
#include <thread>
#include <vector>

#include <doctest/doctest.h>

#include "tests/sim/run/inline_run.hpp"

namespace forkyard::sim::local_test {

namespace {

using testing::InlineRun;
using testing::stage;
using Lines = std::vector<std::string>;

std::string local(const std::string& master, const std::string& rest) {
    return "format = 1\ntime_limit = \"1h\"\n[cluster]\nmanager = \"" + master + "\"\n" + rest;
}

std::string one_stage(int tasks, const std::string& rest = {}) {
    return "[[app]]\nname = \"a\"\n" + stage("map", tasks, "1s") + rest;
}

// Fails the first `times` attempts of partition 0.
std::string failing(int times) {
    std::string text;
    for (int attempt = 0; attempt < times; ++attempt) {
        text += "[[fault]]\nkind = \"fail-task\"\nstage = \"map\"\npartition = 0\nattempt = " +
                std::to_string(attempt) + "\n";
    }
    return text;
}

const std::string ends_failed = "[expect]\noutcome = \"failed\"\n";

std::size_t at_start(const InlineRun& run) {
    const Lines all = run.records.of("task.launch");
    const Lines ends = run.records.of("task.finished");
    REQUIRE(!ends.empty());
    std::size_t count = 0;
    for (const std::string& line : run.records.lines) {
        if (line.find("task.finished") != std::string::npos) {
            break;
        }
        count += line.find("task.launch") != std::string::npos ? 1 : 0;
    }
    return count;
}

std::string said(const std::string& text) {
    std::string all;
    for (const Diagnostic& found :
         load_scenario_text({text, "s.toml", "."}, {}, DataFiles::look).diagnostics) {
        all += found.text() + "\n";
    }
    return all;
}

bool says(const std::string& text, std::string_view what) {
    INFO(said(text));
    return said(text).find(what) != std::string::npos;
}

}  // namespace

TEST_SUITE("local masters") {
    TEST_CASE("CM-LOC-01 DRV-08 `local` has one executor of one core, which is called `driver`") {
        const InlineRun run{local("local", one_stage(2))};
        CHECK(run.records.of("executor.launch") ==
              Lines{"executor.launch app=a exec=driver node=localhost cores=1 memory=1073741824"});
        CHECK(run.records.has("0 executor.registered app=a exec=driver node=localhost cores=1"));
        CHECK(run.records.of("executor.request").empty());
        CHECK(run.records.has("2000000 app.closed app=a"));
        CHECK(run.result.report.exit == Exit::ok);
    }

    TEST_CASE("CM-LOC-01 a task that fails once ends its job, whatever spark.task.maxFailures is") {
        const std::string conf = "[conf]\n\"spark.task.maxFailures\" = 4\n";
        const InlineRun run{local("local", conf + one_stage(1, failing(1)) + ends_failed)};
        CHECK(run.records.has("job.finish app=a job=j0 status=failed"));
        CHECK(run.records.of("task.launch").size() == 1);
        CHECK(run.result.report.exit == Exit::ok);
    }

    TEST_CASE("CM-LOC-02 local[N] has N slots and gives a task one try") {
        CHECK(at_start(InlineRun{local("local[5]", one_stage(9))}) == 5);
        const InlineRun run{local("local[5]", one_stage(9, failing(1)) + ends_failed)};
        CHECK(run.result.report.exit == Exit::ok);
    }

    TEST_CASE("CM-LOC-02 CM-LOC-03 local[*] is this machine's processors, and says so") {
        const std::uint32_t processors = std::max(1U, std::thread::hardware_concurrency());
        for (const auto& [master, failures] : {std::pair{"local[*]", 1U}, {"local[*, 2]", 2U}}) {
            const LoadResult loaded = load_scenario_text(
                {local(master, one_stage(1)), "s.toml", "."}, {}, DataFiles::look);
            REQUIRE(loaded.loaded);
            CHECK(loaded.loaded->scenario.cluster.nodes.at(0).cores == processors);
            CHECK(loaded.loaded->scenario.apps[0].conf.task_failures_max == failures);
            REQUIRE(loaded.diagnostics.size() == 1);
            CHECK(loaded.diagnostics[0].text().find("on this machine") != std::string::npos);
            // The journal has the number.
            CHECK(std::none_of(
                loaded.loaded->lines.begin(),
                loaded.loaded->lines.end(),
                [](const std::string& line) { return line.find('*') != std::string::npos; }));
        }
    }

    TEST_CASE("CM-LOC-03 local[N,F] gives a task F tries, with blanks around the comma") {
        for (const char* const master : {"local[4,2]", "local[4, 2]", "local[4 ,\\t2]"}) {
            const InlineRun run{local(master, one_stage(5, failing(1)))};
            CHECK(at_start(run) == 4);
            CHECK(run.result.report.exit == Exit::ok);
        }
        const InlineRun run{local("local[4,2]", one_stage(1, failing(2)) + ends_failed)};
        CHECK(run.result.report.exit == Exit::ok);
    }

    TEST_CASE("CM-LOC-04 what is no master is refused where it stands") {
        for (const char* const master : {"local[2*]",
                                         "local[2*,4]",
                                         "local[0]",
                                         "local[0,2]",
                                         "local[2,0]",
                                         "local[]",
                                         "local[,2]",
                                         "local[2,]",
                                         "local[ 2]",
                                         "local[-1]",
                                         "local[2",
                                         "local[2,3,4]"}) {
            INFO(master);
            CHECK(says(local(master, one_stage(1)), "s.toml:4:11: error: `"));
            CHECK(says(local(master, one_stage(1)), "is no local master"));
        }
        for (const char* const master : {"localhost:1234", "locally", "Local[2]"}) {
            CHECK(says(local(master, one_stage(1)), "`manager` cannot be `"));
        }
        CHECK(says(
            local("local[2]", "[[cluster.worker]]\ncores = 1\nmemory = \"2g\"\n" + one_stage(1)),
            "a local master makes its own workers"));
        CHECK(says(local("local[2]", "[[app]]\ndeploy_mode = \"cluster\"\n" + stage("s", 1, "1s")),
                   "no nodes for a driver"));
        CHECK(says(local("local[2]", one_stage(1) + "[[app]]\n" + stage("s", 1, "1s")),
                   "in the driver of one application"));
        CHECK(says(local("local[2]",
                         "[[app]]\nname = \"a\"\nconf = { \"spark.task.cpus\" = 3 }\n" +
                             stage("s", 1, "1s")),
                   "take 3 cores, its local executor has 2"));
    }

    TEST_CASE("CM-LOC-05 a dataset has as many partitions as there are cores, or as it is told") {
        const std::string data =
            "[[app]]\nname = \"a\"\n[[app.dataset]]\nname = \"d\"\nsteps = [\n"
            "  { range = 100 },\n]\n";
        const auto tasks = [&](const std::string& master, const std::string& conf = {}) {
            const InlineRun run{local(master, conf + data)};
            return run.records.of("task.launch").size();
        };
        CHECK(tasks("local[7]") == 7);
        CHECK(tasks("local") == 1);
        CHECK(tasks("local", "[conf]\n\"spark.default.parallelism\" = 16\n") == 16);
    }

    TEST_CASE("CM-LOC-06 there is no dynamic allocation, and tasks take spark.task.cpus") {
        const InlineRun run{local("local[5]",
                                  "[conf]\n\"spark.dynamicAllocation.enabled\" = true\n"
                                  "\"spark.dynamicAllocation.executorIdleTimeout\" = \"1s\"\n"
                                  "\"spark.task.cpus\" = 2\n" +
                                      one_stage(40))};
        CHECK(run.records.of("executor.launch").size() == 1);
        CHECK(run.records.of("executor.request").empty());
        CHECK(at_start(run) == 2);
    }

    TEST_CASE("CM-LOC-06 resources are not offered") {
        const InlineRun run{local("local[2]",
                                  "[conf]\n"
                                  "\"spark.task.resource.gpu.amount\" = 1\n"
                                  "\"spark.executor.resource.gpu.amount\" = 4\n" +
                                      one_stage(1) + "[expect]\noutcome = \"timed-out\"\n")};
        CHECK(run.records.of("task.launch").empty());
        CHECK(run.result.report.exit == Exit::ok);
    }

    TEST_CASE("a program that asks for executors is told that there is nobody to ask") {
        const std::string at = "[[app.request]]\nat = \"0s\"\n";
        const InlineRun run{local("local[2]",
                                  one_stage(1) + at + "request_executors = 2\n" + at +
                                      "kill_executors = [\"driver\"]\n" + at +
                                      "list_executors = true\n")};
        CHECK(run.records.of("executor.request").empty());
        CHECK(run.records.of("executor.kill").empty());
        CHECK(run.records.of("Requesting executors is not supported").size() == 2);
        CHECK(run.records.of("Killing executors is not supported").size() == 1);
        CHECK(run.records.of("executor.list") == Lines{"executor.list app=a execs=-"});
    }

    TEST_CASE("the end of the executor `driver` is that of the application") {
        for (const char* const fault :
             {"kind = \"kill-executor\"\nexecutor = \"driver\"\n",
              "kind = \"kill-driver\"\n",
              "kind = \"lose-worker\"\nworker = \"localhost\"\nnotice = \"0s\"\n"}) {
            INFO(fault);
            const InlineRun run{local(
                "local[2]", one_stage(4) + "[[fault]]\nat = \"1500ms\"\n" + fault + ends_failed)};
            CHECK(run.records.has("app.finish app=a status=failed"));
            CHECK(run.records.of("executor.launch").size() == 1);
            CHECK(run.result.report.exit == Exit::ok);
        }
        CHECK(says(local("local[2]",
                         one_stage(1) + "[[fault]]\nat = \"1s\"\nkind = \"kill-executor\"\n"
                                        "executor = \"e1\"\n"),
                   "there can be no executor `e1`. write \"driver\""));
    }
}

}  // namespace forkyard::sim::local_test
