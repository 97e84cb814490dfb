#include "sim/replay/event_check.hpp"

#include <algorithm>
#include <type_traits>
#include <variant>

#include <fmt/format.h>

#include "core/plan/define_datasets.hpp"
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

// The numbers of partitions follow from the sizes of files.
std::string why_not_now(const ControlPlane& control, const AppSubmitted& event) {
    const auto refused = refused_step(control.spec(event.app), event.inputs);
    return refused ? refused->why : std::string{};
}

std::string why_not_now(const ControlPlane& control, const JobSubmitted& event) {
    const Program& program = control.driver(event.app).program();
    if (event.plan_job >= program.jobs().size()) {
        return "the application has no such job";
    }
    const auto& last = program.stage(program.jobs()[event.plan_job].final_stage);
    const bool known = event.until <= last.tasks && event.from <= event.until &&
                       std::is_sorted(event.only.begin(), event.only.end()) &&
                       (event.only.empty() ||
                        (event.only.front() >= event.from && event.only.back() < event.until));
    return known ? "" : "it has no such partitions";
}

bool has_broadcast(const ControlPlane& control, AppId app, BroadcastId id) {
    return id.valid() && id.value < control.driver(app).dag_scheduler().broadcasts().count();
}

// They are numbered as they come.
std::string why_not_now(const ControlPlane& control, const BroadcastCreated& event) {
    const std::size_t next = control.driver(event.app).dag_scheduler().broadcasts().count();
    const bool sized = std::all_of(
        event.pieces.begin(), event.pieces.end(), [](std::int64_t size) { return size > 0; });
    return !event.broadcast.valid() || event.broadcast.value != next
               ? fmt::format("the next broadcast is number {}", next)
           : !sized || event.pieces.empty() ? "a broadcast has pieces, of at least a byte"
                                            : std::string{};
}

std::string why_not_now(const ControlPlane& control, const DatasetDefined& event) {
    if (event.broadcast && !has_broadcast(control, event.app, *event.broadcast)) {
        return "there is no such broadcast";
    }
    const bool calls = event.step == StepKind::map || event.step == StepKind::filter ||
                       event.step == StepKind::flat_map || event.step == StepKind::map_values ||
                       event.step == StepKind::key_by;
    if (event.broadcast && !calls) {
        return "such a step takes no broadcast";
    }
    return why_undefinable(control.driver(event.app).program(), event);
}

std::string why_not_now(const ControlPlane& control, const DatasetUnpersisted& event) {
    return why_undefinable(control.driver(event.app).program(), event);
}

template <class T>
requires std::is_same_v<T, BroadcastUnpersisted> || std::is_same_v<T, BroadcastDestroyed>
    std::string why_not_now(const ControlPlane& control, const T& event) {
    return has_broadcast(control, event.app, event.broadcast) ? "" : "there is no such broadcast";
}

std::string why_not_now(const ControlPlane& control, const BroadcastFetched& event) {
    const bool there = has_broadcast(control, event.app, event.block.broadcast) &&
                       event.block.piece < control.driver(event.app)
                                               .dag_scheduler()
                                               .broadcasts()
                                               .pieces(event.block.broadcast)
                                               .size();
    return there ? "" : "there is no such piece of a broadcast";
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

std::string why_not_now(const ControlPlane& control, const TaskFinished& event) {
    const auto& known = control.driver(event.app).program().lineage().accumulators();
    return event.accumulated.size() > known.size() ? "the application has no such accumulator" : "";
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
