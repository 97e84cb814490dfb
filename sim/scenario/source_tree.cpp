#include "sim/scenario/source_tree.hpp"

#include <algorithm>
#include <utility>

#include "sim/scenario/json_text.hpp"

namespace forkyard::sim {

bool TreeNode::is_value() const {
    return kind == TreeKind::text || kind == TreeKind::integer || kind == TreeKind::decimal ||
           kind == TreeKind::boolean;
}

const TreeMember* TreeNode::member(std::string_view key) const {
    for (const TreeMember& found : members) {
        if (found.key == key) {
            return &found;
        }
    }
    return nullptr;
}

TreeMember* TreeNode::member(std::string_view key) {
    for (TreeMember& found : members) {
        if (found.key == key) {
            return &found;
        }
    }
    return nullptr;
}

const TreeNode* TreeNode::find(std::string_view key) const {
    const TreeMember* found = member(key);
    return found != nullptr ? &found->value : nullptr;
}

TreeNode& TreeNode::at_key(std::string_view key, const Position& where) {
    if (TreeMember* found = member(key)) {
        return found->value;
    }
    members.push_back(TreeMember{std::string{key}, where, make_table(where)});
    return members.back().value;
}

void TreeNode::erase(std::string_view key) {
    members.erase(std::remove_if(members.begin(),
                                 members.end(),
                                 [&](const TreeMember& member) { return member.key == key; }),
                  members.end());
}

TreeNode make_table(const Position& at) {
    TreeNode out;
    out.at = at;
    return out;
}

TreeNode make_text(std::string text, const Position& at) {
    TreeNode out;
    out.kind = TreeKind::text;
    out.text = std::move(text);
    out.at = at;
    return out;
}

std::string_view kind_name(TreeKind kind) {
    switch (kind) {
        case TreeKind::table:
            return "a table";
        case TreeKind::array:
            return "a list";
        case TreeKind::text:
            return "text";
        case TreeKind::integer:
            return "a whole number";
        case TreeKind::decimal:
            return "a decimal number";
        case TreeKind::boolean:
            return "true or false";
        case TreeKind::none:
            return "nothing";
        case TreeKind::other:
            break;
    }
    return "a date or an infinity";
}

Path split_path(std::string_view text) {
    Path out;
    while (true) {
        std::string step;
        if (!text.empty() && text.front() == '"') {
            const std::size_t length = json_text_length(text);
            const auto plain = parse_json_text(text.substr(0, length));
            if (length == 0 || !plain) {
                return {};
            }
            step = *plain;
            text.remove_prefix(length);
        } else {
            const std::size_t end = std::min(text.find('.'), text.size());
            step = std::string{text.substr(0, end)};
            text.remove_prefix(end);
            if (step.empty()) {
                return {};
            }
        }
        out.push_back(std::move(step));
        if (out.size() > path_steps_max) {
            return {};
        }
        if (text.empty()) {
            return out;
        }
        if (text.front() != '.') {
            return {};
        }
        text.remove_prefix(1);
    }
}

std::string path_step(std::string_view name) {
    const bool plain = !name.empty() && std::all_of(name.begin(), name.end(), [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
               c == '_' || c == '-';
    });
    return plain ? std::string{name} : print_json_text(name);
}

}  // namespace forkyard::sim
