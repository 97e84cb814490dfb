// How a text file is cut into partitions, and which lines belong to which.
//
// Hadoop's rule, as Spark's textFile uses it: goal = size / partitions_min, a split is
// the goal but at most a block (32 MiB for local files), the last one up to 10 % larger;
// so the number asked for is a minimum. An empty file has no split (since Spark 3.2).
// A line ends with \n, \r\n or \r and belongs to the split with start < first byte <=
// end; the first split also has the line at byte 0.
#pragma once

#include <cstdint>
#include <string_view>

namespace forkyard {

inline constexpr std::int64_t local_block_bytes = std::int64_t{32} << 20U;

struct TextSplit {
    std::int64_t start = 0;
    std::int64_t end = 0;  // not included
    bool operator==(const TextSplit&) const = default;
};

struct TextSplits {
    std::int64_t total = 0;
    std::int64_t split_size = 1;
    std::uint32_t count = 0;

    [[nodiscard]] TextSplit at(std::uint32_t partition) const;
};

[[nodiscard]] TextSplits text_splits(std::int64_t total_bytes, std::uint32_t partitions_min);

// The lines of a split, one after the other, without their ends.
class LineReader {
public:
    LineReader(std::string_view file, TextSplit split);
    // False when the split has no further line.
    [[nodiscard]] bool next(std::string_view& line);

private:
    [[nodiscard]] std::string_view line_at(std::size_t start);

    std::string_view file_;
    std::size_t at_ = 0;
    std::size_t end_ = 0;
};

}  // namespace forkyard
