// Medians and percentiles of samples; nothing that needs a distribution.
#pragma once

#include <algorithm>
#include <cstddef>
#include <utility>
#include <vector>

namespace forkyard::sim {

// The smallest sample with at least `hundredths` percent at or below it; 0 of none.
template <class T>
[[nodiscard]] T percentile(std::vector<T> samples, std::size_t hundredths) {
    if (samples.empty()) {
        return T{};
    }
    const auto rank = std::min(samples.size() - 1, samples.size() * hundredths / 100);
    std::nth_element(
        samples.begin(), samples.begin() + static_cast<std::ptrdiff_t>(rank), samples.end());
    return samples[rank];
}

template <class T>
[[nodiscard]] T median(std::vector<T> samples) {
    return percentile(std::move(samples), 50);
}

}  // namespace forkyard::sim
