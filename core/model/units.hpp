// Quantities that are decided on: whole bytes, and decimals as whole millionths.
// No double reaches a decision, so a decision is the same on every machine.
#pragma once

#include <compare>
#include <cstdint>

#include "core/int128.hpp"

namespace forkyard {

struct Bytes {
    std::int64_t count = 0;
    constexpr auto operator<=>(const Bytes&) const = default;
};

struct BytesPerSecond {
    std::int64_t count = 0;  // 0: unlimited, takes no time
    constexpr auto operator<=>(const BytesPerSecond&) const = default;
};

// A decimal such as a speed, a factor or sigma: 1.5 is Millionths{1'500'000}.
struct Millionths {
    std::int64_t count = 0;
    constexpr auto operator<=>(const Millionths&) const = default;
};

inline constexpr Millionths one{1'000'000};

// The product of two factors of a slowness. At most a million times: beyond it sums of times
// would no longer fit.
[[nodiscard]] constexpr Millionths compounded(Millionths a, Millionths b) {
    constexpr std::int64_t most = one.count * one.count;
    const int128 product = int128{a.count} * b.count / one.count;
    return Millionths{product > most ? most : static_cast<std::int64_t>(product)};
}

}  // namespace forkyard
