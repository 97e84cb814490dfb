// How a scenario names a policy of its user's own: exec:COMMAND or plugin:FILE.
#pragma once

#include <string_view>

namespace forkyard::sim {

enum class PluginKind { none, command, library };

struct PluginName {
    PluginKind kind = PluginKind::none;
    std::string_view rest{};
};

// Of cluster.manager.
[[nodiscard]] constexpr PluginName plugin_name(std::string_view manager) {
    constexpr std::string_view command = "exec:";
    constexpr std::string_view library = "plugin:";
    if (manager.starts_with(command)) {
        return {PluginKind::command, manager.substr(command.size())};
    }
    if (manager.starts_with(library)) {
        return {PluginKind::library, manager.substr(library.size())};
    }
    return {};
}

}  // namespace forkyard::sim
