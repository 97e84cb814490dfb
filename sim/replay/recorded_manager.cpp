#include "sim/replay/recorded_manager.hpp"

#include <type_traits>
#include <utility>
#include <variant>

#include <fmt/format.h>

#include "sim/plugin/make_manager.hpp"
#include "sim/plugin/plugin_manager.hpp"
#include "sim/plugin/plugin_name.hpp"

namespace forkyard::sim {

bool RecordedManager::is_mine(const Action& action) {
    return std::visit(
        [](const auto& a) {
            using Made = std::decay_t<decltype(a)>;
            if constexpr (std::is_same_v<Made, Choice>) {
                return a.point == PluginManager::choice_point;
            } else if constexpr (requires { a.by; }) {
                return a.by == AskedBy::manager;
            } else {
                return std::is_same_v<Made, LaunchExecutor> || std::is_same_v<Made, LaunchDriver> ||
                       std::is_same_v<Made, RemoveApplication> ||
                       std::is_same_v<Made, OfferCores> || std::is_same_v<Made, InjectFault> ||
                       std::is_same_v<Made, Explain>;
            }
        },
        action);
}

void RecordedManager::handle(Step& step, const Event& event) {
    (void)trace_.tell(step.now, event);
    for (Action& action : std::exchange(expected_, {})) {
        if (auto* choice = std::get_if<Choice>(&action)) {
            (void)step.choose(choice->point, std::move(choice->label), choice->n);
        } else {
            trace_.did(action);
            step.act(std::move(action));
        }
    }
}

void RecordedManager::end_application(Step& step, AppId app) {
    (void)trace_.tell_end(step.now, app);
}

Result<ReplayManager> manager_for_replay(const Scenario& scenario, const std::string& folder) {
    ReplayManager out;
    const bool built_in = plugin_name(scenario.cluster.manager).kind == PluginKind::none;
    if (built_in || folder != no_policy) {
        Result<std::unique_ptr<ClusterManager>> made = make_manager(scenario, folder);
        if (made) {
            out.manager = std::move(*made);
            return out;
        }
        if (built_in) {
            return fail(made.error());
        }
        out.warning = fmt::format(
            "warning: {}; what it did is taken from the journal as given, --policy-dir says where "
            "it is",
            made.error().what);
    }
    auto recorded = std::make_unique<RecordedManager>(scenario);
    out.recorded = recorded.get();
    out.manager = std::move(recorded);
    return out;
}

}  // namespace forkyard::sim
