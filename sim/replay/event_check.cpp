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

template <class T>
std::string why_not_now(const ControlPlane& /*control*/, const T& /*event*/) {
    return {};
}

std::string why_not_now(const ControlPlane& control, const JobSubmitted& event) {
    const Program& program = control.driver(event.app).program();
    if (event.plan_job >= program.jobs().size()) {
        return "the application has no such job";
    }
    const auto& last = program.stage(program.jobs()[event.plan_job].final_stage);
    return event.until > last.tasks || event.from > event.until ? "it has no such partitions" : "";
}

std::string why_not_now(const ControlPlane& control, const ExecutorRegistered& event) {
    return control.driver(event.app).task_scheduler().executors().alive(event.exec)
               ? "the executor is registered already"
               : "";
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
            return why.empty() ? why_not_now(control, e) : why;
        },
        event);
}

}  // namespace forkyard::sim
