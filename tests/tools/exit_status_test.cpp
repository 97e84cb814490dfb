// The exit status and the message of everything that can be wrong with a command line, a scenario
// or a run.
#include <string>
#include <utility>
#include <vector>

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include "tests/tools/binary.hpp"

namespace forkyard::cli_testing::exit_status_test {

namespace {

const std::string good = R"(format = 1
[cluster]
[[cluster.worker]]
name = "w"
count = 2
cores = 1
memory = "2g"
[conf]
"spark.executor.cores" = 1
[[app]]
name = "etl"
[[app.stage]]
name = "map"
tasks = 4
duration = "1s"
)";

// A scenario, its changes, and what comes of it.
struct Case {
    std::string name;
    std::vector<std::string> changes;  // --set
    int exit;
};

Finished run_with(Workplace& place, const std::vector<std::string>& changes) {
    std::vector<std::string> arguments{"run", "s.toml", "--quiet", "--executors", "inline"};
    for (const std::string& change : changes) {
        arguments.insert(arguments.end(), {"--set", change});
    }
    return place.run(std::move(arguments));
}

}  // namespace

TEST_SUITE("exit status") {
    TEST_CASE("the outcome of a run against what was expected of it") {
        const std::string always_fails = R"(fault=[{kind="fail-task",stage="map",partition=1,)"
                                         R"(attempt="all",reason="no luck"}])";
        const std::string never_strikes = R"(fault=[{kind="kill-executor",executor="e1",at="1h"}])";
        const std::vector<Case> cases{
            {"all as expected", {}, 0},
            {"a failure that is not expected", {always_fails}, 1},
            {"a failure that is expected", {always_fails, "expect.outcome=failed"}, 0},
            {"with a part of its reason",
             {always_fails, "expect.outcome=failed", "expect.error=no luck"},
             0},
            {"with another reason",
             {always_fails, "expect.outcome=failed", "expect.error=bad luck"},
             1},
            {"an expected failure that does not come", {"expect.outcome=failed"}, 1},
            {"exactly as long as expected", {R"(expect.makespan={min="2s",max="2s"})"}, 0},
            {"a microsecond too long", {R"(expect.makespan={max="1999999us"})"}, 1},
            {"a fault without effect", {never_strikes}, 1},
            {"an optional fault without effect",
             {R"(fault=[{kind="kill-executor",executor="e1",at="1h",optional=true}])"},
             0},
            {"a task that is not there",
             {R"(fault=[{kind="slow-task",stage="map",partition=1,attempt=3}])"},
             1},
            {"records that are there",
             {R"(expect.records=[{match={kind="task.launch",stage="map"},count=4}])"},
             0},
            {"one record too many",
             {R"(expect.records=[{match={kind="task.launch",stage="map"},count={max=3}}])"},
             1},
            {"the time limit", {"time_limit=1500ms"}, 2},
            {"a time limit that is wanted", {"time_limit=1500ms", "expect.outcome=timed-out"}, 0},
            {"killed by its user", {"app.0.kill_at=1500ms"}, 1},
            {"killed as expected", {"app.0.kill_at=1500ms", "expect.outcome=killed"}, 0},
            {"an unknown key", {"cluster.managr=standalone"}, 64},
            {"a wrong kind of value", {"seed=many"}, 64},
            {"no value", {"seed"}, 64},
            {"not simulated yet", {"lab={x=1}"}, 64},
        };
        Workplace place;
        place.write("s.toml", good);
        for (const Case& one : cases) {
            INFO(one.name);
            const Finished run = run_with(place, one.changes);
            INFO(run.err);
            CHECK(run.exit == one.exit);
            CHECK(run.out.empty());  // --quiet
            if (run.exit >= 64) {
                CHECK(run.err.starts_with("forkyard: "));
            } else if (run.exit < 2 && !has(one.name, "limit")) {
                CHECK(run.err.empty());
            }
        }
    }

    TEST_CASE("executors that fit on no worker: 2, and who waits for what") {
        Workplace place;
        place.write("s.toml", good);
        const Finished run = run_with(place, {"spark.executor.cores=4"});
        CHECK(run.exit == 2);
        CHECK(has(run.err, "warning"));
        CHECK(has(run.err, "s.toml:10:1"));  // the application's table
        CHECK(has(run.err, "4 tasks of stage s0.0 wait for a free slot"));
        CHECK(has(run.err, "no worker has 4 cores"));
        CHECK(place.run({"check", "s.toml", "--set", "spark.executor.cores=4"}).exit == 0);
        const Finished limit = run_with(place, {"time_limit=1500ms"});
        CHECK(limit.exit == 2);
        CHECK(has(limit.err, "s0.0 waits for 2 running tasks"));
    }

    TEST_CASE("an expectation that more time could not mend fails a run cut short: 1, not 2") {
        Workplace place;
        place.write("s.toml", good);
        const std::string limit = "time_limit=1500ms";
        const auto records = [](const char* count) {
            return std::string{"expect.records=[{match={kind=\"task.launch\"},count="} + count +
                   "}]";
        };
        CHECK(run_with(place, {limit, records("{max=1}")}).exit == 1);
        CHECK(run_with(place, {limit, records("{min=99}")}).exit == 2);
    }

    TEST_CASE("an application that reaches the time limit lasted until then") {
        Workplace place;
        place.write("s.toml", good);
        const Finished run = place.run({"run", "s.toml", "--json", "--set", "time_limit=1500ms"});
        CHECK(run.json()["makespan_us"] == 1'500'000);
    }

    TEST_CASE("files that are missing: 66, with the line that names them") {
        Workplace place;
        place.write("s.toml", R"(format = 1
[cluster]
[[cluster.worker]]
name = "w"
cores = 1
memory = "2g"
[[app]]
[[app.dataset]]
steps = [
  { read_text = "gone.txt" },
]
)");
        for (const char* verb : {"run", "check", "verify"}) {
            const Finished run = place.run({verb, "s.toml"});
            CHECK(run.exit == 66);
            CHECK(has(run.err, "s.toml:10:"));
            CHECK(has(run.err, "gone.txt"));
        }
        place.write("gone.txt", "here it is\n");
        CHECK(place.run({"run", "s.toml", "--quiet"}).exit == 0);
        CHECK(place.run({"run", "none.toml"}).exit == 66);
        CHECK(place.run({"replay", "none.fyj"}).exit == 66);
        std::filesystem::create_directories(place.path("empty"));
        CHECK(place.run({"run", "empty"}).exit == 66);
    }

    TEST_CASE("a scenario that is wrong: 65, with file, line and a suggestion") {
        Workplace place;
        const auto err = [&](const std::string& text) {
            place.write("s.toml", text);
            const Finished run = place.run({"check", "s.toml"});
            CHECK(run.exit == 65);
            CHECK(place.run({"run", "s.toml"}).exit == 65);
            return run.err;
        };
        // Line 16 is the first one after the good ones.
        CHECK(has(err(good + "durration = \"1s\"\n"), "s.toml:16:1: error: "));
        CHECK(has(err(good + "durration = \"1s\"\n"), "did you mean `duration`"));
        CHECK(has(err(good + "rate = 5\n"), "s.toml:16:"));
        CHECK(has(err(good + "parents = [\"mapp\"]\n"), "s.toml:16:"));
        CHECK(has(err(good + "[lab]\nx = 1\n"), "s.toml:16:1: error: `[lab]` is not simulated"));
        CHECK(has(err(good + "input = { on = \"w\" }\n"), "s.toml:16:"));
        CHECK(has(err(good + "[[fault]]\nkind = \"kill-driver\"\napp = \"x\"\n"), "s.toml:18:"));
        CHECK(
            has(err(good + "[[fault]]\nkind = \"kill-exector\"\nat = \"1s\"\n"), "kill-executor"));
        CHECK(has(err(good + "[sweep]\n"), "s.toml:16:"));
        CHECK(has(err(good + "= 3\n"), "s.toml:16:"));  // no TOML
        CHECK(has(err("[cluster]\n"), "format"));
        for (const char* manager : {"local[0]", "plugin:", "exec:", "yarm"}) {
            std::string text = good;
            text.replace(text.find("[cluster]\n"),
                         10,
                         "[cluster]\nmanager = \"" + std::string{manager} + "\"\n");
            CHECK(has(err(text), "s.toml:3:"));
        }
    }

    TEST_CASE("a bug that is switched on: 65, unless it is allowed") {
        Workplace place;
        place.write("s.toml", good);
        const Finished refused = run_with(place, {"forkyard.bug=SPARK-4939"});
        CHECK(refused.exit == 65);
        CHECK(has(refused.err, "SPARK-4939. add --allow-bugs"));
        CHECK(place
                  .run({"run",
                        "s.toml",
                        "--quiet",
                        "--executors",
                        "inline",
                        "--allow-bugs",
                        "--set",
                        "forkyard.bug=SPARK-4939"})
                  .exit == 0);
        CHECK(run_with(place, {"forkyard.bug=SPARK-4938"}).exit == 64);
    }

    TEST_CASE("why of a journal that is missing: 66, of a record that is: 64") {
        Workplace place;
        place.write("s.toml", good);
        CHECK(place.run({"why", "run.fyj", "1"}).exit == 66);
        CHECK(place.run({"run", "s.toml", "--quiet", "--journal", "run.fyj"}).exit == 0);
        CHECK(place.run({"why", "run.fyj", "1"}).exit == 0);
        CHECK(place.run({"why", "run.fyj", "1000"}).exit == 64);
    }

    TEST_CASE("wrong usage: 64") {
        Workplace place;
        place.write("s.toml", good);
        const std::vector<std::vector<std::string>> wrong{
            {},
            {"fly"},
            {"run"},
            {"run", "s.toml", "--sideways"},
            {"run", "s.toml", "--clock", "lunar"},
            {"run", "s.toml", "--executors", "threads"},
            {"run", "s.toml", "--seed", "x"},
            {"replay"},
            {"reference", "everything"},
        };
        for (const auto& arguments : wrong) {
            const Finished run = place.run(arguments);
            CHECK(run.exit == 64);
            CHECK(run.out.empty());
            CHECK(run.err.starts_with("forkyard: "));
        }
        CHECK(place.run({"--help"}).exit == 0);
        CHECK(place.run({"run", "--help"}).exit == 0);
        CHECK(place.run({"--version"}).exit == 0);
    }

    TEST_CASE("inline executors under the wall clock: 64") {
        Workplace place;
        place.write("s.toml", good);
        CHECK(place.run({"run", "s.toml", "--clock", "wall", "--executors", "inline"}).exit == 64);
    }

    TEST_CASE("a wrong word for a verb is named") {
        Workplace place;
        CHECK(has(place.run({"rum", "s.toml"}).err, "rum"));
    }

    TEST_CASE("verbs that are still to come say so: 64") {
        Workplace place;
        int built = 0;
        for (const char* verb : {"debug",
                                 "diff",
                                 "why",
                                 "explore",
                                 "shrink",
                                 "repro",
                                 "import",
                                 "export",
                                 "whatif",
                                 "sweep",
                                 "lab",
                                 "top"}) {
            const Finished run = place.run({verb, "x"});
            if (!has(run.err, "not built yet")) {
                ++built;
                continue;  // it is built by now, and has tests of its own
            }
            CHECK(run.exit == 64);
            CHECK(has(run.err, "`" + std::string{verb} + "`"));
        }
        CHECK(built <= 12);
    }

    TEST_CASE("options that are still to come say so: 64") {
        Workplace place;
        place.write("s.toml", good);
        for (const char* option : {"-j", "--html", "--eventlog", "--perfetto", "--live"}) {
            const Finished run = place.run({"run", "s.toml", option, "x"});
            CHECK(run.exit == 64);
            CHECK(has(run.err, "`" + std::string{option} + "` is not built yet"));
        }
    }

    TEST_CASE("outputs that cannot be written: 74") {
        Workplace place;
        place.write("s.toml", good);
        CHECK(place.run({"run", "s.toml", "--quiet", "--journal", "no/such/j.fyj"}).exit == 74);
        CHECK(place.run({"run", "s.toml", "--quiet", "--journal", "no/such/j.fyj.zst"}).exit == 74);
        CHECK(place.run({"run", "s.toml", "--quiet", "--junit", "no/such/j.xml"}).exit == 74);
        CHECK(place.run({"run", "s.toml", "--quiet", "--journal", "/dev/full"}).exit == 74);
    }

    TEST_CASE("of several runs the worst, in the order 74 66 65 3 1 4 2 0") {
        Workplace place;
        place.write("ok.toml", good);
        place.write("fails.toml", good + "[expect]\noutcome = \"failed\"\n");
        place.write("waits.toml", "time_limit = \"1s\"\n" + good);
        place.write("wrong.toml", good + "rate = 1\n");
        const auto exit = [&](std::vector<std::string> files) {
            files.insert(files.begin(), {"run", "--quiet", "--executors", "inline"});
            return place.run(std::move(files)).exit;
        };
        CHECK(exit({"ok.toml", "ok.toml"}) == 0);
        CHECK(exit({"waits.toml", "ok.toml"}) == 2);
        CHECK(exit({"waits.toml", "fails.toml", "ok.toml"}) == 1);
        CHECK(exit({"fails.toml", "wrong.toml", "waits.toml"}) == 65);
        CHECK(exit({"none.toml", "wrong.toml", "fails.toml"}) == 66);
    }
}

}  // namespace forkyard::cli_testing::exit_status_test
