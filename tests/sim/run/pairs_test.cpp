// Datasets of pairs in whole runs: over what is kept, shuffled, coalesced, united, and themselves.
#include <algorithm>
#include <string>
#include <vector>

#include <doctest/doctest.h>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include "core/data/value_text.hpp"
#include "sim/session/sdk/forkyard/session.hpp"
#include "tests/sim/run/inline_run.hpp"

namespace forkyard::sim::pairs_test {

namespace {

using testing::InlineRun;
using Texts = std::vector<std::string>;

std::string dataset(const std::string& name, const Texts& steps) {
    return fmt::format(
        "[[app.dataset]]\nname = \"{}\"\nsteps = [{{ {} }}]\n", name, fmt::join(steps, " }, { "));
}

std::string app(const std::string& text, const std::string& of, const std::string& faults = "") {
    return "format = 1\n[[cluster.worker]]\nname = \"w\"\ncount = 3\ncores = 1\nmemory = \"2g\"\n"
           "[[app]]\nname = \"a\"\n" +
           text + "[[app.job]]\nof = \"" + of + "\"\n" + faults;
}

// As they come.
Texts rows(const InlineRun& run) {
    REQUIRE(run.result.report.results.size() == 1);
    Texts texts;
    for (const Value& row : rows_of(run.result.report.results[0])) {
        texts.push_back(to_text(row));
    }
    return texts;
}

Texts sorted(Texts texts) {
    std::sort(texts.begin(), texts.end());
    return texts;
}

Texts all_pairs(const Texts& left, const Texts& right) {
    Texts pairs;
    for (const std::string& one : left) {
        for (const std::string& other : right) {
            pairs.push_back(fmt::format("({},{})", one, other));
        }
    }
    return sorted(pairs);
}

// Datasets of six records in three partitions, with what they are made of.
struct Input {
    Texts steps;
    Texts rows;  // in order, where there is one
};

const std::string before =
    "[[app.dataset]]\nname = \"half\"\nsteps = [{ range = [30, 33], partitions = 2 }]\n"
    "[[app.dataset]]\nname = \"more\"\nsteps = [{ range = [33, 36], partitions = 1 }]\n";

const std::vector<Input> inputs{
    {{"range = [10, 16], partitions = 3"}, {"10", "11", "12", "13", "14", "15"}},
    {{"range = [10, 16], partitions = 3", "map = \"add\", args = [10]", "cache = true"},
     {"20", "21", "22", "23", "24", "25"}},
    {{"range = [10, 16], partitions = 6", "coalesce = 3"}, {"10", "11", "12", "13", "14", "15"}},
    {{"range = [10, 16], partitions = 4", "sort_by = \"identity\", partitions = 3"},
     {"10", "11", "12", "13", "14", "15"}},
    {{"union = [\"half\", \"more\"]"}, {"30", "31", "32", "33", "34", "35"}},
};

std::string loses_one(int microseconds) {
    return fmt::format(
        "[[fault]]\nkind = \"kill-executor\"\nexecutor = \"any\"\nat = \"{}us\"\n"
        "optional = true\n",
        microseconds);
}

std::vector<std::string>& heard() {
    static std::vector<std::string> lines;
    return lines;
}

void pairs_up(Session& session) {
    const Dataset left = session.range(0, 4, 1, 2);
    const Dataset right = left.map("add", 10);
    const auto say = [](const std::vector<Value>& rows) {
        heard().push_back(to_text(Value{List{rows}}));
    };
    say(left.zip(right).collect());
    say(right.zip(right).take(1));
    say(left.cartesian(session.range(7, 9, 1, 1)).collect());
    heard().push_back(fmt::format("{}", left.cartesian(left).count()));
    heard().push_back(left.zip(right).lineage());
    const auto refused = [&](auto&& define) {
        try {
            define();
        } catch (const SessionError& error) {
            heard().emplace_back(error.what());
        }
    };
    refused([&] { (void)left.zip(session.range(0, 4, 1, 3)); });
    refused([&] {
        const Dataset many = session.range(0, 4, 1, 65'536);
        (void)many.cartesian(many);
    });
    refused([&] { (void)left.zip(session.range(0, 5, 1, 2)).count(); });
}
FORKYARD_PROGRAM(pairs_up, "zips and cartesians")

}  // namespace

TEST_SUITE("datasets of pairs") {
    TEST_CASE("DP-RDD-20 a cartesian of any two inputs has all pairs, whoever is lost meanwhile") {
        for (const Input& left : inputs) {
            for (const Input& right : inputs) {
                const std::string text = before + dataset("l", left.steps) +
                                         dataset("r", right.steps) +
                                         dataset("d", {"from = \"l\"", "cartesian = \"r\""});
                const Texts expected = all_pairs(left.rows, right.rows);
                CAPTURE(text);
                const InlineRun run{app(text, "d")};
                CHECK(sorted(rows(run)) == expected);
                CHECK(run.records.of("stage.submit ").back().find(" tasks=9 ") !=
                      std::string::npos);
                CHECK(sorted(rows(InlineRun{app(text, "d", loses_one(9) + loses_one(30))})) ==
                      expected);
            }
        }
    }

    TEST_CASE("DP-RDD-20 a zip of any two inputs pairs them in order, whoever is lost meanwhile") {
        for (const Input& left : inputs) {
            for (const Input& right : inputs) {
                const bool alike = (left.rows.front() == "30") == (right.rows.front() == "30");
                const std::string text = before + dataset("l", left.steps) +
                                         dataset("r", right.steps) +
                                         dataset("d", {"from = \"l\"", "zip = \"r\""});
                CAPTURE(text);
                const InlineRun run{app(text, "d")};
                if (!alike) {
                    // 1, 2 and 3 records of the union against 2 of each of the others.
                    CHECK(run.result.report.exit == Exit::failed);
                    CHECK(run.records.of("do not have equally many records").size() >= 4);
                    continue;
                }
                Texts expected;
                for (std::size_t i = 0; i < left.rows.size(); ++i) {
                    expected.push_back(fmt::format("({},{})", left.rows[i], right.rows[i]));
                }
                CHECK(rows(run) == expected);
                CHECK(rows(InlineRun{app(text, "d", loses_one(9) + loses_one(30))}) == expected);
            }
        }
    }

    TEST_CASE("DP-RDD-20 pairs are pairs: their left sides are keys for what comes next") {
        const InlineRun run{app(
            dataset("n", {"range = 12, partitions = 3"}) +
                dataset("k", {"from = \"n\"", "map = \"mod\", args = [2]"}) +
                dataset(
                    "d",
                    {"from = \"k\"", "zip = \"n\"", "reduce_by_key = \"sum\", partitions = 2"}) +
                dataset("e",
                        {"from = \"d\"",
                         "cartesian = \"d\"",
                         "map = \"value\"",
                         "reduce_by_key = \"sum\""}),
            "e")};
        CHECK(sorted(rows(run)) == Texts{"(0,60)", "(1,72)"});
    }

    TEST_CASE("DP-RDD-20 DP-DAG-01 pairs add no stage, and what both sides read is read once") {
        const InlineRun run{app(dataset("s",
                                        {"range = 12, partitions = 3",
                                         "key_by = \"mod\", args = [4]",
                                         "reduce_by_key = \"sum\", partitions = 2"}) +
                                    dataset("d", {"from = \"s\"", "zip = \"s\""}),
                                "d")};
        CHECK(run.records.of("stage.submit ").size() == 2);
        CHECK(sorted(rows(run)) ==
              Texts{"((0,12),(0,12))", "((1,15),(1,15))", "((2,18),(2,18))", "((3,21),(3,21))"});
    }

    TEST_CASE("DP-RDD-20 programs zip and multiply datasets, and are refused what does not fit") {
        heard().clear();
        const InlineRun run{
            "format = 1\n[[cluster.worker]]\nname = \"w\"\ncores = 2\nmemory = \"4g\"\n[[app]]\n"
            "name = \"a\"\n[app.program]\nname = \"pairs_up\"\n"};
        REQUIRE(heard().size() == 8);
        CHECK(heard()[0] == "[(0,10), (1,11), (2,12), (3,13)]");
        CHECK(heard()[1] == "[(10,10)]");
        CHECK(heard()[2] == "[(0,7), (0,8), (1,7), (1,8), (2,7), (2,8), (3,7), (3,8)]");
        CHECK(heard()[3] == "16");
        CHECK(heard()[4].starts_with("(2) ZippedPartitionsRDD2["));
        CHECK(heard()[5] ==
              "datasets with unequal numbers of partitions cannot be zipped: 2 and 3");
        CHECK(heard()[6].starts_with("65536 x 65536 partitions are too many"));
        CHECK(heard()[7].find("do not have equally many records") != std::string::npos);
    }
}

}  // namespace forkyard::sim::pairs_test
