#include <doctest/doctest.h>

#include "tests/sim/scenario/loading.hpp"

namespace forkyard::sim::fault_pattern_test {

using namespace forkyard;
using namespace forkyard::sim;

namespace {

const std::string staged = small_scenario + R"(name = "etl"
[[app.stage]]
name = "map"
tasks = 2
[[app.stage]]
name = "reduce"
tasks = 2
parents = ["map"]
)";

// The fault's own text begins in line 17.
std::string fault_problems(const std::string& fault) {
    return problems(staged + "[[fault]]\n" + fault);
}

FaultSpec fault(const std::string& text) {
    const LoadResult result = load_text(staged + "[[fault]]\n" + text);
    CHECK(shown(result) == "");
    REQUIRE(result.loaded.has_value());
    return result.loaded->scenario.faults.at(0);
}

std::string match_problems(const std::string& pattern) {
    return problems(staged + "[[expect.records]]\nmatch = " + pattern + "\n");
}

Pattern match(const std::string& pattern) {
    const LoadResult result = load_text(staged + "[[expect.records]]\nmatch = " + pattern + "\n");
    CHECK(shown(result) == "");
    REQUIRE(result.loaded.has_value());
    return result.loaded->scenario.expect.records.at(0).match;
}

}  // namespace

TEST_SUITE("faults") {
    TEST_CASE("a fault means the executor of the matched record unless told otherwise") {
        const FaultSpec built =
            fault("kind = \"kill-executor\"\nwhen = { kind = \"task.launch\" }\nnth = 3\n");
        CHECK(built.kind == FaultKind::kill_executor);
        CHECK(built.executor.matched);
        CHECK(built.nth == 3);
        CHECK(built.notice == SimDuration{0});
    }

    TEST_CASE("executors are named by number, by word or by what they do") {
        const std::string head = "kind = \"kill-executor\"\nat = \"1s\"\nexecutor = ";
        CHECK(fault(head + "\"e3\"\n").executor.named == std::vector{ExecutorId{3}});
        CHECK(fault(head + "2\n").executor.named == std::vector{ExecutorId{2}});
        CHECK(fault(head + "[\"e1\", 2]\n").executor.named ==
              std::vector{ExecutorId{1}, ExecutorId{2}});
        CHECK(fault(head + "\"all\"\n").executor.pick == Pick::all);
        CHECK(fault(head + "\"any\"\n").executor.pick == Pick::any);
        const FaultSpec built = fault(head +
                                      "{ app = \"etl\", node = \"w-1\", holding = \"map\", "
                                      "idle = true, pick = \"any\" }\n");
        CHECK(built.executor.node == "w-1");
        CHECK(built.executor.holding == "map");
        CHECK(built.executor.idle == true);
        CHECK(built.executor.pick == Pick::any);
        CHECK(fault_problems(head + "\"e0\"\n") ==
              "s.toml:19:12: error: there can be no executor `e0`. write \"e1\" or 1, \"matched\", "
              "\"any\", \"all\", a list or a table");
        CHECK(fault_problems(head + "{ holding = \"mpa\" }\n") ==
              "s.toml:19:24: error: unknown stage `mpa`. did you mean `map`?");
        CHECK(fault_problems(head + "{ node = \"w\" }\n") ==
              "s.toml:19:21: error: unknown worker `w`. there are `w-1` and `w-2`");
    }

    TEST_CASE("a task fault without a time acts when its attempt is launched") {
        const FaultSpec built = fault("kind = \"slow-task\"\nstage = \"reduce\"\npartition = 1\n");
        CHECK(built.task.stage == "reduce");
        CHECK(built.task.partition == 1U);
        CHECK(built.task.attempt == 0U);
        CHECK(built.factor == Millionths{5'000'000});
        CHECK_FALSE(built.at.has_value());
        CHECK_FALSE(fault("kind = \"fail-task\"\nattempt = \"all\"\n").task.attempt.has_value());
    }

    TEST_CASE("what a fault does not say is its kind's own default") {
        CHECK(fault("kind = \"exit-executor\"\nat = \"1s\"\nexecutor = 1\n").code == 1);
        CHECK_FALSE(
            fault("kind = \"kill-executor\"\nat = \"1s\"\nexecutor = 1\nnotice = \"never\"\n")
                .notice.has_value());
        const FaultSpec slow =
            fault("kind = \"slow-worker\"\nat = \"1s\"\nworker = \"w-2\"\nfor = \"5s\"\n");
        CHECK(slow.factor == Millionths{2'000'000});
        CHECK(slow.lasts == SimDuration{std::chrono::seconds{5}});
        CHECK_FALSE(
            fault("kind = \"lose-worker\"\nat = \"1s\"\nworker = \"any\"\n").notice.has_value());
        CHECK(fault("kind = \"lose-worker\"\nwhen = { kind = \"task.launch\" }\n").worker_matched);
    }

    TEST_CASE("the delay of delay-commit is how late it commits, not when the fault acts") {
        const FaultSpec late =
            fault("kind = \"delay-commit\"\nstage = \"reduce\"\ndelay = \"3s\"\n");
        CHECK(late.late == std::chrono::seconds{3});
        CHECK(late.delay == SimDuration{0});
        CHECK(fault("kind = \"delay-commit\"\nat = \"1s\"\nstage = \"map\"\ndelay = \"3s\"\n").at ==
              SimTime{std::chrono::seconds{1}});
        CHECK(fault_problems("kind = \"delay-commit\"\nstage = \"map\"\n") ==
              "s.toml:16:1: error: `delay-commit` needs a `delay` above 0");
        CHECK(fault("kind = \"deny-commit\"\nstage = \"map\"\n").task.attempt == 0);
        CHECK(fault_problems(
                  "kind = \"deny-commit\"\nat = \"1s\"\nstage = \"map\"\ndelay = \"3s\"\n") ==
              "s.toml:20:1: error: `delay` goes with `when`, not with `at`");
    }

    TEST_CASE("a fault that cannot be meant is refused") {
        CHECK(fault_problems(
                  "kind = \"kill-executor\"\nat = \"1s\"\nwhen = { kind = \"task.launch\" }\n"
                  "executor = 1\n") == "s.toml:18:1: error: a fault has `at` or `when`, not both");
        CHECK(fault_problems("kind = \"kill-executor\"\nexecutor = 1\n") ==
              "s.toml:16:1: error: `kill-executor` needs `at` or `when`");
        CHECK(fault_problems("kind = \"kill-executor\"\nat = \"1s\"\n") ==
              "s.toml:16:1: error: with `at` there is no matched executor. say which with "
              "`executor`");
        CHECK(fault_problems("kind = \"kill-executor\"\nwhen = { kind = \"stage.submit\" }\n") ==
              "s.toml:16:1: error: the records that `when` matches name no executor. say which "
              "with `executor`");
        CHECK(fault_problems("kind = \"fail-task\"\nexecutor = 1\n") ==
              "s.toml:18:1: error: `fail-task` takes no `executor`. its own keys are app stage "
              "partition attempt progress reason");
        CHECK(fault_problems("kind = \"kil-executor\"\nat = \"1s\"\n") ==
              "s.toml:17:8: error: unknown kind of fault `kil-executor`. did you mean "
              "`kill-executor`?");
        CHECK(fault_problems("kind = \"fail-task\"\nprobability = 1.5\n") ==
              "s.toml:18:15: error: `probability` is from 0 to 1");
        CHECK(fault_problems("kind = \"fail-task\"\nprogress = 101\n") ==
              "s.toml:18:12: error: `progress` is in percent, at most 100");
    }
}

TEST_SUITE("patterns") {
    TEST_CASE("keys are in order of name, numbers in the record's own unit") {
        const Pattern built = match(
            "{ time = { min = \"1s\", max = \"2s\" }, kind = \"task.launch\", exec = [\"e1\", "
            "\"e2\"], spec = true }");
        REQUIRE(built.keys.size() == 4);
        CHECK(built.keys[0].key == "exec");
        CHECK(built.keys[0].value.any_of == std::vector<std::string>{"e1", "e2"});
        CHECK(built.keys[1].value.any_of == std::vector<std::string>{"task.launch"});
        CHECK(built.keys[2].value.any_of == std::vector<std::string>{"1"});
        CHECK(built.keys[3].value.min == 1'000'000);
        CHECK(built.keys[3].value.max == 2'000'000);
        CHECK(match("{ kind = \"executor.launch\", memory = \"1g\" }").keys[1].value.any_of ==
              std::vector<std::string>{"1073741824"});
    }

    TEST_CASE("names, ids and wildcards that can match are accepted") {
        for (const char* good :
             {"{ kind = \"task.*\", stage = \"map\" }",
              "{ kind = \"stage.submit\", stage = \"s0.1\" }",
              "{ kind = \"stage.skip\", stage = \"s2\", job = \"j1\" }",
              "{ kind = \"task.launch\", task = \"s1.0/p3#0\" }",
              "{ kind = \"executor.lost\", reason = \"*lost\" }",
              "{ kind = \"kill-executor\", state = \"applied\" }",
              "{ kind = [\"task.launch\", \"task.finished\"], partition = 1 }",
              "{ kind = \"task.finished\", status = \"failed\", shuffle = \"-\" }",
              "{ kind = \"task.finished\", run = { min = \"1s\" } }",
              "{ kind = \"invariant\", invariant = \"I12\" }",
              "{ app = \"etl\" }"}) {
            CAPTURE(good);
            CHECK(match_problems(good) == "");
        }
    }

    TEST_CASE("a value that the key can never have is refused") {
        CHECK(match_problems("{ kind = \"task.lunch\" }") ==
              "s.toml:17:18: error: unknown record kind `task.lunch`. did you mean `task.launch`?");
        CHECK(match_problems("{ kind = \"job.finish\", loc = \"ANY\" }") ==
              "s.toml:17:32: error: `job.finish` records have no key `loc`. there are `kind`, "
              "`app`, `job`, `status`, `reason` and `time`");
        CHECK(match_problems("{ kind = \"task.launch\", exe = \"e1\" }") ==
              "s.toml:17:33: error: `task.launch` records have no key `exe`. did you mean `exec`?");
        CHECK(match_problems("{ kind = \"task.finished\", status = \"faild\" }") ==
              "s.toml:17:44: error: `status` can never be `faild`. did you mean `failed`?");
        CHECK(match_problems("{ kind = \"executor.lost\", reason = \"tired\" }") ==
              "s.toml:17:44: error: `reason` can never be `tired`. there are `exited`, `killed`, "
              "`heartbeat-timeout`, `worker-lost`, `preempted`, `decommissioned`, `idle`, "
              "`requested`, `excluded`, `launch-failed` and `app-finished`");
        CHECK(match_problems("{ kind = \"task.launch\", stage = \"mapp\" }") ==
              "s.toml:17:41: error: `stage` can never be `mapp`. did you mean `map`?");
        CHECK(match_problems("{ kind = \"task.launch\", partition = \"first\" }") ==
              "s.toml:17:45: error: `partition` can never be `first`. it is a whole number");
        CHECK(match_problems("{ kind = \"task.launch\", exec = \"1\" }") ==
              "s.toml:17:40: error: `exec` can never be `1`. executors are e1, e2, ...");
        CHECK(match_problems("{ kind = \"task.launch\", time = { min = \"2\" } }") ==
              "s.toml:17:48: error: `time` can never be `2`. write it with a unit, as in "
              "\"250us\", \"200ms\", \"1.5s\", \"5min\" or \"1h\"");
        CHECK(match_problems("{ kind = \"task.launch\", exec = { min = 1 } }") ==
              "s.toml:17:40: error: `exec` is not a number and has no range");
        CHECK(match_problems("{ kind = \"fill-disk\" }") ==
              "s.toml:17:18: error: `fill-disk` is not simulated yet");
        CHECK(match_problems("{}") ==
              "s.toml:17:9: error: an empty pattern matches every record. give it a `kind`");
    }
}

}  // namespace forkyard::sim::fault_pattern_test
