// Rows in the order of their keys, however many: sorted is an index into the batches where they
// lie; an index that the task's memory does not hold is put away with its rows as a sorted run, and
// the runs are merged. Rows with equal keys stay in the order in which they came.
//
// In Spark: ExternalSorter with a key ordering, UnsafeShuffleInMemorySorter's key prefixes.
#pragma once

#include <cstdint>
#include <functional>
#include <string_view>
#include <vector>

#include "core/data/batch.hpp"
#include "core/data/spillable.hpp"

namespace forkyard {

class SpillingSort final : public Spillable {
public:
    // Takes a row; false: no more are wanted.
    using Take = std::function<bool(Value row)>;

    SpillingSort(const TaskRoom& room, bool descending)
        : Spillable{room}, descending_{descending} {}

    // Batches of pairs, which stay where they are. The error: they are something else.
    [[nodiscard]] Computed<std::uint64_t> add(std::string_view batches);
    // All rows. Whether `take` wanted all of them.
    [[nodiscard]] Computed<bool> drain(const Take& take);

private:
    struct Row {
        std::uint64_t prefix;  // keys in order have prefixes in order
        std::uint32_t batch;   // as they came
        std::uint32_t row;
    };
    // A row with a prefix, wherever its batch is.
    struct Place {
        std::uint64_t prefix = 0;
        const Batch* batch = nullptr;
        std::uint32_t row = 0;
        [[nodiscard]] Value value() const { return batch->row(row); }
    };
    // A run, at the row that comes next.
    struct Run {
        BatchRows rows;
        Place next{};
    };

    [[nodiscard]] Computed<bool> put_away() override;
    void sort();
    [[nodiscard]] Place place_of(const Row& row) const {
        return {row.prefix, &batches_[row.batch], row.row};
    }
    // Below 0: the key of the first comes first.
    [[nodiscard]] int compare(const Place& a, const Place& b) const;
    void prefetch(std::size_t from) const;
    [[nodiscard]] static bool advance(Run& run);
    [[nodiscard]] Computed<bool> drain_merged(const Take& take);

    bool descending_;
    bool draining_ = false;
    std::vector<Batch> batches_{};
    std::vector<Row> rows_{};
    std::vector<std::string_view> runs_{};
};

}  // namespace forkyard
