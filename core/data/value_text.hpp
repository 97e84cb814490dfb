// Values as people read them, and as JSON. Locale-free; reals as the shortest digits
// that read back as the same number, with ".0" when they would look like an integer.
#pragma once

#include <string>

#include "core/data/value.hpp"

namespace forkyard {

// none is `null`, a pair `(key,value)` as Spark's text writer prints a tuple, a list
// `[a, b]`; texts as they are.
[[nodiscard]] std::string to_text(const Value& value);
void append_text(std::string& out, const Value& value);

// Pairs and lists are arrays; NaN and the infinities, which JSON lacks, are strings;
// bytes that are not UTF-8 become U+FFFD.
[[nodiscard]] std::string to_json(const Value& value);
void append_json(std::string& out, const Value& value);

}  // namespace forkyard
