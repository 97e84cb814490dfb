#include "sim/replay/event_check.hpp"

#include <type_traits>
#include <variant>

#include "sim/session/check_definition.hpp"

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

// In client mode it was on no node.
std::string why_names_nothing(const DriverLost& event) {
    return event.app.valid() ? std::string{} : "it names no application";
}

// Timers belong to a driver or to the manager, so they name one of the two.
std::string why_names_nothing(const TimerFired& /*event*/) {
    return {};
}

// Whether whoever is to hear of it is there: most events are a driver's.
template <class T>
bool heard(const ControlPlane& control, const T& event) {
    return !event.app.valid() || control.driver(event.app).started();
}

bool heard(const ControlPlane& control, const TimerFired& event) {
    return !event.app.valid() || is_managers(event.what) || control.driver(event.app).started();
}
bool heard(const ControlPlane& /*control*/, const AppSubmitted& /*event*/) {
    return true;
}
bool heard(const ControlPlane& control, const AppKilled& event) {
    return control.submitted(event.app);
}
bool heard(const ControlPlane& control, const DriverStarted& event) {
    return control.submitted(event.app);
}
bool heard(const ControlPlane& control, const DriverLost& event) {
    return control.submitted(event.app);
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

std::string why_not_now(const ControlPlane& control, const DatasetDefined& event) {
    return why_undefinable(control.driver(event.app).program(), event);
}

std::string why_not_now(const ControlPlane& control, const DatasetUnpersisted& event) {
    return why_undefinable(control.driver(event.app).program(), event);
}

std::string why_not_now(const ControlPlane& control, const DatasetMarked& event) {
    return why_undefinable(control.driver(event.app).program(), event);
}

std::string why_not_now(const ControlPlane& control, const CheckpointDefined& event) {
    return why_undefinable(control.driver(event.app).program(), event);
}

std::string why_not_now(const ControlPlane& control, const DatasetCheckpointed& event) {
    return why_undefinable(control.driver(event.app).program(), event);
}

std::string why_not_now(const ControlPlane& control, const JobDefined& event) {
    return why_undefinable(control.driver(event.app).program(), event);
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
            std::string why = why_names_nothing(e);
            if constexpr (requires { e.app; }) {
                if (why.empty() && !heard(control, e)) {
                    why = "its application was not submitted before";
                }
            }
            return why.empty() ? why_not_now(control, e) : why;
        },
        event);
}

}  // namespace forkyard::sim
