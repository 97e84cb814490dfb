// What a map task writes: the rows of each reduce partition, in batches. What its memory does not
// hold is put away, all partitions of it at once, and stands before what comes later.
//
// In Spark: ShuffleExternalSorter, and the merge of its spills.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/data/batch_builder.hpp"
#include "core/data/compute_task.hpp"
#include "core/data/spillable.hpp"

namespace forkyard {

class Regions final : public Spillable {
public:
    Regions(const TaskRoom& room, std::uint32_t partitions, PutAway as)
        : Spillable{room, as}, regions_(partitions), rows_(partitions), records_(partitions) {}

    [[nodiscard]] std::uint32_t partitions() const {
        return static_cast<std::uint32_t>(regions_.size());
    }
    [[nodiscard]] Computed<void> put(std::uint32_t partition, const Value& key, const Value& value);
    // Once, after the last.
    void move_to(TaskOutput& out);

private:
    [[nodiscard]] Computed<bool> put_away() override;

    std::vector<Region> regions_;  // what was put away
    std::vector<BatchWriter> rows_;
    std::vector<std::uint64_t> records_;
};

}  // namespace forkyard
