// Rows in the order in which they came, however many, to be read once: encoded, and what the
// task's memory does not hold is put away.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/data/spillable.hpp"
#include "core/data/value.hpp"

namespace forkyard {

class SpillingRows final : public Spillable {
public:
    using Spillable::Spillable;

    [[nodiscard]] Computed<void> add(const Value& row);
    // How many have not been read.
    [[nodiscard]] std::uint64_t left() const { return left_; }
    // Of those the first. The error: what was spilled is not there as it was.
    [[nodiscard]] Computed<Value> next();

private:
    // While they are read, too: what is read next stays where it is counted from.
    [[nodiscard]] Computed<bool> put_away() override;

    std::vector<std::string_view> runs_{};
    std::string bytes_{};  // of the rows behind all runs
    std::uint64_t left_ = 0;
    std::size_t run_ = 0;  // that is read: behind the last one the rows in memory
    std::size_t at_ = 0;   // how much of it has been
};

}  // namespace forkyard
