// A permutation as one choice.
#include "core/driver/offer_order.hpp"

#include <algorithm>
#include <set>

#include <doctest/doctest.h>

namespace forkyard::offer_order_test {
namespace {

std::vector<std::uint32_t> permuted(std::uint32_t size, std::uint64_t pick) {
    const OfferSequence sequence{size, pick};
    std::vector<std::uint32_t> numbers;
    for (std::uint32_t position = 0; position < size; ++position) {
        numbers.push_back(sequence.at(position));
    }
    return numbers;
}

using Numbers = std::vector<std::uint32_t>;

TEST_SUITE("offer order") {
    TEST_CASE("n executors have n! orders, as far as these can be counted") {
        CHECK(permutations(1) == 1);
        CHECK(permutations(6) == 720);
        CHECK(permutations(20) == 2'432'902'008'176'640'000U);
        CHECK(permutations(21) == 0x7fff'ffff'ffff'ffffU);
        CHECK(permutations(1000) == 0x7fff'ffff'ffff'ffffU);
    }

    TEST_CASE("SCH-TSI-01 pick 0 is the order by number, pick k the k-th") {
        CHECK(permuted(3, 0) == Numbers{0, 1, 2});
        CHECK(permuted(3, 1) == Numbers{0, 2, 1});
        CHECK(permuted(3, 2) == Numbers{1, 0, 2});
        CHECK(permuted(3, 3) == Numbers{1, 2, 0});
        CHECK(permuted(3, 4) == Numbers{2, 0, 1});
        CHECK(permuted(3, 5) == Numbers{2, 1, 0});
    }

    TEST_CASE("every pick is another order") {
        std::set<Numbers> seen;
        for (std::uint64_t pick = 0; pick < permutations(5); ++pick) {
            seen.insert(permuted(5, pick));
        }
        CHECK(seen.size() == 120);
    }

    TEST_CASE("SCH-TSI-01 pick 0 is the order by number for many executors, too") {
        const Numbers order = permuted(30, 0);
        CHECK(std::is_sorted(order.begin(), order.end()));
    }

    TEST_CASE("of many executors each stands once") {
        Numbers order = permuted(100, 12345);
        CHECK_FALSE(std::is_sorted(order.begin(), order.end()));
        std::sort(order.begin(), order.end());
        CHECK(order == permuted(100, 0));
    }
}

}  // namespace
}  // namespace forkyard::offer_order_test
