// Which partitions of its parents in the same stage a partition of a dataset is made of.
#pragma once

#include <cstdint>
#include <variant>

#include "core/data/stage_program.hpp"

namespace forkyard {

// visit(number of the parent, its partition) for each, in the order in which they are read,
// until it says false. `partitions_of`: by number.
template <class PartitionsOf, class Visit>
bool each_narrow_part(const ComputedDataset& dataset,
                      std::uint32_t partition,
                      PartitionsOf&& partitions_of,
                      Visit&& visit) {
    if (const auto* united = std::get_if<Union>(&dataset.op);
        united != nullptr && !united->paired) {
        std::uint32_t at = partition;
        for (const std::uint32_t parent : dataset.parents) {
            const std::uint32_t here = partitions_of(parent);
            if (at < here) {
                return visit(parent, at);
            }
            at -= here;
        }
        return true;
    }
    if (std::holds_alternative<Coalesce>(dataset.op)) {
        const std::uint32_t parent = dataset.parents.front();
        const PartitionRange group =
            coalesced(partitions_of(parent), dataset.partitions, partition);
        for (std::uint32_t p = group.from; p < group.until; ++p) {
            if (!visit(parent, p)) {
                return false;
            }
        }
        return true;
    }
    if (std::holds_alternative<Cartesian>(dataset.op)) {
        const std::uint32_t second = dataset.parents.back();
        const std::uint32_t count = partitions_of(second);
        return visit(dataset.parents.front(), partition / count) &&
               visit(second, partition % count);
    }
    for (const std::uint32_t parent : dataset.parents) {
        if (!visit(parent, partition)) {
            return false;
        }
    }
    return true;
}

}  // namespace forkyard
