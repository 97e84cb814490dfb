// Counts executors that failed, and says when they are too many for the application.
//
// Failures older than spark.executor.failuresValidityInterval do not count; without an
// interval all do. The limit is that of YARN's application master: the application ends
// when it is reached. Which losses are failures is decided by who calls.
//
// In Spark: ExecutorFailureTracker, which YARN and Kubernetes have; here every manager,
// if spark.executor.maxNumFailures is given.
#pragma once

#include <cstdint>
#include <deque>
#include <optional>

#include "core/sim_time.hpp"

namespace forkyard {

class FailureTracker {
public:
    FailureTracker(std::optional<std::uint32_t> failures_max, std::optional<SimDuration> validity)
        : failures_max_{failures_max}, validity_{validity} {}

    // Whether this one is one too many.
    [[nodiscard]] bool add(SimTime now) {
        if (!failures_max_) {
            return false;
        }
        failures_.push_back(now);
        while (validity_ && failures_.front() < now - *validity_) {
            failures_.pop_front();
        }
        return failures_.size() >= *failures_max_;
    }

private:
    std::optional<std::uint32_t> failures_max_;
    std::optional<SimDuration> validity_;
    std::deque<SimTime> failures_{};  // the latest last
};

}  // namespace forkyard
