// Driver programs with functions of their own, in both modes: what they print and the journal are
// the same, and the journal replays without them.
#include <array>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "tests/tools/binary.hpp"

namespace forkyard::cli_testing::sessions_test {

namespace {

class Programs {
public:
    // What it prints, once it has been seen to be the same in both modes.
    std::vector<std::string> print(const std::string& name, const std::string& conf = "") {
        place_.write("s.toml",
                     "format = 1\n[[cluster.worker]]\nname = \"w\"\ncount = 2\ncores = 2\n"
                     "memory = \"4g\"\n[conf]\n\"spark.executor.cores\" = 1\n" +
                         conf + "[[app]]\nname = \"a\"\n[app.program]\nname = \"" + name + "\"\n");
        std::array<Finished, 2> runs;
        for (const std::string mode : {"process", "inline"}) {
            Finished& run = runs[mode == "inline" ? 1 : 0];
            run = place_.shell(FORKYARD_SESSION_CHILD " run s.toml --quiet --executors " + mode +
                               " --journal " + mode + ".fyj");
            INFO(run.err);
            REQUIRE(run.exit == 0);
        }
        CHECK(runs[0].out == runs[1].out);
        CHECK(place_.read("process.fyj") == place_.read("inline.fyj"));
        // Without the program, and its functions, too.
        for (const std::string binary : {FORKYARD_SESSION_CHILD, FORKYARD_BINARY}) {
            const Finished replayed = place_.shell(binary + " replay inline.fyj");
            INFO(replayed.err);
            CHECK(replayed.exit == 0);
        }
        return lines_of(runs[0].out);
    }
    [[nodiscard]] std::vector<std::string> records(const std::vector<std::string>& parts) const {
        return lines_with(place_.read("inline.fyj"), parts);
    }

private:
    Workplace place_;
};

}  // namespace

TEST_SUITE("programs with functions of their own") {
    TEST_CASE("what a function throws fails its task, which is tried again, and then its job") {
        Programs programs;
        const std::vector<std::string> printed = programs.print("throws_in_tasks");
        REQUIRE(printed.size() == 9);
        const std::vector<std::string> steps{"map too_hot",
                                             "filter too_hot",
                                             "flat_map too_hot",
                                             "key_by too_hot",
                                             "too_hot",
                                             "too_hot",
                                             "too_hot"};
        for (std::size_t i = 0; i < steps.size(); ++i) {
            CHECK(has(printed[i], "failed 4 times"));
            CHECK(has(printed[i], steps[i] + ": 3 is too hot"));
        }
        CHECK(has(printed[7], "map no_exception: it threw something that is no std::exception"));
        CHECK(printed[8] == "8");
        CHECK(programs.records({"task.finished", "status=failed", "map too_hot"}).size() >= 4);
    }

    TEST_CASE("DP-RDD-27 a dataset within a task is an error of the task that says so") {
        Programs programs;
        const std::vector<std::string> printed = programs.print("asks_within_tasks");
        REQUIRE(printed.size() == 4);
        for (std::size_t i = 0; i < 3; ++i) {
            CHECK(has(printed[i],
                      ": datasets and accumulators can be used by the driver only, not within a "
                      "function of a task"));
        }
        CHECK(has(printed[0], "map counts_another"));
        CHECK(printed[3] == "4");
        CHECK(programs.records({" dataset.defined "}).size() == 8);
        CHECK(programs.records({" dataset.unpersisted "}).empty());
    }

    TEST_CASE("DP-BLK-16 a checkpoint is the same in both modes, and in a replay") {
        Programs programs;
        const std::vector<std::string> printed = programs.print("checkpoints");
        REQUIRE(printed.size() == 6);
        CHECK(printed[0] == "1");
        CHECK(printed[2] == " |       CachedPartitions: 3");
        CHECK(has(printed[3], " |  LocalCheckpointRDD[3] at take "));
        CHECK(printed[4] == "4950");
        CHECK(has(printed[5], "checkpoint block rdd_2_"));
        CHECK(programs.records({" partition.skip ", " partitions=0"}).size() == 1);
    }

    TEST_CASE("DP-RDD-28 a program can ask what its datasets are made of") {
        Programs programs;
        const std::vector<std::string> printed = programs.print("explains_itself");
        CHECK(printed ==
              std::vector<std::string>{
                  "(4) MapPartitionsRDD[7] at join []",
                  " |  CoGroupedRDD[6] at join []",
                  " +-(2) ShuffledRDD[3] at reduce_by_key []",
                  " |  +-(3) MapPartitionsRDD[2] at map_values []",
                  " |     |      CachedPartitions: 3",
                  " |     |  MapPartitionsRDD[1] at key_by []",
                  " |     |  ParallelCollectionRDD[0] at range []",
                  " +-(4) MapPartitionsRDD[5] at key_by []",
                  "    |  ParallelCollectionRDD[4] at range []",
                  "(3) MapPartitionsRDD[2] at map_values [Memory Deserialized 1x Replicated]",
                  " |       CachedPartitions: 3",
                  " |  MapPartitionsRDD[1] at key_by [Memory Deserialized 1x Replicated]",
                  " |  ParallelCollectionRDD[0] at range [Memory Deserialized 1x Replicated]",
                  "(3) MapPartitionsRDD[2] at map_values []",
                  " |  MapPartitionsRDD[1] at key_by []",
                  " |  ParallelCollectionRDD[0] at range []",
                  "1",
                  "4950"});
        CHECK(programs.records({" rdd.remove ", " rdd=rdd_2"}).size() == 1);
        CHECK(programs.records({" block.dropped "}).size() == 3);
    }
}

}  // namespace forkyard::cli_testing::sessions_test
