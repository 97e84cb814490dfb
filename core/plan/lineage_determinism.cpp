// What a retry of a task gives again, by what its dataset is made of (SCH-DAG-60).
//
// In Spark: RDD.getOutputDeterministicLevel.
#include <algorithm>
#include <variant>

#include "core/plan/lineage.hpp"

namespace forkyard {

// The order of what a shuffle brings is that of arrival.
Determinism Lineage::behind(std::uint32_t shuffle) const {
    return at(shuffles_[shuffle].parent).determinism == Determinism::indeterminate
               ? Determinism::indeterminate
               : Determinism::unordered;
}

// What a zip pairs depends on the order of its records, too, but Spark asks nothing more of it than
// of other steps.
Determinism Lineage::determinism_of(const ComputedDataset& dataset) const {
    if (const auto* read = std::get_if<ShuffleRead>(&dataset.op)) {
        return behind(read->shuffle);
    }
    Determinism worst = Determinism::determinate;
    for (const std::uint32_t parent : dataset.parents) {
        worst = std::max(worst, at(DatasetId{parent}).determinism);
    }
    if (const auto* grouped = std::get_if<CoGroup>(&dataset.op)) {
        for (const CoGroup::Input& input : grouped->inputs) {
            worst = input.shuffled ? std::max(worst, behind(input.number)) : worst;
        }
    }
    // Which records these take depends on their order.
    const bool counts =
        std::holds_alternative<Sample>(dataset.op) || std::holds_alternative<Deal>(dataset.op);
    return counts && worst == Determinism::unordered ? Determinism::indeterminate : worst;
}

// It has come to be determinate: files have it. So may what was made of it.
void Lineage::determine_after(DatasetId of) {
    for (std::size_t i = of.index() + 1; i < datasets_.size(); ++i) {
        if (!is_cut(DatasetId{static_cast<std::uint32_t>(i)})) {
            datasets_[i].determinism = determinism_of(datasets_[i].computed);
        }
    }
}

}  // namespace forkyard
