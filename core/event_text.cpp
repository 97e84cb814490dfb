#include "core/event_text.hpp"

#include <array>
#include <cstddef>

#include <fmt/format.h>

namespace forkyard {

namespace {

// Words in the order of the enumerators.
template <class Enum>
struct Words;

template <>
struct Words<LossReason> {
    static constexpr std::array<std::string_view, 11> list{"exited",
                                                           "killed",
                                                           "heartbeat-timeout",
                                                           "worker-lost",
                                                           "preempted",
                                                           "decommissioned",
                                                           "idle",
                                                           "requested",
                                                           "excluded",
                                                           "launch-failed",
                                                           "app-finished"};
};

template <>
struct Words<TaskStatus> {
    static constexpr std::array<std::string_view, 8> list{"success",
                                                          "failed",
                                                          "killed",
                                                          "fetch-failed",
                                                          "executor-lost",
                                                          "commit-denied",
                                                          "resubmitted",
                                                          "result-lost"};
};

template <>
struct Words<BarrierOp> {
    static constexpr std::array<std::string_view, 2> list{"sync", "all-gather"};
};

template <>
struct Words<BeatState> {
    static constexpr std::array<std::string_view, 4> list{"first", "silent", "back", "unknown"};
};

template <>
struct Words<ManagerKeeps> {
    static constexpr std::array<std::string_view, 3> list{"all", "grants", "none"};
};

template <>
struct Words<TimerKind> {
    static constexpr std::array<std::string_view, 22> list{
        "resubmit-stages", "expire-executors", "registration-wait", "worker-timeout",
        "revive-offers",   "speculation",      "unschedulable",     "barrier-check",
        "barrier-sync",    "starvation",       "allocation",        "node-heartbeats",
        "am-poll",         "preemption",       "pod-allocation",    "pod-scheduling",
        "resource-offers", "node-not-ready",   "driver-retry",      "master-recovery",
        "policy",          "leave-timeout"};
};

template <>
struct Words<ExecutorCall> {
    static constexpr std::array<std::string_view, 4> list{
        "request-executors", "request-total-executors", "kill-executors", "list-executors"};
};

template <>
struct Words<Locality> {
    static constexpr std::array<std::string_view, 5> list{
        "PROCESS_LOCAL", "NODE_LOCAL", "NO_PREF", "RACK_LOCAL", "ANY"};
};

template <>
struct Words<EndStatus> {
    static constexpr std::array<std::string_view, 3> list{"succeeded", "failed", "killed"};
};

template <>
struct Words<AskedBy> {
    static constexpr std::array<std::string_view, 2> list{"driver", "manager"};
};

template <>
struct Words<LaunchReason> {
    static constexpr std::array<std::string_view, 4> list{
        "best-locality", "only-free", "speculative-copy", "retry-elsewhere"};
};

template <>
struct Words<WaitReason> {
    static constexpr std::array<std::string_view, 13> list{"parent-stage",
                                                           "no-executor",
                                                           "executor-starting",
                                                           "slots-full",
                                                           "locality-wait",
                                                           "resource-profile",
                                                           "excluded",
                                                           "pool-share",
                                                           "behind-in-fifo",
                                                           "barrier-short",
                                                           "max-failures-backoff",
                                                           "driver-busy",
                                                           "decommissioning"};
};

template <>
struct Words<ExclusionScope> {
    static constexpr std::array<std::string_view, 2> list{"executor", "node"};
};

template <>
struct Words<ExclusionLevel> {
    static constexpr std::array<std::string_view, 3> list{"task", "stage", "app"};
};

template <>
struct Words<FaultKind> {
    static constexpr std::array<std::string_view, 18> list{"kill-executor",
                                                           "exit-executor",
                                                           "freeze-executor",
                                                           "slow-task",
                                                           "fail-task",
                                                           "hang-task",
                                                           "slow-worker",
                                                           "lose-worker",
                                                           "fail-executor-start",
                                                           "kill-driver",
                                                           "preempt-executor",
                                                           "decommission-executor",
                                                           "drain-worker",
                                                           "hold-completion",
                                                           "deny-commit",
                                                           "delay-commit",
                                                           "restart-manager",
                                                           "stop-shuffle-service"};
};

// As a scenario writes them.
template <>
struct Words<StepKind> {
    static constexpr std::array<std::string_view, 27> list{"read_text",
                                                           "read_csv",
                                                           "read_json",
                                                           "range",
                                                           "values",
                                                           "generate",
                                                           "from",
                                                           "union",
                                                           "map",
                                                           "filter",
                                                           "flat_map",
                                                           "map_values",
                                                           "key_by",
                                                           "sample",
                                                           "coalesce",
                                                           "cartesian",
                                                           "zip",
                                                           "cache",
                                                           "accumulate",
                                                           "join",
                                                           "cogroup",
                                                           "reduce_by_key",
                                                           "group_by_key",
                                                           "aggregate_by_key",
                                                           "sort_by",
                                                           "distinct",
                                                           "repartition"};
};

template <>
struct Words<ActionKind> {
    static constexpr std::array<std::string_view, 12> list{"run",
                                                           "count",
                                                           "collect",
                                                           "take",
                                                           "first",
                                                           "top",
                                                           "reduce",
                                                           "foreach",
                                                           "save",
                                                           "show",
                                                           "lookup",
                                                           "tree_reduce"};
};

template <class Enum>
std::string_view word(Enum value) {
    return Words<Enum>::list.at(static_cast<std::size_t>(value));
}

template <class Enum>
bool find(std::string_view text, Enum& value) {
    for (std::size_t i = 0; i < Words<Enum>::list.size(); ++i) {
        if (Words<Enum>::list[i] == text) {
            value = static_cast<Enum>(i);
            return true;
        }
    }
    return false;
}

}  // namespace

std::string_view to_text(LossReason value) {
    return word(value);
}
std::string_view to_text(TaskStatus value) {
    return word(value);
}
std::string_view to_text(BarrierOp value) {
    return word(value);
}
std::string_view to_text(BeatState value) {
    return word(value);
}
std::string_view to_text(ManagerKeeps value) {
    return word(value);
}
std::string_view to_text(TimerKind value) {
    return word(value);
}
std::string_view to_text(ExecutorCall value) {
    return word(value);
}
std::string_view to_text(Locality value) {
    return word(value);
}
std::string_view to_text(EndStatus value) {
    return word(value);
}
std::string_view to_text(AskedBy value) {
    return word(value);
}
std::string_view to_text(LaunchReason value) {
    return word(value);
}
std::string_view to_text(WaitReason value) {
    return word(value);
}
std::string_view to_text(ExclusionScope value) {
    return word(value);
}
std::string_view to_text(ExclusionLevel value) {
    return word(value);
}
std::string_view to_text(FaultKind value) {
    return word(value);
}
std::string_view to_text(StepKind value) {
    return word(value);
}
std::string_view to_text(ActionKind value) {
    return word(value);
}

std::string to_text(ExecutorId exec) {
    return exec == local_executor     ? "driver"
           : exec == fallback_storage ? "fallback"
                                      : fmt::format("e{}", exec.value);
}

std::string to_text(StageAttempt stage) {
    return fmt::format("s{}.{}", stage.stage.value, stage.attempt);
}

bool from_text(std::string_view text, LossReason& value) {
    return find(text, value);
}
bool from_text(std::string_view text, TaskStatus& value) {
    return find(text, value);
}
bool from_text(std::string_view text, BarrierOp& value) {
    return find(text, value);
}
bool from_text(std::string_view text, BeatState& value) {
    return find(text, value);
}
bool from_text(std::string_view text, ManagerKeeps& value) {
    return find(text, value);
}
bool from_text(std::string_view text, TimerKind& value) {
    return find(text, value);
}
bool from_text(std::string_view text, ExecutorCall& value) {
    return find(text, value);
}
bool from_text(std::string_view text, Locality& value) {
    return find(text, value);
}
bool from_text(std::string_view text, EndStatus& value) {
    return find(text, value);
}
bool from_text(std::string_view text, AskedBy& value) {
    return find(text, value);
}
bool from_text(std::string_view text, LaunchReason& value) {
    return find(text, value);
}
bool from_text(std::string_view text, WaitReason& value) {
    return find(text, value);
}
bool from_text(std::string_view text, ExclusionScope& value) {
    return find(text, value);
}
bool from_text(std::string_view text, ExclusionLevel& value) {
    return find(text, value);
}
bool from_text(std::string_view text, FaultKind& value) {
    return find(text, value);
}
bool from_text(std::string_view text, StepKind& value) {
    return find(text, value);
}
bool from_text(std::string_view text, ActionKind& value) {
    return find(text, value);
}

}  // namespace forkyard
