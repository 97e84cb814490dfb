// A cluster manager of the user's own: `plugin:FILE` or `exec:COMMAND`, and [cluster.plugin].
#include <filesystem>
#include <string>
#include <string_view>

#include <fmt/format.h>

#include "sim/plugin/plugin_name.hpp"
#include "sim/scenario/builders.hpp"
#include "sim/scenario/scenario_file.hpp"
#include "sim/scenario/tree_json.hpp"

namespace forkyard::sim {
namespace {

// A path that came with --set is relative to the working directory.
void find_library(const TableReader& cluster,
                  const std::string& folder,
                  const std::string& given,
                  ClusterSpec& out,
                  Diagnostics& problems) {
    const bool from_option = !cluster.at("manager").option.empty();
    std::error_code error;
    const std::string path = from_option ? std::filesystem::absolute(given, error).string() : given;
    if (!std::filesystem::is_regular_file(resolve_path(folder, path), error)) {
        problems.missing_input(cluster.at("manager"),
                               fmt::format("there is no file `{}`", given),
                               from_option
                                   ? "with --set, paths are relative to the working directory"
                                   : "paths are relative to the scenario's folder");
    }
    out.manager = "plugin:" + path;
}

}  // namespace

void build_plugin(const TableReader& cluster,
                  DataFiles files,
                  const std::string& folder,
                  ClusterSpec& out,
                  Diagnostics& problems) {
    out.policy_time_limit = cluster.duration("policy_time_limit");
    if (out.policy_time_limit <= SimDuration{0}) {
        problems.error(cluster.at("policy_time_limit"), "`policy_time_limit` must be above 0");
    }
    if (const TreeNode* table = cluster.node("plugin")) {
        if (const auto json = json_object_of(*table)) {
            out.plugin = *json;
        } else {
            problems.error(table->at,
                           "`plugin` must be a table without dates",
                           "write a date as text, in quotes");
        }
    }
    const PluginName name = plugin_name(out.manager);
    const std::string_view manager = out.manager;
    const bool meant = manager.starts_with("exec") || manager.starts_with("plugin");
    if (meant && name.rest.find_first_not_of(' ') == std::string::npos) {
        problems.error(cluster.at("manager"),
                       fmt::format("`{}` names no policy", out.manager),
                       "write it as \"exec:python3 policy.py\" or \"plugin:libpolicy.so\"");
    } else if (name.kind == PluginKind::command && (name.rest.find(';') != std::string::npos ||
                                                    name.rest.find("&&") != std::string::npos)) {
        problems.warning(
            cluster.at("manager"),
            "of several commands only the first is run: it takes the place of its shell",
            "write them into a script");
    } else if (name.kind == PluginKind::library && files == DataFiles::look) {
        find_library(cluster, folder, std::string{name.rest}, out, problems);
    }
}

}  // namespace forkyard::sim
