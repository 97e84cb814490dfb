#include "core/model/draw.hpp"

#include <cmath>
#include <cstdint>
#include <numeric>
#include <vector>

#include <doctest/doctest.h>

namespace forkyard::draw_test {

namespace {

using Form = DurationSpec::Form;

constexpr SimDuration second{1'000'000};

DurationSpec spec(Form form, std::vector<SimDuration> times, std::int64_t shape = 0) {
    return {form, std::move(times), Millionths{shape}};
}

const std::uint64_t key = stage_key(1, Stream::duration, "etl", "map");

struct Moments {
    double mean = 0;
    double deviation = 0;
    SimDuration least = duration_forever;
    SimDuration most{0};
};

Moments moments(const DurationSpec& form) {
    constexpr std::uint32_t draws = 100'000;
    Moments out;
    double squares = 0;
    for (std::uint32_t p = 0; p < draws; ++p) {
        const SimDuration time = draw_duration(form, key, p, 0);
        const auto seconds = static_cast<double>(micros(time)) / 1e6;
        out.mean += seconds / draws;
        squares += seconds * seconds / draws;
        out.least = std::min(out.least, time);
        out.most = std::max(out.most, time);
    }
    out.deviation = std::sqrt(squares - out.mean * out.mean);
    return out;
}

std::vector<std::int64_t> counts(const std::vector<Bytes>& shares) {
    std::vector<std::int64_t> out;
    for (const Bytes share : shares) {
        out.push_back(share.count);
    }
    return out;
}

}  // namespace

TEST_SUITE("draw") {
    TEST_CASE("a constant and a table by partition are not drawn") {
        CHECK(draw_duration(spec(Form::constant, {second}), key, 3, 1) == second);
        const DurationSpec each = spec(Form::each, {second, 2 * second});
        CHECK(draw_duration(each, key, 0, 0) == second);
        CHECK(draw_duration(each, key, 1, 7) == 2 * second);
        CHECK(draw_duration(each, key, 2, 0) == second);
    }

    TEST_CASE("a duration is a function of seed, application, stage, partition and attempt") {
        const DurationSpec form = spec(Form::uniform, {SimDuration{0}, 1'000'000 * second});
        const SimDuration time = draw_duration(form, key, 3, 1);
        CHECK(time == draw_duration(form, key, 3, 1));
        CHECK(time != draw_duration(form, key, 4, 1));
        CHECK(time != draw_duration(form, key, 3, 0));
        CHECK(time != draw_duration(form, stage_key(2, Stream::duration, "etl", "map"), 3, 1));
        CHECK(time != draw_duration(form, stage_key(1, Stream::duration, "x", "map"), 3, 1));
        CHECK(time != draw_duration(form, stage_key(1, Stream::duration, "etl", "m"), 3, 1));
    }

    TEST_CASE("golden draws, the same on every machine") {
        CHECK(draw_duration(spec(Form::uniform, {second, 2 * second}), key, 0, 0).count() ==
              1266576);
        CHECK(draw_duration(spec(Form::normal, {second, second}), key, 0, 0).count() == 376800);
        CHECK(draw_duration(spec(Form::exponential, {second}), key, 0, 0).count() == 1322095);
        CHECK(draw_duration(spec(Form::lognormal, {second}, 500'000), key, 0, 0).count() == 732275);
        CHECK(draw_duration(spec(Form::pareto, {second}, 1'500'000), key, 0, 0).count() == 2414270);
        CHECK(draw_duration(spec(Form::values, {second, 2 * second, 3 * second}), key, 0, 0)
                  .count() == 1000000);
    }

    TEST_CASE("uniform draws reach both ends and their middle is the mean") {
        const Moments small = moments(spec(Form::uniform, {SimDuration{1}, SimDuration{3}}));
        CHECK(small.least == SimDuration{1});
        CHECK(small.most == SimDuration{3});
        const Moments m = moments(spec(Form::uniform, {second, 2 * second}));
        CHECK(m.mean == doctest::Approx(1.5).epsilon(0.005));
        CHECK(m.deviation == doctest::Approx(0.288675).epsilon(0.01));
    }

    TEST_CASE("normal draws have their mean and deviation; negative ones are 0") {
        const Moments m = moments(spec(Form::normal, {10 * second, second}));
        CHECK(m.mean == doctest::Approx(10).epsilon(0.002));
        CHECK(m.deviation == doctest::Approx(1).epsilon(0.01));
        const Moments clamped = moments(spec(Form::normal, {SimDuration{0}, second}));
        CHECK(clamped.least == SimDuration{0});
        CHECK(clamped.mean == doctest::Approx(0.398942).epsilon(0.02));
    }

    TEST_CASE("exponential draws have their mean as mean and deviation") {
        const Moments m = moments(spec(Form::exponential, {second}));
        CHECK(m.mean == doctest::Approx(1).epsilon(0.01));
        CHECK(m.deviation == doctest::Approx(1).epsilon(0.02));
    }

    TEST_CASE("lognormal draws have their median, and its mean follows from sigma") {
        const DurationSpec form = spec(Form::lognormal, {second}, 500'000);
        CHECK(moments(form).mean == doctest::Approx(std::exp(0.125)).epsilon(0.01));
        int below = 0;
        for (std::uint32_t p = 0; p < 10'000; ++p) {
            below += draw_duration(form, key, p, 0) < second ? 1 : 0;
        }
        CHECK(below == doctest::Approx(5'000).epsilon(0.05));
        CHECK(draw_duration(spec(Form::lognormal, {second}, 0), key, 5, 0) == second);
    }

    TEST_CASE("pareto draws start at the least and have alpha's mean") {
        const Moments m = moments(spec(Form::pareto, {second}, 3'000'000));
        CHECK(m.least >= second);
        CHECK(m.mean == doctest::Approx(1.5).epsilon(0.02));
        // A tail so heavy that it leaves 64 bits saturates.
        const Moments heavy = moments(spec(Form::pareto, {second}, 1));
        CHECK(heavy.most == duration_forever);
    }

    TEST_CASE("drawn values are all met") {
        const Moments m = moments(spec(Form::values, {second, 4 * second}));
        CHECK(m.least == second);
        CHECK(m.most == 4 * second);
        CHECK(m.mean == doctest::Approx(2.5).epsilon(0.02));
    }

    TEST_CASE("an even split gives what is left to the first partitions") {
        CHECK(counts(split_bytes(Bytes{10}, {}, 4)) == std::vector<std::int64_t>{3, 3, 2, 2});
        CHECK(counts(split_bytes(Bytes{0}, {}, 2)) == std::vector<std::int64_t>{0, 0});
        CHECK(split_bytes(Bytes{10}, {}, 0).empty());
        for (std::uint32_t p = 0; p < 4; ++p) {
            CHECK(split_share(Bytes{10}, {}, 4, p) == split_bytes(Bytes{10}, {}, 4)[p]);
        }
    }

    TEST_CASE("weights repeat over the partitions") {
        const SkewSpec skew{SkewSpec::Form::weights, {}, {5, 1}};
        CHECK(counts(split_bytes(Bytes{120}, skew, 4)) ==
              std::vector<std::int64_t>{50, 10, 50, 10});
        CHECK(counts(split_bytes(Bytes{13}, skew, 3)) == std::vector<std::int64_t>{6, 2, 5});
        const SkewSpec none{SkewSpec::Form::weights, {}, {0, 0, 7}};
        CHECK(counts(split_bytes(Bytes{5}, none, 2)) == std::vector<std::int64_t>{3, 2});
    }

    TEST_CASE("zipf shares fall as 1 / (p + 1)^a") {
        const SkewSpec skew{SkewSpec::Form::zipf, Millionths{1'000'000}, {}};
        // 1 + 1/2 + 1/3 + 1/4 = 25/12 of 25,000,000.
        const std::vector<Bytes> shares = split_bytes(Bytes{25'000'000}, skew, 4);
        CHECK(shares[0].count == doctest::Approx(12'000'000).epsilon(1e-6));
        CHECK(shares[1].count == doctest::Approx(6'000'000).epsilon(1e-6));
        CHECK(shares[2].count == doctest::Approx(4'000'000).epsilon(1e-6));
        CHECK(shares[3].count == doctest::Approx(3'000'000).epsilon(1e-6));
        CHECK(split_share(Bytes{25'000'000}, skew, 4, 2) == shares[2]);
        const SkewSpec flat{SkewSpec::Form::zipf, Millionths{0}, {}};
        CHECK(split_bytes(Bytes{10}, flat, 4) == split_bytes(Bytes{10}, {}, 4));
    }

    TEST_CASE("shares always add up to the total") {
        const std::uint64_t random = random_key(6, Stream::test);
        for (std::uint64_t n = 0; n < 300; ++n) {
            const Bytes total{draw_between(random, 4 * n, 0, n % 7 == 0 ? INT64_MAX : 1'000'000)};
            const auto partitions = static_cast<std::uint32_t>(draw_below(random, 4 * n + 1, 300));
            SkewSpec skew{static_cast<SkewSpec::Form>(n % 3),
                          Millionths{draw_between(random, 4 * n + 2, 0, 3'000'000)},
                          {draw_between(random, 4 * n + 3, 0, 9), 3, 0, INT64_MAX}};
            std::int64_t sum = 0;
            for (const Bytes share : split_bytes(total, skew, partitions + 1)) {
                REQUIRE(share.count >= 0);
                sum += share.count;
            }
            REQUIRE(sum == total.count);
        }
    }
}

}  // namespace forkyard::draw_test
