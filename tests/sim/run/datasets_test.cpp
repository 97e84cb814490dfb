// Datasets in whole runs: which stages they are cut into, what runs again, and their answers.
#include <algorithm>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "core/data/value_text.hpp"
#include "tests/sim/run/inline_run.hpp"

namespace forkyard::sim::datasets_test {

namespace {

using testing::InlineRun;
using Texts = std::vector<std::string>;

std::string dataset(const std::string& name, const Texts& steps) {
    std::string text = "[[app.dataset]]\nname = \"" + name + "\"\nsteps = [\n";
    for (const std::string& step : steps) {
        text += "{ " + step + " },\n";
    }
    return text + "]\n";
}

std::string job(const std::string& of, const std::string& action, const std::string& more = "") {
    return "[[app.job]]\nname = \"" + of + "\"\nof = \"" + of + "\"\naction = \"" + action +
           "\"\n" + more;
}

// Two executors of two cores.
std::string app(const std::string& text, const std::string& conf = "") {
    return "format = 1\n[[cluster.worker]]\nname = \"w\"\ncount = 2\ncores = 2\nmemory = \"8g\"\n"
           "[conf]\n\"spark.executor.cores\" = 2\n" +
           conf + "[[app]]\nname = \"a\"\n" + text;
}

// The rows of the result with this number, as texts; sorted, since a shuffle keeps no order.
Texts rows(const InlineRun& run, std::size_t result, bool sorted = true) {
    REQUIRE(run.result.report.results.size() > result);
    Texts texts;
    for (const Value& row : rows_of(run.result.report.results[result])) {
        texts.push_back(to_text(row));
    }
    if (sorted) {
        std::sort(texts.begin(), texts.end());
    }
    return texts;
}

// Tasks of each stage attempt, in order: "map 4".
Texts submitted(const InlineRun& run) {
    Texts texts;
    for (const std::string& line : run.records.of("stage.submit ")) {
        const auto field = [&](const std::string& key) {
            const std::size_t at = line.find(" " + key + "=") + key.size() + 2;
            return line.substr(at, line.find(' ', at) - at);
        };
        texts.push_back(field("name") + " " + field("tasks"));
    }
    return texts;
}

const std::string ten = "range = 10, partitions = 4";
const std::string by_three = "key_by = \"mod\", args = [3]";
const std::string total = "reduce_by_key = \"sum\", partitions = 3";

}  // namespace

TEST_SUITE("datasets: stages") {
    TEST_CASE("DP-RDD-01 nothing runs before an action; then one job, of one stage") {
        const InlineRun none{app(dataset("d", {ten, "map = \"square\""}) +
                                 dataset("e", {"range = 3"}) + job("e", "count"))};
        CHECK(submitted(none) == Texts{"e 2"});
        const InlineRun one{app(dataset("d", {ten, "map = \"square\"", "filter = \"is_even\""}) +
                                job("d", "count"))};
        CHECK(submitted(one) == Texts{"d 4"});
        CHECK(rows(one, 0) == Texts{"5"});
    }

    TEST_CASE("DP-RDD-01 a sort samples its keys in a job of its own") {
        const InlineRun run{app(dataset("d", {ten, "sort_by = \"identity\""}) + job("d", "count"))};
        CHECK(submitted(run) == Texts{"d:1:sample 4", "d:1 4", "d 4"});
        CHECK(run.records.of("job.submitted ").size() == 2);
    }

    TEST_CASE("DP-RDD-10 a partition with most of the keys is sampled again, by a second job") {
        const std::string skewed =
            dataset("much", {"range = 10000, partitions = 1"}) +
            dataset("little", {"range = [0, 30], partitions = 3"}) +
            dataset("all",
                    {"union = [\"little\", \"much\"]", "sort_by = \"identity\", partitions = 4"});
        const InlineRun run{app(skewed + job("all", "collect"))};
        CHECK(submitted(run) == Texts{"all:1:sample 4", "all:1:sample 1", "all:1 4", "all 4"});
        CHECK(run.records.of("job.submitted ").size() == 3);
        CHECK(run.records.of(" only=3").size() == 1);
        CHECK(run.records.of("partition.skip app=a job=j1 partitions=0,1,2").size() == 1);
        const Texts sorted = rows(run, 0, false);
        REQUIRE(sorted.size() == 10030);
        CHECK(Texts{sorted.begin(), sorted.begin() + 4} == Texts{"0", "0", "1", "1"});
        CHECK(sorted.back() == "9999");
        const InlineRun killed{app(skewed + job("all", "collect")),
                               {"fault=[{ kind=\"kill-executor\", executor=\"any\", when={ "
                                "kind=\"task.launch\", stage=\"s1\" } }]"}};
        CHECK(killed.records.of("status=executor-lost").size() == 1);
        CHECK(rows(killed, 0, false) == sorted);
    }

    TEST_CASE("DP-DAG-01 DP-DAG-02 a stage for each shuffle, a task for each partition") {
        const InlineRun run{
            app(dataset("d", {ten, by_three, total, "map = \"swap\""}) + job("d", "collect"))};
        CHECK(submitted(run) == Texts{"d:2 4", "d 3"});
        CHECK(rows(run, 0) == Texts{"(12,1)", "(15,2)", "(18,0)"});
        const InlineRun sorted{
            app(dataset("d", {ten, by_three, total, "sort_by = \"value\""}) + job("d", "collect"))};
        // The sampling job makes the first shuffle, and the job itself skips it.
        CHECK(submitted(sorted) == Texts{"d:2 4", "d:3:sample 3", "d:3 3", "d 3"});
        CHECK(sorted.records.of("stage.skip ").size() == 1);
        CHECK(rows(sorted, 0, false) == Texts{"(1,12)", "(2,15)", "(0,18)"});
    }

    TEST_CASE("DP-DAG-02 an action may ask for a part; no partitions are no task") {
        const InlineRun first{app(dataset("d", {ten}) + job("d", "first"))};
        CHECK(submitted(first) == Texts{"d 1"});
        const InlineRun none{app(dataset("d", {ten}) + job("d", "take", "args = [0]\n"))};
        CHECK(submitted(none).empty());
        CHECK(none.records.has("job.finish app=a job=j0 status=succeeded"));
    }

    TEST_CASE("DP-DAG-03 both parents run at once, with smaller numbers than their child") {
        const InlineRun run{
            app(dataset("left", {ten, by_three}) +
                dataset("right", {"range = 3, partitions = 2", "key_by = \"identity\""}) +
                dataset("d", {"from = \"left\"", "join = \"right\", partitions = 2"}) +
                job("d", "collect"))};
        CHECK(submitted(run) == Texts{"d:1 4", "d:1:right 2", "d 2"});
        const Texts begun = run.records.of("stage.submit ");
        CHECK(begun[0].find("stage=s0.0") != std::string::npos);
        CHECK(begun[1].find("stage=s1.0") != std::string::npos);
        CHECK(begun[2].find("stage=s2.0") != std::string::npos);
        CHECK(rows(run, 0).size() == 10);
    }

    TEST_CASE(
        "DP-DAG-04 a shuffle that is there is used again, after a loss but for what is gone") {
        const std::string twice =
            dataset("d", {"range = 100, partitions = 10", by_three, total}) + job("d", "count") +
            "[[app.job]]\nname = \"again\"\nof = \"d\"\naction = \"count\"\nat = \"1min\"\n";
        const InlineRun kept{app(twice)};
        CHECK(submitted(kept) == Texts{"d:2 10", "d 3", "d 3"});
        CHECK(kept.records.of("stage.skip ").size() == 1);
        const InlineRun lost{app(twice + "[[fault]]\nkind = \"kill-executor\"\nexecutor = \"e1\"\n"
                                         "at = \"30s\"\n")};
        const Texts again = submitted(lost);
        const auto of_e1 = lost.records.of("map-output.unregister ").size();
        CHECK(of_e1 > 0);
        CHECK(again == Texts{"d:2 10", "d 3", "d:2 " + std::to_string(of_e1), "d 3"});
    }

    TEST_CASE("DP-DAG-06 what two parts of a stage share is computed twice, a shuffle once") {
        const std::string both = dataset("p", {ten, by_three, total}) +
                                 dataset("x", {"from = \"p\"", "map_values = \"square\""}) +
                                 dataset("u", {"union = [\"x\", \"p\"]"}) + job("u", "collect");
        const InlineRun run{app(both)};
        CHECK(submitted(run) == Texts{"p:2 4", "u 3"});
        CHECK(rows(run, 0) == Texts{"(0,18)", "(0,324)", "(1,12)", "(1,144)", "(2,15)", "(2,225)"});
        std::int64_t read = 0;  // each of the rows that were written by both
        for (const std::string& line : run.records.of("task=s1.0")) {
            const std::size_t at = line.find(" records=");
            read += at == std::string::npos ? 0 : std::stoll(line.substr(at + 9));
        }
        CHECK(read == 2 * 10);
    }

    TEST_CASE("DP-DAG-08 a reducer would rather be where most of what it reads is") {
        const InlineRun run{app(dataset("d",
                                        {"range = 100, partitions = 2",
                                         by_three,
                                         "reduce_by_key = \"sum\", partitions = 3"}) +
                                    job("d", "collect"),
                                "\"forkyard.offers\" = \"in-order\"\n")};
        const Texts reducers = run.records.of("task.launch app=a task=s1.0");
        REQUIRE(reducers.size() == 3);
        for (const std::string& line : reducers) {
            CHECK(line.find("loc=NODE_LOCAL") != std::string::npos);
        }
        const InlineRun anywhere{app(dataset("d",
                                             {"range = 100, partitions = 2",
                                              by_three,
                                              "reduce_by_key = \"sum\", partitions = 3"}) +
                                         job("d", "collect"),
                                     "\"spark.shuffle.reduceLocality.enabled\" = false\n")};
        CHECK(anywhere.records.of("loc=NODE_LOCAL").empty());
    }
}

TEST_SUITE("datasets: answers") {
    TEST_CASE("DP-RDD-16 repartition deals out evenly") {
        const InlineRun run{app(dataset("r", {"range = 1000, partitions = 10", "repartition = 2"}) +
                                job("r", "count"))};
        CHECK(rows(run, 0) == Texts{"1000"});
        std::vector<std::int64_t> dealt;
        for (const std::string& line : run.records.of("task=s1.0")) {
            const std::size_t at = line.find(" records=");
            if (at != std::string::npos) {
                dealt.push_back(std::stoll(line.substr(at + 9)));
            }
        }
        REQUIRE(dealt.size() == 2);
        CHECK(dealt[0] + dealt[1] == 1000);
        CHECK(std::abs(dealt[0] - 500) < 10);
    }

    TEST_CASE("DP-RDD-17 DP-RDD-18 coalesce keeps the order, and drags its whole stage along") {
        const InlineRun run{app(dataset("c",
                                        {"range = [1, 11], partitions = 10",
                                         "map = \"identity\", cost = \"1s\"",
                                         "coalesce = 3"}) +
                                job("c", "collect"))};
        CHECK(submitted(run) == Texts{"c 3"});
        CHECK(rows(run, 0, false) == Texts{"1", "2", "3", "4", "5", "6", "7", "8", "9", "10"});
        const InlineRun shuffled{app(
            dataset("c",
                    {"range = [1, 11], partitions = 10", "map = \"identity\"", "repartition = 1"}) +
            job("c", "collect"))};
        CHECK(submitted(shuffled) == Texts{"c:2 10", "c 1"});
    }

    TEST_CASE("DP-RDD-25 a sample is the same on a retry and anywhere else") {
        const std::string half =
            dataset("s", {"range = 1000, partitions = 8", "sample = 0.3, args = [7]"}) +
            job("s", "collect");
        const Texts first = rows(InlineRun{app(half)}, 0, false);
        CHECK(first.size() > 240);
        CHECK(first.size() < 360);
        const std::string fail = "[[fault]]\nkind = \"fail-task\"\nstage = \"s\"\npartition = 3\n";
        CHECK(rows(InlineRun{app(half + fail)}, 0, false) == first);
        CHECK(rows(InlineRun{app(half, "\"spark.cores.max\" = 2\n")}, 0, false) == first);
        CHECK(rows(InlineRun{app(half), {"seed=2"}}, 0, false) != first);
        CHECK(rows(InlineRun{app(half), {"app.0.dataset.0.steps.1.args=[8]"}}, 0, false) != first);
    }

    TEST_CASE("joins keep what has no partner on the sides that they are called by") {
        const auto joined = [](const std::string& side) {
            return rows(
                InlineRun{
                    app(dataset("l", {"range = [0, 3], partitions = 2", "key_by = \"identity\""}) +
                        dataset("r",
                                {"range = [1, 4], partitions = 3",
                                 "key_by = \"identity\"",
                                 "map_values = \"square\""}) +
                        dataset("d", {"from = \"l\"", "join = \"r\", args = [\"" + side + "\"]"}) +
                        job("d", "collect"))},
                0);
        };
        CHECK(joined("inner") == Texts{"(1,(1,1))", "(2,(2,4))"});
        CHECK(joined("left") == Texts{"(0,(0,null))", "(1,(1,1))", "(2,(2,4))"});
        CHECK(joined("right") == Texts{"(1,(1,1))", "(2,(2,4))", "(3,(null,9))"});
        CHECK(joined("full") == Texts{"(0,(0,null))", "(1,(1,1))", "(2,(2,4))", "(3,(null,9))"});
    }

    TEST_CASE("the other steps by key") {
        const std::string pairs = dataset("p", {ten, by_three});
        const auto answer = [&](const Texts& steps, const std::string& more = "") {
            Texts all{"from = \"p\""};
            all.insert(all.end(), steps.begin(), steps.end());
            return rows(InlineRun{app(pairs + more + dataset("d", all) + job("d", "collect"))}, 0);
        };
        CHECK(answer({"aggregate_by_key = \"count\", args = [0]"}) ==
              Texts{"(0,4)", "(1,3)", "(2,3)"});
        CHECK(answer({"aggregate_by_key = \"max\", args = [8]"}) ==
              Texts{"(0,9)", "(1,8)", "(2,8)"});
        CHECK(answer({"map = \"key\"", "distinct = true"}) == Texts{"0", "1", "2"});
        CHECK(answer({"cogroup = \"q\""},
                     dataset("q", {"range = [2, 4], partitions = 1", "key_by = \"identity\""})) ==
              Texts{"(0,[[0, 3, 6, 9], []])",
                    "(1,[[1, 4, 7], []])",
                    "(2,[[2, 5, 8], [2]])",
                    "(3,[[], [3]])"});
        // In place, behind a shuffle that put equal keys together.
        CHECK(answer({"reduce_by_key = \"sum\"", "group_by_key = true"}) ==
              Texts{"(0,[18])", "(1,[12])", "(2,[15])"});
        CHECK(answer({"reduce_by_key = \"sum\"", "distinct = true"}) ==
              Texts{"(0,18)", "(1,12)", "(2,15)"});
    }

    TEST_CASE("DP-RDD-21 take looks at 1 partition, then at 4 times as many as before, and so on") {
        const auto waves = [](const Texts& steps, const std::string& n) {
            const InlineRun run{
                app(dataset("d", steps) + job("d", "take", "args = [" + n + "]\n"))};
            std::vector<std::size_t> tasks;
            for (const std::string& line : submitted(run)) {
                tasks.push_back(std::stoul(line.substr(2)));
            }
            return tasks;
        };
        using Waves = std::vector<std::size_t>;
        CHECK(waves({"range = 100, partitions = 100"}, "10") == Waves{1, 4, 8});
        CHECK(waves({"range = 100, partitions = 100", "filter = \"at_least\", args = [99]"}, "1") ==
              Waves{1, 4, 20, 75});
        CHECK(waves({"range = 100, partitions = 100"}, "0").empty());
    }

    TEST_CASE("DP-RDD-23 nothing cannot be reduced") {
        const InlineRun empty{
            app(dataset("d", {"range = 0"}) + job("d", "reduce", "args = [\"sum\"]\n"))};
        CHECK(empty.records.of("empty collection").size() >= 1);
        const InlineRun sum{app(dataset("d", {ten}) + job("d", "reduce", "args = [\"sum\"]\n"))};
        CHECK(rows(sum, 0) == Texts{"45"});
    }

    TEST_CASE("DP-SHUF-17 a reducer combines, groups, sorts or passes on what it reads") {
        const auto read = [](const std::string& step) {
            return rows(InlineRun{app(dataset("d",
                                              {"values = [3, 1, 2, 1]",
                                               "key_by = \"identity\"",
                                               step + ", partitions = 1"}) +
                                      job("d", "collect"))},
                        0,
                        false);
        };
        CHECK(read("reduce_by_key = \"sum\"") == Texts{"(3,3)", "(1,2)", "(2,2)"});
        CHECK(read("group_by_key = true") == Texts{"(3,[3])", "(1,[1, 1])", "(2,[2])"});
        CHECK(read("sort_by = \"key\"") == Texts{"(1,1)", "(1,1)", "(2,2)", "(3,3)"});
    }

    TEST_CASE("DP-IO-09 show looks at one row more than it shows") {
        const InlineRun run{app(dataset("d", {"range = 100, partitions = 100"}) +
                                job("d", "show", "args = [2]\n"))};
        CHECK(submitted(run) == Texts{"d 1", "d 3"});
        CHECK(rows(run, 0, false) == Texts{"0", "1"});
        CHECK(run.result.report.results[0].text ==
              "+-----+\n|value|\n+-----+\n|    0|\n|    1|\n+-----+\nonly showing top 2 rows\n");
        const InlineRun all{app(dataset("d", {"range = 3"}) + job("d", "show"))};
        CHECK(rows(all, 0, false).size() == 3);
    }

    TEST_CASE("a dataset without partitions can be sorted, grouped, joined and dealt out") {
        const std::string none = dataset("n", {"union = []", "key_by = \"identity\""});
        for (const Texts& steps :
             {Texts{"sort_by = \"key\", partitions = 3"},
              Texts{"reduce_by_key = \"sum\", partitions = 3", "distinct = true"},
              Texts{"group_by_key = true", "join = \"n\"", "coalesce = 4"},
              Texts{"repartition = 2"},
              Texts{"sample = 0.5", "distinct = true"}}) {
            CAPTURE(steps.front());
            Texts all{"from = \"n\""};
            all.insert(all.end(), steps.begin(), steps.end());
            const InlineRun run{app(none + dataset("d", all) + job("d", "collect"))};
            CHECK(run.result.report.exit == Exit::ok);
            CHECK(rows(run, 0).empty());
        }
    }

    TEST_CASE("a union and a coalesce cost what they are said to, else 1 us a record") {
        const auto took = [](const Texts& steps) {
            const InlineRun run{app(dataset("b", {"range = 4, partitions = 2"}) +
                                    dataset("u", steps) + job("u", "count"))};
            return run.result.report.summary.makespan;
        };
        CHECK(took({"union = [\"b\", \"b\"], cost = \"100s\""}) == SimDuration{100'000'002});
        CHECK(took({"union = [\"b\", \"b\"]"}) == SimDuration{4});
        CHECK(took({"from = \"b\"", "coalesce = 1, cost_per_record = \"5us\""}) ==
              SimDuration{4 + 20});
    }

    TEST_CASE("DP-RDD-19 a take that has enough does not come to the other parts of a partition") {
        const InlineRun run{
            app(dataset("fast", {"range = 4, partitions = 1"}) +
                dataset("slow", {"from = \"fast\"", "map = \"square\", cost = \"100s\""}) +
                dataset("both", {"union = [\"fast\", \"slow\"]", "coalesce = 1"}) +
                job("both", "take", "args = [2]\n"))};
        CHECK(rows(run, 0) == Texts{"0", "1"});
        CHECK(run.result.report.summary.makespan < SimDuration{1'000});
    }

    TEST_CASE("a generated dataset is a function of 0 to n - 1") {
        const InlineRun run{
            app(dataset("g", {"generate = \"multiply\", args = [4, 3]"}) + job("g", "collect"))};
        CHECK(rows(run, 0, false) == Texts{"0", "3", "6", "9"});
    }

    TEST_CASE("a task that fails says which step did") {
        const InlineRun run{
            app(dataset("j", {"range = 3"}) +
                dataset("d", {"range = 3", "key_by = \"identity\"", "join = \"j\""}) +
                job("d", "count"))};
        CHECK(run.records.of("a shuffle by key needs pairs, found an integer").size() >= 4);
    }
}

}  // namespace forkyard::sim::datasets_test
