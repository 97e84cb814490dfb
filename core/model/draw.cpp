#include "core/model/draw.hpp"

#include <algorithm>

#include "core/check.hpp"
#include "core/fixed_math.hpp"
#include "core/int128.hpp"

namespace forkyard {

namespace {

SimDuration clamped(int128 time_us) {
    if (time_us <= 0) {
        return SimDuration{0};
    }
    return time_us > micros(duration_forever) ? duration_forever
                                              : SimDuration{static_cast<std::int64_t>(time_us)};
}

// time * factor (Q32.32), rounded up.
int128 times_fixed_up(SimDuration time, Fixed factor) {
    const int128 product = int128{micros(time)} * factor.raw;
    return (product + (fixed_one.raw - 1)) >> 32U;
}

Fixed fixed_from(Millionths value) {
    return fixed_ratio(value.count, one.count);
}

SimDuration draw_form(const DurationSpec& spec, std::uint64_t key, std::uint32_t partition) {
    const std::vector<SimDuration>& times = spec.times;
    const auto bits = [key] { return draw(key, 0); };
    switch (spec.form) {
        case DurationSpec::Form::constant:
            return times[0];
        case DurationSpec::Form::each:
            // Most often there is one for each: no division.
            return times[partition < times.size() ? partition : partition % times.size()];
        case DurationSpec::Form::values:
            return times[draw_below(key, 0, times.size())];
        case DurationSpec::Form::uniform:
            return SimDuration{draw_between(key, 0, micros(times[0]), micros(times[1]))};
        case DurationSpec::Form::normal:
            return clamped(int128{micros(times[0])} +
                           times_fixed_up(times[1], normal_quantile(bits())));
        case DurationSpec::Form::exponential:
            return clamped(times_fixed_up(times[0], negate(ln_of_unit(bits()))));
        case DurationSpec::Form::lognormal:
            return clamped(scale_by_exp_up(
                micros(times[0]), multiply(fixed_from(spec.shape), normal_quantile(bits()))));
        case DurationSpec::Form::pareto:
            return clamped(scale_by_exp_up(
                micros(times[0]), divide(negate(ln_of_unit(bits())), fixed_from(spec.shape))));
    }
    FORKYARD_CHECK(false, "every form of a duration is handled");
    return SimDuration{0};
}

bool shares_evenly(const SkewSpec& skew) {
    if (skew.form == SkewSpec::Form::weights) {
        return std::none_of(skew.weights.begin(), skew.weights.end(), [](std::int64_t weight) {
            return weight > 0;
        });
    }
    return skew.form == SkewSpec::Form::even || skew.exponent.count == 0;
}

// Weights of the partitions. Zipf's are 1/(p+1)^a times 2^56: a sum over a million
// partitions times the largest total still fits into 128 bits.
std::vector<std::int64_t> weights_of(const SkewSpec& skew, std::uint32_t partitions) {
    std::vector<std::int64_t> weights(partitions);
    const Fixed exponent = fixed_from(skew.exponent);
    for (std::uint32_t p = 0; p < partitions; ++p) {
        weights[p] = skew.form == SkewSpec::Form::weights
                         ? std::max<std::int64_t>(0, skew.weights[p % skew.weights.size()])
                         : scale_by_exp_down(std::int64_t{1} << 56U,
                                             negate(multiply(ln_of_integer(p + 1), exponent)));
    }
    return weights;
}

Bytes even_share(Bytes total, std::uint32_t partitions, std::uint32_t p) {
    return Bytes{total.count / partitions + (p < total.count % partitions ? 1 : 0)};
}

}  // namespace

std::uint64_t stage_key(std::uint64_t seed,
                        Stream stream,
                        std::string_view app,
                        std::string_view stage) {
    return mix(mix(random_key(seed, stream), app), stage);
}

SimDuration draw_duration(const DurationSpec& spec,
                          std::uint64_t key,
                          std::uint32_t partition,
                          std::uint32_t attempt) {
    FORKYARD_CHECK(!spec.times.empty(), "a duration has at least one time");
    if (spec.form == DurationSpec::Form::constant) {
        return std::max(spec.times[0], SimDuration{0});  // by far the commonest: no key needed
    }
    return std::max(draw_form(spec, mix(mix(key, partition), attempt), partition), SimDuration{0});
}

std::vector<Bytes> split_bytes(Bytes total, const SkewSpec& skew, std::uint32_t partitions) {
    std::vector<Bytes> shares(partitions);
    if (partitions == 0) {
        return shares;
    }
    if (shares_evenly(skew)) {
        for (std::uint32_t p = 0; p < partitions; ++p) {
            shares[p] = even_share(total, partitions, p);
        }
        return shares;
    }
    const std::vector<std::int64_t> weights = weights_of(skew, partitions);
    int128 sum = 0;
    for (const std::int64_t weight : weights) {
        sum += weight;
    }
    if (sum == 0) {  // more weights than partitions, and the first ones are 0
        return split_bytes(total, SkewSpec{}, partitions);
    }
    std::int64_t left = total.count;
    for (std::uint32_t p = 0; p < partitions; ++p) {
        shares[p].count = static_cast<std::int64_t>(int128{total.count} * weights[p] / sum);
        left -= shares[p].count;
    }
    for (std::uint32_t p = 0; left > 0; ++p, --left) {
        ++shares[p].count;
    }
    return shares;
}

Bytes split_share(Bytes total, const SkewSpec& skew, std::uint32_t partitions, std::uint32_t p) {
    FORKYARD_CHECK(p < partitions, "a share is that of one of the partitions");
    return shares_evenly(skew) ? even_share(total, partitions, p)
                               : split_bytes(total, skew, partitions)[p];
}

}  // namespace forkyard
