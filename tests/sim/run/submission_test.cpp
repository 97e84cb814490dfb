// How an application comes to run: whose settings hold, what is refused, in which order things
// happen.
#include <string>
#include <vector>

#include <doctest/doctest.h>
#include <fmt/format.h>

#include "tests/sim/run/inline_run.hpp"

namespace forkyard::sim::submission_test {

namespace {

using testing::InlineRun;

std::string app(const std::string& conf, const std::string& cluster = "") {
    return "format = 1\n[cluster]\n" + cluster +
           "[[cluster.worker]]\nname = \"w\"\ncores = 2\nmemory = \"2g\"\n" + conf +
           "[[app.dataset]]\nname = \"numbers\"\nsteps = [{ range = 100 }]\n";
}

std::size_t tasks(const std::string& text, const std::vector<std::string>& overrides = {}) {
    return InlineRun{text, overrides}.records.of(" task.launch ").size();
}

// Whether the records are in this order, each the first of its kind after the one before.
bool in_order(const InlineRun& run, const std::vector<std::string>& kinds) {
    std::size_t at = 0;
    for (const std::string& line : run.records.lines) {
        if (at < kinds.size() && line.find(kinds[at] + " ") != std::string::npos) {
            ++at;
        }
    }
    CAPTURE(at);
    return at == kinds.size();
}

std::string problems(const std::string& text) {
    const LoadResult loaded = load_scenario_text({text, "test.toml", "."}, {}, DataFiles::look);
    std::string all;
    for (const Diagnostic& diagnostic : loaded.diagnostics) {
        all += diagnostic.text() + "\n";
    }
    return all;
}

}  // namespace

TEST_SUITE("submission") {
    TEST_CASE("DP-SES-02 what is nearer to the program holds: file, application, command line") {
        const std::string defaults = "[conf]\n\"spark.default.parallelism\" = 10\n";
        const std::string own = "conf = { \"spark.default.parallelism\" = 20 }\n";
        const std::string line = "spark.default.parallelism=30";
        const std::string begin = "[[app]]\nname = \"a\"\n";
        CHECK(tasks(app(begin)) == 2);
        CHECK(tasks(app(defaults + begin)) == 10);
        CHECK(tasks(app(defaults + begin + own)) == 20);
        CHECK(tasks(app(defaults + begin + own), {line}) == 30);
    }

    TEST_CASE("DP-SES-03 a driver is the client's; a local master has no other") {
        const InlineRun run{app("[[app]]\nname = \"a\"\n")};
        CHECK(run.records.of("driver.launch ").empty());
        CHECK(problems("format = 1\n[cluster]\nmanager = \"local[2]\"\n[[app]]\nname = \"a\"\n"
                       "deploy_mode = \"cluster\"\n[[app.stage]]\nname = \"s\"\ntasks = 1\n")
                  .find("deploy_mode") != std::string::npos);
        const std::string unknown = problems(
            "format = 1\n[cluster]\nmanager = \"stand-alone\"\n[[app]]\nname = \"a\"\n"
            "[[app.stage]]\nname = \"s\"\ntasks = 1\n");
        CHECK(unknown.find("standalone") != std::string::npos);
    }

    TEST_CASE("DP-SES-04 what a submission leads to, in this order") {
        const std::string text = app("[[app]]\nname = \"a\"\n", "executor_start = \"1s\"\n");
        const InlineRun run{text};
        CHECK(run.result.report.exit == Exit::ok);
        CHECK(in_order(run,
                       {"app.submitted",
                        "executor.request",
                        "executor.launch",
                        "executor.registered",
                        "task.launch",
                        "task.finished",
                        "job.finish",
                        "app.finish",
                        "executor.lost"}));
        // The first job does not wait for executors, its tasks do.
        CHECK(in_order(run, {"job.submitted", "executor.registered", "task.launch"}));
    }
}

}  // namespace forkyard::sim::submission_test
