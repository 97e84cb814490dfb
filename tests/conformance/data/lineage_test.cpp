// Which datasets a transformation makes, who keeps a partitioner, and where a shuffle is needed.
#include "core/plan/lineage.hpp"

#include <doctest/doctest.h>

#include "core/data/deal_start.hpp"

namespace forkyard::lineage_test {
namespace {

class World {
public:
    explicit World(std::optional<std::uint32_t> default_parallelism = std::nullopt)
        : lineage_{default_parallelism, default_parallelism.value_or(2)} {}

    Lineage* operator->() { return &lineage_; }

    // Pairs in so many partitions; partitioned by hash, or not.
    DatasetId plain(std::uint32_t partitions) {
        return lineage_.apply(
            lineage_.range({0, 100, 1}, partitions), NarrowKind::key_by, identity);
    }
    DatasetId hashed(std::uint32_t partitions) {
        return lineage_.by_key(plain(5), sum, partitions);
    }
    [[nodiscard]] std::optional<std::uint32_t> hash_of(DatasetId id) const {
        const auto& partitioner = lineage_.at(id).partitioner;
        return partitioner ? std::optional{partitioner->partitions} : std::nullopt;
    }
    [[nodiscard]] std::size_t shuffles() const { return lineage_.shuffles().size(); }
    // Where a grouping of these with no count would go.
    [[nodiscard]] std::uint32_t grouped(DatasetId left, DatasetId right) {
        return lineage_.partitions(lineage_.cogroup(left, right, std::nullopt));
    }

    inline static const Call identity{"identity", {}};
    inline static const Aggregation sum{ByKey::reduce, {"sum", {}}};
    inline static const Aggregation group{ByKey::group, {}};

private:
    Lineage lineage_;
};

TEST_SUITE("conformance: transformations") {
    TEST_CASE("DP-RDD-02 narrow steps need no shuffle") {
        World world;
        DatasetId id = world.plain(4);
        for (const NarrowKind kind :
             {NarrowKind::map, NarrowKind::filter, NarrowKind::flat_map, NarrowKind::map_values}) {
            id = world->apply(id, kind, World::identity);
            CHECK(world->partitions(id) == 4);
        }
        const std::vector<DatasetId> both{id, world.plain(3)};
        id = world->coalesce(world->sample(world->unite(both), {0, 1}), 2);
        CHECK(world->partitions(id) == 2);
        id = world->cartesian(world->zip(id, world.plain(2)), id);
        CHECK(world->partitions(id) == 4);
        CHECK(world->shuffles_before(id).empty());
        CHECK(world.shuffles() == 0);
    }

    TEST_CASE("DP-RDD-03 wide steps need one, a join one for each input that is not in place") {
        World world;
        const DatasetId rows = world.plain(4);
        const auto added = [&](auto&& step) {
            const std::size_t before = world.shuffles();
            (void)step();
            return world.shuffles() - before;
        };
        CHECK(added([&] { return world->by_key(rows, World::group, 2); }) == 1);
        CHECK(added([&] { return world->by_key(rows, World::sum, 2); }) == 1);
        CHECK(added([&] { return world->distinct(rows, 2); }) == 1);
        CHECK(added([&] { return world->repartition(rows, 2); }) == 1);
        CHECK(added([&] { return world->sort_by(rows, World::identity, false, 2); }) == 1);
        CHECK(added([&] { return world->cogroup(rows, world.plain(3), 2); }) == 2);
    }

    TEST_CASE("DP-RDD-07 who keeps the partitioner") {
        World world;
        const DatasetId rows = world.hashed(2);
        const auto kept = [&](DatasetId id) { return world.hash_of(id) == 2U; };
        CHECK(kept(rows));
        CHECK(kept(world->apply(rows, NarrowKind::map_values, World::identity)));
        CHECK(kept(world->apply(rows, NarrowKind::filter, World::identity)));
        CHECK(kept(world->sample(rows, {0, 1})));
        CHECK(kept(world->unite(std::vector<DatasetId>{rows, world.hashed(2)})));
        CHECK_FALSE(kept(world->apply(rows, NarrowKind::map, World::identity)));
        CHECK_FALSE(kept(world->apply(rows, NarrowKind::flat_map, World::identity)));
        CHECK_FALSE(kept(world->apply(rows, NarrowKind::key_by, World::identity)));
        CHECK_FALSE(kept(world->unite(std::vector<DatasetId>{rows, world.hashed(3)})));
        CHECK_FALSE(kept(world->coalesce(rows, 1)));
        CHECK_FALSE(kept(world->zip(rows, world.hashed(2))));
        CHECK_FALSE(kept(world->cartesian(rows, world.plain(1))));
    }

    TEST_CASE("DP-RDD-08 which partitioner a step by key takes") {
        World world;
        CHECK(world.grouped(world.plain(150), world.hashed(10)) == 150);
        CHECK(world.grouped(world.hashed(10), world.hashed(100)) == 100);
        CHECK(world.grouped(world.hashed(100), world.plain(150)) == 100);
        CHECK(world.grouped(world.hashed(9), world.plain(11)) == 9);
        World with_default{4};
        CHECK(with_default.grouped(with_default.plain(150), with_default.hashed(10)) == 10);
        CHECK(with_default.grouped(with_default.plain(150), with_default.hashed(3)) == 4);
    }

    TEST_CASE("DP-RDD-12 a join of what is partitioned alike needs no shuffle") {
        World world;
        const auto shuffles = [&](DatasetId left, DatasetId right) {
            const DatasetId joined = world->join(left, right, "inner", std::nullopt);
            CHECK(world->partitions(joined) == 4);
            std::size_t own = 0;
            for (const std::uint32_t shuffle : world->shuffles_before(joined)) {
                own += world->shuffles()[shuffle].combine ? 0 : 1;
            }
            return own;
        };
        CHECK(shuffles(world.hashed(4), world.hashed(4)) == 0);
        CHECK(shuffles(world.hashed(4), world.plain(3)) == 1);
        CHECK(shuffles(world.plain(4), world.hashed(4)) == 1);
        CHECK(shuffles(world.plain(4), world.plain(4)) == 2);
    }

    TEST_CASE("DP-RDD-13 by key on a matching partitioner stays in the stage") {
        World world;
        const DatasetId rows = world.hashed(4);
        const std::size_t before = world.shuffles();
        for (const Lineage::Count count : {Lineage::Count{}, Lineage::Count{4}}) {
            CHECK(world.hash_of(world->by_key(rows, World::sum, count)) == 4U);
            CHECK(world.hash_of(world->by_key(rows, World::group, count)) == 4U);
        }
        CHECK(world.shuffles() == before);
        (void)world->by_key(rows, World::sum, 3);
        CHECK(world.shuffles() == before + 1);
    }

    TEST_CASE("DP-RDD-15 distinct reduces by the whole value, in place where it can") {
        World world;
        const DatasetId once = world->distinct(world.plain(6), std::nullopt);
        CHECK(world->partitions(once) == 6);
        REQUIRE(world.shuffles() == 1);
        CHECK(world->shuffles()[0].combine == Aggregation{ByKey::reduce, {"first", {}}});
        const DatasetId rows = world.hashed(4);
        CHECK(world.hash_of(world->distinct(rows, std::nullopt)) == 4U);
        CHECK(world.shuffles() == 2);  // of the rows themselves
        (void)world->distinct(rows, 5);
        CHECK(world.shuffles() == 3);
    }

    TEST_CASE("DP-RDD-16 each partition deals its records from a place of its own") {
        // What `new java.util.Random(byteswap32(p)).nextInt(n)` gives.
        CHECK(byteswap32(0) == 0);
        CHECK(byteswap32(1) == 0x903abf86U);
        for (std::uint32_t p = 0; p < 1000; ++p) {
            for (const std::uint32_t n : {1U, 2U, 3U, 8U, 1000U, 0x7fffffffU}) {
                REQUIRE(deal_start(p, n) >= 0);
                REQUIRE(deal_start(p, n) < n);
            }
        }
        CHECK(deal_start(0, 10) == 0);  // Random(0).nextInt(10)
        CHECK(deal_start(0, 100) == 60);
        CHECK(deal_start(0, 8) == 5);
    }

    TEST_CASE("DP-RDD-24 a tree has another level while that leaves less than it takes") {
        const auto left = [](std::uint32_t partitions, std::uint32_t depth) {
            World world;
            const DatasetId of = world.plain(partitions);
            const DatasetId last = world->tree_reduce(of, World::sum.call, depth);
            CHECK((last == of) == (world.shuffles() == 0));
            std::vector<std::uint32_t> levels;
            for (const ShuffleDependency& level : world->shuffles()) {
                CHECK(level.combine == World::sum);  // each task of it sends one value
                levels.push_back(level.partitioner.partitions);
            }
            return levels;
        };
        using Levels = std::vector<std::uint32_t>;
        CHECK(left(100, 2) == Levels{10});
        CHECK(left(4, 2).empty());  // 4 > 2 + 2 is false
        CHECK(left(7, 2) == Levels{2});
        CHECK(left(1000, 3) == Levels{100, 10});
        CHECK(left(100, 1).empty());
        CHECK(left(0, 2).empty());
        CHECK(left(8, 20) == Levels{4});
        CHECK(left(2'000'000'000, 2) == Levels{44720});
    }

    TEST_CASE("DP-RDD-17 coalesced partitions are groups of neighbours") {
        const auto groups = [](std::uint32_t n) {
            std::vector<std::uint32_t> ends;
            for (std::uint32_t p = 0; p < n; ++p) {
                ends.push_back(coalesced(10, n, p).until);
            }
            return ends;
        };
        CHECK(groups(2) == std::vector<std::uint32_t>{5, 10});
        CHECK(groups(3) == std::vector<std::uint32_t>{3, 6, 10});
        World world;
        CHECK(world->partitions(world->coalesce(world.plain(10), 20)) == 10);
    }

    TEST_CASE("DP-RDD-19 a union has the partitions of all, or of one where they are alike") {
        World world;
        const auto united = [&](std::vector<DatasetId> of) { return world->unite(of); };
        CHECK(world->partitions(united({world.plain(3), world.plain(4)})) == 7);
        const DatasetId empty = world->files({});
        CHECK(world->partitions(empty) == 0);
        const DatasetId alike = united({world.hashed(3), empty, world.hashed(3)});
        CHECK(world->partitions(alike) == 3);
        CHECK(world.hash_of(alike) == 3U);
        CHECK(std::get<Union>(world->at(alike).computed.op).paired);
        CHECK(world->partitions(united({world.hashed(3), world.hashed(4)})) == 7);
        CHECK(world->partitions(united({empty, empty})) == 0);
    }

    TEST_CASE("DP-RDD-20 a cartesian has the partitions of both multiplied, a zip those of each") {
        World world;
        const DatasetId all = world->cartesian(world.plain(3), world.hashed(4));
        CHECK(world->partitions(all) == 12);
        CHECK(world->shuffles_before(all).size() == 1);  // it adds none
        CHECK(world->partitions(world->cartesian(world.plain(3), world->files({}))) == 0);
        CHECK(world->partitions(world->cartesian(world->files({}), world.plain(3))) == 0);
        CHECK(world->why_no_cartesian(world.plain(65536), world.plain(32767)).empty());
        CHECK(world->why_no_cartesian(world.plain(65536), world.plain(32768)) ==
              "65536 x 32768 partitions are too many: a dataset has at most 2147483647");
        const DatasetId rows = world.plain(3);
        CHECK(world->partitions(world->zip(rows, rows)) == 3);
        CHECK(world->why_no_zip(rows, world.hashed(3)).empty());
        CHECK(world->why_no_zip(world.plain(2), rows) ==
              "datasets with unequal numbers of partitions cannot be zipped: 2 and 3");
    }

    TEST_CASE("DP-RDD-20 DP-DAG-10 pairs come out again as both of their sides do") {
        World world;
        const auto again = [&](DatasetId id) { return world->at(id).determinism; };
        const DatasetId dealt = world->repartition(world.hashed(4), 4);
        CHECK(again(world->zip(world.plain(4), world.plain(4))) == Determinism::determinate);
        CHECK(again(world->zip(world.plain(4), world.hashed(4))) == Determinism::unordered);
        CHECK(again(world->zip(dealt, world.plain(4))) == Determinism::indeterminate);
        CHECK(again(world->cartesian(world.hashed(4), world.plain(4))) == Determinism::unordered);
        CHECK(again(world->cartesian(world.plain(4), dealt)) == Determinism::indeterminate);
    }

    TEST_CASE("DP-DAG-07 what is read is found at once, however often it is read") {
        World world;
        DatasetId id = world.hashed(2);
        for (int i = 0; i < 60; ++i) {  // 2^60 times
            id = world->unite(std::vector<DatasetId>{id, id});
        }
        std::vector<Lineage::NearTo> read;
        world->each_near(id, 1, [&](const Lineage::NearTo& near) {
            read.push_back(near);
            return true;
        });
        CHECK(read == std::vector<Lineage::NearTo>{ShufflePart{0, 1}});
        CHECK(world->shuffles_before(id) == std::vector<std::uint32_t>{0});
        const DatasetId pairs = world->cartesian(world.plain(2), id);
        read.clear();
        world->each_near(pairs, 3, [&](const Lineage::NearTo& near) {
            read.push_back(near);
            return true;
        });
        CHECK(read == std::vector<Lineage::NearTo>{DatasetPart{pairs, 3}, ShufflePart{0, 1}});
    }

    TEST_CASE("DP-DAG-10 what is dealt out of a shuffle may come out otherwise") {
        World world;
        const auto again = [&](DatasetId id) { return world->at(id).determinism; };
        CHECK(again(world.plain(4)) == Determinism::determinate);
        CHECK(again(world.hashed(4)) == Determinism::unordered);
        CHECK(again(world->repartition(world.plain(4), 2)) == Determinism::unordered);
        const DatasetId dealt = world->repartition(world.hashed(4), 2);
        CHECK(again(dealt) == Determinism::indeterminate);
        CHECK(again(world->by_key(dealt, World::sum, 2)) == Determinism::indeterminate);
        CHECK(again(world->sample(world.hashed(4), {0, 1})) == Determinism::indeterminate);
    }
}

}  // namespace
}  // namespace forkyard::lineage_test
