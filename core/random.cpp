#include "core/random.hpp"

#include "core/check.hpp"
#include "core/int128.hpp"

namespace forkyard {

std::uint64_t draw_below(std::uint64_t key, std::uint64_t n, std::uint64_t bound) {
    FORKYARD_CHECK(bound > 0, "a draw needs at least one outcome");
    std::uint64_t bits = draw(key, n);
    uint128 product = uint128{bits} * bound;
    if (static_cast<std::uint64_t>(product) < bound) {
        const std::uint64_t uneven = (0 - bound) % bound;  // 2^64 mod bound
        while (static_cast<std::uint64_t>(product) < uneven) {
            bits = splitmix64(bits);
            product = uint128{bits} * bound;
        }
    }
    return static_cast<std::uint64_t>(product >> 64U);
}

std::int64_t draw_between(std::uint64_t key, std::uint64_t n, std::int64_t low, std::int64_t high) {
    FORKYARD_CHECK(low <= high, "a range is written from low to high");
    const std::uint64_t span = static_cast<std::uint64_t>(high) - static_cast<std::uint64_t>(low);
    const std::uint64_t offset = span + 1 == 0 ? draw(key, n) : draw_below(key, n, span + 1);
    return static_cast<std::int64_t>(static_cast<std::uint64_t>(low) + offset);
}

}  // namespace forkyard
