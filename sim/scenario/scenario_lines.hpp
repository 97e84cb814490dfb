// A scenario's tree as the `C key=value` lines of a journal, and back.
//
// Keys stand in the order of the key table, so that a file with its keys permuted
// gives the same lines; lists keep their order. Values are bare where that is
// unmistakable, else JSON strings in ASCII: "10" is text and 10 a number, so types
// survive. true and false are 1 and 0, except in properties, which are texts all
// along. `-` is a table or list with nothing in it.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "sim/scenario/diagnostic.hpp"
#include "sim/scenario/source_tree.hpp"

namespace forkyard::sim {

// The tree must have passed check_tree.
[[nodiscard]] std::vector<std::string> flatten(const TreeNode& scenario);

// Line n of the list is line n of the positions. Lines that cannot be read are
// reported.
[[nodiscard]] TreeNode tree_from_lines(const std::vector<std::string>& lines,
                                       Diagnostics& problems);

// The properties in a table of them, `spark.x = 1` and `"spark.x" = 1` alike.
struct Property {
    std::string name;
    Position at;            // of the name
    const TreeNode* value;  // not a table
};
[[nodiscard]] std::vector<Property> properties_in(const TreeNode& table);

}  // namespace forkyard::sim
