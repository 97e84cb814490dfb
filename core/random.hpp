// Random numbers without a state: draw n of a key is a function of both.
//
// A key is mixed from the seed, a stream (what the draw is for) and the numbers or
// names of the entities it is about, so one more draw never shifts another. Integers
// only; the distributions of durations are in core/model/draw. Not for choices:
// those go through the recorded Chooser (core/step.hpp).
#pragma once

#include <cstdint>
#include <string_view>

#include "core/digest.hpp"

namespace forkyard {

// S(x) of the teaching workloads: S(0) = e220a8397b1dcdaf, S(1) = 910a2dec89025cc1.
[[nodiscard]] constexpr std::uint64_t splitmix64(std::uint64_t x) {
    return mix64(x);
}

// What a draw is for. The numbers are part of every key: never reuse one.
enum class Stream : std::uint64_t {
    duration = 1,
    replicas = 2,
    range_sample = 3,
    choice = 4,
    test = 5,
    workload = 6,  // jobs and arrivals of an imported scenario
    registration = 7,
    sample = 8,
    copies = 9,
    broadcast = 10,
};

// The key one level further down: of an entity's number or of its name.
[[nodiscard]] constexpr std::uint64_t mix(std::uint64_t key, std::uint64_t value) {
    return mix64(mix64(key) + value);
}
[[nodiscard]] constexpr std::uint64_t mix(std::uint64_t key, std::string_view name) {
    return mix(key, digest_of(name));
}
[[nodiscard]] constexpr std::uint64_t random_key(std::uint64_t seed, Stream stream) {
    return mix(seed, static_cast<std::uint64_t>(stream));
}

// The n-th number of the key: what splitmix64 started at `key` gives as its n-th.
[[nodiscard]] constexpr std::uint64_t draw(std::uint64_t key, std::uint64_t n) {
    return mix64(key + n * 0x9E3779B97F4A7C15U);
}

// The n-th number of the key, evenly from 0 .. bound-1 without modulo bias: the high
// half of draw * bound; a draw that falls into the uneven rest is replaced by its
// splitmix64 (Lemire's method). `bound` is at least 1.
[[nodiscard]] std::uint64_t draw_below(std::uint64_t key, std::uint64_t n, std::uint64_t bound);

// Evenly from low .. high, both included.
[[nodiscard]] std::int64_t draw_between(std::uint64_t key,
                                        std::uint64_t n,
                                        std::int64_t low,
                                        std::int64_t high);

}  // namespace forkyard
