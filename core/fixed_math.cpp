#include "core/fixed_math.hpp"

#include <array>
#include <bit>

#include "core/check.hpp"

namespace forkyard {

namespace {

// Inside, numbers are Q62 (value * 2^62): they lie between -2 and 2.
constexpr unsigned q62_bits = 62;
constexpr std::int64_t q62_one = std::int64_t{1} << q62_bits;
constexpr std::int64_t q62_sqrt2 = 6521908912666391106;
constexpr std::int64_t q62_ln2 = 3196577161300663915;
constexpr std::int64_t q62_log2_e = 6653256548922161246;

constexpr std::int64_t multiply_q62(std::int64_t a, std::int64_t b) {
    return static_cast<std::int64_t>((int128{a} * b) >> q62_bits);
}

std::int64_t saturate(int128 value) {
    if (value > INT64_MAX) {
        return INT64_MAX;
    }
    return value < INT64_MIN ? INT64_MIN : static_cast<std::int64_t>(value);
}

// The quotient rounded to the nearest, halves away from zero.
int128 rounded_quotient(int128 numerator, int128 denominator) {
    const bool negative = (numerator < 0) != (denominator < 0);
    const int128 n = numerator < 0 ? -numerator : numerator;
    const int128 d = denominator < 0 ? -denominator : denominator;
    const int128 quotient = (n + d / 2) / d;
    return negative ? -quotient : quotient;
}

// 1, 1/3, 1/5, ...: of atanh's series. 1/n!: of e's.
template <std::size_t Terms>
constexpr std::array<std::int64_t, Terms> odd_reciprocals() {
    std::array<std::int64_t, Terms> out{};
    for (std::size_t k = 0; k < Terms; ++k) {
        out[k] = q62_one / static_cast<std::int64_t>(2 * k + 1);
    }
    return out;
}
template <std::size_t Terms>
constexpr std::array<std::int64_t, Terms> factorial_reciprocals() {
    std::array<std::int64_t, Terms> out{};
    std::int64_t value = q62_one;
    for (std::size_t n = 0; n < Terms; ++n) {
        value = n == 0 ? q62_one : value / static_cast<std::int64_t>(n);
        out[n] = value;
    }
    return out;
}
constexpr auto atanh_terms = odd_reciprocals<13>();
constexpr auto exp_terms = factorial_reciprocals<18>();

// ln of value / 2^scale as Q62 in 128 bits: value = m * 2^e with m near 1, and
// ln m = 2 atanh((m - 1) / (m + 1)).
int128 ln_q62(std::uint64_t value, int scale) {
    FORKYARD_CHECK(value > 0, "a logarithm is of a positive number");
    const int leading = 63 - std::countl_zero(value);
    int exponent = leading - scale;
    const std::uint64_t normal = value << static_cast<unsigned>(63 - leading);
    auto mantissa = static_cast<std::int64_t>(normal >> 1U);
    if (mantissa > q62_sqrt2) {
        mantissa /= 2;
        ++exponent;
    }
    const int128 denominator = int128{mantissa} + q62_one;
    const auto s = static_cast<std::int64_t>((int128{mantissa - q62_one} * q62_one) / denominator);
    const std::int64_t square = multiply_q62(s, s);
    std::int64_t sum = 0;
    for (std::size_t k = atanh_terms.size(); k-- > 0;) {
        sum = atanh_terms[k] + multiply_q62(sum, square);
    }
    return int128{exponent} * q62_ln2 + 2 * int128{multiply_q62(s, sum)};
}

Fixed from_q62(int128 value) {
    return Fixed{static_cast<std::int64_t>((value + (int128{1} << 29U)) >> 30U)};
}

// e^x as mantissa (Q62, near 1) * 2^exponent, for |x| of at most 2^10.
struct Power {
    std::int64_t mantissa;
    int exponent;
};

Power exp_parts(Fixed x) {
    const int128 turns = int128{x.raw} * q62_log2_e;  // Q94
    const auto exponent =
        static_cast<std::int64_t>((turns + (int128{1} << 93U)) >> (32U + q62_bits));
    const auto rest =
        static_cast<std::int64_t>((int128{x.raw} << 30U) - int128{exponent} * q62_ln2);
    std::int64_t sum = 0;
    for (std::size_t n = exp_terms.size(); n-- > 0;) {
        sum = exp_terms[n] + multiply_q62(sum, rest);
    }
    return {sum, static_cast<int>(exponent)};
}

constexpr Fixed exp_limit{std::int64_t{100} << 32U};

enum class Rounding { down, up };

std::int64_t scale_by_exp(std::int64_t base, Fixed x, Rounding rounding) {
    FORKYARD_CHECK(base >= 0, "only a magnitude is scaled");
    if (base == 0) {
        return 0;
    }
    if (x > exp_limit) {
        return INT64_MAX;
    }
    if (x < negate(exp_limit)) {
        return rounding == Rounding::up ? 1 : 0;
    }
    const Power power = exp_parts(x);
    const int128 product = int128{base} * power.mantissa;
    const int shift = static_cast<int>(q62_bits) - power.exponent;
    if (shift <= 0) {
        return INT64_MAX;  // at least 2^62 times a mantissa of 0.7 or more
    }
    if (shift > 126) {
        return rounding == Rounding::up ? 1 : 0;
    }
    const int128 below = (int128{1} << static_cast<unsigned>(shift)) - 1;
    const int128 carried = rounding == Rounding::up ? product + below : product;
    return saturate(carried >> static_cast<unsigned>(shift));
}

// AS 241 in Q44: highest power first, the constant last.
constexpr unsigned q44_bits = 44;
using Polynomial = std::array<std::int64_t, 8>;

constexpr Polynomial central_top{44140218498716400,
                                 588116905238393342,
                                 1183351956569005971,
                                 807867557086926113,
                                 241570511427789735,
                                 34684594801279794,
                                 2342252991816119,
                                 59587071655391};
constexpr Polynomial central_bottom{91945477305841298,
                                    505407421148798332,
                                    691511815929749282,
                                    373197016061483377,
                                    94895699968952817,
                                    12089121683105774,
                                    744383985861463,
                                    17592186044416};
constexpr Polynomial tail_top{13625939991,
                              399762108696,
                              4253451499276,
                              22350137938806,
                              64173626391046,
                              101498068502678,
                              81457764838086,
                              25041370474834};
constexpr Polynomial tail_bottom{18485,
                                 9633372156,
                                 267377769814,
                                 2605472707230,
                                 12134515284419,
                                 29491273814630,
                                 36120129080649,
                                 17592186044416};
constexpr Polynomial far_top{3536618,
                             477021900,
                             21861122577,
                             466759214317,
                             5217148753045,
                             31399000547236,
                             96119920663872,
                             117127097154453};
constexpr Polynomial far_bottom{0,
                                2500750,
                                324807753,
                                13842748148,
                                261690123307,
                                2408895940232,
                                10552359773164,
                                17592186044416};

int128 evaluate(const Polynomial& polynomial, std::int64_t x) {
    int128 sum = 0;
    for (const std::int64_t coefficient : polynomial) {
        sum = ((sum * x) >> q44_bits) + coefficient;
    }
    return sum;
}

// The decimal in ten-thousandths as Q44.
constexpr std::int64_t q44(std::int64_t millionths) {
    return static_cast<std::int64_t>((int128{millionths} << q44_bits) / 1'000'000);
}

}  // namespace

Fixed fixed_ratio(std::int64_t numerator, std::int64_t denominator) {
    FORKYARD_CHECK(denominator > 0, "a ratio has a positive denominator");
    return Fixed{saturate(rounded_quotient(int128{numerator} * fixed_one.raw, denominator))};
}

Fixed multiply(Fixed a, Fixed b) {
    const int128 product = int128{a.raw} * b.raw;
    return Fixed{saturate((product + (int128{1} << 31U)) >> 32U)};
}

Fixed divide(Fixed a, Fixed b) {
    FORKYARD_CHECK(b.raw != 0, "division by zero");
    return Fixed{saturate(rounded_quotient(int128{a.raw} * fixed_one.raw, b.raw))};
}

Fixed ln(Fixed x) {
    FORKYARD_CHECK(x.raw > 0, "a logarithm is of a positive number");
    return from_q62(ln_q62(static_cast<std::uint64_t>(x.raw), 32));
}

Fixed ln_of_integer(std::uint64_t n) {
    return from_q62(ln_q62(n, 0));
}

Fixed ln_of_unit(std::uint64_t bits) {
    return bits == UINT64_MAX ? Fixed{} : from_q62(ln_q62(bits + 1, 64));
}

Fixed exp(Fixed x) {
    return Fixed{scale_by_exp_down(fixed_one.raw, x)};
}

Fixed pow(Fixed base, Fixed exponent) {
    return exp(multiply(ln(base), exponent));
}

Fixed sqrt(Fixed x) {
    FORKYARD_CHECK(x.raw >= 0, "a root is of a number that is not negative");
    return Fixed{static_cast<std::int64_t>(integer_sqrt(uint128(x.raw) << 32U))};
}

std::uint64_t integer_sqrt(uint128 x) {
    uint128 root = 0;
    const auto high = static_cast<std::uint64_t>(x >> 64U);
    const auto low = static_cast<std::uint64_t>(x);
    const int bits = high != 0 ? 128 - std::countl_zero(high) : 64 - std::countl_zero(low);
    for (int bit = (bits + 1) / 2; bit-- > 0;) {
        const uint128 candidate = root | (uint128{1} << static_cast<unsigned>(bit));
        if (candidate * candidate <= x) {
            root = candidate;
        }
    }
    return static_cast<std::uint64_t>(root);
}

std::int64_t scale_by_exp_down(std::int64_t base, Fixed x) {
    return scale_by_exp(base, x, Rounding::down);
}

std::int64_t scale_by_exp_up(std::int64_t base, Fixed x) {
    return scale_by_exp(base, x, Rounding::up);
}

Fixed normal_quantile(std::uint64_t bits) {
    const bool lower = bits < (std::uint64_t{1} << 63U);
    const std::uint64_t twice = 2 * (lower ? bits : ~bits) + 1;    // tail probability * 2^65
    const auto q = static_cast<std::int64_t>((0 - twice) >> 21U);  // 1/2 - tail, Q44
    int128 size = 0;
    if (q <= q44(425'000)) {
        const std::int64_t r =
            q44(180'625) - static_cast<std::int64_t>((int128{q} * q) >> q44_bits);
        // NOLINTNEXTLINE(clang-analyzer-core.DivideZero): it has no zero in this range
        size = evaluate(central_top, r) * q / evaluate(central_bottom, r);
    } else {
        // sqrt(-ln tail) in Q44: the logarithm is Q62, so its root is Q31 after Q62.
        const int128 minus_ln = -ln_q62(twice, 65);
        const auto root = static_cast<std::int64_t>(integer_sqrt(uint128(minus_ln) << 26U));
        if (root <= 5 * q44(1'000'000)) {
            const std::int64_t r = root - q44(1'600'000);
            size = (evaluate(tail_top, r) << q44_bits) / evaluate(tail_bottom, r);
        } else {
            const std::int64_t r = root - 5 * q44(1'000'000);
            size = (evaluate(far_top, r) << q44_bits) / evaluate(far_bottom, r);
        }
    }
    const auto raw = static_cast<std::int64_t>((size + (1 << 11U)) >> 12U);
    return Fixed{lower ? -raw : raw};
}

}  // namespace forkyard
