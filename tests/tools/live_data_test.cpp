// What executors keep and have written, under the wall clock: copies of it, what outlives a process
// that is really gone, and what moves away from one that leaves. Each run is replayed.
#include <csignal>
#include <string>

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include "tests/tools/binary.hpp"

namespace forkyard::cli_testing::live_data_test {

namespace {

// Three executors of one slot, all of them there before the first task is launched.
std::string scenario(const std::string& conf, const std::string& rest) {
    return R"(format = 1
clock = "wall"
time_limit = "30s"
[cluster]
[[cluster.worker]]
name = "w"
count = 3
cores = 1
memory = "2g"
[conf]
"spark.executor.cores" = 1
"spark.executor.memory" = "1g"
"spark.scheduler.minRegisteredResourcesRatio" = 1.0
"spark.shuffle.io.retryWait" = "50ms"
)" + conf + R"([[app]]
name = "a"
)" + rest;
}

std::string kept_as(const std::string& level) {
    return R"([[app.dataset]]
name = "kept"
steps = [ { range = [0, 400], partitions = 4, cost = "20ms" }, { cache = ")" +
           level + R"(" } ]
[[app.job]]
name = "one"
of = "kept"
action = "count"
[[app.job]]
name = "two"
of = "kept"
action = "count"
at = "2s"
)";
}

// Two rounds of reduce tasks: the second reads what is there then.
const std::string sums = R"([[app.dataset]]
name = "sums"
steps = [
  { range = [0, 400], partitions = 6, cost = "50ms" },
  { key_by = "identity" },
  { map_values = "constant", args = [1] },
  { reduce_by_key = "sum", partitions = 6 },
  { map = "identity", cost = "300ms" },
]
[[app.job]]
name = "one"
of = "sums"
action = "count"
)";

const std::string service = "\"spark.shuffle.service.enabled\" = true\n";
const std::string passes_on =
    "\"spark.decommission.enabled\" = true\n\"spark.storage.decommission.enabled\" = true\n"
    "\"spark.storage.decommission.replicationReattemptInterval\" = \"100ms\"\n";

std::string fault(const std::string& kind, const std::string& more) {
    return "[[fault]]\nkind = \"" + kind + "\"\n" + more;
}

struct Ran {
    Finished run;
    std::string journal;
};

// Every job counts 400, and the replay agrees.
Ran counted(Workplace& place, const std::string& text) {
    place.write("s.toml", text);
    Ran ran{place.run({"run", "s.toml", "--json", "--journal", "j.fyj"}), {}};
    INFO(ran.run.err);
    CHECK(ran.run.exit == 0);
    const nlohmann::json summary = ran.run.json();
    for (const auto& job : summary["apps"][0]["jobs"]) {
        CHECK(job["result"] == 400);
    }
    ran.journal = place.read("j.fyj");
    CHECK(place.run({"replay", "j.fyj"}).exit == 0);
    return ran;
}

}  // namespace

TEST_SUITE("data under the wall clock") {
    TEST_CASE("DP-BLK-12 the copies of real partitions survive an executor that is killed") {
        for (const std::string level : {"MEMORY_ONLY_2", "DISK_ONLY_2"}) {
            CAPTURE(level);
            Workplace place;
            const Ran ran = counted(
                place,
                scenario("\"spark.storage.replication.proactive\" = false\n",
                         kept_as(level) + fault("kill-executor",
                                                "executor = \"e1\"\n"
                                                "when = { kind = \"block.cached\" }\nnth = 8\n")));
            // Four and their copies; the second job finds one of each and computes none again.
            CHECK(lines_with(ran.journal, {"E ", " block.cached"}).size() == 8);
            CHECK(lines_with(ran.journal, {"E ", "executor.lost", "exec=e1", "killed"}).size() ==
                  1);
        }
    }

    TEST_CASE("DP-BLK-12 what has lost its copy is copied again") {
        Workplace place;
        const Ran ran =
            counted(place,
                    scenario("",
                             kept_as("MEMORY_ONLY_2") +
                                 fault("kill-executor",
                                       "executor = \"e1\"\n"
                                       "when = { kind = \"block.cached\" }\nnth = 8\n")));
        const auto lost = lines_with(ran.journal, {"E ", " block.cached", "exec=e1"}).size();
        CHECK(lines_with(ran.journal, {"E ", " block.cached"}).size() == 8 + lost);
    }

    TEST_CASE("ESS-01 a service has what a process killed by hand had written") {
        Workplace place;
        place.write("s.toml", scenario(service, sums));
        Running run = place.piped({"run", "s.toml", "--json", "--journal", "-"});
        REQUIRE(run.read_until("s1.0/p0#0"));
        const int victim = executor_pid(run.pid(), "e1");
        REQUIRE(victim > 0);
        REQUIRE(::kill(victim, SIGKILL) == 0);
        const Finished finished = run.wait();
        CHECK(finished.exit == 0);
        CHECK(lines_with(finished.out, {"executor.lost", "exec=e1", "reason=killed"}).size() == 1);
        CHECK(lines_with(finished.out, {"map-output.unregister"}).empty());
        CHECK(lines_with(finished.out, {"task.launch", "task=s0."}).size() == 6);
    }

    TEST_CASE("ESS-04 nobody reads from the executors of a node whose service was stopped") {
        Workplace place;
        const Ran ran = counted(place,
                                scenario(service,
                                         sums + fault("stop-shuffle-service",
                                                      "worker = \"w-1\"\nfor = \"400ms\"\n"
                                                      "when = { kind = \"stage.submit\", "
                                                      "name = \"sums\" }\n")));
        CHECK(!lines_with(ran.journal, {"E ", "task.finished", "status=fetch-failed", "from=e"})
                   .empty());
    }

    TEST_CASE("DECOM-04 map outputs move away from an executor that leaves") {
        Workplace place;
        const Ran ran = counted(place,
                                scenario(passes_on,
                                         sums + fault("decommission-executor",
                                                      "executor = \"e2\"\n"
                                                      "when = { kind = \"stage.submit\", "
                                                      "name = \"sums\" }\n")));
        CHECK(!lines_with(ran.journal, {"E ", "map-output.moved", "from=e2"}).empty());
        CHECK(lines_with(ran.journal, {"task.launch", "task=s0."}).size() == 6);
    }

    TEST_CASE("DECOM-06 what has moved to an executor that leaves as well moves on") {
        Workplace place;
        const auto leaves = [](const std::string& exec, const std::string& when) {
            return fault("decommission-executor",
                         "executor = \"" + exec + "\"\nwhen = { kind = " + when + " }\n");
        };
        const std::string storage =
            "\"spark.storage.decommission.fallbackStorage.path\" = \"s3a://bucket/\"\n";
        const Ran ran = counted(
            place,
            scenario(passes_on + storage,
                     sums + leaves("e1", "\"stage.submit\", name = \"sums\"") +
                         leaves("e2", "\"map-output.moved\", from = \"e1\", exec = \"e2\"") +
                         leaves("e3", "\"map-output.moved\", from = \"e2\"")));
        CHECK(!lines_with(ran.journal, {"E ", "map-output.moved", "from=e3"}).empty());
        CHECK(lines_with(ran.journal, {"E ", "status=fetch-failed"}).empty());
        CHECK(lines_with(ran.journal, {"task.launch", "task=s0."}).size() == 6);
    }

    TEST_CASE("DECOM-03 kept partitions move away from an executor that leaves, before it ends") {
        Workplace place;
        const Ran ran =
            counted(place,
                    scenario(passes_on,
                             kept_as("MEMORY_ONLY") + fault("decommission-executor",
                                                            "executor = \"e1\"\n"
                                                            "when = { kind = \"block.cached\" }\n"
                                                            "nth = 4\n")));
        const auto own = lines_with(ran.journal, {"E ", " block.cached", "exec=e1"}).size();
        CHECK(own > 0);
        CHECK(lines_with(ran.journal, {"E ", " block.cached"}).size() == 4 + own);
        CHECK(lines_with(ran.journal, {"E ", "executor.lost", "exec=e1", "code=0"}).size() == 1);
    }

    TEST_CASE("DECOM-03 what cannot reach one executor goes to the next") {
        Workplace place;
        const std::string when = "when = { kind = \"block.cached\" }\nnth = 4\n";
        const Ran ran = counted(
            place,
            scenario(passes_on,
                     kept_as("MEMORY_ONLY") +
                         fault("freeze-executor", "executor = \"e2\"\nfor = \"20s\"\n" + when) +
                         fault("decommission-executor", "executor = \"e1\"\n" + when) +
                         fault("kill-executor", "executor = \"e2\"\nat = \"900ms\"\n")));
        for (const std::string& own : lines_with(ran.journal, {"E ", " block.cached", "exec=e1"})) {
            const auto moved = lines_with(
                ran.journal, {"E ", " block.cached", "exec=e3", "block=" + value_of(own, "block")});
            REQUIRE(moved.size() == 1);
            CHECK(time_of(moved.front()) < 2'000'000);  // before the second job
        }
        CHECK(lines_with(ran.journal, {"E ", "executor.lost", "exec=e1", "code=0"}).size() == 1);
    }
}

}  // namespace forkyard::cli_testing::live_data_test
