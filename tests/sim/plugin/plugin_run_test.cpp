// Whole runs with a policy of the user's own: recorded, replayed, verified, cleaned up.
#include <csignal>
#include <filesystem>
#include <sstream>
#include <string>
#include <sys/types.h>

#include <doctest/doctest.h>

#include "tests/sim/plugin/plugin_place.hpp"

namespace forkyard::cli_testing::plugin_run_test {

namespace {

// Of a process that nobody here waits for. One that has ended and that nobody has waited for
// yet does not count.
bool runs(pid_t pid) {
    const std::string stat = read_file("/proc/" + std::to_string(pid) + "/stat");
    return !stat.empty() && !has(stat, ") Z ");
}

struct Kept {
    std::string manager;
    const char* built;
    std::string file;
};

}  // namespace

TEST_SUITE("plug-ins: whole runs") {
    TEST_CASE("a program hands out executors, alike in both modes, and its replay agrees") {
        Workplace place;
        place.write("s.toml", scenario_with(child("fit")));
        const Finished run = place.run({"run", "s.toml", "--quiet", "--journal", "s.fyj"});
        INFO(run.err);
        CHECK(run.exit == 0);
        const std::string journal = place.read("s.fyj");
        CHECK(lines_with(journal, {"executor.launch app=etl exec=e4 node=w-2 cores=2"}).size() ==
              1);
        CHECK(lines_with(journal, {"S 64 ", " manager="}).size() == 1);
        const Finished verify = place.run({"verify", "s.toml"});
        INFO(verify.err);
        CHECK(verify.exit == 0);
        const Finished replay = place.run({"replay", "s.fyj"});
        INFO(replay.out, replay.err);
        CHECK(replay.exit == 0);
        CHECK(replay.err.empty());
    }

    TEST_CASE("a library does so too, and what it prints goes to standard error") {
        Workplace place;
        put(place, FORKYARD_POLICY_LIBRARY, "libone.so");
        place.write("s.toml", scenario_with("plugin:libone.so"));
        const Finished run = place.run({"run", "s.toml", "--json", "--journal", "s.fyj"});
        INFO(run.err);
        CHECK(run.exit == 0);
        CHECK(run.json()["outcome"] == "succeeded");
        CHECK(has(run.err, "executor.requested\n"));
        const std::string journal = place.read("s.fyj");
        CHECK_FALSE(
            lines_with(journal, {"D ", "policy.choice label=\"executors on w-1\" n=2"}).empty());
        CHECK_FALSE(lines_with(journal, {"manager.note", "on w-1, by choice"}).empty());
        CHECK_FALSE(lines_with(journal, {"timer what=policy app=etl node=-"}).empty());
        CHECK(place.run({"verify", "s.toml"}).exit == 0);
        CHECK(place.run({"replay", "s.fyj", "--quiet"}).exit == 0);
    }

    TEST_CASE("where the policy is not there, what it did is taken from the journal as given") {
        for (const Kept& kept : {
                 Kept{"exec:./policy_child noted", FORKYARD_POLICY_CHILD, "policy_child"},
                 Kept{"exec:./policy_child choose", FORKYARD_POLICY_CHILD, "policy_child"},
                 Kept{"plugin:libpolicy.so", FORKYARD_LEAST_LOADED, "libpolicy.so"},
             }) {
            CAPTURE(kept.manager);
            Workplace place;
            put(place, kept.built, "there/" + kept.file);
            place.write("there/s.toml", scenario_with(kept.manager));
            const Finished run =
                place.run({"run", "there/s.toml", "--quiet", "--journal", "s.fyj"});
            INFO(run.err);
            REQUIRE(run.exit == 0);
            const std::string journal = place.read("s.fyj");
            CHECK_FALSE(has(journal, "there/"));  // no folder of this machine

            const Finished without = place.run({"replay", "s.fyj"});
            INFO(without.out, without.err);
            CHECK(without.exit == 0);
            CHECK(has(without.out, " records of "));
            CHECK(has(without.err, "what it did is taken from the journal as given"));
            const Finished with = place.run({"replay", "s.fyj", "--policy-dir", "there"});
            CHECK(with.exit == 0);
            CHECK(with.out == without.out);
            CHECK_FALSE(has(with.err, "as given"));
            const Finished none = place.run({"replay", "s.fyj", "--policy-dir", "-"});
            CHECK(none.exit == 0);
            CHECK(none.out == with.out);
            CHECK(none.err.empty());

            const Finished why = place.run({"why", "s.fyj", "s1.0/p0#0", "--policy-dir", "there"});
            CHECK(why.exit == 0);
            CHECK(has(why.out, "Candidates at"));
            CHECK_FALSE(has(why.out, "as given"));
            const Finished why_without = place.run({"why", "s.fyj", "s1.0/p0#0"});
            CHECK(why_without.out.starts_with(why.out));
            CHECK(has(why_without.out, "is taken from the journal as given"));
        }
    }

    TEST_CASE("choices of a policy are drawn from the seed, recorded, and repeated by a replay") {
        Workplace place;
        place.write("s.toml", scenario_with(child("choose")));
        std::string nodes;
        for (const char* seed : {"1", "2", "3", "4"}) {
            REQUIRE(place.run({"run", "s.toml", "--quiet", "--journal", "s.fyj", "--seed", seed})
                        .exit == 0);
            const std::string journal = place.read("s.fyj");
            CHECK(lines_with(journal, {"D ", "policy.choice label=\"node for etl\" n=3"}).size() >=
                  1);
            nodes += value_of(lines_with(journal, {"executor.launch", "exec=e1"}).at(0), "node");
            CHECK(place.run({"replay", "s.fyj", "--quiet"}).exit == 0);
        }
        CHECK(nodes != "w-1w-1w-1w-1");
    }

    TEST_CASE("a replay with another policy names the first decision that differs") {
        Workplace place;
        put(place, FORKYARD_POLICY_LIBRARY, "a/libpolicy.so");
        put(place, FORKYARD_LEAST_LOADED, "b/libpolicy.so");
        place.write("a/s.toml", scenario_with("plugin:libpolicy.so"));
        REQUIRE(place.run({"run", "a/s.toml", "--quiet", "--journal", "s.fyj"}).exit == 0);
        const Finished replay = place.run({"replay", "s.fyj", "--policy-dir", "b"});
        CHECK(replay.exit == 3);
        CHECK(has(replay.out, "DIVERGENCE at #"));
        CHECK(has(replay.out, "executor.requested app=etl"));
    }

    TEST_CASE("a policy may take an executor back, and be woken for it") {
        Workplace place;
        place.write("s.toml", scenario_with(child("noted")));
        const Finished run = place.run({"run", "s.toml", "--quiet", "--journal", "s.fyj"});
        INFO(run.err);
        CHECK(run.exit == 0);
        const std::string journal = place.read("s.fyj");
        const auto timer = lines_with(journal, {"timer what=policy app=etl"});
        REQUIRE_FALSE(timer.empty());
        CHECK(lines_with(journal, {"executor.kill app=etl exec=e1 reason=preempted by=manager"})
                  .size() == 1);
        CHECK(lines_with(journal, {"executor.lost app=etl exec=e1 reason=preempted"}).size() == 1);
        CHECK(place.run({"verify", "s.toml"}).exit == 0);
    }

    TEST_CASE("a policy may ask for faults, where the scenario lets it") {
        Workplace place;
        place.write("s.toml", scenario_with(child("harm"), "policy_faults = true\n"));
        const Finished run = place.run({"run", "s.toml", "--quiet", "--journal", "s.fyj"});
        INFO(run.err);
        CHECK(run.exit == 0);
        const std::string journal = place.read("s.fyj");
        CHECK(lines_with(journal, {"kill-executor applied", "exec=e1"}).size() == 1);
        CHECK(lines_with(journal, {"kill-executor noeffect"}).size() == 1);
        CHECK(lines_with(journal, {"slow-worker applied", "node=w-2"}).size() == 1);
        CHECK(lines_with(journal, {"slow-worker ended", "node=w-2"}).size() == 1);
        CHECK(place.run({"verify", "s.toml"}).exit == 0);
        CHECK(place.run({"replay", "--policy-dir", "-", "s.fyj"}).exit == 0);
        place.write("t.toml", scenario_with(child("harm")));
        const Finished refused = place.run({"run", "t.toml", "--quiet"});
        CHECK(refused.exit == 70);
        CHECK(has(refused.err, "cluster.policy_faults is false"));
    }

    TEST_CASE("it starts drivers on nodes, and again where they are lost") {
        Workplace place;
        place.write("s.toml",
                    scenario_with(child("fit")) +
                        "[[app.job]]\nname = \"all\"\nof = \"reduce\"\n[[fault]]\n"
                        "kind = \"kill-driver\"\napp = \"etl\"\nat = \"1s\"\n");
        const Finished run = place.run({"run",
                                        "s.toml",
                                        "--quiet",
                                        "--journal",
                                        "s.fyj",
                                        "--set",
                                        "app.etl.deploy_mode=cluster"});
        INFO(run.err);
        CHECK(run.exit == 0);
        const std::string journal = place.read("s.fyj");
        CHECK(lines_with(journal, {"driver.launch app=etl node=w-1", "attempt=1"}).size() == 1);
        CHECK(lines_with(journal, {"driver.launch app=etl node=w-2", "attempt=2"}).size() == 1);
        CHECK(lines_with(journal, {"app.finish app=etl status=succeeded"}).size() == 1);
        CHECK(place.run({"replay", "s.fyj", "--quiet"}).exit == 0);
    }

    TEST_CASE("[cluster.plugin] reaches the policy as it is, and stands in the journal so") {
        Workplace place;
        place.write("s.toml",
                    scenario_with("exec:head -n 1 > told.txt",
                                  "[cluster.plugin]\npack = true\nname = \"1.5\"\nratio = 1.5\n"
                                  "zones = [\"a\", \"b\"]\n[cluster.plugin.deep]\nlist = []\n"));
        CHECK(place.run({"run", "s.toml", "--journal", "s.fyj"}).exit == 69);
        const auto told = nlohmann::json::parse(place.read("told.txt"));
        const auto config = nlohmann::json::parse(
            R"({"pack":true,"name":"1.5","ratio":1.5,"zones":["a","b"],"deep":{"list":[]}})");
        CHECK(told["config"] == config);
        CHECK(told["protocol"] == 1);
        CHECK(told["nodes"][2]["node"] == "w-3");
        CHECK(told["apps"][0]["executor"]["cores"] == 2);
        CHECK(told["apps"][0]["cores_max"] == 8);
        const std::string first = place.read("told.txt");
        std::filesystem::remove(place.path("told.txt"));
        (void)place.run({"replay", "s.fyj"});  // from the journal's lines
        CHECK(place.read("told.txt") == first);
    }

    TEST_CASE("the examples hand out executors: one in Python, one in C++") {
        const std::string scenario = FORKYARD_SOURCE_DIR "/scenarios/plugins/first_fit.toml";
        Workplace place;
        const std::string library = "cluster.manager=plugin:" FORKYARD_LEAST_LOADED;
        CHECK(place.run({"verify", scenario, "--set", library}).exit == 0);
        if (place.shell("command -v python3").exit != 0) {
            MESSAGE("skipped: there is no python3");
            return;
        }
        const Finished verify = place.run({"verify", scenario});
        INFO(verify.err);
        CHECK(verify.exit == 0);
    }

    TEST_CASE("nothing is left of a policy and of what it has started") {
        Workplace place;
        place.write("s.toml", scenario_with(child("orphan")));
        pid_t policy = 0;
        pid_t other = 0;
        SUBCASE("at the end of the run") {
            REQUIRE(place.run({"run", "s.toml", "--quiet"}).exit == 0);
            std::istringstream{place.read("orphan.pid")} >> policy >> other;
            CHECK_FALSE(runs(policy));
            CHECK(comes_true([&] { return !runs(other); }, std::chrono::seconds{20}));
        }
        SUBCASE("when the driver is killed, of the policy at least") {
            place.write("s.toml", scenario_with(child("hang"), "policy_time_limit = \"50s\"\n"));
            Running running = place.started({"run", "s.toml", "--quiet"});
            const auto children = [&] {
                return read_file("/proc/" + std::to_string(running.pid()) + "/task/" +
                                 std::to_string(running.pid()) + "/children");
            };
            REQUIRE(comes_true([&] { return !children().empty(); }, std::chrono::seconds{20}));
            std::istringstream{children()} >> policy;
            running.signal(SIGKILL);
            CHECK(running.wait().exit == 128 + SIGKILL);
            CHECK(comes_true([&] { return !runs(policy); }, std::chrono::seconds{20}));
        }
    }
}

}  // namespace forkyard::cli_testing::plugin_run_test
