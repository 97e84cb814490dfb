// JSON strings in plain ASCII: what a journal writes when a value cannot stand bare.
// Text is UTF-8; everything beyond ASCII is written as \u escapes.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace forkyard::sim {

[[nodiscard]] bool is_utf8(std::string_view text);

// With its quotes. `text` must be UTF-8.
[[nodiscard]] std::string print_json_text(std::string_view text);

// How many bytes the JSON string at the front of `text` takes, quotes included; 0
// when it does not close.
[[nodiscard]] std::size_t json_text_length(std::string_view text);

// The content of one whole JSON string, quotes included in `text`.
[[nodiscard]] std::optional<std::string> parse_json_text(std::string_view text);

}  // namespace forkyard::sim
