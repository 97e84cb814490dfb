#include "core/random.hpp"

#include <array>
#include <cstdint>

#include <doctest/doctest.h>

namespace forkyard::random_test {

TEST_SUITE("random") {
    TEST_CASE("splitmix64 has its published values") {
        CHECK(splitmix64(0) == 0xe220a8397b1dcdaf);
        CHECK(splitmix64(1) == 0x910a2dec89025cc1);
        static_assert(splitmix64(0) == 0xe220a8397b1dcdaf);
    }

    TEST_CASE("draw n of a key is the n-th output of splitmix64 started there") {
        CHECK(draw(0, 0) == 0xe220a8397b1dcdaf);
        CHECK(draw(0, 1) == 0x6e789e6aa1b965f4);
        CHECK(draw(0, 2) == 0x06c45d188009454f);
    }

    TEST_CASE("the hash of a text is fixed") {
        CHECK(digest_of("") == 14087677454934409008U);
        CHECK(digest_of("a") == 6857225946766476583U);
        CHECK(digest_of("forkyard") == 1022145761815231056U);
    }

    TEST_CASE("keys differ by stream, by number, by name and by order") {
        const std::uint64_t base = random_key(1, Stream::duration);
        CHECK(base != random_key(1, Stream::replicas));
        CHECK(base != random_key(2, Stream::duration));
        CHECK(mix(base, 0) != mix(base, 1));
        CHECK(mix(base, "a") != mix(base, "b"));
        CHECK(mix(mix(base, 1), 2) != mix(mix(base, 2), 1));
        CHECK(mix(random_key(1, Stream::test), "app") == 4642337911042917177U);
    }

    TEST_CASE("bounded draws stay in their bound and fill it evenly") {
        const std::uint64_t key = random_key(3, Stream::test);
        std::array<int, 10> seen{};
        for (std::uint64_t n = 0; n < 100'000; ++n) {
            const std::uint64_t value = draw_below(key, n, 10);
            REQUIRE(value < 10);
            ++seen[value];
        }
        for (const int count : seen) {
            CHECK(count > 9'600);
            CHECK(count < 10'400);
        }
        CHECK(draw_below(key, 7, 1) == 0);
    }

    TEST_CASE("a bound just above half of all numbers has no bias") {
        // A plain modulo would give the lower half of the outcomes twice as often.
        const std::uint64_t key = random_key(4, Stream::test);
        const std::uint64_t bound = (std::uint64_t{1} << 63U) + (std::uint64_t{1} << 62U);
        int lower = 0;
        for (std::uint64_t n = 0; n < 30'000; ++n) {
            lower += draw_below(key, n, bound) < bound / 2 ? 1 : 0;
        }
        CHECK(lower > 14'600);
        CHECK(lower < 15'400);
    }

    TEST_CASE("a draw between includes both ends, over any range") {
        const std::uint64_t key = random_key(5, Stream::test);
        bool low = false;
        bool high = false;
        for (std::uint64_t n = 0; n < 100; ++n) {
            const std::int64_t value = draw_between(key, n, -1, 1);
            REQUIRE(value >= -1);
            REQUIRE(value <= 1);
            low = low || value == -1;
            high = high || value == 1;
        }
        CHECK(low);
        CHECK(high);
        CHECK(draw_between(key, 0, 5, 5) == 5);
        CHECK(draw_between(key, 0, INT64_MIN, INT64_MAX) !=
              draw_between(key, 1, INT64_MIN, INT64_MAX));
    }
}

}  // namespace forkyard::random_test
