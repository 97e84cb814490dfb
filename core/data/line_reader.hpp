// Which lines of a file belong to which part of it.
//
// Hadoop's rule, as Spark's readers use it: a line ends with \n, \r\n or \r and belongs to
// the part with start < first byte <= end; the first part also has the line at byte 0. So no
// line is lost or doubled, wherever the cuts are. A byte order mark at the start is no text.
//
// Lines are bytes as they are. Those that are not UTF-8 stay so in a record, and are taken
// for U+FFFD wherever characters count: lengths, hashes of keys, what is shown.
#pragma once

#include <cstddef>
#include <string_view>

#include "core/data/file_source.hpp"

namespace forkyard {

// The lines of a part, one after the other, without their ends.
class LineReader {
public:
    LineReader(std::string_view file, ByteRange part);
    // False when the part has no further line.
    [[nodiscard]] bool next(std::string_view& line);

private:
    [[nodiscard]] std::string_view line_at(std::size_t start);

    std::string_view file_;
    std::size_t at_ = 0;
    std::size_t end_ = 0;
};

// Without a byte order mark, if it begins with one.
[[nodiscard]] std::string_view without_mark(std::string_view file);

// The number of the line that begins at `offset`, from 1.
[[nodiscard]] std::size_t line_number(std::string_view file, std::size_t offset);

}  // namespace forkyard
