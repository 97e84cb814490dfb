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

void check_library(const TableReader& cluster,
                   const std::string& folder,
                   const std::string& library,
                   Diagnostics& problems) {
    std::error_code error;
    if (!std::filesystem::is_regular_file(resolve_path(folder, library), error)) {
        problems.missing_input(cluster.at("manager"),
                               fmt::format("there is no file `{}`", library),
                               "build the library first; paths are relative to the scenario's "
                               "folder");
    }
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
    } else if (name.kind == PluginKind::library && files == DataFiles::look) {
        check_library(cluster, folder, std::string{name.rest}, problems);
    }
}

}  // namespace forkyard::sim
