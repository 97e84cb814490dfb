// Policies that misbehave: the run ends, with the policy, what it did and what it was told.
#include <string>
#include <string_view>

#include <doctest/doctest.h>

#include "tests/sim/plugin/plugin_place.hpp"

namespace forkyard::cli_testing::plugin_failure_test {

namespace {

struct Misdeed {
    const char* mode;
    const char* told;  // what the message says of it
};

// At the application's first request.
constexpr Misdeed misdeeds[] = {
    {"crash", "was killed by SIGKILL (9)"},
    {"choose-and-crash", "was killed by SIGKILL (9)"},
    {"exit", "exited with status 3"},
    {"hang", "did not answer within 250 ms"},
    {"close", "closed its standard output"},
    {"print",
     "answered `asked for executors`, which is not JSON; print to standard error instead, standard "
     "output is for answers"},
    {"list", "answered `[1,2]`, which is no JSON object"},
    {"deep", "[[[...`, which is nested more than 100 deep"},
    {"seq", "which does not have \"seq\":5; answer each line once, in order"},
    {"silent-answer", "which lacks the key `actions`"},
    {"more", "which has a key `note` that does not belong there"},
    {"give-up", "gave up: the moon is wrong"},
    {"kind", "it is an unknown action `executor.lunch`; did you mean `executor.launch`?"},
    {"key", "it has an unknown key `core`; did you mean `cores`?"},
    {"lacks", "it lacks the key `reason`"},
    {"type", "it has for `cores` `\"two\"`, which is no whole number from 0 on"},
    {"node", "it has for `node` `\"w-9\"`, which is no name of a node"},
    {"both", "which has both `choose` and `actions`"},
    {"reason", "it has for `reason` `\"x\"`, which is no word that this key can have"},
    {"n", "which has a bad `choose`"},
    {"room", "broke a rule of the cluster: an executor of 5 cores on w-1, where 0 of 4 are taken"},
    {"past", "has a bad action 1: it has for `at` no whole number of microseconds"},
    {"late", "a timer for 0 us, "},
    {"wake", "has itself woken again and again at one instant, more than 10000 times"},
    {"many", "which has 1000001 actions, more than 1000000 for one event"},
    {"flood", "wrote a line of more than 64 MiB"},
};

}  // namespace

TEST_SUITE("plug-ins: misbehaviour") {
    TEST_CASE("a policy that misbehaves ends the run with what it did and what it was told") {
        for (const Misdeed& misdeed : misdeeds) {
            CAPTURE(std::string{misdeed.mode});
            Workplace place;
            const std::string mode = misdeed.mode;
            const std::string limit = mode == "hang" ? "policy_time_limit = \"250ms\"" : "";
            place.write("s.toml", scenario_with(child(mode), limit));
            const Finished run =
                place.run({"run", "s.toml", "--executors", "inline", "--journal", "s.fyj"});
            INFO(run.err);
            CHECK(run.exit == 70);
            CHECK(has(run.err, "error: the cluster manager test policy (" + child(mode) + ") "));
            CHECK(has(run.err, misdeed.told));
            CHECK(has(run.err, "the event was `E "));
            const std::string journal = place.read("s.fyj");
            CHECK(has(journal, "\nZ verdict=error exit=70\n"));
            if (mode == "room" ||
                mode.ends_with("crash")) {  // it fails again, or is asked for no more
                CHECK(place.run({"replay", "s.fyj", "--quiet"}).exit == 0);
            }
        }
    }

    TEST_CASE("a policy that does not begin is a component that is missing") {
        Workplace place;
        put(place, FORKYARD_NEWER_LIBRARY, "libnewer.so");
        put(place, FORKYARD_POLICY_LIBRARY, "libpolicy.so");
        put(place, FORKYARD_POLICY_CHILD, "libprogram.so");
        place.write("libtext.so", "no library");
        for (const Misdeed& misdeed : {
                 Misdeed{"exec:./not-there", "did not begin: it exited with status 127"},
                 Misdeed{"exec:cat /dev/null", "did not begin: it exited with status 0"},
                 Misdeed{"exec:echo hello", "did not begin: it answered `hello`, which is not"},
                 Misdeed{
                     "plugin:libnewer.so",
                     "libnewer.so was built with version 7 of the policy SDK, and this forkyard "
                     "has version 1: build it again with the header of this forkyard"},
                 Misdeed{"plugin:libtext.so", "the library cannot be loaded: ./libtext.so: "},
                 Misdeed{"plugin:libprogram.so", "the library cannot be loaded: "},
             }) {
            CAPTURE(std::string{misdeed.mode});
            place.write("s.toml", scenario_with(misdeed.mode));
            const Finished run = place.run({"run", "s.toml", "--journal", "s.fyj"});
            INFO(run.err);
            CHECK(run.exit == 69);
            CHECK(has(run.err, "error: the cluster manager " + std::string{misdeed.mode} + " did"));
            CHECK(has(run.err, misdeed.told));
        }
        place.write("s.toml",
                    scenario_with("plugin:libpolicy.so", "[cluster.plugin]\nmode = \"refuse\""));
        const Finished refused = place.run({"run", "s.toml"});
        CHECK(refused.exit == 69);
        CHECK(has(refused.err, "did not begin: mode = \"refuse\""));
    }

    TEST_CASE("what a library throws is told, and what crashes it does no harm") {
        Workplace place;
        put(place, FORKYARD_POLICY_LIBRARY, "libpolicy.so");
        const auto run = [&](const std::string& mode) {
            place.write(
                "s.toml",
                scenario_with("plugin:libpolicy.so", "[cluster.plugin]\nmode = \"" + mode + "\""));
            return place.run({"run", "s.toml", "--quiet"});
        };
        const Finished thrown = run("throw");
        CHECK(thrown.exit == 70);
        CHECK(has(thrown.err, "the cluster manager one node (plugin:libpolicy.so) gave up: no "));
        CHECK(has(thrown.err, "gave up: no executor today; it had been told {\"seq\":"));
        const Finished crashed = run("crash");
        CHECK(crashed.exit == 70);
        CHECK(has(crashed.err, "was killed by SIGABRT (6); it had been told {\"seq\":"));
    }

    TEST_CASE("a run that waits for its policy can be interrupted") {
        const auto interrupted_at = [](const std::string& event, const std::string& executors) {
            CAPTURE(event);
            CAPTURE(executors);
            Workplace place;
            place.write("s.toml", scenario_with(child("orphan-and-hang " + event)));
            Running running =
                place.started({"run", "s.toml", "--executors", executors, "--journal", "s.fyj"});
            REQUIRE(comes_true([&] { return has(place.read("orphan.pid"), " "); },
                               std::chrono::seconds{20}));
            running.signal(SIGINT);
            const Finished run = running.wait();
            INFO(run.err);
            CHECK(run.exit == 130);
            return place.exists("s.fyj") ? place.read("s.fyj") : "";
        };
        const std::string verdict = "\nZ verdict=interrupted exit=130\n";
        CHECK(has(interrupted_at("executor.requested", "process"), verdict));
        CHECK(has(interrupted_at("executor.requested", "inline"), verdict));
        (void)interrupted_at("begin", "process");
    }

    TEST_CASE("check looks for the library and at what is written, and starts nothing") {
        Workplace place;
        const auto check = [&](const std::string& manager, const std::string& more = "") {
            place.write("s.toml", scenario_with(manager, more));
            return place.run({"check", "s.toml"});
        };
        CHECK(check("exec:touch started").exit == 0);
        CHECK_FALSE(place.exists("started"));
        const Finished missing = check("plugin:libno.so");
        CHECK(missing.exit == 66);
        CHECK(has(missing.err, "s.toml:3:11: error: there is no file `libno.so`"));
        put(place, FORKYARD_POLICY_LIBRARY, "there/libpolicy.so");
        place.write("there/s.toml", scenario_with("standalone"));
        const auto by_option = [&](const std::string& file) {
            return place.run({"check", "there/s.toml", "--set", "cluster.manager=plugin:" + file});
        };
        CHECK(by_option("there/libpolicy.so").exit == 0);
        const Finished elsewhere = by_option("libpolicy.so");
        CHECK(elsewhere.exit == 66);
        CHECK(has(elsewhere.err, "with --set, paths are relative to the working directory"));
        for (const char* manager : {"exec:", "exec", "plugin: ", "exec: "}) {
            CAPTURE(manager);
            const Finished nothing = check(manager);
            CHECK(nothing.exit == 65);
            CHECK(has(nothing.err, "names no policy. write it as \"exec:python3 policy.py\""));
        }
        const Finished limit = check("exec:true", "policy_time_limit = \"0s\"");
        CHECK(limit.exit == 65);
        CHECK(has(limit.err, "`policy_time_limit` must be above 0"));
        const Finished date = check("exec:true", "plugin = { at = 2024-01-01 }");
        CHECK(date.exit == 65);
        CHECK(has(date.err, "`plugin` must be a table without dates"));
    }
}

}  // namespace forkyard::cli_testing::plugin_failure_test
