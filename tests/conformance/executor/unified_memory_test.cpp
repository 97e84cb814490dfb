// Memory that execution and storage share, in bytes.
#include "core/executor/unified_memory.hpp"

#include <array>
#include <optional>

#include <doctest/doctest.h>

namespace forkyard::unified_memory_test {
namespace {

constexpr std::int64_t mebi = std::int64_t{1} << 20;

// 1,000 bytes, half of them protected; storage is evicted block by block, all of it if need be.
class World {
public:
    explicit World(std::int64_t block = 1) : block_{block} {}

    bool storage(std::int64_t bytes) { return memory_.acquire_storage(bytes, evict()); }
    std::optional<std::int64_t> execution(std::int64_t bytes, UnifiedMemory::TaskKey task = 0) {
        return memory_.acquire_execution(task, bytes, evict());
    }
    UnifiedMemory* operator->() { return &memory_; }
    [[nodiscard]] std::int64_t evicted() const { return evicted_; }

private:
    UnifiedMemory::Evict evict() {
        return [this](std::int64_t bytes) {
            const std::int64_t freed = (bytes + block_ - 1) / block_ * block_;
            if (freed <= memory_.storage_used()) {
                memory_.release_storage(freed);
                evicted_ += freed;
            }
        };
    }

    UnifiedMemory memory_{{1000, 500}};
    std::int64_t block_;
    std::int64_t evicted_ = 0;
};

TEST_SUITE("conformance: unified memory") {
    TEST_CASE("DP-MEM-01 the region is a part of the heap beyond 300 MiB") {
        const auto tenths = [](std::int64_t bytes) { return (bytes * 10 + mebi / 2) / mebi; };
        struct Row {
            std::int64_t heap, region, half;
        };
        constexpr std::array rows{
            Row{1024, 4344, 2172}, Row{2048, 10488, 5244}, Row{4096, 22776, 11388}};
        for (const auto& [heap, region, half] : rows) {
            const MemorySizes sizes = MemorySizes::of(heap * mebi, 600'000, 500'000);
            CHECK(tenths(sizes.region) == region);
            CHECK(tenths(sizes.protected_storage) == half);
        }
        CHECK(MemorySizes::smallest_heap == 450 * mebi);
    }

    TEST_CASE("DP-MEM-02 storage borrows what execution does not use") {
        World world;
        CHECK(world.storage(750));
        CHECK(world->storage_used() == 750);
        CHECK(world.evicted() == 0);
    }

    TEST_CASE("DP-MEM-03 execution takes back what storage borrowed") {
        World world;
        CHECK(world.execution(100) == 100);
        CHECK(world.storage(750));
        CHECK(world.execution(200) == 200);
        CHECK(world.evicted() == 50);
        CHECK(world->storage_used() == 700);

        World other;
        CHECK(other.storage(700));
        CHECK(other.execution(500) == 500);
        CHECK(other.evicted() == 200);
    }

    TEST_CASE("DP-MEM-04 storage within its half is safe from execution") {
        World world;
        CHECK(world.execution(300) == 300);
        CHECK(world.storage(400));
        CHECK(world.execution(400) == 300);
        CHECK(world.evicted() == 0);
        CHECK(world->storage_used() == 400);
    }

    TEST_CASE("DP-MEM-05 storage never evicts execution") {
        World world;
        CHECK(world.execution(800) == 800);
        CHECK(world.storage(100));
        CHECK_FALSE(world.storage(250));
        CHECK(world.evicted() == 0);
        CHECK(world->execution_used() == 800);
        CHECK(world->storage_used() == 100);
    }

    TEST_CASE("DP-MEM-06 a task has one share of as many as there are tasks, and half of one") {
        SUBCASE("one alone may take all") {
            World world;
            CHECK(world.execution(10) == 10);
            CHECK(world.execution(100) == 100);
            CHECK(world.execution(1000) == 890);
        }
        SUBCASE("of two none gets more than half") {
            World world;
            CHECK(world.execution(500, 1) == 500);
            CHECK(world.execution(500, 2) == 500);
            CHECK(world.execution(100, 1) == 0);
            CHECK(world.execution(100, 2) == 0);
        }
        SUBCASE("a second task waits until it can have a quarter") {
            World world;
            CHECK(world.execution(1000, 1) == 1000);
            CHECK_FALSE(world.execution(250, 2));
            world->release_execution(1, 100);
            CHECK_FALSE(world.execution(250, 2));
            world->release_execution(1, 150);
            CHECK(world.execution(250, 2) == 250);
        }
        SUBCASE("a task that ends leaves its part to the others") {
            World world;
            CHECK(world.execution(500, 1) == 500);
            CHECK(world.execution(500, 2) == 500);
            CHECK(world->end_task(2) == 500);
            CHECK(world.execution(500, 1) == 500);
        }
    }

    TEST_CASE("what execution takes back goes in whole blocks") {
        World world{300};
        CHECK(world.storage(900));
        CHECK(world.execution(150) == 150);
        CHECK(world.evicted() == 300);
        CHECK(world.execution(250) == 250);  // 400 were free then
        CHECK(world.evicted() == 300);
    }
}

}  // namespace
}  // namespace forkyard::unified_memory_test
