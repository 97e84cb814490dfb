// A batch of records, read where it lies (core/data/batch_format.hpp).
//
// Bytes that no writer wrote are refused when it is opened. What was opened holds as long as its
// bytes are there; should they be changed under it, as those of a dropped block may be while a
// killed task still reads them, it gives other rows, and nothing worse.
#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "core/data/batch_format.hpp"
#include "core/data/value.hpp"

namespace forkyard {

class ColumnVector {
public:
    [[nodiscard]] ColumnForm form() const { return form_; }
    [[nodiscard]] std::uint64_t rows() const { return rows_; }
    [[nodiscard]] bool has_none() const { return validity_ != nullptr; }
    [[nodiscard]] bool is_none(std::uint64_t row) const {
        return validity_ != nullptr &&
               (static_cast<unsigned char>(validity_[row / 8]) >> row % 8 & 1U) == 0;
    }

    // Each is asked only of a column of its form, of a row that is not none.
    [[nodiscard]] std::int64_t integer(std::uint64_t row) const;
    [[nodiscard]] double real(std::uint64_t row) const;
    [[nodiscard]] std::string_view text(std::uint64_t row) const { return bytes_of(row); }
    [[nodiscard]] const ColumnVector& first() const { return *first_; }
    [[nodiscard]] const ColumnVector& second() const { return *second_; }

    // Of any column.
    [[nodiscard]] Value value(std::uint64_t row) const;

    // Into the core's cache, for who is about to read rows here and there: first the words, when
    // they are there the bytes.
    void prefetch_words(std::uint64_t row) const {
        if (words_ != nullptr) {
            __builtin_prefetch(words_ + row * word_);
        }
    }
    void prefetch_bytes(std::uint64_t row) const {
        if (size_ > 0) {
            const std::string_view bytes = bytes_of(row);
            __builtin_prefetch(bytes.data());
            __builtin_prefetch(bytes.data() + bytes.size());
        }
    }

private:
    friend class BatchOpener;

    [[nodiscard]] std::uint64_t word(std::uint64_t at) const;
    // Of texts and encoded values. Nothing, should somebody have changed them since.
    [[nodiscard]] std::string_view bytes_of(std::uint64_t row) const {
        const std::uint64_t begin = word(row);
        const std::uint64_t end = word(row + 1);
        return begin <= end && end <= size_ ? std::string_view{bytes_ + begin, end - begin}
                                            : std::string_view{};
    }

    ColumnForm form_ = ColumnForm::none;
    std::uint8_t word_ = 0;
    std::int32_t each_ = 0;
    std::uint64_t rows_ = 0;
    const char* validity_ = nullptr;  // null: no row is none
    const char* words_ = nullptr;
    const char* bytes_ = nullptr;
    std::uint64_t size_ = 0;               // of those
    const ColumnVector* first_ = nullptr;  // of a pair; the elements of lists
    const ColumnVector* second_ = nullptr;
};

// As their values compare.
[[nodiscard]] std::strong_ordering compare(const ColumnVector& a,
                                           std::uint64_t row_of_a,
                                           const ColumnVector& b,
                                           std::uint64_t row_of_b);

class Batch {
public:
    // Takes the first batch from the front of these bytes; none: there is no sound one.
    [[nodiscard]] static std::optional<Batch> open(std::string_view& bytes);

    Batch(Batch&&) = default;
    Batch& operator=(Batch&&) = default;
    Batch(const Batch&) = delete;  // columns know each other by address
    Batch& operator=(const Batch&) = delete;
    ~Batch() = default;

    [[nodiscard]] std::uint32_t rows() const { return static_cast<std::uint32_t>(root().rows()); }
    [[nodiscard]] const ColumnVector& root() const { return columns_.front(); }
    // All rows; the columns of their keys and values are those below the root.
    [[nodiscard]] bool has_pairs() const {
        return root().form() == ColumnForm::pair && !root().has_none();
    }
    [[nodiscard]] Value row(std::uint32_t number) const { return root().value(number); }

private:
    explicit Batch(std::vector<ColumnVector> columns) : columns_{std::move(columns)} {}

    std::vector<ColumnVector> columns_;
};

// Goes through the rows of batches that lie one behind the other.
class BatchRows {
public:
    explicit BatchRows(std::string_view batches) : rest_{batches} {}

    // To the first row, and from each to the next. False: there is none, or what follows is no
    // batch.
    [[nodiscard]] bool next() {
        if (batch_ && ++row_ < batch_->rows()) {
            return true;
        }
        return open();
    }
    // Likewise; what are not pairs, as a map task writes them, is corrupt.
    [[nodiscard]] bool next_pair() {
        corrupt_ = (next() && !batch_->has_pairs()) || corrupt_;
        return batch_ && !corrupt_;
    }
    [[nodiscard]] const Batch& batch() const { return *batch_; }
    [[nodiscard]] std::uint32_t number() const { return row_; }
    [[nodiscard]] Value row() const { return batch_->row(row_); }

    [[nodiscard]] bool corrupt() const { return corrupt_; }
    // At the same row of a copy of the batches.
    [[nodiscard]] BatchRows in(std::string_view copy) const;

private:
    [[nodiscard]] bool open();

    std::string_view rest_;  // behind the batch
    std::size_t from_ = 0;   // bytes from the batch on
    std::optional<Batch> batch_{};
    std::uint32_t row_ = 0;
    bool corrupt_ = false;
};

}  // namespace forkyard
