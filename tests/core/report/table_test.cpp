#include "core/report/table.hpp"

#include <doctest/doctest.h>

#include "core/report/readable.hpp"
#include "core/report/text_grid.hpp"
#include "tests/core/report/record_script.hpp"

namespace forkyard::table_test {
namespace {

using namespace script;

JobResult result_of(ActionKind action, Value value) {
    JobResult result;
    result.app = etl;
    result.job = j0;
    result.name = "total";
    result.action = action;
    result.value = std::move(value);
    return result;
}

RunReport small_run() {
    const Scenario scenario = two_nodes();
    SummaryFold fold{scenario};
    Script<SummaryFold> s{fold};
    s.cluster().job().maps_done().results_done().app_done();
    RunReport report;
    report.summary = fold.summary();
    report.digest = 0xabc;
    return report;
}

TEST_SUITE("table") {
    TEST_CASE("durations in the unit that suits them") {
        const auto us = [](std::int64_t count) { return readable(SimDuration{count}); };
        CHECK(us(0) == "0 s");
        CHECK(us(250) == "250 us");
        CHECK(us(12'500) == "12.5 ms");
        CHECK(us(1'250'000) == "1.25 s");
        CHECK(us(59'999'999) == "1 min");
        CHECK(us(125'000'000) == "2 min 5 s");
        CHECK(us(3'720'000'000) == "1 h 2 min");
    }

    TEST_CASE("numbers are listed with runs joined") {
        const std::vector<std::uint32_t> numbers{9, 1, 4, 7, 8, 11, 12};
        CHECK(number_list(numbers) == "1 4 7-9 11 12");
        CHECK(number_list(numbers, 2) == "1 4 and 5 more");
    }

    TEST_CASE("columns count characters, and nothing is wider than a page") {
        TextGrid grid{"lr"};
        grid.add({"\xC3\xA4", "1"});
        grid.add({"ab", "20"});
        CHECK(grid.text() == "  \xC3\xA4    1\n  ab  20\n");
        CHECK(shortened("\xC3\xA4\xC3\xA4\xC3\xA4\xC3\xA4\xC3\xA4", 4) == "\xC3\xA4...");
        CHECK(one_line("a\nb\x01") == "a\\nb\\x01");
    }

    TEST_CASE("pairs stand with their numbers under each other") {
        const Value rows{List{Value{Value{"the"}, Value{std::int64_t{345}}},
                              Value{Value{"a"}, Value{std::int64_t{7}}}}};
        CHECK(result_lines(result_of(ActionKind::top, rows)) == "  345  the\n    7  a\n");
        const Value texts{List{Value{Value{"key"}, Value{"x"}}, Value{Value{"k"}, Value{"y"}}}};
        CHECK(result_lines(result_of(ActionKind::collect, texts)) == "  key  x\n  k    y\n");
    }

    TEST_CASE("at most twenty rows are shown") {
        List rows;
        for (std::int64_t i = 0; i < 25; ++i) {
            rows.emplace_back(i);
        }
        const std::string text =
            result_lines(result_of(ActionKind::collect, Value{std::move(rows)}));
        CHECK(text.find("  19\n") != std::string::npos);
        CHECK(text.find("  20\n") == std::string::npos);
        CHECK(text.ends_with("  ... and 5 more\n"));
    }

    TEST_CASE("a count, a save and nothing") {
        CHECK(result_lines(result_of(ActionKind::count, Value{std::int64_t{7}})) == "  7\n");
        CHECK(result_lines(result_of(ActionKind::save, Value{std::int64_t{1}})) ==
              "  1 record saved\n");
        CHECK(result_lines(result_of(ActionKind::collect, Value{List{}})) == "  no rows\n");
    }

    TEST_CASE("the whole report of a small run") {
        RunReport report = small_run();
        report.results = {result_of(ActionKind::count, Value{std::int64_t{7}})};
        report.expectations = {{"etl ends succeeded", true, "succeeded"},
                               {"4 of task.launch", false, "3"}};
        CHECK(run_table(report, {.scenario_path = "a b.toml", .journal_path = ""}) ==
              "two nodes: succeeded in 220 ms of virtual time (seed 1)\n"
              "\n"
              "total\n"
              "  7\n"
              "\n"
              "Jobs\n"
              "  job  name   stages  skipped  tasks    took  status\n"
              "  j0   total       2        0      4  200 ms  succeeded\n"
              "\n"
              "Stages\n"
              "  stage  name      tasks  attempts  launched  status\n"
              "  s0     counts:4      2         1         2  succeeded\n"
              "  s1     counts        2         1         2  succeeded\n"
              "\n"
              "Executors: 2 started, 0 lost, 2 at once\n"
              "  executor  node  cores  tasks    busy  end\n"
              "  e1        w-1       2      2  180 ms\n"
              "  e2        w-2       2      2  200 ms\n"
              "\n"
              "Tasks\n"
              "  4 launched, 4 succeeded\n"
              "\n"
              "Expectations\n"
              "  FAILED  4 of task.launch\n"
              "          seen: 3\n"
              "  ok      etl ends succeeded\n"
              "\n"
              "digest 0000000000000abc\n"
              "record it:  forkyard run 'a b.toml' --journal run.fyj, then forkyard replay "
              "run.fyj\n");
    }

    TEST_CASE("with a journal the command that replays it is shown") {
        const std::string text =
            run_table(small_run(), {.scenario_path = "a.toml", .journal_path = "out/run.fyj"});
        CHECK(text.ends_with("replay it:  forkyard replay out/run.fyj\n"));
    }

    TEST_CASE("broken invariants and failed applications are named") {
        RunReport report = small_run();
        report.violations = {{"I12", "e1 is lost"}};
        report.summary.apps[0].outcome = Outcome::failed;
        report.summary.apps[0].reason = "Job aborted";
        const std::string text = run_table(report, {});
        CHECK(text.find("Broken invariants\n  I12  e1 is lost\n") != std::string::npos);
        CHECK(text.find("Not succeeded\n  etl failed: Job aborted\n") != std::string::npos);
    }
}

}  // namespace
}  // namespace forkyard::table_test
