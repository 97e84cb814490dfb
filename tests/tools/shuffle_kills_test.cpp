// What a task sees depends on virtual times alone: an executor is killed at every microsecond of a
// small shuffle, in processes and inline, and the two journals are the same to the byte.
#include <algorithm>
#include <string>
#include <vector>

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include "tests/tools/binary.hpp"

namespace forkyard::cli_testing::shuffle_kills_test {

namespace {

// Three nodes. A map task: 10 us, and 9 bytes to a disk of 1 byte/us. A reduce task reads 3 bytes
// of its own from the disk (3 us) and 3 from each other (4 us and 3 us each), then works 5 us.
const std::string shuffle = R"(format = 1
[cluster]
[[cluster.worker]]
name = "w"
count = 3
cores = 1
memory = "2g"
[cluster.network]
latency = "4us"
bandwidth = "1000000/s"
[cluster.disk]
bandwidth = "1000000/s"
[conf]
"spark.executor.cores" = 1
"forkyard.offers" = "in-order"
[[app]]
name = "a"
[[app.stage]]
name = "map"
tasks = 3
duration = "10us"
shuffle_write = 9
[[app.stage]]
name = "reduce"
tasks = 3
parents = ["map"]
duration = "5us"
[[fault]]
kind = "kill-executor"
executor = "e2"
at = "0s"
)";

constexpr int map_end = 19;               // 10 + 9
constexpr int read_end = map_end + 17;    // + 3 + 2 x (4 + 3)
constexpr int reduce_end = read_end + 5;  // 41

std::vector<std::string> at(int micros, const std::string& mode, const std::string& journal) {
    return {"run",
            "s.toml",
            "--quiet",
            "--executors",
            mode,
            "--set",
            "fault.0.at=" + std::to_string(micros) + "us",
            "--journal",
            journal};
}

}  // namespace

TEST_SUITE("kills during a shuffle") {
    TEST_CASE("without a fault the times follow from the cost model") {
        Workplace place;
        place.write("s.toml", shuffle.substr(0, shuffle.find("[[fault]]")));
        const Finished run = place.run({"run", "s.toml", "--quiet", "--journal", "-"});
        REQUIRE(run.exit == 0);
        for (const std::string& line : lines_with(run.out, {"task.finished", "task=s0.0"})) {
            CHECK(time_of(line) == map_end);
        }
        const auto reduced = lines_with(run.out, {"task.finished", "task=s1.0"});
        REQUIRE(reduced.size() == 3);
        for (const std::string& line : reduced) {
            CHECK(time_of(line) == reduce_end);
            CHECK(value_of(line, "run") == std::to_string(reduce_end - map_end));
        }
    }

    TEST_CASE("a kill at every instant, process and inline: the same journal") {
        Workplace place;
        place.write("s.toml", shuffle);
        // At 0 nobody is there to be killed yet, after the end nobody any more.
        CHECK(place.run(at(0, "process", "p.fyj")).exit == 1);
        CHECK(place.run(at(reduce_end + 1, "inline", "p.fyj")).exit == 1);
        for (int micros = 1; micros <= reduce_end; ++micros) {
            INFO("killed at " << micros << " us");
            const Finished process = place.run(at(micros, "process", "p.fyj"));
            const Finished in_line = place.run(at(micros, "inline", "i.fyj"));
            INFO(process.err);
            const std::string journal = place.read("p.fyj");
            CHECK(journal == place.read("i.fyj"));
            CHECK(process.exit == in_line.exit);
            CHECK(!has(journal, "\nV "));
            CHECK(process.exit == 0);
            // Fetches fail where the holder is lost up to the end of reading, at that moment.
            const auto failed = lines_with(journal, {"task.finished", "status=fetch-failed"});
            if (micros > map_end && micros <= read_end) {
                REQUIRE(failed.size() >= 2);
                for (const char* task : {"task=s1.0/p0#0", "task=s1.0/p2#0"}) {
                    const auto of_task =
                        lines_with(journal, {"task.finished", task, "status=fetch-failed"});
                    REQUIRE(of_task.size() == 1);
                    CHECK(time_of(of_task[0]) == micros);
                    CHECK(value_of(of_task[0], "from") == "e2");
                }
            } else if (micros > read_end) {
                // All was read: those that run go on.
                for (const char* task : {"task=s1.0/p0#0", "task=s1.0/p2#0"}) {
                    const auto of_task =
                        lines_with(journal, {"task.finished", task, "status=success"});
                    REQUIRE(of_task.size() == 1);
                    CHECK(time_of(of_task[0]) == reduce_end);
                }
            } else if (micros <= map_end) {
                // Up to the first output, which comes after faults, there is nothing to lose but
                // the task that ran.
                const auto lost =
                    lines_with(journal, {"task.finished", "exec=e2", "status=executor-lost"});
                REQUIRE(lost.size() == 1);
                CHECK(value_of(lost[0], "run") == std::to_string(micros));
                CHECK(failed.empty());
            }
            const Finished replay = place.run({"replay", "p.fyj", "--quiet"});
            CHECK(replay.exit == 0);
        }
    }

    TEST_CASE("the same while the loss is noticed late") {
        Workplace place;
        place.write("s.toml", shuffle + "notice = \"7us\"\n");
        for (int micros = 1; micros < reduce_end; ++micros) {
            INFO("killed at " << micros << " us");
            const Finished process = place.run(at(micros, "process", "p.fyj"));
            const Finished in_line = place.run(at(micros, "inline", "i.fyj"));
            const std::string journal = place.read("p.fyj");
            CHECK(journal == place.read("i.fyj"));
            CHECK(process.exit == 0);
            CHECK(in_line.exit == 0);
            CHECK(!has(journal, "\nV "));
            const auto lost = lines_with(journal, {"executor.lost", "exec=e2"});
            REQUIRE(lost.size() == 1);
            CHECK(time_of(lost[0]) >= micros);
            CHECK(time_of(lost[0]) <= micros + 7);
        }
    }

    TEST_CASE("real records: a kill at times all over a word count, process and inline") {
        Workplace place;
        place.write("s.toml", R"(format = 1
[cluster]
[[cluster.worker]]
name = "w"
count = 3
cores = 2
memory = "2g"
[cluster.network]
latency = "20us"
bandwidth = "10m/s"
[conf]
"spark.executor.cores" = 2
[[app]]
name = "a"
[[app.dataset]]
name = "d"
steps = [
  { range = 600, partitions = 6 },
  { key_by = "mod", args = [7] },
  { reduce_by_key = "sum", partitions = 4 },
]
[[fault]]
kind = "kill-executor"
executor = "e2"
at = "0s"
optional = true
)");
        nlohmann::json answer;
        for (int micros = 0; micros <= 800; micros += 25) {
            INFO("killed at " << micros << " us");
            const std::string when = "fault.0.at=" + std::to_string(micros) + "us";
            const auto mode = [&](const char* executors) {
                return place.run(
                    {"run", "s.toml", "--json", "--set", when, "--executors", executors});
            };
            const Finished process = mode("process");
            CHECK(process.exit == 0);
            CHECK(process.out == mode("inline").out);
            nlohmann::json rows = process.json()["apps"][0]["jobs"][0]["result"];
            std::sort(rows.begin(), rows.end());
            if (micros == 0) {
                answer = rows;
                CHECK(rows.size() == 7);
            }
            CHECK(rows == answer);
        }
    }
}

}  // namespace forkyard::cli_testing::shuffle_kills_test
