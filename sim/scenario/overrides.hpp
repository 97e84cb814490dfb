// `--set KEY=VALUE` applied to a scenario's tree before it is checked, so that what
// an override breaks is reported like what a file breaks, but at the override.
//
// KEY is a dotted path, elements of lists by index or by name; VALUE is TOML, else
// text. Missing tables are made. A KEY that begins with spark. or forkyard. is a
// property and goes over those of every application.
#pragma once

#include <string>
#include <vector>

#include "sim/scenario/diagnostic.hpp"
#include "sim/scenario/source_tree.hpp"

namespace forkyard::sim {

void apply_overrides(TreeNode& scenario,
                     const std::vector<std::string>& overrides,
                     Diagnostics& problems);

}  // namespace forkyard::sim
