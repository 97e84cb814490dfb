// How good a node is for a pod, as kube-scheduler counts: 0 to 100 by each rule, whole numbers.
//
// In Kubernetes: the plugins NodeResourcesFit (least and most allocated) and
// NodeResourcesBalancedAllocation, each with weight 1 (CM-K8S-19 to 21). What a pod asks
// counts as taken already.
#pragma once

#include <algorithm>
#include <cstdint>

#include "core/int128.hpp"
#include "core/model/kubernetes_conf.hpp"

namespace forkyard {

struct PodRequest {
    std::int64_t millicores = 0;
    std::int64_t memory = 0;  // bytes
    auto operator<=>(const PodRequest&) const = default;

    [[nodiscard]] bool fits(const PodRequest& room) const {
        return millicores <= room.millicores && memory <= room.memory;
    }
    PodRequest& operator+=(const PodRequest& other) {
        millicores += other.millicores;
        memory += other.memory;
        return *this;
    }
    PodRequest& operator-=(const PodRequest& other) {
        millicores -= other.millicores;
        memory -= other.memory;
        return *this;
    }

    template <class Self, class V>
    static void members(Self& self, V& v) {
        v(self.millicores, self.memory);
    }
};

struct ScoreWeights {
    std::int64_t cpu = 1;
    std::int64_t memory = 1;
};

// Of one resource. More than there is scores 0.
[[nodiscard]] constexpr std::int64_t least_allocated(std::int64_t requested,
                                                     std::int64_t allocatable) {
    if (allocatable == 0 || requested > allocatable) {
        return 0;
    }
    return static_cast<std::int64_t>(int128{allocatable - requested} * 100 / allocatable);
}

[[nodiscard]] constexpr std::int64_t most_allocated(std::int64_t requested,
                                                    std::int64_t allocatable) {
    if (allocatable == 0) {
        return 0;
    }
    return static_cast<std::int64_t>(int128{std::min(requested, allocatable)} * 100 / allocatable);
}

// Of both, weighted: what the strategy says of a node with `requested` taken of `allocatable`.
[[nodiscard]] constexpr std::int64_t fit_score(Scoring scoring,
                                               const PodRequest& requested,
                                               const PodRequest& allocatable,
                                               ScoreWeights weights = {}) {
    const auto score = scoring == Scoring::least_allocated ? least_allocated : most_allocated;
    return (score(requested.millicores, allocatable.millicores) * weights.cpu +
            score(requested.memory, allocatable.memory) * weights.memory) /
           (weights.cpu + weights.memory);
}

// 100 less half the difference between the parts of both that are taken, in percent: of two
// numbers that is their standard deviation.
[[nodiscard]] constexpr std::int64_t balance_score(const PodRequest& requested,
                                                   const PodRequest& allocatable) {
    const auto part = [](std::int64_t taken, std::int64_t all) { return std::min(taken, all); };
    const int128 cpu =
        int128{part(requested.millicores, allocatable.millicores)} * allocatable.memory;
    const int128 memory =
        int128{part(requested.memory, allocatable.memory)} * allocatable.millicores;
    const int128 whole = int128{allocatable.millicores} * allocatable.memory;
    if (whole == 0) {
        return 0;
    }
    const int128 apart = (cpu > memory ? cpu - memory : memory - cpu) * 50;
    return 100 - static_cast<std::int64_t>((apart + whole - 1) / whole);
}

}  // namespace forkyard
