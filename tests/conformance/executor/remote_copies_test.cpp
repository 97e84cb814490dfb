// Which executor's copy of a kept block is read.
#include "core/executor/remote_copies.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <set>
#include <vector>

#include <doctest/doctest.h>

namespace forkyard::remote_copies_test {
namespace {

using Numbers = std::vector<std::uint32_t>;

std::vector<BlockCopy> copies(const Numbers& holders, Nearness nearness) {
    std::vector<BlockCopy> all;
    for (const std::uint32_t holder : holders) {
        all.push_back({ExecutorId{holder}, nearness});
    }
    return all;
}

// Who is asked when each fails in turn.
Numbers order(std::vector<BlockCopy> of, std::uint64_t key) {
    RemoteCopies search{std::move(of), key};
    Numbers asked;
    for (; search.asked().valid(); search.failed()) {
        asked.push_back(search.asked().value);
    }
    return asked;
}

}  // namespace

TEST_SUITE("remote copies") {
    TEST_CASE("DP-BLK-13 the same host comes first, then the same rack, then the rest") {
        for (std::uint64_t key = 0; key < 100; ++key) {
            CHECK(order({{ExecutorId{1}, Nearness::elsewhere},
                         {ExecutorId{2}, Nearness::same_rack},
                         {ExecutorId{3}, Nearness::same_host}},
                        key) == Numbers{3, 2, 1});
        }
    }

    TEST_CASE("DP-BLK-13 among equals each comes first as often, and in every order") {
        std::array<int, 3> first{};
        std::set<Numbers> orders;
        for (std::uint64_t key = 0; key < 3000; ++key) {
            const Numbers asked = order(copies({0, 1, 2}, Nearness::same_rack), key);
            ++first.at(asked.front());
            orders.insert(asked);
        }
        CHECK(orders.size() == 6);
        for (const int count : first) {
            CHECK(count > 900);
            CHECK(count < 1100);
        }
    }

    TEST_CASE("DP-BLK-13 the order does not depend on the order in which they were put there") {
        CHECK(order(copies({4, 7, 9}, Nearness::elsewhere), 5) ==
              order(copies({9, 4, 7}, Nearness::elsewhere), 5));
    }

    TEST_CASE("DP-BLK-13 another copy less does not change the order of the others") {
        for (std::uint64_t key = 0; key < 100; ++key) {
            Numbers all = order(copies({4, 7, 9}, Nearness::elsewhere), key);
            all.erase(std::find(all.begin(), all.end(), 7));
            CHECK(all == order(copies({4, 9}, Nearness::elsewhere), key));
        }
    }

    TEST_CASE("DP-BLK-13 with as many failures as there were copies it is not found") {
        RemoteCopies search{copies({1, 2}, Nearness::same_host), 0};
        CHECK(search.asked().valid());
        search.failed();
        CHECK(search.asked().valid());
        search.failed();
        CHECK_FALSE(search.asked().valid());
        CHECK_FALSE(RemoteCopies({}, 0).asked().valid());
    }
}

}  // namespace forkyard::remote_copies_test
