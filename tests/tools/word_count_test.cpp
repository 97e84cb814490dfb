// The words of a real text, counted in real executor processes, against the tools of Unix; and
// again when a holder of map outputs dies between the two stages.
#include <map>
#include <string>
#include <utility>
#include <vector>

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include "tests/tools/binary.hpp"

namespace forkyard::cli_testing::word_count_test {

namespace {

const std::string head = R"(format = 1
[cluster]
[[cluster.worker]]
name = "w"
count = 3
cores = 2
memory = "4g"
[conf]
"spark.executor.cores" = 2
[[app]]
name = "words"
[[app.dataset]]
name = "counts"
steps = [
  { read_text = "text.txt", partitions = 6 },
  { flat_map = "split_words", cost = "200ms" },
  { key_by = "identity" },
  { map_values = "constant", args = [1] },
  { reduce_by_key = "sum", partitions = 3 },
]
)";

const std::string killed_between = R"([[fault]]
name = "a holder dies"
kind = "kill-executor"
when = { kind = "stage.submit", stage = "counts" }
executor = { app = "words", holding = "counts:4", pick = "first" }
)";

// A word with the number of its occurrences.
using Counts = std::map<std::string, long long>;

Counts counts_of(const nlohmann::json& rows) {
    Counts counts;
    for (const auto& row : rows) {
        CHECK(counts.emplace(row.at(0), row.at(1)).second);
    }
    return counts;
}

// As tr, sort and uniq have it: lines of a number and a word.
Counts counted_by_unix(Workplace& place) {
    const Finished unix_answer = place.shell(
        "LC_ALL=C tr -s '[:space:]' '\\n' < text.txt | grep -v '^$' | LC_ALL=C sort | uniq -c");
    REQUIRE(unix_answer.exit == 0);
    Counts counts;
    for (const std::string& line : lines_of(unix_answer.out)) {
        std::istringstream in{line};
        long long count = 0;
        std::string word;
        in >> count >> word;
        counts[word] = count;
    }
    return counts;
}

void write_text(const Workplace& place) {
    std::string text = read_file("/usr/share/common-licenses/GPL-3");
    if (text.empty()) {
        text = read_file(FORKYARD_SOURCE_DIR "/README.md");
    }
    place.write("text.txt", text + "\n\tthe  end, without a newline");
}

}  // namespace

TEST_SUITE("word count") {
    TEST_CASE("every word is counted as tr, sort and uniq count it, process and inline") {
        Workplace place;
        write_text(place);
        place.write("s.toml", head);
        const Counts expected = counted_by_unix(place);
        REQUIRE(expected.size() > 100);
        for (const char* mode : {"process", "inline"}) {
            const Finished run = place.run({"run", "s.toml", "--json", "--executors", mode});
            REQUIRE(run.exit == 0);
            const nlohmann::json job = run.json()["apps"][0]["jobs"][0];
            CHECK(job["status"] == "succeeded");
            CHECK(counts_of(job["result"]) == expected);
        }
    }

    TEST_CASE("an executor that dies between map and reduce changes the way, not the answer") {
        Workplace place;
        write_text(place);
        place.write("s.toml", head + killed_between);
        const Finished run = place.run({"run", "s.toml", "--json", "--journal", "j.fyj"});
        REQUIRE(run.exit == 0);
        const nlohmann::json json = run.json();
        CHECK(counts_of(json["apps"][0]["jobs"][0]["result"]) == counted_by_unix(place));
        CHECK(json["executors"]["lost"] == 1);
        CHECK(json["faults"]["applied"] == 1);

        // Exactly the outputs of the dead one are made again.
        const std::string journal = place.read("j.fyj");
        const auto lost = lines_with(journal, {"map-output.unregister"});
        const auto again = lines_with(journal, {"task.launch", "task=s0.1/"});
        REQUIRE(lost.size() == 2);
        REQUIRE(again.size() == 2);
        for (std::size_t i = 0; i < lost.size(); ++i) {
            CHECK(value_of(again[i], "task") == "s0.1/p" + value_of(lost[i], "partition") + "#0");
        }
        // 200 ms before the resubmission, counted from the failure.
        const auto failed = lines_with(journal, {"status=fetch-failed"});
        const auto timer = lines_with(journal, {"timer what=resubmit-stages"});
        REQUIRE(!failed.empty());
        REQUIRE(timer.size() == 1);
        CHECK(time_of(timer[0]) == time_of(failed[0]) + 200'000);
    }

    TEST_CASE("the table says which map tasks ran again, and why") {
        Workplace place;
        write_text(place);
        place.write("s.toml", head + killed_between);
        const Finished run = place.run({"run", "s.toml", "--journal", "j.fyj"});
        REQUIRE(run.exit == 0);
        std::vector<std::string> partitions;
        for (const std::string& line :
             lines_with(place.read("j.fyj"), {"task.launch", "task=s0.1/"})) {
            const std::string task = value_of(line, "task");
            partitions.push_back(task.substr(6, task.find('#') - 6));
        }
        REQUIRE(partitions.size() == 2);
        // Words as the table breaks its lines.
        std::string words;
        std::istringstream in{run.out.substr(run.out.find("Lost, and run again"))};
        for (std::string word; in >> word;) {
            words += word + " ";
        }
        CHECK(has(words, "was killed at"));
        CHECK(has(words, "2 map outputs of counts:4 lost"));
        CHECK(
            has(words,
                "tasks " + partitions[0] + " " + partitions[1] + " of counts:4 ran again (s0.1)"));
        CHECK(has(run.out, "forkyard replay j.fyj"));
        CHECK(place.run({"replay", "j.fyj"}).exit == 0);
    }

    TEST_CASE("another seed gives another order of offers, and the same answer") {
        Workplace place;
        write_text(place);
        place.write("s.toml", head + killed_between);
        const nlohmann::json one = place.run({"run", "s.toml", "--json"}).json();
        const nlohmann::json again = place.run({"run", "s.toml", "--json"}).json();
        const nlohmann::json other = place.run({"run", "s.toml", "--json", "--seed", "9"}).json();
        CHECK(one["digest"] == again["digest"]);
        CHECK(one["digest"] != other["digest"]);
        CHECK(other["seed"] == 9);
        CHECK(counts_of(one["apps"][0]["jobs"][0]["result"]) ==
              counts_of(other["apps"][0]["jobs"][0]["result"]));
    }
}

}  // namespace forkyard::cli_testing::word_count_test
