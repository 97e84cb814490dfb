#include "core/data/batch_builder.hpp"

#include <algorithm>
#include <bit>
#include <cstring>
#include <limits>
#include <utility>

#include "core/data/value_codec.hpp"

namespace forkyard {

namespace {

using Kind = Value::Kind;

void pad(std::string& out) {
    out.resize(padded(out.size()));
}

template <class Plain>
void put(std::string& out, const Plain& plain) {
    char bytes[sizeof(Plain)];
    std::memcpy(bytes, &plain, sizeof(Plain));
    out.append(bytes, sizeof(Plain));
}

template <class Word>
void put_words(std::string& out, const std::vector<std::uint64_t>& words, bool ends) {
    const std::size_t at = out.size() + (ends ? sizeof(Word) : 0);
    out.resize(padded(at + words.size() * sizeof(Word)));
    char* to = out.data() + at;
    for (const std::uint64_t word : words) {
        const auto narrow = static_cast<Word>(word);
        std::memcpy(to, &narrow, sizeof(Word));
        to += sizeof(Word);
    }
}

template <class Number>
bool within(std::int64_t least, std::int64_t most) {
    return least >= std::numeric_limits<Number>::min() &&
           most <= std::numeric_limits<Number>::max();
}

std::uint8_t bytes_of_integers(std::int64_t least, std::int64_t most) {
    if (within<std::int8_t>(least, most)) {
        return 1;
    }
    if (within<std::int16_t>(least, most)) {
        return 2;
    }
    return within<std::int32_t>(least, most) ? 4 : 8;
}

void set_integers(ColumnHeader& header, const std::vector<std::uint64_t>& words) {
    auto least = static_cast<std::int64_t>(words.front());
    auto most = least;
    for (const std::uint64_t word : words) {
        least = std::min(least, static_cast<std::int64_t>(word));
        most = std::max(most, static_cast<std::int64_t>(word));
    }
    header.word = bytes_of_integers(least, most);
    if (least == most && header.word <= 4 && words.size() <= batch_rows_max) {
        header.word = 0;
        header.each = static_cast<std::int32_t>(least);
    }
}

bool are_regular(const std::vector<std::uint64_t>& ends) {
    for (std::size_t i = 0; i < ends.size(); ++i) {
        if (ends[i] != (i + 1) * ends.front()) {
            return false;
        }
    }
    return true;
}

void set_ends(ColumnHeader& header, const std::vector<std::uint64_t>& ends) {
    if (ends.size() <= batch_rows_max && ends.front() <= INT32_MAX && are_regular(ends)) {
        header.each = static_cast<std::int32_t>(ends.front());
        return;
    }
    const std::uint64_t last = ends.back();
    header.word = last <= UINT8_MAX ? 1 : last <= UINT16_MAX ? 2 : last <= UINT32_MAX ? 4 : 8;
}

}  // namespace

ColumnForm ColumnBuilder::form_of(const Value& value) const {
    switch (value.kind()) {
        case Kind::none:
            return ColumnForm::none;
        case Kind::integer:
            return ColumnForm::integer;
        case Kind::real:
            return ColumnForm::real;
        case Kind::text:
            return ColumnForm::text;
        case Kind::pair:
            return depth_ < column_depth_max ? ColumnForm::pair : ColumnForm::encoded;
        case Kind::list:
            return depth_ < column_depth_max ? ColumnForm::list : ColumnForm::encoded;
    }
    return ColumnForm::none;
}

void ColumnBuilder::add(const Value& value) {
    if (value.is(Kind::none)) {
        add_none();
        return;
    }
    prepare(form_of(value));
    ++rows_;
    switch (form_) {
        case ColumnForm::integer:
            words_.push_back(static_cast<std::uint64_t>(value.integer()));
            break;
        case ColumnForm::real:
            words_.push_back(std::bit_cast<std::uint64_t>(value.real()));
            break;
        case ColumnForm::text:
            bytes_ += value.text();
            words_.push_back(bytes_.size());
            break;
        case ColumnForm::pair:
            below_[0].add(value.first());
            below_[1].add(value.second());
            break;
        case ColumnForm::list:
            for (const Value& element : value.list()) {
                below_[0].add(element);
            }
            words_.push_back(below_[0].rows());
            break;
        case ColumnForm::encoded:
        case ColumnForm::none:
            add_encoded(value);
    }
}

void ColumnBuilder::add_pair(const Value& first, const Value& second) {
    if (form_ != ColumnForm::pair && rows_ > 0) {
        add({first, second});
        return;
    }
    prepare(ColumnForm::pair);
    ++rows_;
    below_[0].add(first);
    below_[1].add(second);
}

std::int64_t ColumnBuilder::held() const {
    const std::size_t own = (none_.size() + words_.size()) * sizeof(std::uint64_t) + bytes_.size();
    auto all = static_cast<std::int64_t>(own);
    for (const ColumnBuilder& child : below_) {
        all += child.held();
    }
    return all;
}

void ColumnBuilder::prepare(ColumnForm form) {
    if (form_ == ColumnForm::none) {
        begin(form);
    } else if (form_ != form && form_ != ColumnForm::encoded) {
        encode_all();
    }
}

void ColumnBuilder::begin(ColumnForm form) {
    form_ = form;
    if (form == ColumnForm::pair || form == ColumnForm::list) {
        below_.resize(form == ColumnForm::pair ? 2 : 1, ColumnBuilder{depth_ + 1});
    }
    if (form != ColumnForm::pair) {
        words_.assign(rows_, 0);
        return;
    }
    for (std::uint64_t row = 0; row < rows_; ++row) {
        below_[0].add_none();
        below_[1].add_none();
    }
}

void ColumnBuilder::encode_all() {
    ColumnBuilder encoded{depth_};
    encoded.begin(ColumnForm::encoded);
    auto none = none_.begin();
    for (std::uint64_t row = 0; row < rows_; ++row) {
        if (none != none_.end() && *none == row) {
            encoded.add_none();
            ++none;
        } else {
            ++encoded.rows_;
            encoded.add_encoded(value(row));
        }
    }
    *this = std::move(encoded);
}

void ColumnBuilder::add_encoded(const Value& value) {
    encode(value, bytes_);
    words_.push_back(bytes_.size());
}

void ColumnBuilder::add_none() {
    none_.push_back(rows_);
    if (form_ == ColumnForm::pair) {
        below_[0].add_none();
        below_[1].add_none();
    } else if (form_ != ColumnForm::none) {
        words_.push_back(has_ends() ? begin_of(rows_) : 0);
    }
    ++rows_;
}

Value ColumnBuilder::value(std::uint64_t row) const {
    if (std::binary_search(none_.begin(), none_.end(), row)) {
        return {};
    }
    switch (form_) {
        case ColumnForm::integer:
            return Value{static_cast<std::int64_t>(words_[row])};
        case ColumnForm::real:
            return Value{std::bit_cast<double>(words_[row])};
        case ColumnForm::pair:
            return {below_[0].value(row), below_[1].value(row)};
        case ColumnForm::list: {
            List list;
            for (std::uint64_t at = begin_of(row); at < words_[row]; ++at) {
                list.push_back(below_[0].value(at));
            }
            return Value{std::move(list)};
        }
        case ColumnForm::text:
        case ColumnForm::encoded:
        case ColumnForm::none:
            break;
    }
    const std::string_view bytes =
        std::string_view{bytes_}.substr(begin_of(row), words_[row] - begin_of(row));
    if (form_ == ColumnForm::text) {
        return Value{bytes};
    }
    ByteReader reader{bytes};
    return decode(reader);
}

std::uint32_t ColumnBuilder::columns() const {
    std::uint32_t count = 1;
    for (const ColumnBuilder& child : below_) {
        count += child.columns();
    }
    return count;
}

ColumnHeader ColumnBuilder::header() const {
    ColumnHeader header;
    header.form = form_;
    header.has_none = none_.empty() ? 0 : 1;
    if (form_ == ColumnForm::real) {
        header.word = 8;
    } else if (form_ == ColumnForm::integer) {
        set_integers(header, words_);
    } else if (has_ends()) {
        set_ends(header, words_);
    }
    return header;
}

std::uint64_t ColumnBuilder::buffers_size() const {
    const std::uint64_t words = words_.size() + (has_ends() ? 1 : 0);
    std::uint64_t size = padded(none_.empty() ? 0 : bits(rows_)) + padded(words * header().word) +
                         padded(bytes_.size());
    for (const ColumnBuilder& child : below_) {
        size += child.buffers_size();
    }
    return size;
}

void ColumnBuilder::put_headers(std::string& out) const {
    put(out, header());
    for (const ColumnBuilder& child : below_) {
        child.put_headers(out);
    }
}

void ColumnBuilder::put_buffers(std::string& out) const {
    if (!none_.empty()) {
        std::string validity(bits(rows_), '\xFF');
        for (const std::uint64_t row : none_) {
            validity[row / 8] = static_cast<char>(validity[row / 8] & ~(1 << row % 8));
        }
        out += validity;
        pad(out);
    }
    switch (header().word) {
        case 0:
            break;
        case 1:
            put_words<std::uint8_t>(out, words_, has_ends());
            break;
        case 2:
            put_words<std::uint16_t>(out, words_, has_ends());
            break;
        case 4:
            put_words<std::uint32_t>(out, words_, has_ends());
            break;
        default:
            put_words<std::uint64_t>(out, words_, has_ends());
    }
    out += bytes_;
    pad(out);
    for (const ColumnBuilder& child : below_) {
        child.put_buffers(out);
    }
}

void BatchWriter::close() {
    BatchHeader header;
    header.rows = static_cast<std::uint32_t>(open_.rows());
    header.columns = open_.columns();
    header.bytes =
        padded(sizeof(header) + header.columns * sizeof(ColumnHeader)) + open_.buffers_size();
    std::string batch;
    batch.reserve(header.bytes);
    put(batch, header);
    open_.put_headers(batch);
    pad(batch);
    open_.put_buffers(batch);
    full_.push_back(std::move(batch));
    open_ = ColumnBuilder{};
    held_ = 0;
}

std::int64_t BatchWriter::added() {
    const std::int64_t before = std::exchange(held_, open_.held());
    if (open_.rows() < batch_rows_max && held_ < batch_bytes_max) {
        return held_ - before;
    }
    close();
    return static_cast<std::int64_t>(full_.back().size()) - before;
}

std::vector<std::string> BatchWriter::take_all() {
    if (open_.rows() > 0) {
        close();
    }
    return take_full();
}

std::string joined(const std::vector<std::string>& batches) {
    std::string all;
    for (const std::string& batch : batches) {
        all += batch;
    }
    return all;
}

Computed<void> append(SpillStore& store, const std::vector<std::string>& batches) {
    Computed<void> appended{};
    for (std::size_t i = 0; i < batches.size() && appended; ++i) {
        appended = store.append(batches[i]);
    }
    return appended;
}

Computed<std::string_view> RunWriter::finish() {
    return append(store_, rows_.take_all()).and_then([this] { return store_.finish(); });
}

}  // namespace forkyard
