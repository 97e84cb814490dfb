// Quantities that are decided on: whole bytes, and decimals as whole millionths.
// No double reaches a decision, so a decision is the same on every machine.
#pragma once

#include <compare>
#include <cstdint>

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

}  // namespace forkyard
