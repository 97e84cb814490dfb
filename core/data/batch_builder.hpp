// Makes batches of records (core/data/batch_format.hpp).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/data/batch_format.hpp"
#include "core/data/spill_store.hpp"
#include "core/data/value.hpp"

namespace forkyard {

// A column of the batch that is being made. Takes the form of its first value; when one comes that
// does not fit, all are encoded instead.
class ColumnBuilder {
public:
    explicit ColumnBuilder(int depth = 0) : depth_{depth} {}

    void add(const Value& value);
    // The same as of Value{first, second}.
    void add_pair(const Value& first, const Value& second);

    // Bytes of what it has, but for the room to grow.
    [[nodiscard]] std::int64_t held() const;
    [[nodiscard]] std::uint64_t rows() const { return rows_; }
    [[nodiscard]] std::uint32_t columns() const;       // itself and those below
    [[nodiscard]] std::uint64_t buffers_size() const;  // of all of them
    void put_headers(std::string& out) const;
    void put_buffers(std::string& out) const;

private:
    [[nodiscard]] ColumnForm form_of(const Value& value) const;
    // For a value that has this form.
    void prepare(ColumnForm form);
    void begin(ColumnForm form);
    void encode_all();
    void add_none();
    void add_encoded(const Value& value);

    [[nodiscard]] Value value(std::uint64_t row) const;
    [[nodiscard]] bool has_ends() const {
        return form_ == ColumnForm::text || form_ == ColumnForm::list ||
               form_ == ColumnForm::encoded;
    }
    [[nodiscard]] std::uint64_t begin_of(std::uint64_t row) const {
        return row == 0 ? 0 : words_[row - 1];
    }
    [[nodiscard]] ColumnHeader header() const;

    int depth_;
    ColumnForm form_ = ColumnForm::none;
    std::uint64_t rows_ = 0;
    std::vector<std::uint64_t> none_{};   // the rows that are
    std::vector<std::uint64_t> words_{};  // one a row
    std::string bytes_{};
    std::vector<ColumnBuilder> below_{};  // of a pair two, of a list one
};

// Of as many records as come, one batch behind the other.
class BatchWriter {
public:
    // By how many bytes it has grown; below 0: it is smaller, since a batch is packed once it is
    // full.
    std::int64_t add(const Value& row) {
        open_.add(row);
        return added();
    }
    std::int64_t add_pair(const Value& key, const Value& value) {
        open_.add_pair(key, value);
        return added();
    }

    // Those that are full; they are taken once.
    [[nodiscard]] std::vector<std::string> take_full() { return std::exchange(full_, {}); }
    // With the last one. It is as new then.
    [[nodiscard]] std::vector<std::string> take_all();

private:
    void close();
    std::int64_t added();

    ColumnBuilder open_{};
    std::int64_t held_ = 0;  // by the open one
    std::vector<std::string> full_{};
};

// Batches one behind the other.
[[nodiscard]] std::string joined(const std::vector<std::string>& batches);

[[nodiscard]] Computed<void> append(SpillStore& store, const std::vector<std::string>& batches);

// A run of records, as batches, into a store.
class RunWriter {
public:
    explicit RunWriter(SpillStore& store) : store_{store} {}

    [[nodiscard]] Computed<void> add(const Value& row) {
        (void)rows_.add(row);
        return put_full();
    }
    [[nodiscard]] Computed<void> add_pair(const Value& key, const Value& value) {
        (void)rows_.add_pair(key, value);
        return put_full();
    }
    // To be read as long as the store says.
    [[nodiscard]] Computed<std::string_view> finish();

private:
    [[nodiscard]] Computed<void> put_full() { return append(store_, rows_.take_full()); }

    SpillStore& store_;
    BatchWriter rows_{};
};

}  // namespace forkyard
