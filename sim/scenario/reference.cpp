#include "sim/scenario/reference.hpp"

#include <algorithm>
#include <string_view>

#include <fmt/format.h>

#include "core/data/read_options.hpp"
#include "sim/scenario/conf_table.hpp"
#include "sim/scenario/fault_table.hpp"
#include "sim/scenario/key_table.hpp"
#include "sim/scenario/record_table.hpp"

namespace forkyard::sim {
namespace {

constexpr std::string_view not_yet = "(not simulated yet)";

void append(std::string& out, std::string_view text) {
    if (!text.empty()) {
        out += "  ";
        out += text;
    }
}

std::string choices_text(std::string_view range) {
    std::string out;
    for (const KeyChoice& choice : choices_of(range)) {
        out += fmt::format("{}{}{}",
                           out.empty() ? "" : " | ",
                           choice.name,
                           choice.built ? "" : fmt::format(" {}", not_yet));
    }
    return out;
}

std::string preset_text(const KeyRow& row) {
    if (row.preset.empty()) {
        return "";
    }
    return row.preset == required ? "required" : fmt::format("default {}", row.preset);
}

void append_key(std::string& out, const KeyRow& row) {
    out += fmt::format("  {:<22}", last_step(row.path));
    append(out, row.type == KeyType::choice ? choices_text(row.range) : type_name(row));
    append(out, preset_text(row));
    append(out, row.help);
    append(out, row.state == KeyState::later ? not_yet : "");
    out += '\n';
}

// The keys of one table, then those of the tables in it; the key table is finite.
void append_table(std::string& out, const std::string& table, bool titled) {
    if (titled) {
        out += fmt::format("\n{}\n", table_title(table));
    }
    for (const KeyRow* row : keys_of(table)) {
        append_key(out, *row);
    }
    for (const KeyRow* row : keys_of(table)) {
        const std::string path{row->path};
        if (!keys_of(path).empty()) {
            append_table(out, path, true);
        }
        if (!keys_of(path + "[]").empty()) {
            append_table(out, path + "[]", true);
        }
    }
}

std::string_view type_word(ConfType type) {
    switch (type) {
        case ConfType::whole:
            return "whole number";
        case ConfType::ratio:
            return "0 to 1";
        case ConfType::boolean:
            return "true or false";
        case ConfType::time:
            return "time";
        case ConfType::size:
            return "size";
        default:
            return "";
    }
}

void append_conf(std::string& out, const ConfRow& row) {
    out += fmt::format("  {:<52}", row.name);
    if (row.type == ConfType::choice) {
        append(out, choices_text(row.unit));
    } else {
        append(out, type_word(row.type));
        append(out, row.unit.empty() ? "" : fmt::format("(a bare number is in {})", row.unit));
    }
    append(out, row.preset.empty() ? "" : fmt::format("default {}", row.preset));
    append(out, row.help);
    out += '\n';
}

void append_conf_rows(std::string& out, ConfState state) {
    for (const auto part : {simulated_conf(),
                            scheduler_conf(),
                            leaving_conf(),
                            manager_conf(),
                            data_conf(),
                            other_conf()}) {
        for (const ConfRow& row : part) {
            if (row.state == state) {
                append_conf(out, row);
            }
        }
    }
}

}  // namespace

std::string reference_scenario() {
    std::string out = "Keys of a scenario file (TOML)\n\n";
    append_table(out, "", false);
    out += "\nOptions of read_csv and read_json, as in args = [\"header=true\"]\n";
    for (const ReadOptionRow& row : read_option_rows()) {
        out += fmt::format("  {:<26}", row.name);
        append(out, row.of == OptionOf::csv ? "CSV only" : "");
        append(out, row.preset.empty() ? "" : fmt::format("default {}", row.preset));
        append(out, row.help);
        out += '\n';
    }
    return out;
}

std::string reference_conf() {
    std::string out =
        "Properties that are simulated; those of masters and nodes stand in "
        "[cluster.conf], the others in [conf] and [app.conf]\n\n";
    append_conf_rows(out, ConfState::simulated);
    out += "\nProperties that Spark has and forkyard does not simulate: a warning\n\n";
    append_conf_rows(out, ConfState::known);
    return out;
}

std::string reference_faults() {
    std::string out = fmt::format("Kinds of faults. All take: {}\n\n", common_fault_keys);
    for (const FaultRow& row : fault_table()) {
        std::string keys{target_keys(row.target)};
        if (!row.keys.empty()) {
            keys += keys.empty() ? "" : " ";
            keys += row.keys;
        }
        out += fmt::format("  {:<22}  {:<42}  {}", row.kind, keys, row.help);
        append(out, row.built ? "" : not_yet);
        out += '\n';
    }
    return out;
}

std::string reference_records() {
    std::string out = "Journal records: letter, kind, keys in their order\n\n";
    for (const RecordKind& kind : record_kinds()) {
        out += fmt::format("  {} {:<22}", kind.letter, kind.name);
        for (const RecordKey& key : kind.keys) {
            out += fmt::format(" {}", key.name);
            if (key.type == ValueType::choice) {
                std::string choices{key.choices};
                std::replace(choices.begin(), choices.end(), ' ', '|');
                out += fmt::format("({})", choices);
            }
        }
        append(out, kind.help);
        out += '\n';
    }
    return out;
}

}  // namespace forkyard::sim
