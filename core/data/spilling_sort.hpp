// Rows in the order of their keys, however many: sorted is an index into where they lie encoded;
// an index that the task's memory does not hold is put away with its rows as a sorted run, and
// the runs are merged. Rows with equal keys stay in the order in which they came.
//
// In Spark: ExternalSorter with a key ordering, UnsafeShuffleInMemorySorter's key prefixes.
#pragma once

#include <cstdint>
#include <functional>
#include <string_view>
#include <vector>

#include "core/data/spillable.hpp"

namespace forkyard {

class SpillingSort final : public Spillable {
public:
    // Takes a row; false: no more are wanted.
    using Take = std::function<bool(Value row)>;

    SpillingSort(const TaskRoom& room, bool descending)
        : Spillable{room}, descending_{descending} {}

    // Encoded pairs, which stay where they are. The error: they are something else.
    [[nodiscard]] Computed<std::uint64_t> add(std::string_view rows);
    // All rows. Whether `take` wanted all of them.
    [[nodiscard]] Computed<bool> drain(const Take& take);

private:
    struct Row {
        std::uint64_t prefix;  // keys in order have prefixes in order
        const char* at;
        std::uint32_t length;
        std::uint32_t number;  // since the last spill
        [[nodiscard]] std::string_view bytes() const { return {at, length}; }
    };
    // What is left of a run of encoded rows, with the one that comes next.
    struct Run {
        std::string_view rest;
        Row next{};
    };

    [[nodiscard]] Computed<bool> put_away() override;
    void sort();
    // Below 0: the key of the first comes first.
    [[nodiscard]] int compare(const Row& a, const Row& b) const;
    [[nodiscard]] static bool advance(Run& run);
    [[nodiscard]] Computed<bool> drain_merged(const Take& take);

    bool descending_;
    bool draining_ = false;
    std::vector<Row> rows_{};
    std::vector<std::string_view> runs_{};
};

}  // namespace forkyard
