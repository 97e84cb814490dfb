// JSON, as Spark reads it: a text is an object, which is a record, or an array of objects. What
// follows the first value is not looked at.
//
// With a schema a record is the list of its columns, without one the list of its (name, value)
// pairs, sorted by name; objects within are such lists too, true is 1 and false 0. It is strict
// JSON in UTF-8: Spark also takes single quotes and NaN. And where a STRING has another value,
// Spark keeps its blanks and digits as they are written.
#pragma once

#include <string_view>

#include "core/data/file_source.hpp"
#include "core/data/parsed_text.hpp"

namespace forkyard {

[[nodiscard]] ParsedText parse_json(std::string_view text, const ReadOptions& options);

}  // namespace forkyard
