// Every key of a scenario file, in one table: its path, type, default and meaning,
// and whether it is simulated yet. The loader checks files against it, builders
// take defaults from it, `forkyard reference scenario` prints it, and "did you mean"
// looks names up in it. Keys that are known but not simulated stay in the table, so
// that using one is an error that says so.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace forkyard::sim {

enum class KeyType {
    text,
    name,     // text that other places refer to: no `:` `*` `,`
    whole,    // of 31 bits; KeyRow::range is the least one, with `..` there is no largest
    decimal,  // at most six decimals
    boolean,
    duration,
    size,
    rate,
    choice,     // one of KeyRow::range
    names,      // list of texts
    durations,  // list
    wholes,     // list
    pair,       // two durations
    table,
    tables,             // list of tables
    any,                // handed on as it is
    properties,         // names of Spark properties and their values
    duration_or_table,  // one duration, or how to draw it
    whole_or_table,     // a number, or { min, max }
    whole_or_all,       // a number, or "all"
    duration_or_never,  // a duration, or "never"
    boolean_or_names,   // true, false, or a list
    text_or_names,      // one or several
    text_or_whole,
    executors,      // which executors a fault means
    pattern,        // matches journal records
    patterns,       // list of patterns
    arguments,      // list of numbers and texts
    rows,           // list of rows
    flag_or_text,   // for a step that takes no value: true or ""
    flag_or_level,  // true, or a storage level
    range_bounds,   // a number, [start, end, step], or true when `args` says it
};

enum class KeyState { built, later };

struct KeyRow {
    std::string_view path;  // "cluster.worker[].cores"; `*` is any name
    KeyType type;
    std::string_view preset;  // the default; "" none, "!" the key is required
    std::string_view range;   // choices ("a b c?", ? for one not simulated yet), or the least
    std::string_view help;
    KeyState state = KeyState::built;
};

inline constexpr std::string_view required = "!";

// The parts of the table, in the order of the reference.
[[nodiscard]] std::span<const KeyRow> cluster_keys();
[[nodiscard]] std::span<const KeyRow> app_keys();
[[nodiscard]] std::span<const KeyRow> fault_keys();
[[nodiscard]] std::span<const KeyRow> expect_keys();

// Of a dotted path, the key.
[[nodiscard]] std::string last_step(std::string_view path);

// The keys right below a table, in order; "" is the top level and "app[]" an
// element of [[app]].
[[nodiscard]] const std::vector<const KeyRow*>& keys_of(std::string_view table);

// The row of one key of a table, or null. A `*` row stands for any name.
[[nodiscard]] const KeyRow* find_key(std::string_view table, std::string_view key);

// The table's path under which the keys of a member or of its elements stand.
[[nodiscard]] std::string table_path(std::string_view table, std::string_view key);
[[nodiscard]] std::string element_path(std::string_view table, std::string_view key);

// How a table is written in a file: `[[app.stage]]`, `[cluster]`, `the scenario`.
[[nodiscard]] std::string table_title(std::string_view table);

// "a duration", "one of a, b": for messages and the reference.
[[nodiscard]] std::string type_name(const KeyRow& row);

struct KeyChoice {
    std::string name;
    bool built = true;
};
[[nodiscard]] std::vector<KeyChoice> choices_of(std::string_view range);

}  // namespace forkyard::sim
