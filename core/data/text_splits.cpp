#include "core/data/text_splits.hpp"

#include <algorithm>

#include "core/check.hpp"

namespace forkyard {

TextSplits text_splits(std::int64_t total_bytes, std::uint32_t partitions_min) {
    TextSplits splits;
    splits.total = total_bytes;
    if (total_bytes <= 0) {
        return splits;
    }
    const std::int64_t goal = total_bytes / std::max<std::int64_t>(1, partitions_min);
    splits.split_size = std::max<std::int64_t>(1, std::min(goal, local_block_bytes));
    // Full splits are cut off while more than 1.1 of one is left; then one last split.
    const std::int64_t size = splits.split_size;
    std::int64_t full = total_bytes / size;
    while (full > 0 && 10 * (total_bytes - (full - 1) * size) <= 11 * size) {
        --full;
    }
    const bool rest = total_bytes > full * size;
    splits.count = static_cast<std::uint32_t>(full + (rest ? 1 : 0));
    return splits;
}

TextSplit TextSplits::at(std::uint32_t partition) const {
    FORKYARD_CHECK(partition < count, "a split is one of the file's");
    const std::int64_t start = partition * split_size;
    return {start, partition + 1 == count ? total : start + split_size};
}

LineReader::LineReader(std::string_view file, TextSplit split)
    : file_{file},
      at_{static_cast<std::size_t>(split.start)},
      end_{std::min(static_cast<std::size_t>(split.end), file.size())} {
    if (at_ > 0 && at_ < file_.size()) {
        // What is left of a line that belongs to a split before; a line that starts
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

}  // namespace forkyard
