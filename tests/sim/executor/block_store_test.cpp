// What an executor holds for others, and how it is found and read.
#include "sim/executor/block_store.hpp"

#include <string>
#include <unistd.h>
#include <vector>

#include <doctest/doctest.h>

#include "sim/executor/block_reader.hpp"

namespace forkyard::sim::block_store_test {
namespace {

using Places = std::vector<wire::BlockPlace>;

Places find(const BlockStore& store, const wire::BlockName& name) {
    Places places;
    store.find(0, name, places);
    return places;
}

Result<void> put(BlockStore& store,
                 std::uint32_t shuffle,
                 std::uint32_t map,
                 const std::vector<std::string>& regions) {
    std::vector<BlockStore::Pieces> pieces;
    for (const std::string& region : regions) {
        pieces.push_back({region});
    }
    return store.put(0, shuffle, map, pieces);
}

TEST_SUITE("blocks of an executor") {
    TEST_CASE("DP-SHUF-03 regions of 10, 0 and 5 bytes lie one after the other") {
        BlockStore store;
        REQUIRE(put(store, 2, 7, {std::string(10, 'a'), "", std::string(5, 'b')}));
        std::vector<std::uint64_t> offsets;
        std::uint64_t bytes = 0;
        for (std::uint32_t partition = 0; partition < 3; ++partition) {
            const Places places = find(store, {2, 7, partition});
            REQUIRE(places.size() == 1);
            CHECK(places[0].fd >= 0);
            offsets.push_back(places[0].offset);
            bytes += places[0].length;
        }
        CHECK(offsets == std::vector<std::uint64_t>{0, 10, 10});
        CHECK(bytes == 15);
    }

    TEST_CASE("an arena in memory can grow, but not lose what a reader has mapped") {
        BlockStore store;
        REQUIRE(put(store, 2, 7, {"a"}));
        const int fd = find(store, {2, 7, 0})[0].fd;
        CHECK(ftruncate(fd, 0) == -1);
        CHECK(put(store, 2, 8, {"b"}));
    }

    TEST_CASE("what is not there has no arena") {
        BlockStore store;
        REQUIRE(put(store, 2, 7, {"a"}));
        for (const wire::BlockName& name :
             {wire::BlockName{2, 7, 1}, wire::BlockName{2, 8, 0}, wire::BlockName{3, 7, 0}}) {
            const Places places = find(store, name);
            REQUIRE(places.size() == 1);
            CHECK(places[0].block == name);
            CHECK(places[0].fd == -1);
        }
    }

    TEST_CASE("every output of a shuffle can be asked for at once") {
        BlockStore store;
        REQUIRE(put(store, 2, 7, {"a", "b"}));
        REQUIRE(put(store, 2, 3, {"c", "d"}));
        const Places places = find(store, {2, wire::every_map, 1});
        REQUIRE(places.size() == 2);
        CHECK(places[0].block == wire::BlockName{2, 3, 1});
        CHECK(places[1].block == wire::BlockName{2, 7, 1});
        CHECK(find(store, {4, wire::every_map, 1}).empty());
    }

    TEST_CASE("a reader sees what has been written since it first looked") {
        BlockStore store;
        BlockReader reader;
        REQUIRE(put(store, 2, 0, {"first"}));
        CHECK(reader.add(getpid(), find(store, {2, 0, 0})[0], true) == BlockReader::Added::ok);
        REQUIRE(put(store, 2, 1, {std::string(10'000, 'x')}));
        CHECK(reader.add(getpid(), find(store, {2, 1, 0})[0], true) == BlockReader::Added::ok);
        const auto regions = reader.regions({2, 0});
        REQUIRE(regions.size() == 2);
        CHECK(regions[0] == "first");
        CHECK(regions[1] == std::string(10'000, 'x'));
    }

    TEST_CASE("DP-SHUF-16 a region that ends beyond its arena is not the one that was written") {
        BlockStore store;
        BlockReader reader;
        REQUIRE(put(store, 2, 0, {"first"}));
        wire::BlockPlace place = find(store, {2, 0, 0})[0];
        place.length = 6;
        CHECK(reader.add(getpid(), place, false) == BlockReader::Added::corrupt);
        place.length = 5;
        place.checksum ^= 1;
        CHECK(reader.add(getpid(), place, true) == BlockReader::Added::corrupt);
        CHECK(reader.add(getpid(), place, false) == BlockReader::Added::ok);
    }

    TEST_CASE("a region in several pieces is one, with the checksum of the whole") {
        BlockStore store;
        REQUIRE(store.put(0, 2, 0, {{"spilled, ", "and ", "the rest"}, {}, {"next"}}));
        REQUIRE(put(store, 2, 1, {"spilled, and the rest"}));
        const wire::BlockPlace place = find(store, {2, 0, 0})[0];
        CHECK(place.checksum == find(store, {2, 1, 0})[0].checksum);
        CHECK(find(store, {2, 0, 1})[0].length == 0);
        BlockReader reader;
        REQUIRE(reader.add(getpid(), place, true) == BlockReader::Added::ok);
        CHECK(reader.regions({2, 0}).at(0) == "spilled, and the rest");
    }

    TEST_CASE("map outputs beyond their memory are on disk, and are read from there") {
        BlockStore store;
        store.keep_outputs_within(10);
        REQUIRE(store.put_output(0, 2, 0, {{"in memory"}}));
        REQUIRE(store.put_output(0, 2, 1, {{"on disk"}}));
        REQUIRE(store.put_output(0, 2, 2, {{"1"}}));  // there is room for it
        const Places places = find(store, {2, wire::every_map, 0});
        REQUIRE(places.size() == 3);
        BlockReader reader;
        for (const wire::BlockPlace& place : places) {
            CHECK(reader.add(getpid(), place, true) == BlockReader::Added::ok);
        }
        const auto regions = reader.regions({2, 0});
        CHECK(std::vector<std::string>{regions.begin(), regions.end()} ==
              std::vector<std::string>{"in memory", "on disk", "1"});
        CHECK(find(store, {2, 0, 0})[0].fd == find(store, {2, 2, 0})[0].fd);
        CHECK(find(store, {2, 0, 0})[0].fd != find(store, {2, 1, 0})[0].fd);
        SUBCASE("one that is made again is found once, wherever the first was") {
            REQUIRE(store.put_output(0, 2, 0, {{"in memory, or not"}}));
            const Places again = find(store, {2, 0, 0});
            REQUIRE(again.size() == 1);
            CHECK(again[0].length == 17);
            CHECK(find(store, {2, wire::every_map, 0}).size() == 3);
        }
    }

    TEST_CASE("a kept partition is found where it is, with its checksum") {
        BlockStore store;
        const std::uint32_t kept = wire::kept_store(4);
        REQUIRE(put(store, kept, 9, {"rows"}));
        const Places memory = find(store, {kept, 0, 9});
        REQUIRE(store.move(0, kept, 9, wire::Place::disk));
        const Places disk = find(store, {kept, 0, 9});
        CHECK(disk.at(0).fd != memory.at(0).fd);
        CHECK(disk[0].checksum == memory[0].checksum);
        BlockReader reader;
        CHECK(reader.add(getpid(), disk[0], true) == BlockReader::Added::ok);
        CHECK(reader.regions({kept, 9}).at(0) == "rows");
        REQUIRE(store.move(0, kept, 9, wire::Place::nowhere));
        CHECK(find(store, {kept, 0, 9}).at(0).fd == -1);
    }
}

}  // namespace
}  // namespace forkyard::sim::block_store_test
