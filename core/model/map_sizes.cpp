#include "core/model/map_sizes.hpp"

#include <algorithm>
#include <array>
#include <iterator>

#include "core/int128.hpp"

namespace forkyard {

namespace {

constexpr std::size_t codes = 256;

// Powers of 1.1 with 64 bits after the point, rounded down step by step: the whole parts
// are exact, as no power is within 2^-50 of a whole number.
constexpr std::array<std::int64_t, codes> powers() {
    std::array<std::int64_t, codes> out{};
    uint128 power = uint128{1} << 64U;
    for (std::int64_t& whole : out) {
        whole = static_cast<std::int64_t>(power >> 64U);
        power = power * 11 / 10;
    }
    return out;
}

constexpr std::array<std::int64_t, codes> power_of = powers();

}  // namespace

std::uint8_t compress_size(std::int64_t bytes) {
    if (bytes <= 1) {
        return bytes <= 0 ? 0 : 1;
    }
    const auto found = std::lower_bound(power_of.begin(), power_of.end(), bytes);
    return static_cast<std::uint8_t>(std::min<std::ptrdiff_t>(found - power_of.begin(), 255));
}

std::int64_t decompress_size(std::uint8_t code) {
    return code == 0 ? 0 : power_of[code];
}

MapSizes::MapSizes(std::span<const std::int64_t> sizes, const MapSizesConf& conf)
    : reducers_{static_cast<std::uint32_t>(sizes.size())},
      averaged_{sizes.size() > conf.average_above} {
    codes_.reserve(sizes.size());
    if (!averaged_) {
        std::transform(sizes.begin(), sizes.end(), std::back_inserter(codes_), compress_size);
        return;
    }
    std::int64_t total = 0;
    std::int64_t count = 0;
    for (std::uint32_t reducer = 0; reducer < reducers_; ++reducer) {
        const std::int64_t size = sizes[reducer];
        codes_.push_back(size > 0 ? 1 : 0);
        if (size >= conf.accurate.count) {
            huge_[reducer] = compress_size(size);
        } else if (size > 0) {
            total += size;
            ++count;
        }
    }
    average_ = count == 0 ? 0 : total / count;
}

std::int64_t MapSizes::of(std::uint32_t reducer) const {
    if (reducer >= reducers_) {
        return 0;
    }
    if (!averaged_) {
        return decompress_size(codes_[reducer]);
    }
    const auto huge = huge_.find(reducer);
    return huge != huge_.end() ? decompress_size(huge->second) : average_ * codes_[reducer];
}

}  // namespace forkyard
