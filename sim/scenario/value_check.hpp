// Checks single values of a scenario's tree against their key's type: numbers,
// durations, sizes, names, choices. Tables and lists are tree_check's.
#pragma once

#include <string>
#include <string_view>

#include "sim/scenario/key_table.hpp"
#include "sim/scenario/source_tree.hpp"
#include "sim/scenario/tree_check.hpp"

namespace forkyard::sim {

// A key's row and the key as written; a value of a list is spoken of by the list's.
struct Spot {
    const KeyRow& row;
    std::string key;
};

class ValueCheck {
public:
    ValueCheck(TreeSource source, Diagnostics& problems) : source_{source}, problems_{problems} {}

    // false when the type is not that of a single value.
    bool check(const Spot& spot, const TreeNode& value);

    void check_text(const Spot& spot, const TreeNode& value);
    void check_whole(const Spot& spot, const TreeNode& value);
    void check_boolean(const Spot& spot, const TreeNode& value);
    void check_duration(const Spot& spot, const TreeNode& value);
    // true, for steps that take no value.
    void check_flag(const Spot& spot, const TreeNode& value);

    // "`x` must be ..., not text".
    void wrong_type(const Spot& spot, const TreeNode& value);
    void must_be(const Spot& spot,
                 const TreeNode& value,
                 std::string_view wanted,
                 std::string_view mend = "");
    // "`x` must be ..., which `5q` is not".
    void malformed(const Spot& spot,
                   const TreeNode& value,
                   std::string_view wanted,
                   std::string_view mend = "");

private:
    void check_name(const Spot& spot, const TreeNode& value);
    void check_decimal(const Spot& spot, const TreeNode& value);
    void check_size(const Spot& spot, const TreeNode& value);
    void check_rate(const Spot& spot, const TreeNode& value);
    void check_choice(const Spot& spot, const TreeNode& value);

    TreeSource source_;
    Diagnostics& problems_;
};

}  // namespace forkyard::sim
