// Programs that cut the lineage of their datasets.
#include <chrono>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "sim/session/sdk/forkyard/session.hpp"
#include "tests/sim/run/program_run.hpp"

namespace forkyard::sim::checkpoints_test {

namespace {

using namespace std::chrono_literals;
using testing::has;
using testing::hear;
using testing::hear_error;
using testing::heard;
using testing::InlineRun;
using testing::jobs_of;
using testing::kill_at;
using testing::records_of;
using testing::run_program;
using testing::stages_of;
using testing::Texts;

Dataset sums_of(Session& session) {
    return session.range(0, 100, 1, 4).key_by("mod", 7).reduce_by_key("sum", 3U);
}

// Six tasks of a second.
Dataset slow_numbers(Session& session) {
    return session.range(0, 12, 1, 6).costing(1s).map("add", 1);
}

void takes_some(Session& session) {
    Dataset slow = slow_numbers(session);
    hear(Value{static_cast<std::int64_t>(slow.checkpoint_local().take(3, "takes").size())});
    hear(slow.reduce("sum", "later"));
}
FORKYARD_PROGRAM(takes_some, "a take in two waves, with a checkpoint behind the first")

void looks_one_up(Session& session) {
    Dataset sums = sums_of(session);
    hear(sums.checkpoint_local().lookup(4, "looks up").at(0));
}
FORKYARD_PROGRAM(looks_one_up, "a job of the partition in the middle")

void cuts_sums(Session& session) {
    Dataset sums = sums_of(session);
    sums.checkpoint_local();
    heard().push_back(sums.lineage());
    hear(Value{sums.count("computes")});
    heard().push_back(sums.lineage());
    hear(Value{sums.map_values("add", 1).count("later")});
}
FORKYARD_PROGRAM(cuts_sums, "a checkpoint behind a shuffle")

void changes_levels(Session& session) {
    const auto level_of = [](const Dataset& dataset) {
        const std::string text = dataset.lineage();
        heard().push_back(text.substr(text.find('[', text.find(" at ")), text.find('\n')));
        heard().back().resize(heard().back().find(']') + 1);
    };
    const Dataset numbers = session.range(0, 4, 1, 2);
    for (const char* level : {"MEMORY_ONLY_SER", "DISK_ONLY", "MEMORY_AND_DISK"}) {
        Dataset before = numbers.map("add", 1);
        level_of(before.cache(level).checkpoint_local());
        Dataset after = numbers.map("add", 1);
        level_of(after.checkpoint_local().cache(level));
    }
}
FORKYARD_PROGRAM(changes_levels, "checkpoints of what is kept already")

void marks_late(Session& session) {
    Dataset numbers = session.range(0, 4, 1, 2).map("add", 1);
    (void)numbers.map("add", 1).count("before");
    hear(Value{numbers.checkpoint_local().count("after")});
    hear(Value{numbers.map("add", 1).count("and after")});
}
FORKYARD_PROGRAM(marks_late, "a mark that comes when a job has computed it")

void marks_two(Session& session) {
    Dataset first = session.range(0, 4, 1, 2).map("add", 1);
    first.checkpoint_local();
    Dataset last = first.map("add", 1);
    last.checkpoint_local();
    hear(last.reduce("sum", "of the last"));
    heard().push_back(first.lineage());
    hear(first.reduce("sum", "of the first"));
    heard().push_back(first.lineage());
}
FORKYARD_PROGRAM(marks_two, "one mark behind another")

void drops_it(Session& session) {
    Dataset early = session.range(0, 4, 1, 2).map("add", 1);
    early.checkpoint_local().unpersist();
    hear_error([&] { (void)early.count("too early"); });
    hear(Value{early.count("computes it")});
    Dataset late = session.range(0, 4, 1, 2).map("add", 1);
    (void)late.checkpoint_local().count("keeps it");
    late.unpersist();
    hear_error([&] { (void)late.count("too late"); });
}
FORKYARD_PROGRAM(drops_it, "unpersist before a checkpoint, and after it")

// What is lost at 3.5 s is half of what is kept; a second job begins after that.
void loses_some(Session& session) {
    Dataset slow = slow_numbers(session);
    hear(slow.checkpoint_local().reduce("sum", "computes"));
    (void)session.range(0, 1, 1, 1).costing(5s).map("add", 1).count("passes the time");
    hear_error([&] { hear(slow.reduce("sum", "later")); });
}
FORKYARD_PROGRAM(loses_some, "an executor that is lost, sooner or later")

// The middle one of its inputs is not marked.
void marks_several(Session& session) {
    std::vector<Dataset> inputs;
    for (std::int64_t i = 0; i < 3; ++i) {
        inputs.push_back(session.range(10 * i, 10 * i + 4, 1, 2).map("add", 1));
    }
    inputs[0].checkpoint_local();
    inputs[2].checkpoint_local();
    const Dataset all = session.unite(inputs);
    hear(Value{static_cast<std::int64_t>(all.take(1, "takes").size())});
    heard().push_back(all.lineage());
}
FORKYARD_PROGRAM(marks_several, "two marks that one job comes to")

Computed<Value> small_only(Value record, Arguments /*args*/) {
    if (record.integer() > 7) {
        return tl::make_unexpected(std::string{"it is too large"});
    }
    return record;
}
FORKYARD_FUNCTION(small_only, "small_only", "a number up to 7", 0, 0, small_only)

void fails_behind(Session& session) {
    Dataset small = session.range(0, 12, 1, 6).map("small_only");
    small.checkpoint_local();
    hear_error([&] { (void)small.take(3, "takes"); });
    hear_error([&] { (void)small.take(3, "takes again"); });
}
FORKYARD_PROGRAM(fails_behind, "what cannot be computed as a whole")

}  // namespace

TEST_SUITE("checkpoints of programs") {
    TEST_CASE(
        "DP-BLK-16 DP-RDD-28 lineage ends with a checkpoint, which no later job goes behind") {
        const InlineRun ran = run_program("cuts_sums");
        CHECK(ran.result.report.exit == Exit::ok);
        CHECK(
            heard() ==
            Texts{"(3) ShuffledRDD[2] at reduce_by_key [Disk Memory Deserialized 1x Replicated]\n"
                  " +-(4) MapPartitionsRDD[1] at key_by [Disk Memory Deserialized 1x Replicated]\n"
                  "    |  ParallelCollectionRDD[0] at range [Disk Memory Deserialized 1x "
                  "Replicated]",
                  "7",
                  "(3) ShuffledRDD[2] at reduce_by_key [Disk Memory Deserialized 1x Replicated]\n"
                  " |       CachedPartitions: 3\n"
                  " |  LocalCheckpointRDD[3] at count [Disk Memory Deserialized 1x Replicated]",
                  "7"});
        CHECK(jobs_of(ran) == Texts{"computes", "later"});
        CHECK(stages_of(ran, 0) == std::vector<int>{4, 3});
        CHECK(stages_of(ran, 1) == std::vector<int>{3});
        CHECK(ran.records.of(" stage.skip ").empty());
        CHECK(ran.records.of("dataset.checkpointed app=a name=").size() == 1);
    }

    TEST_CASE("DP-BLK-16 one more job computes what is kept nowhere, after a take's first wave") {
        const InlineRun ran = run_program("takes_some");
        CHECK(ran.result.report.exit == Exit::ok);
        CHECK(heard() == Texts{"3", "78"});
        REQUIRE(jobs_of(ran) == Texts{"takes", "checkpoint at dataset-2", "takes", "later"});
        CHECK(stages_of(ran, 0) == std::vector<int>{1});
        CHECK(stages_of(ran, 1) == std::vector<int>{5});
        CHECK(ran.records.has("partition.skip app=a job=j1 partitions=0"));
        CHECK(records_of(ran, 1, "task.finished").size() == 5);
        CHECK(records_of(ran, 1, "dataset.checkpointed").size() == 1);
        CHECK(ran.records.of(" block.cached ").size() == 6);
        CHECK(ran.result.report.results.size() == 2);  // none of it
    }

    TEST_CASE("DP-BLK-16 what is kept may stand in the middle") {
        const InlineRun ran = run_program("looks_one_up");
        CHECK(ran.result.report.exit == Exit::ok);
        CHECK(heard() == Texts{"693"});
        REQUIRE(jobs_of(ran) == Texts{"looks up", "checkpoint at dataset-3"});
        CHECK(ran.records.has("partition.skip app=a job=j1 partitions=1"));
        CHECK(stages_of(ran, 1) == std::vector<int>{2});
    }

    TEST_CASE("DP-BLK-16 a level gets disk, whichever comes first") {
        const InlineRun ran = run_program("changes_levels");
        CHECK(ran.result.report.exit == Exit::ok);
        CHECK(heard() == Texts{"[Disk Memory Serialized 1x Replicated]",
                               "[Disk Memory Serialized 1x Replicated]",
                               "[Disk Serialized 1x Replicated]",
                               "[Disk Serialized 1x Replicated]",
                               "[Disk Memory Deserialized 1x Replicated]",
                               "[Disk Memory Deserialized 1x Replicated]"});
    }

    TEST_CASE("DP-BLK-16 a mark that a job has passed by before is no checkpoint") {
        const InlineRun ran = run_program("marks_late");
        CHECK(ran.result.report.exit == Exit::ok);
        CHECK(heard() == Texts{"4", "4"});
        CHECK(ran.records.of(" dataset.marked ").size() == 1);
        CHECK(ran.records.of(" block.cached ").size() == 2);  // but it is kept
        CHECK(ran.records.of(" dataset.checkpointed ").empty());
    }

    TEST_CASE("DP-BLK-16 a mark behind another one waits for a job of its own") {
        const InlineRun ran = run_program("marks_two");
        CHECK(ran.result.report.exit == Exit::ok);
        REQUIRE(heard().size() == 4);
        CHECK(heard()[0] == "14");
        CHECK(!has(heard()[1], "LocalCheckpointRDD"));
        CHECK(heard()[2] == "10");
        CHECK(has(heard()[3], "LocalCheckpointRDD[4] at reduce"));
        CHECK(ran.records.of(" dataset.checkpointed ").size() == 2);
    }

    TEST_CASE("DP-BLK-16 all that a job comes to is checkpointed, one after the other") {
        const InlineRun ran = run_program("marks_several");
        CHECK(ran.result.report.exit == Exit::ok);
        REQUIRE(jobs_of(ran) ==
                Texts{"takes", "checkpoint at dataset-2", "checkpoint at dataset-6"});
        CHECK(stages_of(ran, 1) == std::vector<int>{1});
        CHECK(stages_of(ran, 2) == std::vector<int>{2});
        CHECK(heard() == Texts{"1",
                               "(6) UnionRDD[6] at union []\n"
                               " |  MapPartitionsRDD[1] at map []\n"
                               " |      CachedPartitions: 2\n"
                               " |  LocalCheckpointRDD[7] at take []\n"
                               " |  MapPartitionsRDD[3] at map []\n"
                               " |  ParallelCollectionRDD[2] at range []\n"
                               " |  MapPartitionsRDD[5] at map []\n"
                               " |      CachedPartitions: 2\n"
                               " |  LocalCheckpointRDD[8] at take []"});
    }

    TEST_CASE("DP-BLK-16 an action fails with its checkpoint, which is not tried again") {
        const InlineRun ran = run_program("fails_behind");
        CHECK(ran.result.report.exit == Exit::ok);
        REQUIRE(heard().size() == 2);
        CHECK(has(heard()[0], "failed 4 times"));
        CHECK(has(heard()[0], "it is too large"));
        CHECK(heard()[1] == "no error");
        CHECK(jobs_of(ran) ==
              Texts{"takes", "checkpoint at dataset-2", "takes again", "takes again"});
        CHECK(ran.records.of(" dataset.checkpointed ").empty());
    }

    TEST_CASE("DP-BLK-16 what is unpersisted cannot be checkpointed, or is lost for good") {
        const InlineRun ran = run_program("drops_it");
        CHECK(ran.result.report.exit == Exit::ok);
        REQUIRE(heard().size() == 3);
        CHECK(has(heard()[0], "`dataset-2` was unpersisted before it was checkpointed"));
        CHECK(heard()[1] == "4");
        CHECK(has(heard()[2], "failed 4 times"));
        CHECK(has(heard()[2], "checkpoint block rdd_3_"));
        CHECK(ran.records.of(" dataset.checkpointed ").size() == 1);
    }

    TEST_CASE("DP-BLK-16 a lost executor takes its part with it, and later jobs fail for good") {
        const InlineRun ran = run_program("loses_some", kill_at("5s"));
        CHECK(ran.result.report.exit == Exit::ok);
        REQUIRE(heard().size() == 2);
        CHECK(heard()[0] == "78");
        CHECK(has(heard()[1], "failed 4 times"));
        CHECK(has(heard()[1], "checkpoint block rdd_1_"));
        CHECK(jobs_of(ran) == Texts{"computes", "passes the time", "later"});
    }

    TEST_CASE("DP-BLK-16 what is lost before the lineage is cut is computed again") {
        const InlineRun ran = run_program("loses_some", kill_at("1500ms"));
        CHECK(ran.result.report.exit == Exit::ok);
        CHECK(heard() == Texts{"78", "78", "no error"});
        REQUIRE(jobs_of(ran) ==
                Texts{"computes", "checkpoint at dataset-2", "passes the time", "later"});
        CHECK(records_of(ran, 1, "partition.skip").size() == 1);
        CHECK(records_of(ran, 1, "dataset.checkpointed").size() == 1);
    }
}

}  // namespace forkyard::sim::checkpoints_test
