#include "core/driver/offer_order.hpp"

#include <algorithm>
#include <cstddef>
#include <limits>
#include <numeric>

#include "core/digest.hpp"

namespace forkyard {

namespace {

constexpr std::uint64_t exact_max = 20;  // 20! fits in 63 bits, 21! does not

std::uint64_t factorial(std::uint64_t n) {
    std::uint64_t product = 1;
    for (std::uint64_t i = 2; i <= n; ++i) {
        product *= i;
    }
    return product;
}

}  // namespace

std::uint64_t permutations(std::uint64_t n) {
    return n <= exact_max ? factorial(n)
                          : static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
}

OfferSequence::OfferSequence(std::uint32_t n, std::uint64_t pick) : n_{n}, pick_{pick} {
    if (pick == 0) {
        return;
    }
    if (n > exact_max) {
        while ((std::uint64_t{1} << (2 * half_bits_)) < n) {
            ++half_bits_;
        }
        return;
    }
    listed_.resize(n);
    std::iota(listed_.begin(), listed_.end(), 0U);
    std::uint64_t rest = pick;
    for (std::uint32_t i = 0; i + 1 < n; ++i) {  // the Lehmer code, digit by digit
        const std::uint64_t block = factorial(n - i - 1);
        const auto digit = static_cast<std::ptrdiff_t>(rest / block);
        rest %= block;
        const auto from = listed_.begin() + static_cast<std::ptrdiff_t>(i);
        std::rotate(from, from + digit, from + digit + 1);
    }
}

std::uint32_t OfferSequence::at(std::uint32_t position) const {
    if (pick_ == 0) {
        return position;
    }
    if (!listed_.empty()) {
        return listed_[position];
    }
    // A bijection of a power of four that is less than four times n; applied until it
    // hits the range, it is one of the range.
    do {
        position = mixed(position);
    } while (position >= n_);
    return position;
}

// Four rounds of a Feistel network: a bijection whatever the round function is.
std::uint32_t OfferSequence::mixed(std::uint32_t value) const {
    const std::uint32_t mask = (1U << half_bits_) - 1;
    std::uint32_t left = value >> half_bits_;
    std::uint32_t right = value & mask;
    for (std::uint64_t round = 0; round < 4; ++round) {
        const auto mix = static_cast<std::uint32_t>(digest_of(pick_, round, right)) & mask;
        const std::uint32_t next = left ^ mix;
        left = right;
        right = next;
    }
    return (left << half_bits_) | right;
}

}  // namespace forkyard
