// A scenario as written: an ordered tree of tables, lists and values, each with its
// place. It knows nothing of what the keys mean, and nothing above it knows TOML:
// the same tree is made from a file and from the lines of a journal.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "sim/scenario/diagnostic.hpp"

namespace forkyard::sim {

enum class TreeKind {
    table,
    array,
    text,
    integer,
    decimal,
    boolean,
    none,   // `-` in a journal: a table or list with nothing in it
    other,  // dates and times, infinities: TOML has them, scenarios do not
};

struct TreeMember;

struct TreeNode {
    TreeKind kind = TreeKind::table;
    std::string text;  // of a value: a text's content, a number's digits, true or false
    Position at;       // of the value; of a table its header
    std::vector<TreeMember> members;  // of a table
    std::vector<TreeNode> items;      // of an array

    [[nodiscard]] bool is(TreeKind wanted) const { return kind == wanted; }
    [[nodiscard]] bool is_value() const;
    // The member of that name, or null.
    [[nodiscard]] const TreeMember* member(std::string_view key) const;
    [[nodiscard]] TreeMember* member(std::string_view key);
    [[nodiscard]] const TreeNode* find(std::string_view key) const;
    // The member of that name, made if it is missing.
    TreeNode& at_key(std::string_view key, const Position& where);
    void erase(std::string_view key);
};

struct TreeMember {
    std::string key;
    Position at;  // of the key
    TreeNode value;
};

[[nodiscard]] TreeNode make_table(const Position& at);
[[nodiscard]] TreeNode make_text(std::string text, const Position& at);

// "text", "a whole number", "a list": for error messages.
[[nodiscard]] std::string_view kind_name(TreeKind kind);

// One step of a dotted path, quotes taken off.
using Path = std::vector<std::string>;

// Splits `app.etl."a.b".0` at its dots; empty when a quote does not close, a step is
// empty, or there are more than path_steps_max of them.
inline constexpr std::size_t path_steps_max = 64;
[[nodiscard]] Path split_path(std::string_view text);

// A name as one step of a path: quoted unless made of letters, digits, _ and -.
[[nodiscard]] std::string path_step(std::string_view name);

}  // namespace forkyard::sim
