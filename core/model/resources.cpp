#include "core/model/resources.hpp"

#include <algorithm>

namespace forkyard {

bool holds(const Resources& there, const Resources& wanted) {
    return std::all_of(wanted.begin(), wanted.end(), [&](const auto& each) {
        const auto found = there.find(each.first);
        return found != there.end() && found->second >= each.second;
    });
}

Resources executor_resources(const std::vector<ResourceConf>& resources) {
    Resources out;
    for (const ResourceConf& resource : resources) {
        if (resource.per_executor > 0) {
            out.emplace(resource.name, resource.per_executor);
        }
    }
    return out;
}

std::uint32_t tasks_by_resources(const std::vector<ResourceConf>& resources) {
    const std::int64_t whole = one.count;
    std::int64_t tasks = any_tasks;
    for (const ResourceConf& resource : resources) {
        const std::int64_t there = resource.per_executor;
        const std::int64_t taken = resource.per_task.count;
        if (taken > 0) {
            tasks =
                std::min(tasks, taken < whole ? there * (whole / taken) : there * whole / taken);
        }
    }
    return static_cast<std::uint32_t>(tasks);
}

}  // namespace forkyard
