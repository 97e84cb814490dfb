// What a trace becomes: the times of its partitions, and a scenario that can be run.
#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "sim/import/tpch_durations.hpp"
#include "sim/import/tpch_scenario.hpp"
#include "tests/sim/import/traces.hpp"
#include "tests/sim/run/inline_run.hpp"

namespace forkyard::sim::testing::tpch_test {

namespace {

using namespace std::chrono_literals;
using Times = std::vector<SimDuration>;

TpchTrace parsed(const std::string& text) {
    Result<TpchTrace> trace = parse_tpch_trace(text, "t.json");
    REQUIRE_MESSAGE(trace, (trace ? "" : trace.error().text()));
    return std::move(*trace);
}

std::string problem_of(const std::string& text) {
    const Result<TpchTrace> trace = parse_tpch_trace(text, "t.json");
    REQUIRE_FALSE(trace);
    CHECK(trace.error().exit == Exit::bad_input);
    CHECK_FALSE(trace.error().mend.empty());
    return trace.error().text();
}

Times times_of(int tasks, const std::vector<Measured>& measured, std::uint32_t executors) {
    const TpchTrace trace = parsed(trace_of("", {stage_of(0, tasks, measured)}));
    return partition_durations(trace.stages[0], executors, 1);
}

Scenario loaded(const std::string& text) {
    LoadResult result = load_scenario_text({text, "made.toml", "."});
    for (const Diagnostic& diagnostic : result.diagnostics) {
        FAIL_CHECK(diagnostic.text());
    }
    REQUIRE(result.loaded);
    return std::move(result.loaded->scenario);
}

std::vector<std::string> job_names(const Scenario& scenario) {
    std::vector<std::string> names;
    for (const JobSpec& job : scenario.apps[0].jobs) {
        names.push_back(job.name);
    }
    return names;
}

std::string with(std::string text, const std::string& part, const std::string& other) {
    const auto at = text.find(part);
    REQUIRE(at != text.npos);
    return text.replace(at, part.size(), other);
}

}  // namespace

TEST_SUITE("tpch: times of the partitions") {
    TEST_CASE("one task for each executor is of the first wave, the others of the rest") {
        const std::vector<Measured> measured{{"5", "10,20", "1,2,3", ""}};
        CHECK(times_of(9, measured, 5) == Times{10ms, 20ms, 10ms, 20ms, 10ms, 1ms, 2ms, 3ms, 1ms});
        CHECK(times_of(3, measured, 5) == Times{10ms, 20ms, 10ms});
        CHECK(times_of(4, measured, 2) == Times{10ms, 20ms, 1ms, 2ms});
    }

    TEST_CASE("times with an executor's start-up are left out, each as often as it is listed") {
        CHECK(times_of(3, {{"5", "10,90,90,20", "", "90"}}, 5) == Times{10ms, 90ms, 20ms});
    }

    TEST_CASE("where all of the first wave started up, the next lower count stands in") {
        const std::vector<Measured> measured{
            {"5", "10", "1", ""}, {"10", "90", "2", "90"}, {"20", "80", "3", "80"}};
        CHECK(times_of(2, measured, 20) == Times{10ms, 10ms});
        CHECK(times_of(21, measured, 20).back() == 3ms);  // the rest is its own
    }

    TEST_CASE("a stage that came first on all its executors keeps their start-up") {
        CHECK(times_of(2, {{"5", "90,95", "1", "95,90"}}, 5) == Times{95ms, 90ms});
    }

    TEST_CASE("without a rest the first wave goes on, from its beginning") {
        CHECK(times_of(7, {{"5", "10,20", "", ""}}, 5) ==
              Times{10ms, 20ms, 10ms, 20ms, 10ms, 10ms, 20ms});
        CHECK(times_of(6, {{"5", "90", "", "90"}}, 5).back() == 90ms);
    }

    TEST_CASE("only a rest: all take from it") {
        CHECK(times_of(2, {{"5", "", "4,5", ""}}, 5) == Times{4ms, 5ms});
    }

    TEST_CASE("a cluster size that was measured is taken as it is") {
        CHECK(measured_neighbours(50).lower == 50);
        CHECK(measured_neighbours(50).upper == 50);
        CHECK(measured_neighbours(1).upper == 5);
        CHECK(measured_neighbours(1000).lower == 100);
        CHECK(measured_neighbours(30).lower == 20);
        CHECK(measured_neighbours(30).upper == 40);
    }

    TEST_CASE("between two sizes the nearer one gives more of the times") {
        const std::vector<Measured> measured{{"20", "1", "1", ""}, {"40", "2", "2", ""}};
        const auto upper = [&](std::uint32_t executors) {
            const Times times = times_of(1000, measured, executors);
            return std::count(times.begin(), times.end(), SimDuration{2ms});
        };
        CHECK(upper(20) == 0);
        CHECK(upper(25) == doctest::Approx(250).epsilon(0.2));
        CHECK(upper(35) == doctest::Approx(750).epsilon(0.1));
        CHECK(upper(40) == 1000);
    }

    TEST_CASE("a size that the stage was not measured with is its largest") {
        CHECK(times_of(1, {{"5", "1", "", ""}, {"13", "2", "", ""}}, 50) == Times{2ms});
    }
}

TEST_SUITE("tpch: what is wrong with a trace") {
    TEST_CASE("text that is no JSON is shown with its place") {
        CHECK(
            problem_of("{\"format\":\n  oops}").starts_with("t.json:2:3: error: the file is not"));
        CHECK(problem_of("").starts_with("t.json:1:1: "));
        const std::string whole = small_trace();
        CHECK(problem_of(whole.substr(0, whole.size() / 2)).find("cut short") != whole.npos);
    }

    TEST_CASE("each field is named by its path") {
        const std::string good = small_trace();
        const struct {
            std::string part;
            std::string other;
            std::string said;
        } cases[]{
            {"tpch-trace/1", "tpch-trace/2", "`format` is \"tpch-trace/2\", not"},
            {"\"format\"", "\"form\"", "`format` is missing"},
            {"\"query\":3", "\"query\":\"q3\"", "`query` must be a whole number"},
            {"\"size\":\"2g\"", "\"size\":2", "`size` must be a text"},
            {"\"edges\":[[0,2],[1,2]]", "\"edges\":7", "`edges` must be a list"},
            {"[0,2]", "[0,3]", "`edges[0][1]` must be a whole number from 0 to 2"},
            {"[0,2]", "[2,0]", "`edges[0]` leads from stage 2 to stage 0"},
            {"[0,2]", "[0]", "`edges[0]` must be [parent, child]"},
            {"\"id\":1", "\"id\":5", "`stages[1].id` must be 1"},
            {"\"tasks\":2", "\"tasks\":0", "`stages[1].tasks` must be a whole number from 1"},
            {"\"tasks\":2", "\"tasks\":2e9", "`stages[1].tasks` must be a whole number from 1"},
            {"\"5\":",
             "\"five\":",
             "`stages[0].durations_ms.five`: the key must be an executor count"},
            {"\"rest\":[10],", "", "`stages[0].durations_ms.5.rest` is missing"},
            {"30,20", "30,-20", "`stages[0].durations_ms.5.first[1]` must be a whole number"},
            {"30,20", "30,2.5", "`stages[0].durations_ms.5.first[1]` must be a whole number"},
            {"[1000]", "[]", "`stages[2].durations_ms.5` holds no time at all"},
        };
        for (const auto& one : cases) {
            INFO(one.other);
            const std::string problem = problem_of(with(good, one.part, one.other));
            INFO(problem);
            CHECK(problem.starts_with("t.json: error: " + one.said));
        }
        CHECK(problem_of("[]").find("holds no trace") != std::string::npos);
    }
}

TEST_SUITE("tpch: the scenario") {
    TEST_CASE("a query becomes a job with stages of its own") {
        const Scenario scenario = loaded(tpch_scenario({parsed(small_trace())}, {}, "").text);
        REQUIRE(scenario.apps.size() == 1);
        const auto& stages = scenario.apps[0].stages;
        REQUIRE(stages.size() == 3);
        CHECK(stages[0].name == "j0-q03-s0");
        CHECK(stages[0].tasks == 3);
        CHECK(stages[0].duration.form == DurationSpec::Form::each);
        CHECK(stages[0].duration.times == Times{30ms, 20ms, 30ms});
        CHECK(stages[1].duration.times == Times{7ms});  // the same for all
        CHECK(stages[2].parents == std::vector<std::string>{"j0-q03-s0", "j0-q03-s1"});
        CHECK(stages[2].duration.times == Times{1s});
        REQUIRE(scenario.apps[0].jobs.size() == 1);
        CHECK(scenario.apps[0].jobs[0].name == "j0-q03");
        CHECK(scenario.apps[0].jobs[0].of == "j0-q03-s2");
        CHECK(scenario.apps[0].jobs[0].thread == "j0-q03");
    }

    TEST_CASE("times may be drawn when a task is launched, from the same list") {
        const Scenario scenario =
            loaded(tpch_scenario({parsed(small_trace())},
                                 {.jobs = {}, .durations = TpchWorkload::Durations::values},
                                 "")
                       .text);
        CHECK(scenario.apps[0].stages[0].duration.form == DurationSpec::Form::values);
        CHECK(scenario.apps[0].stages[0].duration.times == Times{30ms, 20ms, 30ms});
    }

    TEST_CASE("the cluster has an executor of one core on each worker") {
        const Scenario scenario =
            loaded(tpch_scenario({parsed(small_trace())}, {.executors = 7, .jobs = {}}, "").text);
        REQUIRE(scenario.cluster.nodes.size() == 7);
        CHECK(scenario.cluster.nodes[6].cores == 1);
    }

    TEST_CASE("a query with several final stages gets one that waits for them") {
        const TpchTrace trace = parsed(trace_of("[0,1],[0,2]",
                                                {stage_of(0, 1, {{"5", "1", "", ""}}),
                                                 stage_of(1, 1, {{"5", "2", "", ""}}),
                                                 stage_of(2, 1, {{"5", "3", "", ""}})}));
        const TpchScenario made = tpch_scenario({trace}, {}, "");
        CHECK(made.tasks == 4);
        CHECK(made.text.find("# The query ends in 2 stages") != std::string::npos);
        const Scenario scenario = loaded(made.text);
        const StageSpec& last = scenario.apps[0].stages.back();
        CHECK(last.name == "j0-q03-join");
        CHECK(last.parents == std::vector<std::string>{"j0-q03-s1", "j0-q03-s2"});
        CHECK(last.duration.times == Times{0ms});
        CHECK(scenario.apps[0].jobs[0].of == "j0-q03-join");
    }

    TEST_CASE("each trace is a job, at even distances, the first at once") {
        const Scenario scenario = loaded(
            tpch_scenario({parsed(small_trace(3)), parsed(small_trace(17)), parsed(small_trace(4))},
                          {.jobs = {}, .every = 10s},
                          "")
                .text);
        CHECK(job_names(scenario) == std::vector<std::string>{"j0-q03", "j1-q17", "j2-q04"});
        CHECK(scenario.apps[0].jobs[0].at == SimTime{});
        CHECK(scenario.apps[0].jobs[2].at == SimTime{20s});
    }

    TEST_CASE("a number of jobs is drawn from the traces, by the seed alone") {
        const std::vector<TpchTrace> traces{parsed(small_trace(3)), parsed(small_trace(17))};
        const auto names = [&](std::uint64_t seed) {
            return job_names(loaded(tpch_scenario(traces, {.jobs = 20, .seed = seed}, "").text));
        };
        const std::vector<std::string> drawn = names(1);
        CHECK(drawn.size() == 20);
        const auto first = std::count_if(
            drawn.begin(), drawn.end(), [](const auto& name) { return name.ends_with("q03"); });
        CHECK(first > 0);
        CHECK(first < 20);
        CHECK(names(1) == drawn);
        CHECK(names(2) != drawn);
    }

    TEST_CASE("drawn gaps have the mean that was asked for") {
        const Scenario scenario =
            loaded(tpch_scenario({parsed(small_trace())},
                                 {.jobs = 1000, .arrivals = TpchWorkload::Arrivals::poisson},
                                 "")
                       .text);
        const auto& jobs = scenario.apps[0].jobs;
        CHECK(jobs[0].at == SimTime{});
        CHECK(micros(jobs.back().at) == doctest::Approx(999 * 25e6).epsilon(0.1));
        CHECK(jobs[2].at - jobs[1].at != jobs[1].at - jobs[0].at);
    }

    TEST_CASE("under FAIR each job has a pool of its own") {
        const std::string text =
            tpch_scenario(
                {parsed(small_trace())}, {.jobs = {}, .mode = TpchWorkload::Mode::fair}, "")
                .text;
        CHECK(text.find("\"spark.scheduler.mode\" = \"FAIR\"") != text.npos);
        CHECK(text.find("[[app.pool]]\nname = \"j0-q03\"\n") != text.npos);
        CHECK(text.find("\npool = \"j0-q03\"\n") != text.npos);
    }

    TEST_CASE("the opening comment says how it was made, whatever the path") {
        const std::string text =
            tpch_scenario({parsed(small_trace())}, {}, "forkyard import tpch a\nb = 1").text;
        CHECK(text.find("#   forkyard import tpch a?b = 1\n") != text.npos);
    }

    TEST_CASE("it runs: every task once, and as long as the traces say") {
        const std::string text =
            tpch_scenario({parsed(small_trace(3)), parsed(small_trace(4))}, {}, "").text;
        const LoadResult result = load_scenario_text({text, "made.toml", "."});
        REQUIRE(result.loaded);
        const Result<RunResult> run =
            run_scenario(*result.loaded, {.executors = ExecutorMode::in_line, .poll = {}});
        REQUIRE(run);
        CHECK(run->report.exit == Exit::ok);
        CHECK(run->report.summary.tasks.launched == 12);
        // The second job arrives after 25 s; its longest map takes 30 ms, its reduce 1 s.
        CHECK(run->report.summary.makespan == SimDuration{25s + 30ms + 1s});
    }
}

TEST_SUITE("tpch: the published traces") {
    TEST_CASE("all of them become a scenario without a warning") {
        const char* given = std::getenv("FORKYARD_SHARED");
        const std::filesystem::path folder =
            (given != nullptr ? std::filesystem::path{given}
                              : std::filesystem::path{FORKYARD_SOURCE_DIR} / ".." / "shared") /
            "data" / "tpch-traces";
        if (!std::filesystem::is_directory(folder)) {
            MESSAGE("left out: no traces in " << folder.string()
                                              << "; FORKYARD_SHARED names the folder above data");
            return;
        }
        std::vector<TpchTrace> traces;
        for (const auto& entry : std::filesystem::directory_iterator{folder}) {
            if (entry.path().extension() == ".json") {
                const Result<TpchTrace> trace = read_tpch_trace(entry.path().string());
                REQUIRE_MESSAGE(trace, (trace ? "" : trace.error().text()));
                traces.push_back(*trace);
            }
        }
        CHECK(traces.size() >= 119);
        const TpchScenario made = tpch_scenario(traces, {}, "");
        const Scenario scenario = loaded(made.text);
        CHECK(scenario.apps[0].jobs.size() == made.jobs);
        CHECK(scenario.apps[0].stages.size() == made.stages);
    }
}

}  // namespace forkyard::sim::testing::tpch_test
