// Arguments of a step or an action as one text, and back: how a journal has them.
//
// 5 r2.5 'a text': whole numbers as they are, reals with an r before them, texts in quotes with
// a backslash before a quote or a backslash; a blank between two.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/model/application.hpp"

namespace forkyard {

[[nodiscard]] std::string to_text(const std::vector<Argument>& arguments);
// None: it is no such text.
[[nodiscard]] std::optional<std::vector<Argument>> parse_arguments(std::string_view text);

}  // namespace forkyard
