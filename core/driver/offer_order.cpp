#include "core/driver/offer_order.hpp"

#include <algorithm>
#include <cstddef>
#include <limits>
#include <utility>

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

void permute(std::vector<ExecutorId>& elements, std::uint64_t pick) {
    if (pick == 0) {
        return;
    }
    const std::size_t n = elements.size();
    if (n > exact_max) {
        for (std::size_t i = 0; i + 1 < n; ++i) {
            const std::uint64_t draw = digest_of(pick, i) % (n - i);
            std::swap(elements[i], elements[i + static_cast<std::size_t>(draw)]);
        }
        return;
    }
    for (std::size_t i = 0; i + 1 < n; ++i) {  // the Lehmer code, digit by digit
        const std::uint64_t block = factorial(n - i - 1);
        const auto digit = static_cast<std::ptrdiff_t>(pick / block);
        pick %= block;
        const auto at = elements.begin() + static_cast<std::ptrdiff_t>(i);
        std::rotate(at, at + digit, at + digit + 1);
    }
}

}  // namespace forkyard
