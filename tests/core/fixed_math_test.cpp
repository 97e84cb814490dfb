#include "core/fixed_math.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>

#include <doctest/doctest.h>

#include "core/random.hpp"

namespace forkyard::fixed_math_test {

namespace {

double real(Fixed x) {
    return static_cast<double>(x.raw) / 4294967296.0;
}

Fixed whole(std::int64_t n) {
    return fixed_ratio(n, 1);
}

}  // namespace

TEST_SUITE("fixed_math") {
    TEST_CASE("ratios round to the nearest and saturate") {
        CHECK(fixed_ratio(1, 2).raw == std::int64_t{1} << 31U);
        CHECK(fixed_ratio(-3, 2).raw == -3 * (std::int64_t{1} << 31U));
        CHECK(fixed_ratio(1, 3).raw == 1431655765);
        CHECK(fixed_ratio(2, 3).raw == 2863311531);
        CHECK(fixed_ratio(INT64_MAX, 1).raw == INT64_MAX);
        CHECK(multiply(whole(-3), fixed_ratio(1, 2)) == fixed_ratio(-3, 2));
        CHECK(divide(whole(1), whole(-4)) == fixed_ratio(-1, 4));
        CHECK(multiply(whole(1 << 30), whole(1 << 30)).raw == INT64_MAX);
    }

    TEST_CASE("exact points are exact") {
        CHECK(ln(fixed_one) == Fixed{0});
        CHECK(ln_of_integer(1) == Fixed{0});
        CHECK(ln_of_unit(UINT64_MAX) == Fixed{0});
        CHECK(exp(Fixed{0}) == fixed_one);
        CHECK(sqrt(whole(9)) == whole(3));
        CHECK(sqrt(Fixed{0}) == Fixed{0});
        CHECK(scale_by_exp_up(12'345, Fixed{0}) == 12'345);
        CHECK(scale_by_exp_down(12'345, Fixed{0}) == 12'345);
        CHECK(pow(fixed_ratio(5, 2), Fixed{0}) == fixed_one);
        CHECK(integer_sqrt(uint128{UINT64_MAX} * UINT64_MAX) == UINT64_MAX);
        CHECK(integer_sqrt(uint128{UINT64_MAX} * UINT64_MAX - 1) == UINT64_MAX - 1);
        CHECK(integer_sqrt(0) == 0);
    }

    TEST_CASE("golden values, the same on every machine") {
        CHECK(ln(whole(2)).raw == 2977044472);
        CHECK(ln_of_integer(10).raw == 9889527671);
        CHECK(exp(fixed_one).raw == 11674931554);
        CHECK(pow(whole(2), fixed_ratio(1, 2)).raw == 6074001000);
        CHECK(ln_of_unit(0).raw == -190530846196);
        CHECK(normal_quantile(0).raw == -39321687339);
        CHECK(normal_quantile(UINT64_MAX / 40).raw == -8417981215);
    }

    TEST_CASE("logarithms agree with the C library to 2^-32") {
        const std::uint64_t key = random_key(1, Stream::test);
        double worst = 0;
        for (std::uint64_t n = 0; n < 50'000; ++n) {
            const Fixed x{static_cast<std::int64_t>(draw(key, n) >> (1 + n % 60)) | 1};
            worst = std::max(worst, std::fabs(real(ln(x)) - std::log(real(x))));
        }
        CHECK(worst < 2.4e-10);
    }

    TEST_CASE("scaling by a power of e has a relative error below 1e-8") {
        const std::uint64_t key = random_key(2, Stream::test);
        double worst = 0;
        for (std::uint64_t n = 0; n < 50'000; ++n) {
            const Fixed x{draw_between(key, n, whole(-15).raw, whole(15).raw)};
            const auto base = std::int64_t{1} << 40U;
            const double expected = std::exp(real(x)) * static_cast<double>(base);
            const auto scaled = static_cast<double>(scale_by_exp_down(base, x));
            worst = std::max(worst, std::fabs(scaled - expected) / expected - 1 / expected);
        }
        CHECK(worst < 1e-8);
    }

    TEST_CASE("what does not fit saturates; what is tiny rounds up to one or down to none") {
        CHECK(exp(whole(100)).raw == INT64_MAX);
        CHECK(exp(whole(-100)).raw == 0);
        CHECK(scale_by_exp_up(INT64_MAX, fixed_one) == INT64_MAX);
        CHECK(scale_by_exp_up(1, whole(-60)) == 1);
        CHECK(scale_by_exp_up(1, Fixed{INT64_MIN}) == 1);
        CHECK(scale_by_exp_down(1, Fixed{INT64_MIN}) == 0);
        CHECK(scale_by_exp_down(1, Fixed{INT64_MAX}) == INT64_MAX);
        CHECK(scale_by_exp_up(0, whole(5)) == 0);
    }

    TEST_CASE("normal quantiles are those of the tables") {
        const auto quantile = [](double p) {
            return real(normal_quantile(static_cast<std::uint64_t>(p * 18446744073709551616.0)));
        };
        CHECK(quantile(0.5) == doctest::Approx(0).epsilon(1e-9));
        CHECK(quantile(0.975) == doctest::Approx(1.9599639845400545).epsilon(1e-9));
        CHECK(quantile(0.05) == doctest::Approx(-1.6448536269514726).epsilon(1e-9));
        CHECK(quantile(0.2) == doctest::Approx(-0.8416212335729142).epsilon(1e-9));
        CHECK(quantile(1e-8) == doctest::Approx(-5.61200124417479).epsilon(1e-8));
        CHECK(quantile(1e-12) == doctest::Approx(-7.034483825301132).epsilon(1e-8));
    }

    TEST_CASE("normal quantiles rise, also over the seams, and mirror") {
        const std::uint64_t key = random_key(3, Stream::test);
        for (std::uint64_t n = 0; n < 20'000; ++n) {
            const std::uint64_t bits = draw(key, n) >> (n % 50);
            REQUIRE(normal_quantile(bits).raw == -normal_quantile(~bits).raw);
            const std::uint64_t step = bits / 10'000 + 1;
            REQUIRE(normal_quantile(bits) <= normal_quantile(bits + step));
        }
    }
}

}  // namespace forkyard::fixed_math_test
