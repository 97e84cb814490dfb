// Checks a scenario's tree against the key table: unknown keys, missing ones, wrong
// types and units, keys that are not simulated yet. What needs to know names (of
// stages, workers, ...) is the builders' matter. A tree that passed can be read with
// TableReader without further questions.
#pragma once

#include "sim/scenario/diagnostic.hpp"
#include "sim/scenario/source_tree.hpp"

namespace forkyard::sim {

// A journal's lines have 1 and 0 for true and false, and `-` for what is empty.
enum class TreeSource { file, lines };

void check_tree(const TreeNode& scenario, TreeSource source, Diagnostics& problems);

}  // namespace forkyard::sim
