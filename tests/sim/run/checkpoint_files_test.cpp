// Programs that checkpoint their datasets into files.
#include <algorithm>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "sim/session/sdk/forkyard/session.hpp"
#include "tests/sim/run/program_run.hpp"
#include "tests/sim/run/saved_run.hpp"

namespace forkyard::sim::checkpoint_files_test {

namespace {

using namespace std::chrono_literals;
using testing::has;
using testing::hear;
using testing::hear_error;
using testing::heard;
using testing::InlineRun;
using testing::jobs_of;
using testing::kill_at;
using testing::Records;
using testing::records_of;
using testing::run_into;
using testing::run_program;
using testing::SaveFolder;
using testing::stages_of;
using testing::Texts;

Dataset sums_of(Session& session) {
    session.set_checkpoint_dir("cp");
    return session.range(0, 100, 1, 4).key_by("mod", 7).reduce_by_key("sum", 3U);
}

void writes_sums(Session& session) {
    Dataset sums = sums_of(session);
    heard().push_back(sums.checkpoint().lineage());
    hear(Value{sums.count("computes")});
    heard().push_back(sums.lineage());
    hear(sums.map("value").reduce("sum", "later"));
}
FORKYARD_PROGRAM(writes_sums, "files behind a shuffle")

void counts_twice(Session& session) {
    session.set_checkpoint_dir("cp");
    for (const bool cached : {false, true}) {
        const Accumulator made = session.accumulator(cached ? "cached" : "computed");
        Dataset numbers = session.range(0, 12, 1, 3).accumulate(made, "constant", 1);
        if (cached) {
            numbers.cache();
        }
        hear(numbers.checkpoint().reduce("sum"));
        hear(Value{made.value()});
        hear(numbers.reduce("sum"));
        hear(Value{made.value()});
    }
}
FORKYARD_PROGRAM(counts_twice, "what is computed again for its files")

void says_no_folder(Session& session) {
    Dataset numbers = session.range(0, 4, 1, 2).map("add", 1);
    hear_error([&] { numbers.checkpoint(); });
    hear(Value{numbers.count("computes")});
}
FORKYARD_PROGRAM(says_no_folder, "a checkpoint to nowhere")

// What is lost at 5 s has half of it; a second job begins after that.
void loses_an_executor(Session& session) {
    session.set_checkpoint_dir("cp");
    Dataset slow = session.range(0, 12, 1, 6).costing(1s).map("add", 1);
    hear(slow.checkpoint().reduce("sum", "computes"));
    (void)session.range(0, 1, 1, 1).costing(5s).map("add", 1).count("passes the time");
    hear_error([&] { hear(slow.reduce("sum", "later")); });
}
FORKYARD_PROGRAM(loses_an_executor, "an executor that is lost after a checkpoint")

void marks_both_ways(Session& session) {
    session.set_checkpoint_dir("cp");
    const auto end_of = [](const Dataset& dataset) {
        (void)dataset.count();
        const std::string text = dataset.lineage();
        heard().push_back(has(text, " ReliableCheckpointRDD") ? "files"
                          : has(text, " LocalCheckpointRDD")  ? "executors"
                                                              : "neither");
    };
    const Dataset numbers = session.range(0, 4, 1, 2);
    Dataset files_first = numbers.map("add", 1);
    end_of(files_first.checkpoint().checkpoint_local());
    Dataset executors_first = numbers.map("add", 1);
    end_of(executors_first.checkpoint_local().checkpoint());
    Dataset written = numbers.map("add", 1);
    end_of(written.checkpoint());
    end_of(written.checkpoint_local());
    heard().push_back(has(written.lineage(), "[]") ? "not kept" : "kept");
    hear_error([&] { written.cache("DISK_ONLY").cache("MEMORY_ONLY"); });
}
FORKYARD_PROGRAM(marks_both_ways, "checkpoints of both kinds")

// Round robin over what came by a shuffle: other rows at each try.
void deals_out(Session& session) {
    session.set_checkpoint_dir("cp");
    const Dataset sums = session.range(0, 100, 1, 4).key_by("mod", 7).reduce_by_key("sum", 3U);
    Dataset dealt = sums.repartition(4);
    if (session.argument("files", std::int64_t{0}) != 0) {
        (void)dealt.checkpoint().count("computes");
    }
    const Dataset slow = dealt.costing(1s).map_values("add", 1).reduce_by_key("sum", 7U);
    hear_error([&] { hear(slow.costing(1s).map("value").reduce("sum", "later")); });
}
FORKYARD_PROGRAM(deals_out, "what is dealt out in any order")

std::string& folder() {
    static std::string path;
    return path;
}

// The run has a folder of its own for its checkpoints.
std::string part_of(const std::string& rdd) {
    const std::filesystem::path run = std::filesystem::directory_iterator {
        folder() + "/cp"
        } -> path();
    return (run / rdd / "part-00001").string();
}

void spoils_files(Session& session) {
    session.set_checkpoint_dir("cp");
    const Dataset numbers = session.range(0, 4, 1, 2);
    Dataset first = numbers.map("add", 1);
    (void)first.checkpoint().count();
    std::ofstream{part_of("rdd-1"), std::ios::trunc} << '\x07';
    hear_error([&] { (void)first.count("half a record"); });
    Dataset second = numbers.map("add", 1);
    (void)second.checkpoint().count();
    std::filesystem::remove(part_of("rdd-3"));
    hear_error([&] { (void)second.count("no file"); });
}
FORKYARD_PROGRAM(spoils_files, "files that somebody spoils")

// A run that writes.
struct WritingRun {
    explicit WritingRun(const std::string& program, const SaveFolder& into) {
        heard().clear();
        folder() = into.path().string();
        const Result<RunResult> ran =
            run_into(testing::program_scenario(program), into.path(), records);
        REQUIRE(ran);
        CHECK(ran->report.exit == Exit::ok);
    }
    Records records;
};

}  // namespace

TEST_SUITE("checkpoints of programs, in files") {
    TEST_CASE("DP-BLK-15 DP-RDD-28 one more job writes it, and lineage ends with its files") {
        const InlineRun ran = run_program("writes_sums");
        CHECK(ran.result.report.exit == Exit::ok);
        CHECK(heard() == Texts{"(3) ShuffledRDD[2] at reduce_by_key []\n"
                               " +-(4) MapPartitionsRDD[1] at key_by []\n"
                               "    |  ParallelCollectionRDD[0] at range []",
                               "7",
                               "(3) ShuffledRDD[2] at reduce_by_key []\n"
                               " |  ReliableCheckpointRDD[3] at count []",
                               "4950"});
        REQUIRE(jobs_of(ran) == Texts{"computes", "checkpoint at dataset-3", "later"});
        CHECK(stages_of(ran, 0) == std::vector<int>{4, 3});
        CHECK(stages_of(ran, 1) == std::vector<int>{3});
        CHECK(records_of(ran, 1, "stage.skip").size() == 1);  // its shuffle is there
        CHECK(stages_of(ran, 2) == std::vector<int>{3});
        CHECK(records_of(ran, 2, "stage.skip").empty());
        CHECK(ran.records.of("dataset.marked app=a name=dataset-3 folder=cp/rdd-2").size() == 1);
        CHECK(ran.result.report.results.size() == 2);  // none of it
    }

    TEST_CASE("DP-BLK-15 it is computed twice, unless it is cached") {
        const InlineRun ran = run_program("counts_twice");
        CHECK(ran.result.report.exit == Exit::ok);
        CHECK(heard() == Texts{"66", "24", "66", "24", "66", "12", "66", "12"});
    }

    TEST_CASE("DP-BLK-15 without a folder the call is an error, and spark.checkpoint.dir is one") {
        const InlineRun without = run_program("says_no_folder");
        CHECK(without.result.report.exit == Exit::ok);
        REQUIRE(heard().size() == 2);
        CHECK(has(heard()[0], "no checkpoint directory has been set"));
        CHECK(heard()[1] == "4");
        CHECK(jobs_of(without) == Texts{"computes"});
        heard().clear();
        const InlineRun with{testing::program_scenario("says_no_folder"),
                             {"conf.\"spark.checkpoint.dir\"=\"there\""}};
        CHECK(heard() == Texts{"no error", "4"});
        CHECK(with.records.of("dataset.marked app=a name=dataset-2 folder=there/rdd-1").size() ==
              1);
    }

    TEST_CASE("DP-BLK-15 a lost executor takes nothing of it with it") {
        const InlineRun ran = run_program("loses_an_executor", kill_at("5s"));
        CHECK(ran.result.report.exit == Exit::ok);
        CHECK(heard() == Texts{"78", "78", "no error"});
        CHECK(ran.records.of("executor.lost app=a exec=e2 reason=killed").size() == 1);
        CHECK(jobs_of(ran) ==
              Texts{"computes", "checkpoint at dataset-2", "passes the time", "later"});
    }

    TEST_CASE("DP-BLK-15 a killed task's file is written by another attempt") {
        const InlineRun ran = run_program("loses_an_executor", kill_at("2500ms"));
        CHECK(ran.result.report.exit == Exit::ok);
        CHECK(heard() == Texts{"78", "78", "no error"});
        CHECK(records_of(ran, 1, "task.finished").size() == 8);
        CHECK(ran.records.of("status=executor-lost").size() == 2);
    }

    TEST_CASE("DP-BLK-15 DP-BLK-16 executors take the place of files that are not yet there") {
        const InlineRun ran = run_program("marks_both_ways");
        CHECK(ran.result.report.exit == Exit::ok);
        REQUIRE(heard().size() == 6);
        CHECK(Texts{heard().begin(), heard().end() - 1} ==
              Texts{"executors", "executors", "files", "files", "not kept"});
        CHECK(has(heard()[5], "cannot be changed to MEMORY_ONLY"));
    }

    TEST_CASE("SCH-DAG-55 SCH-DAG-60 what is read from files is determinate") {
        (void)run_program("deals_out", kill_at("2500ms"));
        REQUIRE(heard().size() == 1);
        CHECK(has(heard()[0], "indeterminate output"));
        const InlineRun ran = run_program("deals_out", kill_at("2500ms"), "files = 1\n");
        CHECK(ran.result.report.exit == Exit::ok);
        CHECK(heard() == Texts{"4957", "no error"});
        REQUIRE(jobs_of(ran) == Texts{"computes", "checkpoint at dataset-4", "later"});
        CHECK(stages_of(ran, 2) == std::vector<int>{4, 7, 2, 1});  // what was lost, and no more
    }

    TEST_CASE("DP-BLK-15 files are named as Spark names them, each run has its own, and no more") {
        const SaveFolder place;
        const WritingRun first{"writes_sums", place};
        const Texts all = place.all();
        REQUIRE(all.size() == 6);
        const std::string& run = all[1];
        CHECK(run.starts_with("cp/run-"));
        const std::string rdd = run + "rdd-2/";
        CHECK(all ==
              Texts{"cp/", run, rdd, rdd + "part-00000", rdd + "part-00001", rdd + "part-00002"});
        CHECK(!place.text(rdd + "part-00000").empty());
        const WritingRun again{"writes_sums", place};
        CHECK(place.all().size() == 11);
        CHECK(first.records.lines == again.records.lines);
    }

    TEST_CASE("DP-BLK-15 applications have folders of their own, whatever their names") {
        const InlineRun alone = run_program("writes_sums");
        heard().clear();
        const std::string other =
            "[[app]]\nname = \"a/../a\"\n[app.program]\nname = \"deals_out\"\n"
            "files = 1\n";
        const InlineRun both{testing::program_scenario("writes_sums") + other};
        CHECK(both.result.report.exit == Exit::ok);
        REQUIRE(both.result.report.results.size() == 4);
        CHECK(to_text(both.result.report.results.back().value) == "4957");
        CHECK(std::count(heard().begin(), heard().end(), "4950") == 1);
    }

    TEST_CASE("DP-BLK-15 a file that is spoilt or gone fails the tasks that want it, by its name") {
        const SaveFolder place;
        const WritingRun ran{"spoils_files", place};
        REQUIRE(heard().size() == 2);
        for (const std::string& said : heard()) {
            CHECK(has(said, "failed 4 times"));
        }
        CHECK(has(heard()[0], "/rdd-1/part-00001` is corrupt"));
        CHECK(has(heard()[1], "/rdd-3/part-00001`: cannot be read: No such file"));
    }
}

}  // namespace forkyard::sim::checkpoint_files_test
