// 64-bit hashes with a fixed definition: they stand in journals, so they must be
// the same on every machine. Mixing is the finaliser of splitmix64.
#pragma once

#include <cstdint>
#include <string_view>

#include "core/int128.hpp"

namespace forkyard {

[[nodiscard]] constexpr std::uint64_t mix64(std::uint64_t x) {
    x += 0x9E3779B97F4A7C15U;
    x = (x ^ (x >> 30U)) * 0xBF58476D1CE4E5B9U;
    x = (x ^ (x >> 27U)) * 0x94D049BB133111EBU;
    return x ^ (x >> 31U);
}

[[nodiscard]] constexpr std::uint64_t combine(std::uint64_t hash, std::uint64_t value) {
    return mix64(hash ^ (value * 0x9E3779B97F4A7C15U));
}

template <class... Rest>
[[nodiscard]] constexpr std::uint64_t digest_of(std::uint64_t first, Rest... rest) {
    std::uint64_t hash = mix64(first);
    ((hash = combine(hash, static_cast<std::uint64_t>(rest))), ...);
    return hash;
}

[[nodiscard]] constexpr std::uint64_t digest_of(std::string_view text) {
    std::uint64_t hash = 0xCBF29CE484222325U;  // FNV-1a, then mixed
    for (const char c : text) {
        hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001B3U;
    }
    return mix64(hash);
}

// Of a row of values, each mixed with its place and none with the one before: the
// processor need not wait for one to go on with the next. The product of 64 by 64 bits
// folded in two is that of wyhash.
class RowDigest {
public:
    constexpr void add(std::uint64_t value) {
        const uint128 product = uint128{value ^ place_} * 0xBF58476D1CE4E5B9U;
        sum_ += static_cast<std::uint64_t>(product) ^ static_cast<std::uint64_t>(product >> 64U);
        place_ += 0x9E3779B97F4A7C15U;
    }
    [[nodiscard]] constexpr std::uint64_t value() const { return sum_; }

private:
    std::uint64_t place_ = 0x94D049BB133111EBU;
    std::uint64_t sum_ = 0;
};

}  // namespace forkyard
