#include "core/data/line_reader.hpp"

#include <algorithm>

namespace forkyard {

namespace {

constexpr std::string_view byte_order_mark = "\xEF\xBB\xBF";

}  // namespace

LineReader::LineReader(std::string_view file, ByteRange part)
    : file_{file},
      at_{static_cast<std::size_t>(part.start)},
      end_{std::min(static_cast<std::size_t>(part.end), file.size())} {
    if (at_ == 0 && file_.starts_with(byte_order_mark)) {
        at_ = byte_order_mark.size();
        end_ = std::max(end_, at_);
    } else if (at_ > 0 && at_ < file_.size()) {
        // What is left of a line that belongs to a part before; a line that starts
        // just here does too.
        static_cast<void>(line_at(at_));
    }
}

bool LineReader::next(std::string_view& line) {
    if (at_ > end_ || at_ >= file_.size()) {
        return false;
    }
    line = line_at(at_);
    return true;
}

// The line from `start` without its end; moves on to the next one.
std::string_view LineReader::line_at(std::size_t start) {
    std::size_t end = start;
    while (end < file_.size() && file_[end] != '\n' && file_[end] != '\r') {
        ++end;
    }
    at_ = end + 1;
    if (end + 1 < file_.size() && file_[end] == '\r' && file_[end + 1] == '\n') {
        ++at_;
    }
    return file_.substr(start, end - start);
}

std::string_view without_mark(std::string_view file) {
    return file.starts_with(byte_order_mark) ? file.substr(byte_order_mark.size()) : file;
}

std::size_t line_number(std::string_view file, std::size_t offset) {
    LineReader lines{file, {0, static_cast<std::int64_t>(file.size())}};
    std::size_t number = 0;
    std::string_view line;
    while (lines.next(line) && line.data() <= file.data() + offset) {
        ++number;
    }
    return number;
}

}  // namespace forkyard
