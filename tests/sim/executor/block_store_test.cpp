#include "sim/executor/block_store.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <unistd.h>
#include <vector>

#include <doctest/doctest.h>

#include "sim/executor/block_reader.hpp"

namespace forkyard::sim {

namespace {

using wire::Place;
using Texts = std::vector<std::string>;

constexpr std::uint32_t app = 3;
constexpr std::uint32_t store = wire::kept_store(7);

void put(BlockStore& blocks, std::uint32_t partition, const std::string& bytes, Place place) {
    REQUIRE(blocks.put(app, store, partition, {bytes}, place));
}

void move(BlockStore& blocks, std::uint32_t partition, Place place) {
    REQUIRE(blocks.move(app, store, partition, place));
}

// What a store grants to whom asks for the partition.
struct Grant {
    Grant(const BlockStore& blocks, std::uint32_t of_store, std::uint32_t of_partition)
        : part{of_store, of_partition}, fd{blocks.places(app, of_store, of_partition, places)} {}

    [[nodiscard]] bool map(BlockReader& reader) const {
        std::vector<std::uint32_t> maps;
        for (const wire::BlockPlace& place : places) {
            maps.push_back(place.map);
        }
        return reader.add(part, getpid(), fd, places, maps);
    }

    BlockReader::Part part;
    std::vector<wire::BlockPlace> places;
    int fd = -1;
};

Texts texts(const BlockReader& reader, const BlockReader::Part& part) {
    const std::vector<std::string_view> regions = reader.regions(part);
    return {regions.begin(), regions.end()};
}

// Of a reader that comes now.
Texts read(const BlockStore& blocks, std::uint32_t of_store, std::uint32_t partition) {
    const Grant grant{blocks, of_store, partition};
    BlockReader reader;
    REQUIRE(grant.fd >= 0);
    REQUIRE(grant.map(reader));
    return texts(reader, grant.part);
}

// A memfd has no folder; what is on disk lies in the one for temporary files.
bool is_in_memory(int fd) {
    std::string path(256, '\0');
    const std::string link = "/proc/self/fd/" + std::to_string(fd);
    const ssize_t length = readlink(link.c_str(), path.data(), path.size());
    REQUIRE(length > 0);
    return std::string_view{path}.starts_with("/memfd:");
}

}  // namespace

TEST_SUITE("block store: kept partitions") {
    TEST_CASE("what comes to memory stays readable for those who mapped it on disk") {
        BlockStore blocks;
        put(blocks, 0, "zero", Place::disk);
        put(blocks, 1, "one", Place::disk);
        const Grant before{blocks, store, 1};
        CHECK_FALSE(is_in_memory(before.fd));
        BlockReader reader;
        REQUIRE(before.map(reader));

        move(blocks, 1, Place::memory);
        CHECK(texts(reader, before.part) == Texts{"one"});
        const Grant after{blocks, store, 1};
        CHECK(is_in_memory(after.fd));
        CHECK(read(blocks, store, 1) == Texts{"one"});
        // Who was granted it before and maps it only now finds it, too.
        BlockReader late;
        REQUIRE(before.map(late));
        CHECK(texts(late, before.part) == Texts{"one"});

        SUBCASE("its neighbour is still on disk") {
            CHECK_FALSE(is_in_memory(Grant(blocks, store, 0).fd));
            CHECK(read(blocks, store, 0) == Texts{"zero"});
        }
        SUBCASE("to disk again: it is there already") {
            move(blocks, 1, Place::disk);
            const Grant again{blocks, store, 1};
            CHECK_FALSE(is_in_memory(again.fd));
            CHECK(again.places.front().offset == before.places.front().offset);
        }
        SUBCASE("dropped: it is in neither place") {
            move(blocks, 1, Place::nowhere);
            CHECK(Grant(blocks, store, 1).fd == -1);
            CHECK(read(blocks, store, 0) == Texts{"zero"});
        }
    }

    TEST_CASE("what goes to disk leaves memory and can be read there") {
        BlockStore blocks;
        const std::string large(100'000, 'x');
        put(blocks, 4, large, Place::memory);
        put(blocks, 5, "five", Place::memory);
        CHECK(is_in_memory(Grant(blocks, store, 4).fd));
        move(blocks, 4, Place::disk);
        CHECK_FALSE(is_in_memory(Grant(blocks, store, 4).fd));
        CHECK(read(blocks, store, 4) == Texts{large});
        CHECK(read(blocks, store, 5) == Texts{"five"});
    }

    TEST_CASE("what is dropped is found no more, and may be kept anew") {
        BlockStore blocks;
        put(blocks, 0, "first", Place::memory);
        move(blocks, 0, Place::nowhere);
        std::vector<wire::BlockPlace> places;
        CHECK(blocks.places(app, store, 0, places) == -1);
        CHECK(places.empty());
        put(blocks, 0, "second", Place::memory);
        CHECK(read(blocks, store, 0) == Texts{"second"});
    }

    TEST_CASE("an empty partition can be kept, in memory and on disk") {
        BlockStore blocks;
        put(blocks, 0, "", Place::memory);
        CHECK(read(blocks, store, 0) == Texts{""});
        move(blocks, 0, Place::disk);
        CHECK(read(blocks, store, 0) == Texts{""});
        move(blocks, 0, Place::nowhere);
        CHECK(Grant(blocks, store, 0).fd == -1);
    }

    TEST_CASE("to move what is not there does nothing") {
        BlockStore blocks;
        for (const Place place : {Place::memory, Place::disk, Place::nowhere}) {
            move(blocks, 9, place);
            CHECK(Grant(blocks, store, 9).fd == -1);
        }
    }
}

TEST_SUITE("block store: map outputs") {
    TEST_CASE("a partition's regions are those of all map outputs, by map index") {
        constexpr std::uint32_t shuffle = 2;
        BlockStore blocks;
        REQUIRE(blocks.put(app, shuffle, 5, {"a5", "", "c5"}));
        REQUIRE(blocks.put(app, shuffle, 1, {"a1", "b1", "c1"}));
        CHECK(read(blocks, shuffle, 0) == Texts{"a1", "a5"});
        CHECK(read(blocks, shuffle, 1) == Texts{"b1", ""});
        CHECK(read(blocks, shuffle, 2) == Texts{"c1", "c5"});
        SUBCASE("an output that is made again replaces the first") {
            REQUIRE(blocks.put(app, shuffle, 5, {"again", "", ""}));
            CHECK(read(blocks, shuffle, 0) == Texts{"a1", "again"});
        }
        SUBCASE("a partition that it does not have has no regions") {
            CHECK(Grant(blocks, shuffle, 3).places.empty());
        }
    }

    TEST_CASE("a store that is not there, or another application's, is not found") {
        BlockStore blocks;
        REQUIRE(blocks.put(app, 2, 0, {"a"}));
        std::vector<wire::BlockPlace> places;
        CHECK(blocks.places(app, 3, 0, places) == -1);
        CHECK(blocks.places(app + 1, 2, 0, places) == -1);
        CHECK(blocks.places(app, wire::kept_store(2), 0, places) == -1);
        CHECK(places.empty());
    }
}

TEST_SUITE("block reader") {
    TEST_CASE("a holder that is gone, or grants less than was asked for, is noticed") {
        BlockStore blocks;
        REQUIRE(blocks.put(app, 2, 0, {"a"}));
        const Grant grant{blocks, 2, 0};
        BlockReader reader;
        CHECK_FALSE(reader.add(grant.part, getpid(), -1, grant.places, {0}));
        CHECK_FALSE(reader.add(grant.part, getpid(), grant.fd, grant.places, {0, 1}));
        std::vector<wire::BlockPlace> beyond = grant.places;
        beyond.front().length += 1;
        CHECK_FALSE(reader.add(grant.part, getpid(), grant.fd, beyond, {0}));
        CHECK(reader.add(grant.part, getpid(), grant.fd, grant.places, {0}));
    }
}

}  // namespace forkyard::sim
