// What tasks take of their executor besides cores, a GPU say, as spark.executor.resource and
// spark.task.resource tell it. Which of several a task gets is not told apart.
#pragma once

#include <cstdint>
#include <limits>
#include <string>
#include <vector>

#include "core/model/units.hpp"

namespace forkyard {

struct ResourceConf {
    std::string name;
    std::uint32_t per_executor = 0;  // spark.executor.resource.NAME.amount
    Millionths per_task = one;       // spark.task.resource.NAME.amount
    bool operator==(const ResourceConf&) const = default;
};

// Without resources any number.
inline constexpr std::uint32_t any_tasks = std::numeric_limits<std::uint32_t>::max();

// How many tasks an executor can serve at once. Of what a task takes less than one of, one
// serves several tasks, but no task has parts of two (SCH-TSI-05).
[[nodiscard]] std::uint32_t tasks_by_resources(const std::vector<ResourceConf>& resources);

}  // namespace forkyard
