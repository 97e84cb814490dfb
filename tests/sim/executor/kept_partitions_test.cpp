// Kept partitions of an executor: where they are after each move, and who can still read them.
#include <cstdint>
#include <string>
#include <string_view>
#include <unistd.h>
#include <vector>

#include <doctest/doctest.h>

#include "sim/executor/block_reader.hpp"
#include "sim/executor/block_store.hpp"

namespace forkyard::sim::kept_partitions_test {

namespace {

using wire::Place;
using Texts = std::vector<std::string>;

constexpr std::uint32_t app = 3;
constexpr std::uint32_t store = wire::kept_store(7);

void put(BlockStore& blocks, std::uint32_t partition, const std::string& bytes, Place place) {
    REQUIRE(blocks.put(app, store, partition, {{bytes}}, place));
}

void move(BlockStore& blocks, std::uint32_t partition, Place place) {
    REQUIRE(blocks.move(app, store, partition, place));
}

// Where the partition is for who asks now; fd -1: nowhere.
wire::BlockPlace find(const BlockStore& blocks, std::uint32_t partition) {
    std::vector<wire::BlockPlace> places;
    blocks.find(app, {store, 0, partition}, places);
    REQUIRE(places.size() == 1);
    return places.front();
}

bool map(BlockReader& reader, const wire::BlockPlace& place) {
    return reader.add(getpid(), place, true) == BlockReader::Added::ok;
}

Texts texts(const BlockReader& reader, std::uint32_t partition) {
    const std::vector<std::string_view> regions = reader.regions({store, partition});
    return {regions.begin(), regions.end()};
}

// Of a reader that comes now.
Texts read(const BlockStore& blocks, std::uint32_t partition) {
    BlockReader reader;
    REQUIRE(map(reader, find(blocks, partition)));
    return texts(reader, partition);
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
        const wire::BlockPlace before = find(blocks, 1);
        CHECK_FALSE(is_in_memory(before.fd));
        BlockReader reader;
        REQUIRE(map(reader, before));

        move(blocks, 1, Place::memory);
        CHECK(texts(reader, 1) == Texts{"one"});
        const wire::BlockPlace after = find(blocks, 1);
        CHECK(is_in_memory(after.fd));
        CHECK(read(blocks, 1) == Texts{"one"});
        // Who was granted it before and maps it only now finds it, too.
        BlockReader late;
        REQUIRE(map(late, before));
        CHECK(texts(late, 1) == Texts{"one"});

        SUBCASE("its neighbour is still on disk") {
            CHECK_FALSE(is_in_memory(find(blocks, 0).fd));
            CHECK(read(blocks, 0) == Texts{"zero"});
        }
        SUBCASE("to disk again: it is there already") {
            move(blocks, 1, Place::disk);
            const wire::BlockPlace again = find(blocks, 1);
            CHECK_FALSE(is_in_memory(again.fd));
            CHECK(again.offset == before.offset);
        }
        SUBCASE("dropped: it is in neither place") {
            move(blocks, 1, Place::nowhere);
            CHECK(find(blocks, 1).fd == -1);
            CHECK(read(blocks, 0) == Texts{"zero"});
        }
    }

    TEST_CASE("what goes to disk leaves memory and can be read there") {
        BlockStore blocks;
        const std::string large(100'000, 'x');
        put(blocks, 4, large, Place::memory);
        put(blocks, 5, "five", Place::memory);
        CHECK(is_in_memory(find(blocks, 4).fd));
        move(blocks, 4, Place::disk);
        CHECK_FALSE(is_in_memory(find(blocks, 4).fd));
        CHECK(read(blocks, 4) == Texts{large});
        CHECK(read(blocks, 5) == Texts{"five"});
    }

    TEST_CASE("what is dropped is found no more, and may be kept anew") {
        BlockStore blocks;
        put(blocks, 0, "first", Place::memory);
        move(blocks, 0, Place::nowhere);
        CHECK(find(blocks, 0).fd == -1);
        put(blocks, 0, "second", Place::memory);
        CHECK(read(blocks, 0) == Texts{"second"});
    }

    TEST_CASE("an empty partition can be kept, in memory and on disk") {
        BlockStore blocks;
        put(blocks, 0, "", Place::memory);
        CHECK(read(blocks, 0) == Texts{""});
        move(blocks, 0, Place::disk);
        CHECK(read(blocks, 0) == Texts{""});
        move(blocks, 0, Place::nowhere);
        CHECK(find(blocks, 0).fd == -1);
    }

    TEST_CASE("to move what is not there does nothing") {
        BlockStore blocks;
        for (const Place place : {Place::memory, Place::disk, Place::nowhere}) {
            move(blocks, 9, place);
            CHECK(find(blocks, 9).fd == -1);
        }
    }
}

}  // namespace forkyard::sim::kept_partitions_test
