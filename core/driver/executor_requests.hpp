// How many executors an application has asked its manager for, in all.
//
// Only a change is told. Until the program or dynamic allocation has asked for a number,
// an application of a standalone cluster wants as many as it can get; the first change
// begins at none, as in Spark.
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>

#include "core/action_executors.hpp"
#include "core/ids.hpp"
#include "core/step.hpp"

namespace forkyard {

class ExecutorRequests {
public:
    explicit ExecutorRequests(AppId app) : app_{app} {}

    // `total`: to start with; none: as many as there are.
    void begin(Step& step, std::optional<std::uint32_t> total) {
        asked_ = total;
        told_ = total.value_or(RequestExecutors::unlimited);
        step.act(RequestExecutors{app_, told_});
    }
    // `hints` is asked for what stands beside the number, if that is told.
    template <class Hints>
    void set(Step& step, std::uint32_t total, Hints&& hints) {
        asked_ = total;
        if (total != told_) {
            told_ = total;
            step.act(RequestExecutors{app_, total, hints()});
        }
    }
    template <class Hints>
    void add(Step& step, std::uint32_t more, Hints&& hints) {
        set(step, std::min(asked_.value_or(0), RequestExecutors::unlimited - more) + more, hints);
    }
    template <class Hints>
    void lower(Step& step, std::uint32_t by, Hints&& hints) {
        const std::uint32_t total = asked_.value_or(0);
        set(step, total - std::min(total, by), hints);
    }

private:
    AppId app_;
    std::optional<std::uint32_t> asked_{};
    std::uint32_t told_ = 0;
};

}  // namespace forkyard
