// Executors that leave, nodes that are drained and lost, files that a service keeps: at instants
// all over a run, in processes and inline, and the two journals are the same to the byte. Data
// that has moved, or outlived who made it, is really there: the answers are right.
#include <algorithm>
#include <string>
#include <vector>

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include "tests/tools/binary.hpp"

namespace forkyard::cli_testing::leaving_modes_test {

namespace {

// Three nodes; rounds of 400 ms, so that executors can be gone before the end.
std::string cluster(const std::string& conf) {
    return R"(format = 1
[cluster]
message_delay = "1ms"
[[cluster.worker]]
name = "w"
count = 3
cores = 2
memory = "4g"
[cluster.network]
latency = "30ms"
bandwidth = "10m/s"
[conf]
"spark.executor.cores" = 1
"spark.executor.memory" = "1g"
)" + conf;
}

const std::string passes_on =
    "\"spark.decommission.enabled\" = true\n\"spark.storage.decommission.enabled\" = true\n"
    "\"spark.storage.decommission.replicationReattemptInterval\" = \"400ms\"\n";
const std::string falls_back =
    "\"spark.storage.decommission.fallbackStorage.path\" = \"s3a://bucket/\"\n";
const std::string service = "\"spark.shuffle.service.enabled\" = true\n";

const std::string synthetic = R"([[app]]
name = "a"
open_until = "6s"
[[app.stage]]
name = "m"
tasks = 9
duration = { uniform = ["300ms", "900ms"] }
shuffle_write = "1m"
cache = "MEMORY_ONLY"
cache_size = "1m"
[[app.stage]]
name = "r"
tasks = 4
duration = "700ms"
parents = ["m"]
[[app.job]]
name = "one"
of = "r"
[[app.job]]
name = "two"
of = "r"
at = "4s"
)";

// 7 keys; each task takes long enough for all that happens to it.
const std::string real = R"([[app]]
name = "a"
open_until = "6s"
[[app.dataset]]
name = "d"
steps = [
  { range = 600, partitions = 6, cost = "400ms" },
  { key_by = "mod", args = [7] },
  { reduce_by_key = "sum", partitions = 4, cost = "500ms" },
]
[[app.job]]
name = "one"
of = "d"
[[app.job]]
name = "two"
of = "d"
at = "3500ms"
)";

std::string fault(const std::string& kind, const std::string& more) {
    return "[[fault]]\nkind = \"" + kind + "\"\noptional = true\nat = \"0s\"\n" + more;
}

const std::string leaves = fault("decommission-executor", "executor = \"e2\"\ngrace = \"5s\"\n");
const std::string all_leave =
    fault("decommission-executor", "executor = \"all\"\ngrace = \"5s\"\n");
const std::string stopped = fault("stop-shuffle-service", "worker = \"w-2\"\nfor = \"800ms\"\n");
const std::string drains = fault("drain-worker", "worker = \"w-2\"\ngrace = \"1500ms\"\n");
const std::string dies = fault("kill-executor", "executor = \"e3\"\n");
const std::string lost = fault("lose-worker", "worker = \"w-1\"\n");

struct Both {
    Finished process;
    Finished in_line;
    bool same = false;
    std::string journal;
};

// The faults at these times.
Both run_both(Workplace& place, const std::vector<int>& milliseconds) {
    const auto mode = [&](const char* executors, const char* journal) {
        std::vector<std::string> arguments{
            "run", "s.toml", "--json", "--executors", executors, "--journal", journal};
        for (std::size_t i = 0; i < milliseconds.size(); ++i) {
            arguments.emplace_back("--set");
            arguments.push_back("fault." + std::to_string(i) +
                                ".at=" + std::to_string(milliseconds[i]) + "ms");
        }
        return place.run(arguments);
    };
    Both both{mode("process", "p.fyj"), mode("inline", "i.fyj"), false, place.read("p.fyj")};
    both.same = both.journal == place.read("i.fyj");
    return both;
}

void check_all_over(const std::string& scenario, const std::string& known_answer) {
    Workplace place;
    place.write("s.toml", scenario);
    for (int at = 0; at <= 3'000; at += 150) {
        INFO("from " << at << " ms");
        const Both both = run_both(place, {at, at * 7 % 2'900});
        INFO(both.process.err);
        CHECK(both.same);
        CHECK(both.process.exit == 0);
        CHECK(both.in_line.exit == 0);
        CHECK(!has(both.journal, "\nV "));
        if (!known_answer.empty()) {
            const nlohmann::json summary = both.process.json();
            for (const auto& job : summary["apps"][0]["jobs"]) {
                nlohmann::json rows = job["result"];
                std::sort(rows.begin(), rows.end());
                CHECK(rows.dump() == known_answer);
            }
        }
        CHECK(place.run({"replay", "p.fyj", "--quiet"}).exit == 0);
    }
}

std::string answer() {
    Workplace place;
    place.write("s.toml", cluster("") + real);
    const Finished run = place.run({"run", "s.toml", "--json"});
    REQUIRE(run.exit == 0);
    nlohmann::json rows = run.json()["apps"][0]["jobs"][0]["result"];
    std::sort(rows.begin(), rows.end());
    CHECK(rows.size() == 7);
    return rows.dump();
}

}  // namespace

TEST_SUITE("leaving, process and inline") {
    TEST_CASE("synthetic stages: one leaves, and another dies") {
        check_all_over(cluster(passes_on) + synthetic + leaves + dies, "");
    }

    TEST_CASE("synthetic stages: a node is drained, and another is lost") {
        check_all_over(cluster(passes_on) + synthetic + drains + lost, "");
    }

    TEST_CASE("synthetic stages: a shuffle service, an executor dies and a node is lost") {
        check_all_over(cluster(service) + synthetic + dies + lost, "");
    }

    TEST_CASE("real records move with executors that leave, and to those that die") {
        check_all_over(cluster(passes_on) + real + leaves + dies, answer());
    }

    TEST_CASE("real records move off a node that is drained") {
        check_all_over(cluster(passes_on) + real + drains + lost, answer());
    }

    TEST_CASE("DECOM-06 real records are read from the fallback storage") {
        check_all_over(cluster(passes_on + falls_back) + real + all_leave + lost, answer());
        Workplace place;
        place.write("s.toml", cluster(passes_on + falls_back) + real + all_leave);
        const Both both = run_both(place, {900});
        CHECK(both.same);
        CHECK(both.process.exit == 0);
        CHECK(lines_with(both.journal, {"map-output.moved", "exec=fallback"}).size() == 6);
        CHECK(lines_with(both.journal, {"task.launch", "task=s0."}).size() == 6);
    }

    TEST_CASE("DECOM-06 synthetic stages: all leave, and another dies") {
        check_all_over(cluster(passes_on + falls_back) + synthetic + all_leave + dies, "");
    }

    TEST_CASE("ESS-04 real records: a service is stopped, and an executor dies") {
        check_all_over(cluster(service) + real + dies + stopped, answer());
    }

    TEST_CASE("ESS-01 real records outlive their executor, not their node") {
        check_all_over(cluster(service) + real + dies + lost, answer());
    }

    TEST_CASE("ESS-01 what a dead executor has written is read from its node's service") {
        Workplace place;
        place.write("s.toml",
                    cluster(service) + real + fault("kill-executor", "executor = \"all\"\n"));
        // All are killed while the reducers wait for nothing but their slots.
        const Both both = run_both(place, {900});
        CHECK(both.same);
        CHECK(both.process.exit == 0);
        CHECK(lines_with(both.journal, {"executor.lost", "reason=killed"}).size() == 6);
        CHECK(lines_with(both.journal, {"map-output.unregister"}).empty());
        CHECK(lines_with(both.journal, {"task.launch", "task=s0."}).size() == 6);
    }

    TEST_CASE("DECOM-04 real records are read from where they have moved to") {
        Workplace place;
        place.write("s.toml", cluster(passes_on) + real + leaves);
        const Both both = run_both(place, {700});
        CHECK(both.same);
        CHECK(!lines_with(both.journal, {"map-output.moved", "from=e2"}).empty());
        CHECK(lines_with(both.journal, {"executor.lost", "exec=e2", "code=0"}).size() == 1);
        CHECK(lines_with(both.journal, {"task.launch", "task=s0."}).size() == 6);
        CHECK(!lines_with(both.journal, {"task.launch", "task=s3."}).empty());  // reads again
    }
}

}  // namespace forkyard::cli_testing::leaving_modes_test
