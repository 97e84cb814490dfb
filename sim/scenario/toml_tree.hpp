// TOML text -> source tree. The only place that knows the TOML library.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include <tl/expected.hpp>

#include "sim/scenario/source_tree.hpp"

namespace forkyard::sim {

struct SyntaxError {
    Position at;
    std::string what;
};

[[nodiscard]] tl::expected<TreeNode, SyntaxError> parse_toml(std::string_view text);

// The VALUE of `--set KEY=VALUE`: TOML, and none when it is not.
[[nodiscard]] std::optional<TreeNode> parse_toml_value(std::string_view text, const Position& at);

}  // namespace forkyard::sim
