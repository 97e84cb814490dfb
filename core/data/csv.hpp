// CSV, as Spark reads it: columns between separators, some in quotes.
//
// A quote within quotes is escaped. Quotes that are not closed go on to the end of the text; a
// value that has something behind its closing quote goes on to the next separator, with both
// quotes (STOP_AT_DELIMITER).
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/data/file_source.hpp"
#include "core/data/parsed_text.hpp"

namespace forkyard {

struct CsvField {
    std::string text;
    bool quoted = false;
};

// The columns of the first record of the text. Gives where the record ends: before a line's
// end, or with the text.
std::size_t split_csv(std::string_view text,
                      const ReadOptions& options,
                      std::vector<CsvField>& fields);

// The text is one record. The row has a value for each column, null where it has none that is
// right; a column that keeps malformed records is not in the text.
[[nodiscard]] ParsedText parse_csv(std::string_view text,
                                   const ReadOptions& options,
                                   std::span<const Column> columns);

}  // namespace forkyard
