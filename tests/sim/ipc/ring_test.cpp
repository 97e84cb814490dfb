#include "sim/ipc/ring.hpp"

#include <array>
#include <cstdint>
#include <memory>
#include <thread>
#include <vector>

#include <doctest/doctest.h>

#include "sim/ipc/message_parts.hpp"
#include "tests/sim/ipc/ring_fixture.hpp"

namespace forkyard::sim::ring_test {

TEST_SUITE("ring") {
    TEST_CASE("nothing is visible before publish, everything after it") {
        PlainRing ring{1024};
        auto writer = ring.writer();
        auto reader = ring.reader();
        CHECK(writer.push(1, words(1, 3)) == PushResult::ok);
        CHECK(writer.push(2, words(2, 0)) == PushResult::ok);
        CHECK_FALSE(reader.has_records());
        CHECK(read_all(reader).empty());
        CHECK(writer.publish());
        CHECK_FALSE(writer.publish());
        CHECK(reader.has_records());
        CHECK(read_all(reader) == Records{{1, words_vector(1, 3)}, {2, {}}});
        CHECK_FALSE(reader.has_records());
    }

    TEST_CASE("a record that does not fit at the end starts again at the front") {
        PlainRing ring{1024};
        auto writer = ring.writer();
        auto reader = ring.reader();
        // 8 + 200 bytes each: the fifth would need bytes 832 to 1040.
        for (std::uint64_t i = 0; i < 100; ++i) {
            CHECK(writer.push(9, words(i, 25)) == PushResult::ok);
            writer.publish();
            CHECK(read_all(reader) == Records{{9, words_vector(i, 25)}});
        }
    }

    TEST_CASE("every length and every position in the ring") {
        PlainRing ring{512};
        auto writer = ring.writer();
        auto reader = ring.reader();
        std::array<std::byte, 120> bytes{};
        for (std::size_t i = 0; i < bytes.size(); ++i) {
            bytes[i] = static_cast<std::byte>(i + 1);
        }
        for (int round = 0; round < 64; ++round) {
            for (std::size_t length = 0; length <= bytes.size(); ++length) {
                REQUIRE(writer.push(3, std::span{bytes}.first(length)) == PushResult::ok);
                writer.publish();
                const auto seen = reader.drain([&](auto, auto, std::span<const std::byte> got) {
                    REQUIRE(std::ranges::equal(got, std::span{bytes}.first(length)));
                });
                REQUIRE(seen.records == 1);
            }
        }
    }

    TEST_CASE("full: nothing is written, and room is found as soon as the reader has moved") {
        PlainRing ring{1024};
        auto writer = ring.writer();
        auto reader = ring.reader();
        std::uint64_t sent = 0;
        while (writer.push(1, words(sent, 7)) == PushResult::ok) {
            ++sent;
        }
        CHECK(sent == 1024 / 64);
        CHECK_FALSE(writer.has_room(56));
        writer.publish();
        CHECK(reader.drain([](auto, auto, auto) {}, 1).records == 1);
        CHECK(writer.has_room(56));
        CHECK(writer.push(1, words(sent, 7)) == PushResult::ok);
        CHECK(writer.push(1, words(sent, 7)) == PushResult::full);
        writer.publish();
        CHECK(read_all(reader).size() == sent);
    }

    TEST_CASE("too long: more than a quarter of the ring") {
        PlainRing ring{1024};
        auto writer = ring.writer();
        CHECK(writer.payload_max() == 248);
        CHECK(writer.push(1, std::vector<std::byte>(248)) == PushResult::ok);
        CHECK(writer.push(1, std::vector<std::byte>(249)) == PushResult::too_long);
        CHECK(writer.claim(1, std::size_t{1} << 40).result == PushResult::too_long);
    }

    TEST_CASE("a claim that is not committed was never there") {
        PlainRing ring{1024};
        auto writer = ring.writer();
        auto reader = ring.reader();
        CHECK(writer.claim(1, 8).bytes.size() == 8);
        CHECK_FALSE(writer.publish());
        auto claim = writer.claim(2, 16);
        std::ranges::fill(claim.bytes, std::byte{7});
        writer.commit();
        CHECK(writer.publish());
        const auto records = read_all(reader);
        REQUIRE(records.size() == 1);
        CHECK(records[0].first == 2);
    }

    TEST_CASE("a handler may end the drain; the rest stays") {
        PlainRing ring{1024};
        auto writer = ring.writer();
        auto reader = ring.reader();
        for (std::uint64_t i = 0; i < 5; ++i) {
            (void)writer.push(static_cast<std::uint16_t>(i), {});
        }
        writer.publish();
        const auto first = reader.drain([](std::uint16_t type, auto, auto) { return type != 2; });
        CHECK(first.records == 3);
        CHECK(reader.drain([](auto, auto, auto) {}, 1).records == 1);
        CHECK(read_all(reader) == Records{{4, {}}});
    }

    TEST_CASE("who attaches anew goes on where the other has stopped") {
        PlainRing ring{1024};
        auto dead = ring.writer();
        (void)dead.push(1, words(1, 4));
        dead.publish();
        (void)dead.push(2, words(2, 4));  // never published
        CHECK(ring.memory().left_unpublished());
        auto writer = ring.writer();
        CHECK_FALSE(ring.memory().left_unpublished());
        auto reader = ring.reader();
        CHECK(read_all(reader) == Records{{1, words_vector(1, 4)}});
        (void)writer.push(3, words(3, 1));
        writer.publish();
        auto next_reader = ring.reader();
        CHECK(read_all(next_reader) == Records{{3, words_vector(3, 1)}});
    }

    TEST_CASE("a reader that died in its drain leaves the records to the next one") {
        PlainRing ring{1024};
        auto writer = ring.writer();
        for (std::uint64_t i = 0; i < 3; ++i) {
            (void)writer.push(1, words(i, 1));
        }
        writer.publish();
        struct Died {};
        auto reader = ring.reader();
        CHECK_THROWS_AS(reader.drain([](auto, auto, auto) { throw Died{}; }), Died);
        auto next = ring.reader();
        CHECK(read_all(next).size() == 3);
    }

    TEST_CASE("a new reader takes no unpublished bytes for records") {
        PlainRing ring{1024};
        auto writer = ring.writer();
        auto reader = ring.reader();
        for (std::uint64_t i = 0; i < 40; ++i) {
            (void)writer.push(1, words(i, 7));
            writer.publish();
            (void)read_all(reader);
        }
        (void)writer.push(1, words(99, 7));
        auto next = ring.reader();
        CHECK_FALSE(next.has_records());
        CHECK(read_all(next).empty());
    }
}

TEST_SUITE("ring: a peer that writes garbage") {
    TEST_CASE("a wrong length, flag or index ends the reading for good") {
        PlainRing ring{1024};
        auto writer = ring.writer();
        (void)writer.push(1, words(1, 4));
        writer.publish();
        RecordHeader header{.length = 32, .type = 1, .flags = 0};
        SUBCASE("length beyond the tail") {
            header.length = 33;
        }
        SUBCASE("length that wraps") {
            header.length = 0xffff'fff8;
        }
        SUBCASE("unknown flag") {
            header.flags = 2;
        }
        SUBCASE("padding that is not up to the end") {
            header.flags = flag_padding;
        }
        SUBCASE("tail too far") {
            ring.memory().control->tail.store(1032);
        }
        SUBCASE("tail behind the head") {
            ring.memory().control->tail.store(~std::uint64_t{7});
        }
        SUBCASE("tail between two records' places") {
            ring.memory().control->tail.store(43);
        }
        write_word(ring.memory().bytes, header.word());
        auto reader = ring.reader();
        const auto fail = [](auto, auto, auto) { FAIL("delivered"); };
        CHECK(reader.drain(fail).corrupt);
        writer.publish();
        CHECK(reader.drain(fail).corrupt);
        CHECK(reader.corrupt());
    }

    TEST_CASE("a head that cannot be means full, and nothing is overwritten") {
        PlainRing ring{1024};
        auto writer = ring.writer();
        for (int i = 0; i < 16; ++i) {
            (void)writer.push(1, words(1, 7));
        }
        ring.memory().control->head.store(5000);
        CHECK(writer.push(1, words(1, 7)) == PushResult::full);
    }

    TEST_CASE("random bytes, random tails: an error or records, never a wild read") {
        std::uint64_t state = 0x9e37'79b9'7f4a'7c15;
        const auto next = [&state] {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            return state;
        };
        std::size_t delivered = 0;
        for (int round = 0; round < 20'000; ++round) {
            PlainRing ring{256};
            for (std::size_t at = 0; at < 256; at += 8) {
                const RecordHeader header{
                    .length = static_cast<std::uint32_t>(next() % 8 == 0 ? next() : next() % 72),
                    .type = static_cast<std::uint16_t>(next()),
                    .flags = static_cast<std::uint16_t>(next() % 4 == 0 ? next() : next() % 2)};
                write_word(ring.memory().bytes + at, header.word());
            }
            const auto head = next() % 32 * 8;
            ring.memory().control->head.store(head);
            ring.memory().control->tail.store(head + (next() % 4 == 0 ? next() : next() % 33 * 8));
            auto reader = ring.reader();
            MessageAssembly assembly;
            const auto result = reader.drain(
                [&](std::uint16_t type, std::uint16_t flags, std::span<const std::byte> bytes) {
                    std::uint64_t sum = 0;
                    for (const auto byte : bytes) {
                        sum += std::to_integer<std::uint64_t>(byte);
                    }
                    delivered += sum % 2 + 1;
                    (void)assembly.add(type, flags, bytes);
                });
            REQUIRE(result.records <= 32);
        }
        CHECK(delivered > 0);
    }
}

TEST_SUITE("ring: two threads") {
    TEST_CASE("every record arrives once, whole and in order") {
        constexpr std::uint64_t count = 200'000;
        PlainRing ring{4096};
        std::jthread sender{[&ring] {
            auto writer = ring.writer();
            for (std::uint64_t i = 0; i < count;) {
                if (writer.push(static_cast<std::uint16_t>(i), words(i, i % 60)) ==
                    PushResult::ok) {
                    ++i;
                    if (i % 7 == 0 || i == count) {
                        writer.publish();
                    }
                } else {
                    writer.publish();
                    std::this_thread::yield();
                }
            }
        }};
        auto reader = ring.reader();
        std::uint64_t expected = 0;
        bool good = true;
        while (expected < count && good) {
            const auto result = reader.drain([&](auto type, auto, std::span<const std::byte> got) {
                good = good && type == static_cast<std::uint16_t>(expected) &&
                       is_words(got, expected, expected % 60);
                ++expected;
            });
            if (result.records == 0) {
                std::this_thread::yield();
            }
        }
        CHECK(good);
        CHECK(expected == count);
    }
}

TEST_SUITE("messages in parts") {
    const auto cut = [](std::size_t size) {
        std::vector<std::pair<std::uint16_t, std::size_t>> parts;
        const std::vector<std::byte> message(size);
        for_each_part(message, 100, [&](std::uint16_t flags, auto part) {
            parts.emplace_back(flags, part.size());
            return true;
        });
        return parts;
    };

    TEST_CASE("only what is too long is cut") {
        using Parts = decltype(cut(0));
        CHECK(cut(0) == Parts{{0, 0}});
        CHECK(cut(100) == Parts{{0, 100}});
        CHECK(cut(101) == Parts{{flag_more, 100}, {0, 1}});
        CHECK(cut(200) == Parts{{flag_more, 100}, {0, 100}});
    }

    TEST_CASE("parts of two messages mixed are garbage") {
        MessageAssembly assembly;
        const std::array<std::byte, 4> part{};
        CHECK_FALSE(assembly.add(1, flag_more, part));
        CHECK(assembly.unfinished());
        CHECK_FALSE(assembly.garbage());
        CHECK_FALSE(assembly.add(2, 0, part));
        CHECK(assembly.garbage());
    }

    TEST_CASE("a message without end is garbage at the limit") {
        MessageAssembly assembly;
        const std::vector<std::byte> part(message_bytes_max / 4);
        for (int i = 0; i < 4; ++i) {
            CHECK_FALSE(assembly.add(1, flag_more, part));
            CHECK_FALSE(assembly.garbage());
        }
        CHECK_FALSE(assembly.add(1, flag_more, part));
        CHECK(assembly.garbage());
    }
}

}  // namespace forkyard::sim::ring_test
