#include "sim/scenario/key_table.hpp"

#include <array>
#include <map>
#include <utility>

#include <fmt/format.h>

namespace forkyard::sim {
namespace {

using Children = std::map<std::string, std::vector<const KeyRow*>, std::less<>>;

std::pair<std::string_view, std::string_view> split_last(std::string_view path) {
    const std::size_t dot = path.rfind('.');
    if (dot == std::string_view::npos) {
        return {"", path};
    }
    return {path.substr(0, dot), path.substr(dot + 1)};
}

Children make_children() {
    Children out;
    for (const auto part : {cluster_keys(), app_keys(), fault_keys(), expect_keys()}) {
        for (const KeyRow& row : part) {
            out[std::string{split_last(row.path).first}].push_back(&row);
        }
    }
    return out;
}

const Children& children() {
    static const Children all = make_children();
    return all;
}

std::string joined(std::string_view table, std::string_view key) {
    return table.empty() ? std::string{key} : fmt::format("{}.{}", table, key);
}

}  // namespace

std::string last_step(std::string_view path) {
    return std::string{split_last(path).second};
}

const std::vector<const KeyRow*>& keys_of(std::string_view table) {
    static const std::vector<const KeyRow*> none;
    const auto found = children().find(table);
    return found == children().end() ? none : found->second;
}

const KeyRow* find_key(std::string_view table, std::string_view key) {
    const KeyRow* any = nullptr;
    for (const KeyRow* row : keys_of(table)) {
        if (last_step(row->path) == key && key != "*") {
            return row;
        }
        if (last_step(row->path) == "*") {
            any = row;
        }
    }
    return any;
}

std::string table_path(std::string_view table, std::string_view key) {
    const KeyRow* row = find_key(table, key);
    return row != nullptr ? std::string{row->path} : joined(table, key);
}

std::string element_path(std::string_view table, std::string_view key) {
    return table_path(table, key) + "[]";
}

std::string table_title(std::string_view table) {
    if (table.empty()) {
        return "the scenario";
    }
    std::string plain;
    for (const char c : table) {
        if (c != '[' && c != ']') {
            plain.push_back(c);
        }
    }
    return table.ends_with("[]") ? fmt::format("[[{}]]", plain) : fmt::format("[{}]", plain);
}

std::vector<KeyChoice> choices_of(std::string_view range) {
    std::vector<KeyChoice> out;
    while (!range.empty()) {
        const std::size_t end = std::min(range.find(' '), range.size());
        KeyChoice choice{std::string{range.substr(0, end)}, true};
        if (choice.name.ends_with('?')) {
            choice.name.pop_back();
            choice.built = false;
        }
        out.push_back(std::move(choice));
        range.remove_prefix(std::min(end + 1, range.size()));
    }
    return out;
}

std::string type_name(const KeyRow& row) {
    switch (row.type) {
        case KeyType::text:
        case KeyType::name:
            return "text";
        case KeyType::whole:
            return "a whole number";
        case KeyType::decimal:
            return "a number";
        case KeyType::boolean:
            return "true or false";
        case KeyType::duration:
            return "a duration";
        case KeyType::size:
            return "a size";
        case KeyType::rate:
            return "a rate";
        case KeyType::choice:
            return "text";
        case KeyType::names:
            return "a list of texts";
        case KeyType::durations:
            return "a list of durations";
        case KeyType::wholes:
            return "a list of whole numbers";
        case KeyType::pair:
            return "a list of two durations";
        case KeyType::table:
        case KeyType::properties:
            return "a table";
        case KeyType::tables:
            return "a list of tables";
        case KeyType::any:
            return "anything";
        case KeyType::duration_or_table:
            return "a duration or a table";
        case KeyType::whole_or_table:
            return "a whole number or { min, max }";
        case KeyType::whole_or_all:
            return "a whole number or \"all\"";
        case KeyType::duration_or_never:
            return "a duration or \"never\"";
        case KeyType::boolean_or_names:
            return "true, false or a list of texts";
        case KeyType::text_or_names:
            return "text or a list of texts";
        case KeyType::text_or_whole:
            return "text or a whole number";
        case KeyType::executors:
            return "an executor, a list of them or a table";
        case KeyType::pattern:
            return "a table that matches records";
        case KeyType::patterns:
            return "a list of tables that match records";
        case KeyType::arguments:
            return "a list of numbers and texts";
        case KeyType::rows:
            return "a list of rows";
        case KeyType::flag_or_level:
            return "true or a storage level";
        case KeyType::flag_or_text:
            return "true";
        case KeyType::range_bounds:
            return "a whole number or [start, end, step]";
    }
    return "";
}

}  // namespace forkyard::sim
