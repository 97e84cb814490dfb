// What tasks have added to the accumulators of an application, as far as it counts: of a result
// partition once, of a map task each time that it succeeds. Which ends count is the DAG
// scheduler's matter.
//
// In Spark: AccumulatorContext, LongAccumulator.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "core/action.hpp"
#include "core/ids.hpp"
#include "core/step.hpp"

namespace forkyard {

class Accumulators {
public:
    // `amounts`: of one task, by accumulator. Sums wrap around, as those of Java do.
    void add(Step& step,
             AppId app,
             std::span<const std::string> names,
             std::span<const std::int64_t> amounts) {
        values_.resize(std::max(values_.size(), amounts.size()));
        for (std::size_t i = 0; i < amounts.size(); ++i) {
            if (amounts[i] != 0) {
                values_[i] = static_cast<std::int64_t>(static_cast<std::uint64_t>(values_[i]) +
                                                       static_cast<std::uint64_t>(amounts[i]));
                step.act(UpdateAccumulator{app, names[i], values_[i]});
            }
        }
    }
    [[nodiscard]] std::int64_t value(std::size_t number) const {
        return number < values_.size() ? values_[number] : 0;
    }

private:
    std::vector<std::int64_t> values_{};
};

}  // namespace forkyard
