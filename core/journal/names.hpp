// The names of applications and nodes, which stand in the journal instead of numbers.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/ids.hpp"
#include "core/model/scenario.hpp"

namespace forkyard {

struct Names {
    std::vector<std::string> apps;
    std::vector<std::string> nodes;

    Names() = default;
    explicit Names(const Scenario& scenario) {
        for (const AppSpec& app : scenario.apps) {
            apps.push_back(app.name);
        }
        for (const NodeSpec& node : scenario.cluster.nodes) {
            nodes.push_back(node.name);
        }
    }

    // Invalid when there is none of this name.
    [[nodiscard]] AppId app(std::string_view name) const { return find<AppId>(apps, name); }
    [[nodiscard]] NodeId node(std::string_view name) const { return find<NodeId>(nodes, name); }

private:
    template <class IdType>
    static IdType find(const std::vector<std::string>& names, std::string_view name) {
        for (std::uint32_t i = 0; i < names.size(); ++i) {
            if (names[i] == name) {
                return IdType{i};
            }
        }
        return IdType{};
    }
};

}  // namespace forkyard
