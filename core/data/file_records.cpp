#include "core/data/file_records.hpp"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "core/data/csv.hpp"

namespace forkyard {

RecordTexts::RecordTexts(const FileSource& source, std::string_view file, ByteRange part)
    : source_{source},
      lines_{file, part},
      rest_{source.options.multi_line ? without_mark(file) : std::string_view{}},
      header_{source.options.header && part.start == 0} {}

// The next one, whatever it is.
bool RecordTexts::advance(std::string_view& text) {
    if (!source_.options.multi_line) {
        return lines_.next(text);
    }
    if (rest_.empty()) {
        return false;
    }
    std::size_t size = rest_.size();
    if (source_.format == FileFormat::csv) {
        std::vector<CsvField> fields;
        const bool comment =
            !source_.options.comment.empty() && rest_.starts_with(source_.options.comment);
        size = comment ? std::min(rest_.find_first_of("\r\n"), size)
                       : split_csv(rest_, source_.options, fields);
    }
    text = rest_.substr(0, size);
    rest_.remove_prefix(size);
    rest_.remove_prefix(rest_.starts_with("\r\n") ? 2 : rest_.empty() ? 0 : 1);
    return true;
}

bool RecordTexts::is_none(std::string_view text) const {
    const bool blank = std::all_of(
        text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) <= ' '; });
    const std::string& comment = source_.options.comment;
    return blank || (!comment.empty() && text.starts_with(comment));
}

bool RecordTexts::next(std::string_view& text) {
    while (advance(text)) {
        if (source_.format == FileFormat::text) {
            return true;
        }
        if (is_none(text)) {
            continue;
        }
        if (!std::exchange(header_, false)) {
            return true;
        }
    }
    return false;
}

}  // namespace forkyard
