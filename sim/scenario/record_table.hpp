// The kinds of journal records and their keys, with the values that each key can
// have: what patterns of a scenario are checked against, and what `forkyard reference
// records` prints. It knows no types of core/: a test holds the two together.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace forkyard::sim {

enum class ValueType {
    text,    // anything
    number,  // whole
    flag,    // 0 or 1
    time,    // microseconds; a pattern may write a duration
    bytes,   // a pattern may write a size
    choice,  // one of RecordKey::choices
    app,     // names of the scenario
    node,
    stage,    // name, s1 or s1.0
    job,      // name or j0
    task,     // s1.0/p3#0
    exec,     // e1
    shuffle,  // h0
    list,     // joined by commas
};

struct RecordKey {
    std::string_view name;
    ValueType type = ValueType::text;
    std::string_view choices = "";  // separated by spaces
};

struct RecordKind {
    char letter;  // E A D F V
    std::string_view name;
    std::string_view help;
    std::vector<RecordKey> keys;
};

// All kinds: events, actions, choices, faults, violations.
[[nodiscard]] const std::vector<RecordKind>& record_kinds();

// The keys that a pattern may name for records of this kind: those of the record,
// and what its names imply (stage, job, partition, attempt, node, time).
[[nodiscard]] std::vector<RecordKey> matchable_keys(const RecordKind& kind);

}  // namespace forkyard::sim
