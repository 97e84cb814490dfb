// What a driver tells its manager of where tasks would rather run (ALLOC-20, CM-YARN-16).
#include "core/driver/locality_hints.hpp"

#include <vector>

#include <doctest/doctest.h>

namespace forkyard::locality_hints_test {
namespace {

using Hosts = std::vector<std::vector<std::uint32_t>>;

TaskSet stage_of_tasks(std::uint32_t stage, const Hosts& preferred) {
    TaskSet set;
    set.stage = {StageId{stage}, 0};
    for (const std::vector<std::uint32_t>& hosts : preferred) {
        std::vector<Place> places;
        for (const std::uint32_t host : hosts) {
            places.push_back({NodeId{host}, {}, false});
        }
        set.places.add(places);
        set.partitions.push_back(static_cast<std::uint32_t>(set.partitions.size()));
    }
    return set;
}

std::vector<NodeTasks> on(std::vector<std::pair<std::uint32_t, std::uint32_t>> counts) {
    std::vector<NodeTasks> out;
    for (const auto& [node, tasks] : counts) {
        out.push_back({NodeId{node}, tasks});
    }
    return out;
}

}  // namespace

TEST_SUITE("hints for managers") {
    TEST_CASE("ALLOC-20 tasks with a preference are counted, and how many prefer each node") {
        LocalityHints hints;
        hints.begin(stage_of_tasks(1, {{1, 2, 3}, {1, 2, 4}, {2, 3, 4}, {}, {}}));
        CHECK(hints.hints({}) == PlacementHints{3, on({{1, 2}, {2, 3}, {3, 2}, {4, 2}}), {}});
        hints.begin(stage_of_tasks(2, {{2, 3, 5}, {3, 4, 5}, {}}));
        CHECK(hints.hints({}) ==
              PlacementHints{5, on({{1, 2}, {2, 4}, {3, 4}, {4, 3}, {5, 2}}), {}});
        hints.end({StageId{1}, 0});
        CHECK(hints.hints({}) == PlacementHints{2, on({{2, 1}, {3, 2}, {4, 1}, {5, 2}}), {}});
        hints.end({StageId{2}, 0});
        CHECK(hints.hints({}) == PlacementHints{});
    }

    TEST_CASE("CM-YARN-16 excluded nodes are no places, and are told beside") {
        LocalityHints hints;
        hints.begin(stage_of_tasks(1, {{0}, {1}, {1}, {7}}));
        const std::vector<NodeId> excluded{NodeId{0}, NodeId{1}, NodeId{2}};
        CHECK(hints.hints(excluded) == PlacementHints{4, on({{7, 1}}), excluded});
    }
}

}  // namespace forkyard::locality_hints_test
