// The keys that several kinds of records have, for the tables of record_table.
#pragma once

#include <string_view>
#include <vector>

#include "sim/scenario/record_table.hpp"

namespace forkyard::sim {

// Those of the letter A.
void add_actions(std::vector<RecordKind>& out);

namespace record_keys {

inline constexpr RecordKey app{"app", ValueType::app};
inline constexpr RecordKey node{"node", ValueType::node};
inline constexpr RecordKey exec{"exec", ValueType::exec};
inline constexpr RecordKey job{"job", ValueType::job};
inline constexpr RecordKey stage{"stage", ValueType::stage};
inline constexpr RecordKey task{"task", ValueType::task};
inline constexpr RecordKey shuffle{"shuffle", ValueType::shuffle};
inline constexpr RecordKey partition{"partition", ValueType::number};
inline constexpr RecordKey cores{"cores", ValueType::number};
inline constexpr RecordKey memory{"memory", ValueType::bytes};
inline constexpr RecordKey reason{"reason", ValueType::text};
inline constexpr RecordKey since{"since", ValueType::time};
inline constexpr RecordKey cause{"cause", ValueType::number};
inline constexpr RecordKey by{"by", ValueType::choice, "driver manager"};
inline constexpr RecordKey ended{"status", ValueType::choice, "succeeded failed killed"};
inline constexpr RecordKey beat{"state", ValueType::choice, "first silent back unknown"};
inline constexpr RecordKey loss{
    "reason",
    ValueType::choice,
    "exited killed heartbeat-timeout worker-lost preempted decommissioned "
    "idle requested excluded launch-failed app-finished"};
inline constexpr RecordKey task_status{
    "status",
    ValueType::choice,
    "success failed killed fetch-failed executor-lost commit-denied resubmitted result-lost"};
inline constexpr RecordKey locality{
    "loc", ValueType::choice, "PROCESS_LOCAL NODE_LOCAL NO_PREF RACK_LOCAL ANY"};

inline RecordKey number(std::string_view name) {
    return RecordKey{name, ValueType::number};
}

inline RecordKey text(std::string_view name) {
    return RecordKey{name, ValueType::text};
}

inline RecordKey list(std::string_view name) {
    return RecordKey{name, ValueType::list};
}

}  // namespace record_keys

}  // namespace forkyard::sim
