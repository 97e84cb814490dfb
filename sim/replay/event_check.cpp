#include "sim/replay/event_check.hpp"

#include <type_traits>
#include <variant>

namespace forkyard::sim {

namespace {

template <class T>
std::string why_names_nothing(const T& event) {
    if constexpr (requires { event.node; }) {
        if (!event.node.valid()) {
            return "it names no node";
        }
    }
    if constexpr (requires { event.exec; }) {
        if (!event.exec.valid()) {
            return "it names no executor";
        }
    }
    if constexpr (requires { event.app; }) {
        if (!event.app.valid()) {
            return "it names no application";
        }
    }
    return {};
}

// Timers belong to a driver or to the manager, so they name one of the two.
std::string why_names_nothing(const TimerFired& /*event*/) {
    return {};
}

bool started(const ControlPlane& control, AppId app) {
    return !app.valid() || control.driver(app).started();
}

}  // namespace

std::string why_impossible(const ControlPlane& control, const Event& event) {
    return std::visit(
        [&](const auto& e) {
            using T = std::decay_t<decltype(e)>;
            std::string why = why_names_nothing(e);
            if constexpr (requires { e.app; } && !std::is_same_v<T, AppSubmitted>) {
                if (why.empty() && !started(control, e.app)) {
                    why = "its application was not submitted before";
                }
            }
            if constexpr (std::is_same_v<T, JobSubmitted>) {
                if (why.empty() && e.plan_job >= control.driver(e.app).program().jobs().size()) {
                    why = "the application has no such job";
                }
            }
            return why;
        },
        event);
}

}  // namespace forkyard::sim
