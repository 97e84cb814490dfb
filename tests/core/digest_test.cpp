#include "core/digest.hpp"

#include <cstdint>
#include <initializer_list>
#include <set>

#include <doctest/doctest.h>

namespace forkyard::digest_test {
namespace {

std::uint64_t digest_of_row(std::initializer_list<std::uint64_t> values) {
    RowDigest row;
    for (const std::uint64_t value : values) {
        row.add(value);
    }
    return row.value();
}

TEST_SUITE("the digest of a row of values") {
    TEST_CASE("is the same on every machine, for it stands in journals") {
        static_assert(RowDigest{}.value() == 0);
        CHECK(digest_of_row({1, 2, 3}) == 0xd19725639847550cU);
        CHECK(digest_of_row({~std::uint64_t{0}, 0}) == 0xed3bf19a52f470d4U);
    }

    TEST_CASE("depends on each value, on its place and on how many there are") {
        CHECK(digest_of_row({1, 2, 3}) != digest_of_row({1, 2, 4}));
        CHECK(digest_of_row({1, 2, 3}) != digest_of_row({2, 1, 3}));
        CHECK(digest_of_row({1, 2}) != digest_of_row({1, 2, 0}));
        CHECK(digest_of_row({0, 0}) != digest_of_row({0}));
    }

    TEST_CASE("tells rows of small numbers apart, which is what records are made of") {
        std::set<std::uint64_t> seen;
        constexpr std::uint64_t most = 24;
        for (std::uint64_t a = 0; a < most; ++a) {
            for (std::uint64_t b = 0; b < most; ++b) {
                for (std::uint64_t c = 0; c < most; ++c) {
                    seen.insert(digest_of_row({a, b << 32U, c}));
                }
            }
        }
        CHECK(seen.size() == most * most * most);
    }
}

}  // namespace
}  // namespace forkyard::digest_test
