// How records lie by column in a block: what the writer and the reader of a batch share.
//
// A batch is
//
//     BatchHeader             24 bytes
//     ColumnHeader            8 bytes for each column: the root, then its children, depth first
//     buffers                 of each column in the same order
//
// where the headers as a whole, and each buffer, are padded to batch_alignment. The root column
// has a row for each record. A pair has two children with as many rows as itself, a list one with
// the elements of all its rows. The buffers of a column are, as far as its form has them,
//
//     validity    a bit for each row, the lowest first: set where the row is not none
//     words       integers, the bits of reals, or where each row's bytes or elements end, with a
//                 0 before the first; of as many bytes each as the largest needs: 1, 2, 4 or 8.
//                 There are none where all rows (one that is none has 0) have the same integer, or
//                 equally many bytes or elements, and are no more than batch_rows_max, as below a
//                 list they may be: the header says it for all
//     bytes       of texts, or of values that fit no column, encoded (core/data/value_codec.hpp)
//
// After Apache Arrow's columnar format, but for the pair, for the words, and for the headers, which
// stand before the buffers. Little-endian; nothing in it is an address, so that
// every process maps it where it likes.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>

namespace forkyard {

static_assert(std::endian::native == std::endian::little, "batches are read in place");

inline constexpr std::size_t batch_alignment = 64;
// As many as the batches of Spark's in-memory columnar storage have.
inline constexpr std::uint32_t batch_rows_max = 10'000;
// A batch that has so many bytes is closed, so that one fits into a core's cache.
inline constexpr std::int64_t batch_bytes_max = std::int64_t{1} << 20U;
// Pairs and lists below are not taken apart further, but encoded.
inline constexpr int column_depth_max = 6;
inline constexpr std::uint32_t batch_columns_max = (2U << column_depth_max) - 1;

enum class ColumnForm : std::uint8_t { none, integer, real, text, pair, list, encoded };

inline constexpr std::uint32_t batch_mark = 0x31425946;  // "FYB1"

struct BatchHeader {
    std::uint32_t mark = batch_mark;
    std::uint32_t rows = 0;
    std::uint32_t columns = 0;
    std::uint32_t unused = 0;
    std::uint64_t bytes = 0;  // of all of it
};
static_assert(sizeof(BatchHeader) == 24);

struct ColumnHeader {
    ColumnForm form = ColumnForm::none;
    std::uint8_t word = 0;      // bytes of each; 0: there are none
    std::uint8_t has_none = 0;  // 1: there is a validity buffer
    std::uint8_t unused = 0;
    std::int32_t each = 0;  // where there are no words: every integer, or what every row has
};
static_assert(sizeof(ColumnHeader) == 8);

[[nodiscard]] constexpr std::uint64_t padded(std::uint64_t bytes) {
    return (bytes + batch_alignment - 1) / batch_alignment * batch_alignment;
}

// Bytes of so many of them.
[[nodiscard]] constexpr std::uint64_t bits(std::uint64_t count) {
    return count / 8 + (count % 8 == 0 ? 0 : 1);
}

}  // namespace forkyard
