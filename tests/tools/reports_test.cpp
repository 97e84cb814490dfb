// What a run tells: the summary as JSON, the JUnit report, the table, and nothing with --quiet.
#include <array>
#include <string>
#include <vector>

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include "tests/tools/binary.hpp"

namespace forkyard::cli_testing::reports_test {

namespace {

// Two stages of one second; the first task fails once, half way through.
const std::string two_stages = R"(format = 1
name = "two <stages> & a \"fault\""
seed = 5
[cluster]
[[cluster.worker]]
name = "w"
count = 2
cores = 1
memory = "2g"
[conf]
"spark.executor.cores" = 1
"forkyard.offers" = "in-order"
[[app]]
name = "etl"
[[app.stage]]
name = "map"
tasks = 2
duration = "1s"
[[app.stage]]
name = "reduce"
tasks = 1
parents = ["map"]
duration = "1s"
[[fault]]
kind = "fail-task"
stage = "map"
partition = 0
reason = "no luck"
[expect]
makespan = { min = "2500ms", max = "2500ms" }
)";

const std::string numbers = R"(format = 1
[cluster]
[[cluster.worker]]
name = "w"
cores = 2
memory = "2g"
[[app]]
name = "n"
[[app.dataset]]
name = "d"
steps = [ { range = 10, partitions = 2 }, { key_by = "mod", args = [2] } ]
)";

}  // namespace

TEST_SUITE("reports") {
    TEST_CASE("the summary as JSON has every key, and its numbers add up") {
        Workplace place;
        place.write("s.toml", two_stages);
        const Finished run = place.run({"run", "s.toml", "--json"});
        CHECK(run.exit == 0);
        CHECK(lines_of(run.out).size() == 1);
        const nlohmann::json json = run.json();
        CHECK(json["scenario"] == "two <stages> & a \"fault\"");
        CHECK(json["seed"] == 5);
        CHECK(json["clock"] == "virtual");
        CHECK(json["outcome"] == "succeeded");
        CHECK(json["exit"] == 0);
        CHECK(json["makespan_us"] == 2'500'000);
        CHECK(json["digest"].get<std::string>().size() >= 16);
        const nlohmann::json app = json["apps"][0];
        CHECK(app["name"] == "etl");
        CHECK(app["status"] == "succeeded");
        CHECK(app["reason"] == "");
        const nlohmann::json job = app["jobs"][0];
        CHECK(job["id"] == "j0");
        CHECK(job["stages"] == 2);
        CHECK(job["skipped"] == 0);
        CHECK(job["tasks"] == 3);  // partitions
        const nlohmann::json map = app["stages"][0];
        CHECK(map["id"] == "s0");
        CHECK(map["name"] == "map");
        CHECK(map["attempts"] == 1);
        CHECK(map["tasks"] == 2);
        CHECK(map["status"] == "succeeded");
        CHECK(json["executors"] == nlohmann::json{{"started", 2}, {"lost", 0}, {"peak", 2}});
        CHECK(json["tasks"] == nlohmann::json{{"launched", 4},
                                              {"succeeded", 3},
                                              {"failed", 1},
                                              {"killed", 0},
                                              {"speculative", 0}});
        CHECK(json["faults"] ==
              nlohmann::json{{"planned", 1}, {"applied", 1}, {"noeffect", 0}, {"asked", 0}});
        CHECK(json["invariants"]["checked"] > 0);
        CHECK(json["invariants"]["broken"] == 0);
        for (const auto& expectation : json["expectations"]) {
            CHECK(expectation["ok"] == true);
            CHECK(expectation["what"].is_string());
            CHECK(expectation["seen"].is_string());
        }
    }

    TEST_CASE("results: rows of collect, pairs as [key, value], the value of count and reduce") {
        Workplace place;
        const auto result = [&](const std::string& job) {
            place.write("s.toml", numbers + "[[app.job]]\nof = \"d\"\n" + job);
            const Finished run = place.run({"run", "s.toml", "--json"});
            REQUIRE(run.exit == 0);
            return run.json()["apps"][0]["jobs"][0]["result"];
        };
        CHECK(result("action = \"count\"\n") == 10);
        CHECK(result("action = \"take\"\nargs = [3]\n").dump() == "[[0,0],[1,1],[0,2]]");
        CHECK(result("action = \"collect\"\n").size() == 10);
        CHECK(result("action = \"first\"\n").dump() == "[[0,0]]");
    }

    TEST_CASE("a job without rows has no result") {
        Workplace place;
        place.write("s.toml", two_stages);
        const nlohmann::json job =
            place.run({"run", "s.toml", "--json"}).json()["apps"][0]["jobs"][0];
        const bool none = job["result"].is_null() || job["result"].empty();
        CHECK(none);
    }

    TEST_CASE("several scenarios: one object a line") {
        Workplace place;
        place.write("all/a.toml", numbers);
        place.write("all/b.toml", two_stages);
        const Finished run = place.run({"run", "all", "--json"});
        CHECK(run.exit == 0);
        const auto lines = lines_of(run.out);
        REQUIRE(lines.size() == 2);
        CHECK(nlohmann::json::parse(lines[0])["scenario"] == "a");
        CHECK(nlohmann::json::parse(lines[1])["seed"] == 5);
    }

    TEST_CASE("executors that were lost, and those that left") {
        Workplace place;
        place.write("s.toml", two_stages);
        const nlohmann::json json =
            place
                .run({"run",
                      "s.toml",
                      "--json",
                      "--set",
                      R"(fault=[{kind="exit-executor",executor="e1",at="300ms",code=7}])",
                      "--set",
                      R"(expect.makespan={min="2300ms",max="2300ms"})"})
                .json();
        CHECK(json["exit"] == 0);
        CHECK(json["executors"] == nlohmann::json{{"started", 3}, {"lost", 1}, {"peak", 2}});
        CHECK(json["tasks"]["failed"] == 1);
    }

    TEST_CASE("a JUnit report a scenario has a suite with a case an expectation, and is XML") {
        Workplace place;
        place.write("all/a.toml", numbers);
        place.write("all/b.toml", two_stages);
        const Finished run = place.run(
            {"run", "all", "--quiet", "--junit", "r", "--set", "expect.makespan={max=\"1s\"}"});
        CHECK(run.exit == 1);
        CHECK(run.out.empty());
        CHECK(
            lines_with(place.read("r/a.xml"), {"<testsuite name=\"a\"", "failures=\"0\""}).size() ==
            1);
        const std::string xml = place.read("r/b.xml");
        CHECK(xml.starts_with("<?xml version=\"1.0\" encoding=\"UTF-8\"?>"));
        CHECK(lines_with(xml, {"<testsuite "}).size() == 1);
        const auto failed = lines_with(
            xml, {"name=\"two &lt;stages&gt; &amp; a &quot;fault&quot;\"", "failures=\"1\""});
        CHECK(failed.size() == 1);
        CHECK(lines_with(xml, {"<failure "}).size() == 1);
        CHECK(lines_with(xml, {"time=\"2.500000\""}).size() >= 1);
        CHECK(place
                  .shell("python3 -c 'import xml.dom.minidom as m; m.parse(\"r/b.xml\")' ||"
                         " ! command -v python3")
                  .exit == 0);
    }

    TEST_CASE("a fault without effect is a failure of the JUnit report as well") {
        Workplace place;
        place.write("s.toml",
                    numbers +
                        "[[fault]]\nkind = \"kill-executor\"\nat = \"1h\"\n"
                        "executor = \"e1\"\n");
        CHECK(place.run({"run", "s.toml", "--quiet", "--junit", "r.xml"}).exit == 1);
        CHECK(lines_with(place.read("r.xml"), {"<failure ", "no effect"}).size() == 1);
    }

    TEST_CASE("the table: results, jobs, stages, executors, faults, digest, how to replay") {
        Workplace place;
        place.write("s.toml", numbers);
        const Finished run = place.run({"run", "s.toml", "--journal", "j.fyj"});
        CHECK(run.exit == 0);
        for (const char* part : {"Jobs\n",
                                 "Stages\n",
                                 "Executors: 1 started, 0 lost",
                                 "Tasks\n",
                                 "Expectations\n",
                                 "digest ",
                                 "forkyard replay j.fyj"}) {
            INFO(std::string{part});
            CHECK(has(run.out, part));
        }
        const std::string digest =
            place.run({"run", "s.toml", "--json"}).json()["digest"].get<std::string>();
        CHECK(has(run.out, "digest " + digest));
        CHECK(has(place.run({"replay", "j.fyj"}).out, digest));
    }

    TEST_CASE("nobody who listens: a closed standard output does not stop a run") {
        Workplace place;
        place.write("s.toml", two_stages);
        const std::string run = std::string{FORKYARD_BINARY} + " run s.toml ";
        CHECK(place.shell(run + ">&-").exit == 0);
        CHECK(place.shell(run + "--json >&-").exit == 0);
        CHECK(place.shell(run + "--quiet --journal - >&-").exit == 0);
        CHECK(place.shell(run + "--journal j.fyj >&-").exit == 0);
        CHECK(has(place.read("j.fyj"), "Z verdict=ended exit=0"));
        // A reader that goes away at once.
        Running left = place.piped({"run", "s.toml", "--journal", "-"});
        left.close_pipe();
        CHECK(left.wait().exit == 0);
    }

    TEST_CASE("save writes one record a line into --out") {
        Workplace place;
        place.write("s.toml",
                    numbers +
                        "[[app.job]]\nof = \"d\"\naction = \"save\"\n"
                        "args = [\"pairs\"]\n");
        CHECK(place.run({"run", "s.toml", "--quiet", "--out", "results"}).exit == 0);
        const Finished lines = place.shell("cat results/pairs/part-* | LC_ALL=C sort");
        CHECK(lines_of(lines.out).size() == 10);
        CHECK(lines.out.starts_with("(0,0)\n(0,2)\n"));
    }

    TEST_CASE("a save that fails leaves no success of the one before") {
        Workplace place;
        place.write("s.toml",
                    numbers +
                        "[[app.job]]\nof = \"d\"\naction = \"save\"\n"
                        "args = [\"pairs\"]\n");
        CHECK(place.run({"run", "s.toml", "--quiet"}).exit == 0);
        CHECK(place.shell("test -e pairs/_SUCCESS && touch pairs/part-of-a-thesis").exit == 0);
        CHECK(place
                  .run({"run",
                        "s.toml",
                        "--quiet",
                        "--set",
                        "fault=[{kind=\"fail-task\",partition=0,attempt=\"all\"}]"})
                  .exit == 1);
        CHECK(place.shell("test -e pairs/_SUCCESS").exit == 1);
        CHECK(place.shell("test -e pairs/part-of-a-thesis").exit == 0);
    }

    TEST_CASE("paths given with --set are relative to the working directory") {
        Workplace place;
        place.write("in/s.toml",
                    "format = 1\n[cluster]\n[[cluster.worker]]\nname = \"w\"\ncores = 2\n"
                    "memory = \"4g\"\n[[app]]\nname = \"a\"\n[[app.dataset]]\nname = \"d\"\n"
                    "steps = [{ read_text = \"t.txt\" }]\n"
                    "[[app.job]]\nof = \"d\"\naction = \"count\"\n");
        place.write("in/t.txt", "one\n");
        place.write("u.txt", "one\ntwo\n");
        const auto count = [&](const std::vector<std::string>& more) {
            std::vector<std::string> args{"run", "in/s.toml", "--json"};
            args.insert(args.end(), more.begin(), more.end());
            const Finished run = place.run(args);
            return run.exit == 0 ? run.json()["apps"][0]["jobs"][0]["result"].get<int>()
                                 : -run.exit;
        };
        CHECK(count({}) == 1);
        CHECK(count({"--set", "app.0.dataset.0.steps.0.read_text=u.txt"}) == 2);
        CHECK(count({"--set", "app.0.dataset.0.steps.0.read_text=t.txt"}) == -66);
    }

    TEST_CASE("two scenarios of one name are refused where one's journal would be lost") {
        Workplace place;
        place.write("x/s.toml", numbers);
        place.write("y/s.toml", numbers);
        CHECK(place.run({"run", "x/s.toml", "y/s.toml", "--quiet", "--journal", "j"}).exit == 64);
        CHECK(place.run({"run", "x/s.toml", "y/s.toml", "--quiet"}).exit == 0);
    }

    TEST_CASE("a seed that is none is wrong usage") {
        Workplace place;
        place.write("s.toml", numbers);
        for (const char* seed : {"9223372036854775808", "010", "-1", "x", ""}) {
            CHECK(place.run({"run", "s.toml", "--quiet", "--seed", seed}).exit == 64);
        }
        CHECK(place.run({"run", "s.toml", "--quiet", "--seed", "9223372036854775807"}).exit == 0);
    }

    TEST_CASE("a save with fewer partitions leaves nothing of the one before") {
        Workplace place;
        place.write("s.toml",
                    numbers +
                        "[[app.job]]\nof = \"d\"\naction = \"save\"\n"
                        "args = [\"pairs\"]\n");
        for (const char* partitions : {"5", "2"}) {
            CHECK(place
                      .run({"run",
                            "s.toml",
                            "--quiet",
                            "--set",
                            "app.0.dataset.0.steps.0.partitions=" + std::string{partitions}})
                      .exit == 0);
            CHECK(lines_of(place.shell("ls pairs/part-*").out).size() ==
                  static_cast<std::size_t>(std::stoi(partitions)));
            CHECK(lines_of(place.shell("cat pairs/part-*").out).size() == 10);
        }
    }
}

}  // namespace forkyard::cli_testing::reports_test
