#include "sim/scenario/scenario_lines.hpp"

#include <algorithm>
#include <optional>
#include <utility>

#include <fmt/format.h>

#include "sim/scenario/json_text.hpp"
#include "sim/scenario/key_table.hpp"
#include "sim/scenario/tree_json.hpp"
#include "sim/scenario/units.hpp"

namespace forkyard::sim {
namespace {

bool bare_character(char c) {
    constexpr std::string_view marks = "_.:/#@+*-";
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           marks.find(c) != std::string_view::npos;
}

bool bare(std::string_view text) {
    return !text.empty() && text != "-" && std::all_of(text.begin(), text.end(), bare_character);
}

bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

// [+-] digits [. digits] [e [+-] digits]: what a bare value is taken for.
std::optional<TreeKind> number_kind(std::string_view text) {
    const auto take_digits = [&] {
        const std::size_t before = text.size();
        while (!text.empty() && is_digit(text.front())) {
            text.remove_prefix(1);
        }
        return before != text.size();
    };
    const auto take_sign = [&] {
        if (!text.empty() && (text.front() == '-' || text.front() == '+')) {
            text.remove_prefix(1);
        }
    };
    take_sign();
    if (!take_digits()) {
        return std::nullopt;
    }
    if (text.empty()) {
        return TreeKind::integer;
    }
    if (text.front() == '.') {
        text.remove_prefix(1);
        if (!take_digits()) {
            return std::nullopt;
        }
    }
    if (!text.empty() && (text.front() == 'e' || text.front() == 'E')) {
        text.remove_prefix(1);
        take_sign();
        if (!take_digits()) {
            return std::nullopt;
        }
    }
    return text.empty() ? std::optional{TreeKind::decimal} : std::nullopt;
}

std::string value_text(const TreeNode& value) {
    if (value.is(TreeKind::boolean)) {
        return value.text == "true" ? "1" : "0";
    }
    const bool mistakable = value.is(TreeKind::text) && number_kind(value.text).has_value();
    return bare(value.text) && !mistakable ? value.text : print_json_text(value.text);
}

// A tree is walked by recursion; how deep it is was limited when it was made.
class Flattener {
public:
    std::vector<std::string> lines;

    // `table` is the node's path in the key table.
    void add(const TreeNode& node, const std::string& table, const std::string& prefix) {
        switch (node.kind) {
            case TreeKind::table:
                add_table(node, table, prefix);
                break;
            case TreeKind::array:
                if (node.items.empty()) {
                    lines.push_back(prefix + "=-");
                }
                for (std::size_t i = 0; i < node.items.size(); ++i) {
                    add(node.items[i], table + "[]", fmt::format("{}.{}", prefix, i));
                }
                break;
            case TreeKind::none:
                lines.push_back(prefix + "=-");
                break;
            default:
                lines.push_back(fmt::format("{}={}", prefix, value_text(node)));
        }
    }

private:
    void add_table(const TreeNode& node, const std::string& table, const std::string& prefix) {
        if (node.members.empty() && !prefix.empty()) {
            lines.push_back(prefix + "=-");
        }
        std::vector<const TreeMember*> rest;
        for (const TreeMember& member : node.members) {
            rest.push_back(&member);
        }
        for (const KeyRow* row : keys_of(table)) {
            const auto found =
                std::find_if(rest.begin(), rest.end(), [&](const TreeMember* member) {
                    return find_key(table, member->key) == row && !row->path.ends_with('*');
                });
            if (found != rest.end()) {
                add_member(**found, table, prefix);
                rest.erase(found);
            }
        }
        std::sort(rest.begin(), rest.end(), [](const TreeMember* a, const TreeMember* b) {
            return a->key < b->key;
        });
        for (const TreeMember* member : rest) {
            add_member(*member, table, prefix);
        }
    }

    void add_member(const TreeMember& member, const std::string& table, const std::string& prefix) {
        const std::string key = prefix.empty()
                                    ? path_step(member.key)
                                    : fmt::format("{}.{}", prefix, path_step(member.key));
        const KeyRow* row = find_key(table, member.key);
        if (row != nullptr && row->type == KeyType::properties) {
            add_properties(member.value, key);
        } else if (row != nullptr && row->path == "cluster.plugin") {
            lines.push_back(fmt::format(
                "{}={}", key, print_json_text(json_object_of(member.value).value_or("{}"))));
        } else {
            add(member.value, table_path(table, member.key), key);
        }
    }

    void add_properties(const TreeNode& table, const std::string& prefix) {
        std::vector<Property> all = properties_in(table);
        std::sort(all.begin(), all.end(), [](const Property& a, const Property& b) {
            return a.name < b.name;
        });
        for (const Property& property : all) {
            const std::string& text = property.value->text;
            lines.push_back(fmt::format(
                "{}.{}={}", prefix, property.name, bare(text) ? text : print_json_text(text)));
        }
    }
};

// Where `key` ends and the value begins; quoted steps may hold a `=`.
std::size_t find_equals(std::string_view line) {
    bool quoted = false;
    for (std::size_t i = 0; i < line.size(); ++i) {
        if (quoted && line[i] == '\\') {
            ++i;
        } else if (line[i] == '"') {
            quoted = !quoted;
        } else if (line[i] == '=' && !quoted) {
            return i;
        }
    }
    return std::string_view::npos;
}

std::optional<TreeNode> parse_value(std::string_view text, const Position& at) {
    if (text.starts_with('"')) {
        const auto plain = parse_json_text(text);
        return plain ? std::optional{make_text(*plain, at)} : std::nullopt;
    }
    if (const std::size_t comma = text.find(','); comma != std::string_view::npos) {
        TreeNode list;
        list.kind = TreeKind::array;
        list.at = at;
        while (true) {
            const std::size_t end = std::min(text.find(','), text.size());
            auto item = parse_value(text.substr(0, end), at);
            if (!item) {
                return std::nullopt;
            }
            list.items.push_back(std::move(*item));
            if (end == text.size()) {
                return list;
            }
            text.remove_prefix(end + 1);
        }
    }
    TreeNode out = make_text(std::string{text}, at);
    if (text == "-") {
        out.kind = TreeKind::none;
        return out;
    }
    out.kind = number_kind(text).value_or(TreeKind::text);
    return bare(text) ? std::optional{out} : std::nullopt;
}

bool insert(TreeNode& root, const Path& path, TreeNode value) {
    TreeNode* node = &root;
    std::string table;
    for (std::size_t i = 0; i < path.size(); ++i) {
        const KeyRow* row = find_key(table, path[i]);
        const bool index =
            !path[i].empty() && std::all_of(path[i].begin(), path[i].end(), is_digit);
        if (!node->is(TreeKind::table)) {
            return false;
        }
        if (row != nullptr && row->type == KeyType::properties && i + 1 < path.size()) {
            std::string name;
            for (std::size_t k = i + 1; k < path.size(); ++k) {
                name += name.empty() ? "" : ".";
                name += path[k];
            }
            TreeNode& conf = node->at_key(path[i], value.at);
            const bool fresh = conf.member(name) == nullptr;
            conf.at_key(name, value.at) = std::move(value);
            return fresh;
        }
        if (row == nullptr && index) {
            table += "[]";
        } else {
            table = table_path(table, path[i]);
        }
        const bool fresh = node->member(path[i]) == nullptr;
        node = &node->at_key(path[i], value.at);
        if (i + 1 == path.size()) {
            *node = std::move(value);
            return fresh;
        }
    }
    return false;
}

// A tree is walked by recursion; how deep it is was limited when it was made.

// Tables whose keys are 0, 1, 2, ... are the lists they were made from, save where
// keys are names that the user gave.
void restore_lists(TreeNode& node, const std::string& table) {
    const bool named = find_key(table, "*") != nullptr;
    bool list = node.is(TreeKind::table) && !node.members.empty() && !named;
    for (std::size_t i = 0; list && i < node.members.size(); ++i) {
        list = node.members[i].key == std::to_string(i);
    }
    for (TreeMember& member : node.members) {
        const KeyRow* row = find_key(table, member.key);
        if (row == nullptr || row->type != KeyType::properties) {
            restore_lists(member.value, list ? table + "[]" : table_path(table, member.key));
        }
    }
    if (list) {
        node.kind = TreeKind::array;
        for (TreeMember& member : node.members) {
            node.items.push_back(std::move(member.value));
        }
        node.members.clear();
    }
}

void collect_properties(const TreeNode& table,
                        const std::string& prefix,
                        std::vector<Property>& out) {
    for (const TreeMember& member : table.members) {
        const std::string name = prefix.empty() ? member.key : prefix + "." + member.key;
        if (member.value.is(TreeKind::table) && !member.value.members.empty()) {
            collect_properties(member.value, name, out);
        } else {
            out.push_back(Property{name, member.at, &member.value});
        }
    }
}

}  // namespace

std::vector<std::string> flatten(const TreeNode& scenario) {
    Flattener out;
    out.add(scenario, "", "");
    return std::move(out.lines);
}

TreeNode tree_from_lines(const std::vector<std::string>& lines, Diagnostics& problems) {
    TreeNode root = make_table(Position{1, 1, ""});
    for (std::size_t i = 0; i < lines.size(); ++i) {
        const std::string& line = lines[i];
        const Position at{static_cast<int>(i) + 1, 1, ""};
        const std::size_t equals = find_equals(line);
        const Path path =
            split_path(std::string_view{line}.substr(0, std::min(equals, line.size())));
        std::optional<TreeNode> value;
        if (equals != std::string::npos && !path.empty()) {
            value = parse_value(std::string_view{line}.substr(equals + 1), at);
        }
        if (!value) {
            problems.error(at, fmt::format("`{}` is not a line `key=value` of a scenario", line));
        } else if (!insert(root, path, std::move(*value))) {
            problems.error(at, fmt::format("`{}` contradicts a line before", line));
        }
    }
    restore_lists(root, "");
    return root;
}

std::vector<Property> properties_in(const TreeNode& table) {
    std::vector<Property> out;
    collect_properties(table, "", out);
    return out;
}

}  // namespace forkyard::sim
