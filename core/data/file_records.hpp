// The texts of the records in a piece of a file: lines, or what CSV and JSON of several lines
// are cut into. Headers, comments and blank lines are left out of tables. A header is the first
// line that is left in the piece that begins the file, as in Spark.
#pragma once

#include <string_view>

#include "core/data/file_source.hpp"
#include "core/data/line_reader.hpp"

namespace forkyard {

class RecordTexts {
public:
    // `file`: all of it, decompressed. `source` outlives this.
    RecordTexts(const FileSource& source, std::string_view file, ByteRange part);
    // False when the piece has no further record.
    [[nodiscard]] bool next(std::string_view& text);

private:
    [[nodiscard]] bool advance(std::string_view& text);
    [[nodiscard]] bool is_none(std::string_view text) const;

    const FileSource& source_;
    LineReader lines_;
    std::string_view rest_;  // of a file whose records go over several lines
    bool header_;            // the next one is it
};

}  // namespace forkyard
