// Where a partition begins to deal its records out over n others, as Spark's repartition does:
// a number drawn from the partition's own, so that a retry deals alike (DP-RDD-16). It is what
// `new java.util.Random(byteswap32(partition)).nextInt(n)` gives.
#pragma once

#include <cstdint>

namespace forkyard {

[[nodiscard]] constexpr std::uint32_t byteswap32(std::uint32_t value) {
    constexpr std::uint32_t factor = 0x9e3775cdU;
    const std::uint32_t product = value * factor;
    const std::uint32_t swapped = (product >> 24U) | ((product >> 8U) & 0xff00U) |
                                  ((product << 8U) & 0xff0000U) | (product << 24U);
    return swapped * factor;
}

[[nodiscard]] constexpr std::int64_t deal_start(std::uint32_t partition, std::uint32_t n) {
    constexpr std::uint64_t mask = (std::uint64_t{1} << 48U) - 1;
    constexpr std::uint64_t factor = 0x5DEECE66DU;
    // The seed is an int there, and widened with its sign.
    const auto seed =
        static_cast<std::uint64_t>(std::int64_t{static_cast<std::int32_t>(byteswap32(partition))});
    std::uint64_t state = (seed ^ factor) & mask;
    const auto next31 = [&] {
        state = (state * factor + 0xB) & mask;
        return static_cast<std::uint32_t>(state >> 17U);
    };
    std::uint32_t bits = next31();
    if ((n & (n - 1)) == 0) {
        return static_cast<std::int64_t>((std::uint64_t{n} * bits) >> 31U);
    }
    // Drawn again where the last, uneven stretch of numbers would favour some.
    while (bits - bits % n + (n - 1) > 0x7fffffffU) {
        bits = next31();
    }
    return bits % n;
}

}  // namespace forkyard
