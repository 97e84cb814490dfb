// Executors that failed, in all and by node, within a sliding window.
//
// In Spark: ExecutorFailureTracker (CM-YARN-13). One that is exactly as old as the window
// still counts.
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include "core/ids.hpp"
#include "core/sim_time.hpp"

namespace forkyard {

class ExecutorFailures {
public:
    explicit ExecutorFailures(std::optional<SimDuration> validity) : validity_{validity} {}

    void add(SimTime now, NodeId node) {
        std::erase_if(failures_, [&](const auto& failure) { return is_old(now, failure.first); });
        failures_.emplace_back(now, node);
    }
    [[nodiscard]] std::uint32_t count(SimTime now) const {
        return count_if(now, [](NodeId /*node*/) { return true; });
    }
    [[nodiscard]] std::uint32_t count(SimTime now, NodeId node) const {
        return count_if(now, [&](NodeId other) { return other == node; });
    }

    template <class Self, class V>
    static void members(Self& self, V& v) {
        v(self.failures_);
    }

private:
    [[nodiscard]] bool is_old(SimTime now, SimTime failed) const {
        return validity_ && failed < now - *validity_;
    }
    template <class Test>
    [[nodiscard]] std::uint32_t count_if(SimTime now, Test&& test) const {
        return static_cast<std::uint32_t>(
            std::count_if(failures_.begin(), failures_.end(), [&](const auto& failure) {
                return !is_old(now, failure.first) && test(failure.second);
            }));
    }

    std::optional<SimDuration> validity_;
    std::vector<std::pair<SimTime, NodeId>> failures_;
};

}  // namespace forkyard
