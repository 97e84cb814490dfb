// What an executor keeps, what has to go for it, and where that goes.
#include "core/executor/block_manager.hpp"

#include <string>
#include <vector>

#include <doctest/doctest.h>
#include <fmt/format.h>

namespace forkyard::block_manager_test {
namespace {

constexpr StorageLevel memory_only = *storage_level("MEMORY_ONLY");
constexpr StorageLevel memory_and_disk = *storage_level("MEMORY_AND_DISK");
constexpr StorageLevel disk_only = *storage_level("DISK_ONLY");

// An executor with room for so many blocks of 1,000 bytes; unrolling asks for what it needs.
class World {
public:
    explicit World(std::int64_t blocks = 2, std::int64_t threshold = 1)
        : manager_{{blocks * 1000 + 500, blocks * 1000 + 500}, {threshold, 1'500'000}} {}

    // "0.1" is partition 1 of the rdd 0.
    static RddBlock block(const std::string& name) {
        return {RddId{static_cast<std::uint32_t>(name[0] - '0')},
                static_cast<std::uint32_t>(std::stoul(name.substr(2)))};
    }
    // What changes: "0.1 memory, 0.0 gone".
    std::string put(const std::string& name,
                    const StorageLevel& level = memory_only,
                    std::int64_t bytes = 1000) {
        return text(manager_.put(block(name), level, bytes));
    }
    std::string read(const std::string& name) {
        const std::string changes = begin_read(name);
        manager_.end_read(block(name));
        return changes;
    }
    std::string begin_read(const std::string& name) {
        return text(manager_.begin_read(block(name)));
    }
    void end_read(const std::string& name) { manager_.end_read(block(name)); }
    [[nodiscard]] std::string all() const {
        std::string out;
        for (const RddBlock& id : manager_.blocks()) {
            out += fmt::format("{}{}.{}", out.empty() ? "" : " ", id.rdd.value, id.partition);
        }
        return out;
    }
    BlockManager* operator->() { return &manager_; }

    static std::string text(const std::vector<BlockChange>& changes) {
        std::string out;
        for (const BlockChange& change : changes) {
            out += fmt::format("{}{}.{} {}",
                               out.empty() ? "" : ", ",
                               change.block.rdd.value,
                               change.block.partition,
                               change.status.in_memory ? "memory"
                               : change.status.on_disk ? "disk"
                                                       : "gone");
        }
        return out;
    }

private:
    BlockManager manager_;
};

// Datasets of so many partitions of 1,000 bytes are counted one after the other in an executor
// that has room for 8: how many partitions each count finds.
std::vector<int> hits(const std::vector<int>& datasets, std::uint32_t partitions) {
    World world{8};
    std::vector<int> out;
    for (const int dataset : datasets) {
        int found = 0;
        for (std::uint32_t p = 0; p < partitions; ++p) {
            const std::string name = fmt::format("{}.{}", dataset, p);
            if (world->find(World::block(name))) {
                ++found;
                world.read(name);
            } else {
                world.put(name);
            }
        }
        out.push_back(found);
    }
    return out;
}

TEST_SUITE("conformance: block manager") {
    TEST_CASE("DP-BLK-14 what is unpersisted goes at once, or with its last reader") {
        World world;
        (void)world.put("1.0");
        (void)world.put("1.1");
        (void)world.begin_read("1.1");
        (void)world.begin_read("1.1");
        CHECK(world->retire(World::block("1.0")));
        CHECK_FALSE(world->retire(World::block("1.1")));
        CHECK_FALSE(world->retire(World::block("1.2")));
        CHECK(world.all() == "1.1");
        CHECK_FALSE(world->end_read(World::block("1.1")));
        CHECK(world.all() == "1.1");
        CHECK(world->end_read(World::block("1.1")));
        CHECK(world.all().empty());
        CHECK(world.put("2.0") + world.put("2.1") == "2.0 memory2.1 memory");  // there is room
    }

    TEST_CASE("DP-BLK-01 storage levels") {
        const auto flags = [](std::string_view name) {
            const StorageLevel level = *storage_level(name);
            return fmt::format("{}{}{}{}",
                               level.disk ? "d" : "",
                               level.memory ? "m" : "",
                               level.objects ? "o" : "",
                               level.copies);
        };
        CHECK(flags("DISK_ONLY") == "d1");
        CHECK(flags("DISK_ONLY_2") == "d2");
        CHECK(flags("DISK_ONLY_3") == "d3");
        CHECK(flags("MEMORY_ONLY") == "mo1");
        CHECK(flags("MEMORY_ONLY_2") == "mo2");
        CHECK(flags("MEMORY_ONLY_SER") == "m1");
        CHECK(flags("MEMORY_ONLY_SER_2") == "m2");
        CHECK(flags("MEMORY_AND_DISK") == "dmo1");
        CHECK(flags("MEMORY_AND_DISK_2") == "dmo2");
        CHECK(flags("MEMORY_AND_DISK_SER") == "dm1");
        CHECK(flags("MEMORY_AND_DISK_SER_2") == "dm2");
        CHECK_FALSE(storage_level("OFF_HEAP"));
        for (const NamedStorageLevel& known : storage_levels()) {
            CHECK(name_of(known.level) == known.name);
        }
    }

    TEST_CASE("DP-BLK-05 what was used longest ago goes first") {
        World world;
        world.put("1.0");
        world.put("2.0");
        CHECK(world.put("3.0") == "1.0 gone, 3.0 memory");
        world.read("3.0");
        world.read("2.0");
        CHECK(world.put("1.0") == "3.0 gone, 1.0 memory");
        CHECK(world.all() == "1.0 2.0");
    }

    TEST_CASE("DP-BLK-06 a dataset never evicts its own blocks") {
        World world;
        world.put("0.1");
        world.put("0.2");
        CHECK(world.put("0.3") == "");
        CHECK(world.all() == "0.1 0.2");
        CHECK(world.put("1.1") == "0.1 gone, 1.1 memory");
        world.read("0.2");
        CHECK(world.put("0.3") == "1.1 gone, 0.3 memory");
        CHECK(world.put("0.4") == "");

        CHECK(hits({0, 0, 0}, 10) == std::vector{0, 8, 8});
        CHECK(hits({0, 1, 0, 1, 0, 1, 0, 1}, 5) == std::vector{0, 0, 3, 3, 3, 3, 3, 3});
    }

    TEST_CASE("DP-BLK-07 blocks that are read are pinned") {
        World world;
        world.put("1.0");
        world.put("2.0");
        world.begin_read("1.0");
        world.begin_read("2.0");
        CHECK(world.put("3.0") == "");
        world.end_read("2.0");
        CHECK(world.put("3.0") == "2.0 gone, 3.0 memory");
    }

    TEST_CASE("DP-BLK-08 enough goes, or nothing") {
        World world{3};
        world.put("1.0");
        world.put("2.0");
        world.put("3.0");
        world.begin_read("1.0");
        // Two may go; that is not enough.
        CHECK(World::text(world->put(
                  World::block("4.0"), memory_only, 3000, BlockManager::Origin::copied)) == "");
        CHECK(world.all() == "1.0 2.0 3.0");
        // More than there is at all.
        CHECK(World::text(world->put(
                  World::block("4.0"), memory_only, 4000, BlockManager::Origin::copied)) == "");
        // What is not pinned any more can go.
        world.end_read("1.0");
        CHECK(World::text(world->put(
                  World::block("4.0"), memory_only, 3000, BlockManager::Origin::copied)) ==
              "2.0 gone, 3.0 gone, 1.0 gone, 4.0 memory");
    }

    TEST_CASE(
        "DP-BLK-09 with a level that has disk it goes there, and comes back when it is read") {
        World world;
        world.put("1.0", memory_and_disk);
        world.put("2.0", memory_only);
        CHECK(world.put("3.0") == "1.0 disk, 3.0 memory");
        CHECK(world.put("4.0") == "2.0 gone, 4.0 memory");
        CHECK(world.read("1.0") == "3.0 gone, 1.0 memory");
        // It is on disk still, and goes there again without being written.
        CHECK(world->find(World::block("1.0")) == BlockStatus{1000, true, true});
        world.read("4.0");
        CHECK(world.put("5.0") == "1.0 disk, 5.0 memory");
        CHECK(world.put("6.0", disk_only) == "6.0 disk");
        CHECK(world.read("6.0") == "");
    }

    TEST_CASE("DP-BLK-10 what does not fit is not kept, or on disk") {
        World world;
        CHECK(world.put("1.0", memory_only, 2501) == "");
        CHECK(world.put("1.0", memory_and_disk, 2501) == "1.0 disk");
        CHECK(world->memory().storage_used() == 0);
    }

    TEST_CASE("DP-BLK-11 unrolling asks for memory step by step") {
        SUBCASE("for the threshold first, of which the rest is given back") {
            World world{2, 1200};
            CHECK(world.put("1.0") == "1.0 memory");
            CHECK(world->memory().storage_used() == 1000);
            CHECK(world.put("2.0") == "2.0 memory");
            // 500 are left, and the threshold is more than the block.
            CHECK(world.put("3.0", memory_only, 400) == "1.0 gone, 3.0 memory");
        }
        SUBCASE("then by half as much again, for which others may have to go") {
            World world{10, 1000};
            for (int i = 0; i < 7; ++i) {
                world.put(fmt::format("1.{}", i));
            }
            // 1,000, 1,500, 2,250 and 3,375 of the 3,500 that are left; it has 2,300.
            CHECK(world.put("2.0", memory_only, 2300) == "2.0 memory");
            CHECK(world->memory().storage_used() == 9300);
            // 1,000 and then 1,500 of 1,200: one has to go.
            CHECK(world.put("3.0", memory_only, 1100) == "1.0 gone, 3.0 memory");
        }
        SUBCASE("what has gone for it does not come back when it does not fit in the end") {
            World world{2, 1000};
            world.put("1.0");
            CHECK(world.put("2.0", memory_only, 2400) == "1.0 gone");
            CHECK(world->memory().storage_used() == 0);
        }
    }

    TEST_CASE("DP-MEM-03 execution evicts the blocks that were used longest ago, to disk too") {
        World world{4};  // 4,500 bytes, all of them protected
        BlockManager manager{{4500, 1000}, {1, 1'500'000}};
        for (std::uint32_t p = 0; p < 4; ++p) {
            (void)manager.put({RddId{p}, 0}, p == 1 ? memory_and_disk : memory_only, 1000);
        }
        std::vector<BlockChange> changes;
        CHECK(manager.acquire_execution(7, 2000, changes) == 2000);
        CHECK(World::text(changes) == "0.0 gone, 1.0 disk");
        manager.end_task(7);
        CHECK(manager.memory().execution_used() == 0);
    }
}

}  // namespace
}  // namespace forkyard::block_manager_test
