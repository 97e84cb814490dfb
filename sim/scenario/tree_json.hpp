// What the scenario hands on as it is, [cluster.plugin], as JSON: one object on one line, its
// keys in order of the alphabet. The journal keeps it in that form, so that texts, numbers and
// truth values stay what they are.
#pragma once

#include <optional>
#include <string>

#include "sim/scenario/source_tree.hpp"

namespace forkyard::sim {

// Of a table, or of a text that holds such an object; none: it is neither, or has a date in it.
[[nodiscard]] std::optional<std::string> json_object_of(const TreeNode& value);

}  // namespace forkyard::sim
