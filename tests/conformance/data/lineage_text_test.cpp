// What Spark's toDebugString prints of the same RDDs.
#include "core/plan/lineage_text.hpp"

#include <string>
#include <vector>

#include <doctest/doctest.h>

namespace forkyard::lineage_text_test {
namespace {

class World {
public:
    DatasetId range(std::uint32_t partitions) {
        lineage_.begin_step("", "parallelize", {});
        return lineage_.range({0, 100, 1}, partitions);
    }
    DatasetId map(DatasetId of) {
        lineage_.begin_step("", "map", {});
        return lineage_.apply(of, NarrowKind::map, {"identity", {}});
    }
    DatasetId sum(DatasetId of, std::uint32_t partitions) {
        lineage_.begin_step("", "reduceByKey", {});
        return lineage_.by_key(of, {ByKey::reduce, {"sum", {}}}, partitions);
    }
    DatasetId unite(const std::vector<DatasetId>& of) {
        lineage_.begin_step("", "union", {});
        return lineage_.unite(of);
    }
    DatasetId cogroup(DatasetId left, DatasetId right) {
        lineage_.begin_step("", "cogroup", {});
        return lineage_.cogroup(left, right, 12);
    }
    DatasetId cartesian(DatasetId left, DatasetId right) {
        lineage_.begin_step("", "cartesian", {});
        return lineage_.cartesian(left, right);
    }
    DatasetId zip(DatasetId left, DatasetId right) {
        lineage_.begin_step("", "zip", {});
        return lineage_.zip(left, right);
    }
    void keep(DatasetId of, std::string_view level) { lineage_.keep(of, *storage_level(level)); }
    [[nodiscard]] std::string text(DatasetId of, std::uint32_t kept = 0) const {
        return "\n" + lineage_text(lineage_, of, [=](RddId) { return kept; }) + "\n";
    }

private:
    Lineage lineage_{std::nullopt, 2};
};

TEST_SUITE("conformance: lineage text") {
    TEST_CASE("DP-RDD-28 a line for each dataset, further in behind a shuffle") {
        World world;
        const DatasetId sums = world.sum(world.map(world.map(world.range(4))), 2);
        CHECK(world.text(world.map(sums)) == R"(
(2) MapPartitionsRDD[4] at map []
 |  ShuffledRDD[3] at reduceByKey []
 +-(4) MapPartitionsRDD[2] at map []
    |  MapPartitionsRDD[1] at map []
    |  ParallelCollectionRDD[0] at parallelize []
)");
    }

    TEST_CASE("DP-RDD-28 bars stand below the middle of the number of partitions") {
        World world;
        const DatasetId sums = world.sum(world.range(100), 3);
        CHECK(world.text(world.cogroup(sums, world.map(world.range(1000)))) == R"(
(12) CoGroupedRDD[4] at cogroup []
 +-(3) ShuffledRDD[1] at reduceByKey []
 |  +-(100) ParallelCollectionRDD[0] at parallelize []
 +-(1000) MapPartitionsRDD[3] at map []
     |    ParallelCollectionRDD[2] at parallelize []
)");
    }

    TEST_CASE("DP-RDD-28 a union has its inputs one below the other") {
        World world;
        const DatasetId one = world.range(1);
        CHECK(world.text(world.unite({world.sum(one, 2), world.map(one)})) == R"(
(3) UnionRDD[3] at union []
 |  ShuffledRDD[1] at reduceByKey []
 +-(1) ParallelCollectionRDD[0] at parallelize []
 |  MapPartitionsRDD[2] at map []
 |  ParallelCollectionRDD[0] at parallelize []
)");
    }

    TEST_CASE("DP-RDD-20 DP-RDD-28 a cartesian and a zip have both sides, left before right") {
        World world;
        const DatasetId numbers = world.range(2);
        const DatasetId mapped = world.map(numbers);
        CHECK(world.text(world.zip(mapped, world.sum(numbers, 2))) == R"(
(2) ZippedPartitionsRDD2[3] at zip []
 |  MapPartitionsRDD[1] at map []
 |  ParallelCollectionRDD[0] at parallelize []
 |  ShuffledRDD[2] at reduceByKey []
 +-(2) ParallelCollectionRDD[0] at parallelize []
)");
        CHECK(world.text(world.cartesian(numbers, world.range(3))) == R"(
(6) CartesianRDD[5] at cartesian []
 |  ParallelCollectionRDD[0] at parallelize []
 |  ParallelCollectionRDD[4] at parallelize []
)");
    }

    TEST_CASE("DP-RDD-28 the level is that of the dataset asked for; what is kept has a line") {
        World world;
        const DatasetId kept = world.map(world.range(2));
        const DatasetId last = world.map(kept);
        world.keep(kept, "MEMORY_AND_DISK_SER_2");
        CHECK(world.text(last, 1) == R"(
(2) MapPartitionsRDD[2] at map []
 |  MapPartitionsRDD[1] at map []
 |      CachedPartitions: 1
 |  ParallelCollectionRDD[0] at parallelize []
)");
        world.keep(last, "DISK_ONLY_3");
        CHECK(world.text(last) == R"(
(2) MapPartitionsRDD[2] at map [Disk Serialized 3x Replicated]
 |  MapPartitionsRDD[1] at map [Disk Serialized 3x Replicated]
 |  ParallelCollectionRDD[0] at parallelize [Disk Serialized 3x Replicated]
)");
        CHECK(world.text(kept, 2) == R"(
(2) MapPartitionsRDD[1] at map [Disk Memory Serialized 2x Replicated]
 |       CachedPartitions: 2
 |  ParallelCollectionRDD[0] at parallelize [Disk Memory Serialized 2x Replicated]
)");
    }
}

}  // namespace
}  // namespace forkyard::lineage_text_test
