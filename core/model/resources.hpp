// What there is of a node besides cores and memory, a GPU say, and what executors, drivers and
// tasks take of it, as spark.executor.resource, spark.driver.resource and spark.task.resource tell
// it. Which of several of its executor's a task gets is not told apart.
#pragma once

#include <cstdint>
#include <limits>
#include <map>
#include <string>
#include <vector>

#include "core/model/units.hpp"

namespace forkyard {

// How much of each, by name.
using Resources = std::map<std::string, std::uint32_t>;

struct ResourceConf {
    std::string name;
    std::uint32_t per_executor = 0;  // spark.executor.resource.NAME.amount
    Millionths per_task = one;       // spark.task.resource.NAME.amount
    bool operator==(const ResourceConf&) const = default;
};

// Whether there is as much as is wanted, of each.
[[nodiscard]] bool holds(const Resources& there, const Resources& wanted);

// What an executor takes of its node.
[[nodiscard]] Resources executor_resources(const std::vector<ResourceConf>& resources);

// Without resources any number.
inline constexpr std::uint32_t any_tasks = std::numeric_limits<std::uint32_t>::max();

// How many tasks an executor can serve at once. Of what a task takes less than one of, one
// serves several tasks, but no task has parts of two (SCH-TSI-05).
[[nodiscard]] std::uint32_t tasks_by_resources(const std::vector<ResourceConf>& resources);

}  // namespace forkyard
