// Counts executors that failed, and says when they are too many for the application.
//
// The application ends when the limit is reached; on Kubernetes when it is
// exceeded (CM-K8S-15). On YARN its application master counts, not the driver. Which losses
// are failures is decided by who calls.
//
// In Spark: ExecutorFailureTracker, which YARN and Kubernetes have; here every manager,
// if spark.executor.maxNumFailures is given.
#pragma once

#include "core/executor_failures.hpp"
#include "core/model/conf.hpp"
#include "core/sim_time.hpp"

namespace forkyard {

class FailureTracker {
public:
    // `conf` must outlive it.
    explicit FailureTracker(const AppConf& conf)
        : conf_{conf}, failures_{conf.executor_failures_validity} {}

    // Whether this one is one too many.
    [[nodiscard]] bool add(SimTime now) {
        if (!conf_.executor_failures_max || conf_.failure_cap == FailureCap::of_manager) {
            return false;
        }
        failures_.add(now, NodeId{});
        const bool beyond = conf_.failure_cap == FailureCap::exceeded;
        return failures_.count(now) >= *conf_.executor_failures_max + (beyond ? 1U : 0U);
    }

private:
    const AppConf& conf_;
    ExecutorFailures failures_;
};

}  // namespace forkyard
