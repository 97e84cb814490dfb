#include "core/model/input_places.hpp"

#include <algorithm>
#include <numeric>
#include <utility>

#include "core/model/draw.hpp"
#include "core/random.hpp"

namespace forkyard {

namespace {

std::vector<NodeId> named(const Scenario& scenario, const std::vector<std::string>& names) {
    std::vector<NodeId> nodes;
    for (const std::string& name : names) {
        const auto& all = scenario.cluster.nodes;
        const auto found = std::find_if(
            all.begin(), all.end(), [&](const NodeSpec& node) { return node.name == name; });
        if (found != all.end()) {
            nodes.emplace_back(static_cast<std::uint32_t>(found - all.begin()));
        }
    }
    return nodes;
}

// Distinct nodes, each set of them as likely as another.
std::vector<NodeId> drawn(std::uint64_t key, std::uint32_t nodes, std::uint32_t replicas) {
    std::vector<std::uint32_t> left(nodes);
    std::iota(left.begin(), left.end(), 0U);
    std::vector<NodeId> chosen;
    for (std::uint32_t i = 0; i < std::min(replicas, nodes); ++i) {
        const std::uint64_t at = i + draw_below(key, i, nodes - i);
        std::swap(left[i], left[static_cast<std::size_t>(at)]);
        chosen.emplace_back(left[i]);
    }
    return chosen;
}

}  // namespace

std::vector<NodeId> input_places(const Scenario& scenario,
                                 AppId app,
                                 const StageSpec& spec,
                                 std::uint32_t partition) {
    if (!spec.input) {
        return {};
    }
    if (!spec.input->on.empty()) {
        return named(scenario, spec.input->on[partition % spec.input->on.size()]);
    }
    if (spec.input->replicas == 0) {
        return {};
    }
    const std::uint64_t key =
        mix(stage_key(scenario.seed, Stream::replicas, scenario.apps[app.index()].name, spec.name),
            partition);
    return drawn(
        key, static_cast<std::uint32_t>(scenario.cluster.nodes.size()), spec.input->replicas);
}

}  // namespace forkyard
