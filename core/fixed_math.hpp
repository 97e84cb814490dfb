// Logarithm, exponential, power, root and normal quantile on fixed point.
//
// Integers only, so that a drawn duration is the same on every machine, compiler and
// optimisation level; the C library's functions are not. A Fixed is Q32.32: accurate
// to 2^-32 in absolute terms; where a result spans many magnitudes the function that
// scales an integer by it (scale_by_exp) keeps a relative error below 1e-8. Results
// that do not fit saturate.
#pragma once

#include <compare>
#include <cstdint>

#include "core/int128.hpp"

namespace forkyard {

struct Fixed {
    std::int64_t raw = 0;  // value * 2^32
    constexpr auto operator<=>(const Fixed&) const = default;
};

inline constexpr Fixed fixed_one{std::int64_t{1} << 32U};

[[nodiscard]] constexpr Fixed negate(Fixed x) {
    return Fixed{x.raw == INT64_MIN ? INT64_MAX : -x.raw};
}

// numerator / denominator, rounded to the nearest; the denominator is positive.
[[nodiscard]] Fixed fixed_ratio(std::int64_t numerator, std::int64_t denominator);
[[nodiscard]] Fixed multiply(Fixed a, Fixed b);
[[nodiscard]] Fixed divide(Fixed a, Fixed b);  // b is not 0

// Natural logarithms: of a positive number, of a positive integer, and of the
// fraction (bits + 1) / 2^64, which is above 0 and at most 1.
[[nodiscard]] Fixed ln(Fixed x);
[[nodiscard]] Fixed ln_of_integer(std::uint64_t n);
[[nodiscard]] Fixed ln_of_unit(std::uint64_t bits);

[[nodiscard]] Fixed exp(Fixed x);
[[nodiscard]] Fixed pow(Fixed base, Fixed exponent);  // base above 0
[[nodiscard]] Fixed sqrt(Fixed x);                    // x not negative
[[nodiscard]] std::uint64_t integer_sqrt(uint128 x);  // rounded down

// base * e^x, rounded down or up to an integer; base is not negative.
[[nodiscard]] std::int64_t scale_by_exp_down(std::int64_t base, Fixed x);
[[nodiscard]] std::int64_t scale_by_exp_up(std::int64_t base, Fixed x);

// The z below which a normal variable lies with probability (bits + 1/2) / 2^64:
// Wichura's rational approximations (algorithm AS 241, PPND16) evaluated in fixed
// point, within 1e-8. Rising in `bits`; of ~bits it is the negative.
[[nodiscard]] Fixed normal_quantile(std::uint64_t bits);

}  // namespace forkyard
