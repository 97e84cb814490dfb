// Parts of a whole, compared exactly: no quotient is taken, nothing is rounded.
//
// What is compared is taken / whole / weight. Whole clusters have less than 2^48 bytes and
// weights less than 2^31, so that a product of three stays below 2^127.
#pragma once

#include <algorithm>
#include <compare>
#include <cstdint>

#include "core/int128.hpp"
#include "core/model/room.hpp"

namespace forkyard {

struct Share {
    std::int64_t taken = 0;
    std::int64_t whole = 1;
};

[[nodiscard]] constexpr std::strong_ordering compare(const Share& a,
                                                     std::int64_t weight_a,
                                                     const Share& b,
                                                     std::int64_t weight_b) {
    const int128 left = int128{a.taken} * b.whole * weight_b;
    const int128 right = int128{b.taken} * a.whole * weight_a;
    return left < right   ? std::strong_ordering::less
           : right < left ? std::strong_ordering::greater
                          : std::strong_ordering::equal;
}

[[nodiscard]] inline Share memory_share(const Room& taken, const Room& whole) {
    return {taken.memory.count, std::max<std::int64_t>(1, whole.memory.count)};
}

// The larger of the parts of cores and memory (dominant resource fairness).
[[nodiscard]] inline Share dominant_share(const Room& taken, const Room& whole) {
    const Share cores{taken.cores, std::max<std::int64_t>(1, whole.cores)};
    const Share memory = memory_share(taken, whole);
    return compare(cores, 1, memory, 1) < 0 ? memory : cores;
}

}  // namespace forkyard
