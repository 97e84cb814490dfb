#include <algorithm>

#include <doctest/doctest.h>

#include "tests/sim/scenario/loading.hpp"

namespace forkyard::sim::scenario_lines_test {

using namespace forkyard;
using namespace forkyard::sim;

namespace {

// Every part of a scenario that is simulated.
const std::string everything = R"(format = 1
name = "all \"parts\" — é 😀"
description = "two\nlines"
seed = 9007199254740993
clock = "wall"
time_limit = "30min"
[cluster]
manager = "standalone"
executor_start = "2s"
message_delay = "1ms"
task_overhead = "250us"
[[cluster.worker]]
name = "10"
count = 2
cores = 4
memory = 8589934592
rack = "r1"
speed = 0.75
joins_at = "1s"
[[cluster.worker]]
cores = 2
memory = "4g"
[cluster.network]
latency = "200us"
bandwidth = "1g/s"
cross_rack_latency = "500us"
[cluster.disk]
[cluster.conf]
spark.deploy.spreadOutApps = false
"spark.worker.timeout" = 30
[conf]
"spark.executor.cores" = 2
spark.task.maxFailures = "3"
"spark.scheduler.minRegisteredResourcesRatio" = 0.5
[[app]]
name = "my app.v2"
submit_at = "1s"
open_until = "90s"
kill_at = "2h"
conf = { "spark.executor.memory" = "2g" }
[[app.stage]]
name = "map"
tasks = 8
duration = { lognormal = { median = "1s", sigma = 0.5 } }
rate = "100m/s"
shuffle_write = "10m"
skew = { zipf = 1.2 }
[[app.stage]]
name = "side"
tasks = 2
duration = { each = ["1s", "1200ms"] }
skew = { weights = [5, 1] }
[[app.stage]]
name = "reduce"
tasks = 4
parents = ["map", "side"]
duration = "1.5s"
work = "spin"
[[app]]
[[app.dataset]]
name = "counts"
steps = [
  { read_text = "alice, or not.txt", partitions = 6 },
  { flat_map = "split_words" },
  { key_by = "identity" },
  { map_values = "constant", args = [1], cost = "5ms" },
  { reduce_by_key = "sum", partitions = 3 },
  { sort_by = "identity", args = ["descending"] },
]
[[app.dataset]]
name = "numbers"
steps = [{ range = [0, 10, 2] }, { key_by = "identity" }, { group_by_key = true }]
[[app.dataset]]
name = "texts"
steps = [{ values = ["1", "-", "", 2, 2.50, "true"], partitions = 2 }]
[[app.job]]
name = "top words"
of = "counts"
action = "top"
args = [10, "value"]
at = "1s"
thread = "web"
cancel_at = "5s"
on_failure = "continue"
[[app.job]]
of = "texts"
[[fault]]
name = "a = b"
kind = "kill-executor"
when = { kind = "task.launch", stage = "map", spec = false, time = { min = "1s" } }
nth = 2
delay = "1s"
times = 3
probability = 0.5
optional = true
executor = ["e1", 2]
notice = "never"
[[fault]]
kind = "fail-task"
stage = "s1.0"
partition = 1
attempt = "all"
progress = 10
reason = "out of luck"
[[fault]]
kind = "lose-worker"
at = "3s"
worker = ["10-1", "worker-2"]
for = "1min"
[expect]
outcome = "failed"
makespan = { min = "1s", max = "1h" }
invariants = ["I12"]
[expect.app."my app.v2"]
outcome = "killed"
error = "because"
[[expect.records]]
match = { kind = ["task.launch", "task.finished"], partition = 5 }
after = { kind = "executor.lost" }
count = 0
[[expect.order]]
match = [{ kind = "job.finish", status = "succeeded" }, { kind = "app.finish" }]
[[expect.result]]
app = "app-2"
job = "top words"
equals = [["alice", 398], ["1", 2.5], []]
ordered = true
[[expect.result]]
app = "app-2"
job = 0
equals = []
sum = -4
)";

LoadedScenario loaded(const std::string& text) {
    const LoadResult result = load_text(text);
    CHECK(shown(result) == "");
    REQUIRE(result.loaded.has_value());
    return *result.loaded;
}

bool has_line(const std::vector<std::string>& lines, const std::string& line) {
    return std::find(lines.begin(), lines.end(), line) != lines.end();
}

}  // namespace

TEST_SUITE("scenario lines") {
    TEST_CASE("the lines of a journal give the scenario back") {
        const LoadedScenario from_file = loaded(everything);
        const LoadResult again = scenario_from_lines(from_file.lines);
        CHECK(shown(again) == "");
        REQUIRE(again.loaded.has_value());
        CHECK(again.loaded->scenario == from_file.scenario);
        CHECK(again.loaded->lines == from_file.lines);
    }

    TEST_CASE("lines are ASCII, and values bare only where that is unmistakable") {
        const std::vector<std::string> lines = loaded(everything).lines;
        for (const std::string& line : lines) {
            CAPTURE(line);
            CHECK(std::all_of(
                line.begin(), line.end(), [](char c) { return c >= 0x20 && c < 0x7f; }));
        }
        for (const char* line : {"name=\"all \\\"parts\\\" \\u2014 \\u00e9 \\ud83d\\ude00\"",
                                 "description=\"two\\u000alines\"",
                                 "seed=9007199254740993",
                                 "cluster.worker.0.name=\"10\"",
                                 "cluster.worker.0.memory=8589934592",
                                 "cluster.worker.0.speed=0.75",
                                 "cluster.disk=-",
                                 "cluster.conf.spark.deploy.spreadOutApps=false",
                                 "conf.spark.task.maxFailures=3",
                                 "app.0.conf.spark.executor.memory=2g",
                                 "app.1.dataset.0.steps.0.read_text=\"alice, or not.txt\"",
                                 "app.1.dataset.1.steps.2.group_by_key=1",
                                 "app.1.dataset.2.steps.0.values.0=\"1\"",
                                 "app.1.dataset.2.steps.0.values.1=\"-\"",
                                 "app.1.dataset.2.steps.0.values.2=\"\"",
                                 "app.1.dataset.2.steps.0.values.4=2.50",
                                 "app.1.dataset.2.steps.0.values.5=true",
                                 "fault.0.when.spec=0",
                                 "fault.0.optional=1",
                                 "expect.app.\"my app.v2\".outcome=killed",
                                 "expect.result.0.equals.2=-",
                                 "expect.result.1.equals=-"}) {
            CAPTURE(line);
            CHECK(has_line(lines, line));
        }
    }

    TEST_CASE("a file with its keys in another order gives the same lines") {
        const std::string a = small_scenario +
                              "name = \"x\"\nsubmit_at = \"1s\"\n[[app.stage]]\n"
                              "name = \"s\"\ntasks = 1\nduration = \"1s\"\n";
        const std::string b =
            "[[app]]\nsubmit_at = \"1s\"\nname = \"x\"\n[[app.stage]]\n"
            "duration = \"1s\"\ntasks = 1\nname = \"s\"\n[cluster]\n"
            "worker = [{ memory = \"4g\", cores = 2, count = 2, name = \"w\" }]\n";
        CHECK(loaded(a).lines == loaded("format = 1\n" + b).lines);
    }

    TEST_CASE("what the file leaves out and cannot be told from the lines is made explicit") {
        const std::vector<std::string> lines =
            loaded(small_scenario +
                   "[[app.dataset]]\nname = \"d\"\nsteps = [{ range = 3 }]\n"
                   "[[app.stage]]\ntasks = 1\n")
                .lines;
        CHECK(has_line(lines, "name=s"));
        CHECK(has_line(lines, "app.0.job.0.of=d"));
        CHECK(has_line(lines, "app.0.job.1.of=stage-1"));
    }

    TEST_CASE("overrides stand in the lines") {
        const LoadResult result = load_text(small_scenario + "conf = { \"spark.task.cpus\" = 1 }\n",
                                            {"seed=7", "spark.task.cpus=2"});
        REQUIRE(result.loaded.has_value());
        CHECK(has_line(result.loaded->lines, "seed=7"));
        CHECK(has_line(result.loaded->lines, "conf.spark.task.cpus=2"));
        CHECK_FALSE(has_line(result.loaded->lines, "app.0.conf.spark.task.cpus=1"));
    }

    TEST_CASE("lines that are none are reported with their number") {
        std::vector<std::string> lines = loaded(small_scenario).lines;
        lines.insert(lines.begin() + 1, {"nonsense", "seed=\"open", "format=1"});
        CHECK(shown(scenario_from_lines(lines, "run.fyj")) ==
              "run.fyj:2:1: error: `nonsense` is not a line `key=value` of a scenario\n"
              "run.fyj:3:1: error: `seed=\"open` is not a line `key=value` of a scenario\n"
              "run.fyj:4:1: error: `format=1` contradicts a line before");
    }
}

}  // namespace forkyard::sim::scenario_lines_test
