#include "core/data/batch.hpp"

#include <algorithm>
#include <bit>
#include <cstring>
#include <utility>

#include "core/data/value_codec.hpp"

namespace forkyard {

namespace {

template <class Number>
Number load(const char* from, std::uint64_t at) {
    Number number;
    std::memcpy(&number, from + at * sizeof(Number), sizeof(Number));
    return number;
}

bool is_value(std::string_view bytes) {
    ByteReader reader{bytes};
    skip_value(reader);
    return !reader.failed() && reader.at_end();
}

}  // namespace

std::uint64_t ColumnVector::word(std::uint64_t at) const {
    switch (word_) {
        case 0:
            return at * static_cast<std::uint64_t>(each_);
        case 1:
            return load<std::uint8_t>(words_, at);
        case 2:
            return load<std::uint16_t>(words_, at);
        case 4:
            return load<std::uint32_t>(words_, at);
        default:
            return load<std::uint64_t>(words_, at);
    }
}

std::int64_t ColumnVector::integer(std::uint64_t row) const {
    switch (word_) {
        case 0:
            return each_;
        case 1:
            return load<std::int8_t>(words_, row);
        case 2:
            return load<std::int16_t>(words_, row);
        case 4:
            return load<std::int32_t>(words_, row);
        default:
            return load<std::int64_t>(words_, row);
    }
}

double ColumnVector::real(std::uint64_t row) const {
    return load<double>(words_, row);
}

Value ColumnVector::value(std::uint64_t row) const {
    if (is_none(row)) {
        return {};
    }
    switch (form_) {
        case ColumnForm::none:
            return {};
        case ColumnForm::integer:
            return Value{integer(row)};
        case ColumnForm::real:
            return Value{real(row)};
        case ColumnForm::text:
            return Value{text(row)};
        case ColumnForm::pair:
            return {first_->value(row), second_->value(row)};
        case ColumnForm::list: {
            const std::uint64_t end = std::min(word(row + 1), first_->rows_);
            List list;
            for (std::uint64_t at = word(row); at < end; ++at) {
                list.push_back(first_->value(at));
            }
            return Value{std::move(list)};
        }
        case ColumnForm::encoded: {
            ByteReader reader{bytes_of(row)};
            return decode(reader);
        }
    }
    return {};
}

std::strong_ordering compare(const ColumnVector& a,
                             std::uint64_t row_of_a,
                             const ColumnVector& b,
                             std::uint64_t row_of_b) {
    const bool both = !a.is_none(row_of_a) && !b.is_none(row_of_b) && a.form() == b.form();
    if (both && a.form() == ColumnForm::text) {
        return a.text(row_of_a) <=> b.text(row_of_b);
    }
    if (both && a.form() == ColumnForm::integer) {
        return a.integer(row_of_a) <=> b.integer(row_of_b);
    }
    return a.value(row_of_a) <=> b.value(row_of_b);
}

// Takes the headers and buffers of one batch apart.
class BatchOpener {
public:
    explicit BatchOpener(std::string_view bytes) : bytes_{bytes} {}

    // All columns of the first batch; none: it is not sound.
    std::optional<std::vector<ColumnVector>> open(std::uint64_t& size) {
        BatchHeader header;
        if (bytes_.size() < sizeof(header)) {
            return std::nullopt;
        }
        std::memcpy(&header, bytes_.data(), sizeof(header));
        if (header.mark != batch_mark || header.rows == 0 || header.rows > batch_rows_max ||
            header.bytes > bytes_.size() || header.columns == 0 ||
            header.columns > batch_columns_max ||
            header.columns > header.bytes / sizeof(ColumnHeader)) {
            return std::nullopt;
        }
        bytes_ = bytes_.substr(0, header.bytes);
        at_ = padded(sizeof(header) + header.columns * sizeof(ColumnHeader));
        columns_.resize(header.columns);
        if (at_ > bytes_.size() || add(header.rows, 0) == nullptr || at_ != bytes_.size() ||
            added_ != columns_.size()) {
            return std::nullopt;
        }
        size = header.bytes;
        return std::move(columns_);
    }

private:
    // The next column, with those below it; null: there is none, or it is not sound.
    const ColumnVector* add(std::uint64_t rows, int depth) {
        if (added_ == columns_.size() || depth > column_depth_max) {
            return nullptr;
        }
        ColumnHeader header;
        std::memcpy(
            &header, bytes_.data() + sizeof(BatchHeader) + added_ * sizeof(header), sizeof(header));
        ColumnVector& column = columns_[added_++];
        column.form_ = header.form;
        column.word_ = header.word;
        column.each_ = header.each;
        column.rows_ = rows;
        const bool sound =
            header.form <= ColumnForm::encoded &&
            (header.word == 0 || (header.word <= 8 && std::has_single_bit(header.word))) &&
            (header.has_none == 0 || take(column.validity_, bits(rows))) &&
            take_form(column, depth);
        return sound ? &column : nullptr;
    }

    bool take_form(ColumnVector& column, int depth) {
        const std::uint64_t rows = column.rows_;
        switch (column.form_) {
            case ColumnForm::none:
                return rows == 0 || column.validity_ != nullptr;
            case ColumnForm::integer:
                return column.word_ == 0 ? rows <= batch_rows_max : take_words(column, rows);
            case ColumnForm::real:
                return column.word_ == 8 && take_words(column, rows);
            case ColumnForm::text:
                return take_ends(column) && take_bytes(column);
            case ColumnForm::encoded:
                return take_ends(column) && take_bytes(column) && are_values(column);
            case ColumnForm::pair:
                column.first_ = add(rows, depth + 1);
                column.second_ = column.first_ == nullptr ? nullptr : add(rows, depth + 1);
                return column.second_ != nullptr;
            case ColumnForm::list:
                column.first_ = take_ends(column) ? add(column.word(rows), depth + 1) : nullptr;
                return column.first_ != nullptr;
        }
        return false;
    }

    bool take_words(ColumnVector& column, std::uint64_t count) {
        return count <= bytes_.size() && take(column.words_, count * column.word_);
    }
    bool take_ends(ColumnVector& column) {
        if (column.word_ == 0) {
            return column.rows_ <= batch_rows_max && column.each_ >= 0;
        }
        if (column.rows_ >= bytes_.size() || !take_words(column, column.rows_ + 1) ||
            column.word(0) != 0) {
            return false;
        }
        std::uint64_t end = 0;
        for (std::uint64_t row = 1; row <= column.rows_; ++row) {
            if (column.word(row) < end) {
                return false;
            }
            end = column.word(row);
        }
        return true;
    }
    bool take_bytes(ColumnVector& column) {
        column.size_ = column.word(column.rows_);
        return take(column.bytes_, column.size_);
    }
    [[nodiscard]] static bool are_values(const ColumnVector& column) {
        for (std::uint64_t row = 0; row < column.rows_; ++row) {
            if (!column.is_none(row) && !is_value(column.bytes_of(row))) {
                return false;
            }
        }
        return true;
    }

    bool take(const char*& buffer, std::uint64_t size) {
        if (size > bytes_.size() - at_ || padded(size) > bytes_.size() - at_) {
            return false;
        }
        buffer = bytes_.data() + at_;
        at_ += padded(size);
        return true;
    }

    std::string_view bytes_;
    std::uint64_t at_ = 0;  // the next buffer
    std::vector<ColumnVector> columns_{};
    std::size_t added_ = 0;
};

std::optional<Batch> Batch::open(std::string_view& bytes) {
    std::uint64_t size = 0;
    std::optional<std::vector<ColumnVector>> columns = BatchOpener{bytes}.open(size);
    if (!columns) {
        return std::nullopt;
    }
    bytes.remove_prefix(size);
    return Batch{std::move(*columns)};
}

bool BatchRows::open() {
    if (rest_.empty() || corrupt_) {
        batch_.reset();
        return false;
    }
    from_ = rest_.size();
    batch_ = Batch::open(rest_);
    row_ = 0;
    corrupt_ = !batch_.has_value();
    return !corrupt_;
}

BatchRows BatchRows::in(std::string_view copy) const {
    const std::size_t left = batch_ ? from_ : rest_.size();
    BatchRows there{copy.substr(copy.size() - std::min(left, copy.size()))};
    if (batch_ && there.open()) {
        there.row_ = row_;
    }
    there.corrupt_ = there.corrupt_ || left > copy.size();
    return there;
}

}  // namespace forkyard
