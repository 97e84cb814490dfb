#include "sim/plugin/make_manager.hpp"

#include <string_view>
#include <utility>

#include <fmt/format.h>

#include "core/policy/registry.hpp"
#include "sim/plugin/plugin_manager.hpp"
#include "sim/plugin/plugin_name.hpp"

namespace forkyard::sim {

namespace {

// A command takes the place of its shell, so that its own end is seen as it is. A library is
// loaded by this program again, in a process of its own: whatever it does there, it
// does not do it to the driver.
ChildCommand command_of(const PluginName& name, const std::string& folder) {
    const std::string rest{name.rest};
    return name.kind == PluginKind::command
               ? ChildCommand{.binary = "/bin/sh",
                              .argv = {"sh", "-c", "exec " + rest},
                              .folder = folder}
               : ChildCommand{.binary = "/proc/self/exe",
                              .argv = {"forkyard", "policy-host", rest},
                              .folder = folder};
}

}  // namespace

Result<std::unique_ptr<ClusterManager>> make_manager(const Scenario& scenario,
                                                     const std::string& folder) {
    const PluginName name = plugin_name(scenario.cluster.manager);
    if (name.kind != PluginKind::none) {
        return PluginManager::start(scenario, command_of(name, folder))
            .map([](std::unique_ptr<PluginManager> manager) {
                return std::unique_ptr<ClusterManager>{std::move(manager)};
            });
    }
    std::unique_ptr<ClusterManager> built_in = make_policy(scenario);
    if (built_in == nullptr) {
        return fail({fmt::format("the cluster manager `{}` is not there", scenario.cluster.manager),
                     {},
                     "`forkyard policies` lists those that are",
                     Exit::unavailable});
    }
    return built_in;
}

}  // namespace forkyard::sim
