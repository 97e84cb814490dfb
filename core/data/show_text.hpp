// The table that Spark's show() prints (DP-IO-09): of pairs the columns _1 and _2, of other records
// the column value.
//
// In Spark: Dataset.showString.
#pragma once

#include <cstdint>
#include <string>

#include "core/data/value.hpp"

namespace forkyard {

struct ShowForm {
    std::uint64_t rows = 20;         // shown at most
    std::uint32_t cut = 20;          // characters of a cell; 0: all, and to the left
    bool vertical = false;           // a line for each cell
    std::string_view none = "NULL";  // "null" before 3.5
    bool operator==(const ShowForm&) const = default;
};

// `rows`: up to one more than are shown, to tell whether there are more.
[[nodiscard]] std::string show_text(const List& rows, const ShowForm& form);

}  // namespace forkyard
