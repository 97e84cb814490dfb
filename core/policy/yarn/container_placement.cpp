#include "core/policy/yarn/container_placement.hpp"

#include <algorithm>

#include "core/int128.hpp"

namespace forkyard {

namespace {

std::int64_t ceil_div(int128 a, int128 b) {
    return static_cast<std::int64_t>((a + b - 1) / b);
}

// How many more each node should have: its part of the executors that the tasks are worth,
// less what it has and its part of what is under way. Whole numbers only at the end: all over
// one denominator.
std::map<NodeId, std::int64_t> wanted_on(const PlacementDemand& demand) {
    const std::int64_t executors = ceil_div(int128{demand.local_tasks} * demand.task_cpus,
                                            std::max(1U, demand.executor_cores));
    std::int64_t preferences = 0;
    for (const auto& [node, tasks] : demand.tasks_on) {
        preferences += tasks;
    }
    std::map<NodeId, std::int64_t> named;
    std::int64_t names = 0;
    for (const std::vector<NodeId>& nodes : demand.pending) {
        for (const NodeId node : nodes) {
            ++named[node];
            ++names;
        }
    }
    const auto requests = static_cast<std::int64_t>(demand.pending.size());
    std::map<NodeId, std::int64_t> wanted;
    for (const auto& [node, tasks] : demand.tasks_on) {
        const auto there = demand.containers_on.find(node);
        const std::int64_t has = there == demand.containers_on.end() ? 0 : there->second;
        const std::int64_t under_way = named.contains(node) ? named.at(node) * requests : 0;
        const int128 denominator = int128{preferences} * std::max<std::int64_t>(1, names);
        const int128 missing = int128{tasks} * executors * std::max<std::int64_t>(1, names) -
                               int128{has} * denominator - int128{under_way} * preferences;
        wanted[node] = missing > 0 ? ceil_div(missing, denominator) : 0;
    }
    return wanted;
}

}  // namespace

std::vector<std::vector<NodeId>> place_containers(const PlacementDemand& demand) {
    const std::map<NodeId, std::int64_t> wanted = wanted_on(demand);
    std::int64_t sum = 0;
    std::int64_t most = 0;
    for (const auto& [node, count] : wanted) {
        sum += count;
        most = std::max(most, count);
    }
    const auto placed = static_cast<std::uint32_t>(std::min<std::int64_t>(demand.containers, sum));
    std::vector<std::vector<NodeId>> requests(demand.containers - placed);
    std::map<NodeId, std::int64_t> left;
    for (const auto& [node, count] : wanted) {
        left[node] = count == 0 ? 0 : ceil_div(int128{count} * placed, most);
    }
    for (std::uint32_t n = 0; n < placed; ++n) {
        std::vector<NodeId>& nodes = requests.emplace_back();
        for (auto& [node, times] : left) {
            if (times > 0) {
                nodes.push_back(node);
                --times;
            }
        }
    }
    return requests;
}

}  // namespace forkyard
