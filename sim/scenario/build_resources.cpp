// What executors, tasks and drivers take besides cores and memory, as their properties tell.
#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "sim/scenario/builders.hpp"
#include "sim/scenario/conf_properties.hpp"

namespace forkyard::sim {

std::vector<ResourceConf> read_resources(ConfProperties& given) {
    std::vector<ResourceConf> out;
    for (const std::string& name : given.named("spark.task.resource.", ".amount")) {
        const std::string per_task = fmt::format("spark.task.resource.{}.amount", name);
        const std::string per_executor = fmt::format("spark.executor.resource.{}.amount", name);
        ResourceConf resource;
        resource.name = name;
        put(resource.per_task, given.factor(per_task));
        put(resource.per_executor, given.whole(per_executor, 0));
        if (tasks_by_resources({resource}) == 0) {
            given.error(per_task,
                        per_executor,
                        fmt::format("an executor of {} {} cannot run a task that takes more",
                                    resource.per_executor,
                                    name),
                        fmt::format("raise `{}`", per_executor));
        }
        out.push_back(std::move(resource));
    }
    for (const std::string& name : given.named("spark.executor.resource.", ".amount")) {
        const std::string per_executor = fmt::format("spark.executor.resource.{}.amount", name);
        const bool tasks_use_it = std::any_of(
            out.begin(), out.end(), [&](const ResourceConf& each) { return each.name == name; });
        if (!tasks_use_it && given.whole(per_executor, 0).value_or(0) > 0) {
            given.error(per_executor,
                        {},
                        fmt::format("executors have {}, but no task asks for it", name),
                        fmt::format("set `spark.task.resource.{}.amount`", name));
        }
    }
    return out;
}

Resources read_driver_resources(ConfProperties& given) {
    Resources out;
    for (const std::string& name : given.named("spark.driver.resource.", ".amount")) {
        const auto count = given.whole(fmt::format("spark.driver.resource.{}.amount", name), 0);
        if (count.value_or(0) > 0) {
            out.emplace(name, *count);
        }
    }
    return out;
}

}  // namespace forkyard::sim
