// forkyard import, from the command line: which traces, what is written, what is wrong.
#include <string>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include "tests/sim/import/traces.hpp"
#include "tests/tools/binary.hpp"

namespace forkyard::cli_testing::import_command_test {

namespace {

using sim::testing::small_trace;

// The traces of three queries and two sizes, not in order, and a file that is none.
void write_traces(const Workplace& place) {
    for (const auto& [query, size] :
         std::vector<std::pair<int, std::string>>{{17, "2g"}, {3, "2g"}, {3, "10g"}, {4, "10g"}}) {
        place.write(fmt::format("traces/tpch-{}-q{:02}.json", size, query),
                    small_trace(query, size));
    }
    place.write("traces/notes.json", "no trace");
}

std::vector<std::string> jobs_of(const std::string& text) {
    return lines_with(text, {"thread = "});
}

Finished import_tpch(Workplace& place, std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), {"import", "tpch"});
    return place.run(std::move(arguments));
}

}  // namespace

TEST_SUITE("bench with traces") {
    TEST_CASE("only the group that runs them takes them, and a wrong folder is said at once") {
        Workplace place;
        const Finished other = place.run({"bench", "ring", "--tpch", "traces"});
        CHECK(other.exit == 64);
        CHECK(has(other.err, "--tpch: error: only the group `sim`"));
        CHECK(place.run({"bench", "sim", "--tpch", "nowhere"}).exit == 66);
    }
}

TEST_SUITE("import tpch") {
    TEST_CASE("a folder is its traces in order of name; the scenario passes the check") {
        Workplace place;
        write_traces(place);
        const Finished made = import_tpch(place, {"traces"});
        CHECK(made.exit == 0);
        CHECK(made.err.empty());
        CHECK(jobs_of(made.out) == std::vector<std::string>{"thread = \"j0-q03\"",
                                                            "thread = \"j1-q04\"",
                                                            "thread = \"j2-q03\"",
                                                            "thread = \"j3-q17\""});
        place.write("made.toml", made.out);
        const Finished checked = place.run({"check", "made.toml"});
        CHECK(checked.exit == 0);
        CHECK(checked.err.empty());
    }

    TEST_CASE("with -o it is a file, and the command it names makes it again") {
        Workplace place;
        write_traces(place);
        const Finished made = import_tpch(
            place, {"traces", "--jobs", "9", "--poisson", "--every", "90s", "-o", "made.toml"});
        CHECK(made.exit == 0);
        CHECK(made.out == "made.toml: 9 jobs, 27 stages, 54 tasks\n");
        const std::string text = place.read("made.toml");
        const std::vector<std::string> command = lines_with(text, {"#   forkyard import tpch"});
        REQUIRE(command.size() == 1);
        const std::string arguments = command[0].substr(std::string{"#   forkyard"}.size());
        CHECK(place.shell(FORKYARD_BINARY + arguments).out == text);
    }

    TEST_CASE("sizes and queries choose among the traces") {
        Workplace place;
        write_traces(place);
        CHECK(jobs_of(import_tpch(place, {"traces", "--size", "10g"}).out).size() == 2);
        CHECK(jobs_of(import_tpch(place, {"traces", "--query", "3,17"}).out).size() == 3);
        CHECK(jobs_of(import_tpch(place, {"--size", "10g,2g", "--query", "4", "traces"}).out) ==
              std::vector<std::string>{"thread = \"j0-q04\""});
        const Finished size = import_tpch(place, {"traces", "--size", "3g"});
        CHECK(size.exit == 64);
        CHECK(has(size.err, "no trace has size 3g. there are 2g, 10g"));
        CHECK(import_tpch(place, {"traces", "--query", "5"}).exit == 64);
        CHECK(import_tpch(place, {"traces", "--size", "2g", "--query", "4"}).exit == 64);
    }

    TEST_CASE("inputs that are missing or wrong: 66, 65, with the file's name") {
        Workplace place;
        write_traces(place);
        place.write("bad/tpch-2g-q03.json", small_trace().substr(0, 100));
        place.write("empty/readme.txt", "");
        const Finished missing = import_tpch(place, {"nothing.json"});
        CHECK(missing.exit == 66);
        CHECK(missing.err.starts_with("forkyard: nothing.json: error: "));
        const Finished empty = import_tpch(place, {"empty"});
        CHECK(empty.exit == 66);
        CHECK(has(empty.err, "holds no trace"));
        const Finished bad = import_tpch(place, {"bad"});
        CHECK(bad.exit == 65);
        CHECK(bad.err.starts_with("forkyard: bad/tpch-2g-q03.json:"));
        CHECK(bad.out.empty());
    }

    TEST_CASE("an output that cannot be written: 74") {
        Workplace place;
        write_traces(place);
        CHECK(import_tpch(place, {"traces", "-o", "nowhere/made.toml"}).exit == 74);
        CHECK(place.shell(FORKYARD_BINARY " import tpch traces > /dev/full").exit == 74);
    }

    TEST_CASE("wrong usage: 64, by the option's name") {
        Workplace place;
        write_traces(place);
        const std::vector<std::pair<std::vector<std::string>, std::string>> cases{
            {{"--every", "25"}, "--every: error: `25` is no duration"},
            {{"--every", "25h"}, "--every"},
            {{"--jobs", "0"}, "--jobs"},
            {{"--executors", "none"}, "--executors"},
            {{"--mode", "fair"}, "--mode"},
            {{"--durations", "mean"}, "--durations"},
            {{"--seed", "-1"}, "--seed"},
            {{"--query", "q3"}, "--query"},
        };
        for (const auto& [options, said] : cases) {
            std::vector<std::string> arguments{"traces"};
            arguments.insert(arguments.end(), options.begin(), options.end());
            const Finished run = import_tpch(place, arguments);
            INFO(run.err);
            CHECK(run.exit == 64);
            CHECK(has(run.err, said));
        }
        CHECK(import_tpch(place, {}).exit == 64);
        CHECK(has(place.run({"import"}).err, "needs the kind"));
        CHECK(has(place.run({"import", "tpcds", "traces"}).err, "no kind `tpcds`"));
        CHECK(has(place.run({"import", "eventlog", "x"}).err, "not built yet"));
        CHECK(place.run({"import", "eventlog", "x"}).exit == 64);
    }
}

}  // namespace forkyard::cli_testing::import_command_test
