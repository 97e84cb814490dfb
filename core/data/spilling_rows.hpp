// Rows in the order in which they came, however many, to be read once: in batches, and what the
// task's memory does not hold is put away.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/data/batch.hpp"
#include "core/data/batch_builder.hpp"
#include "core/data/spillable.hpp"
#include "core/data/value.hpp"

namespace forkyard {

class SpillingRows final : public Spillable {
public:
    using Spillable::Spillable;

    // All, before the first is read.
    [[nodiscard]] Computed<void> add(const Value& row);
    // How many have not been read.
    [[nodiscard]] std::uint64_t left() const { return left_; }
    // Of those the first. The error: what was spilled is not there as it was.
    [[nodiscard]] Computed<Value> next();

private:
    // While they are read, too.
    [[nodiscard]] Computed<bool> put_away() override;
    // To the first row, and from each to the next. False: what was spilled is not as it was.
    [[nodiscard]] bool go_on();

    BatchWriter writer_{};
    std::vector<std::string_view> runs_{};
    std::uint64_t left_ = 0;
    bool reading_ = false;
    std::string behind_{};  // while they are read: the last run, if it is in memory
    std::size_t run_ = 0;   // that comes next
    BatchRows rows_{{}};    // of the one before it
};

}  // namespace forkyard
