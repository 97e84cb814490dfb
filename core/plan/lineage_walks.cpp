// From a dataset back to what it is made of.
#include <algorithm>
#include <set>
#include <utility>

#include "core/data/narrow_parts.hpp"
#include "core/plan/lineage.hpp"

namespace forkyard {

void Lineage::each_near(DatasetId id,
                        std::uint32_t partition,
                        const std::function<bool(const NearTo&)>& visit) const {
    std::set<std::pair<std::uint32_t, std::uint32_t>> met;
    const auto meet = [&](const auto& self, std::uint32_t number, std::uint32_t part) -> bool {
        if (!met.emplace(number, part).second) {
            return true;
        }
        const ComputedDataset& dataset = datasets_[number].computed;
        if (dataset.kept && !visit(RddBlock{*dataset.kept, part})) {
            return false;
        }
        const auto* shuffled = std::get_if<ShuffleRead>(&dataset.op);
        if (shuffled != nullptr && !visit(ShufflePart{shuffled->shuffle, part})) {
            return false;
        }
        const bool pairs = std::holds_alternative<Cartesian>(dataset.op) ||
                           std::holds_alternative<Zip>(dataset.op);
        if (pairs && !visit(DatasetPart{DatasetId{number}, part})) {
            return false;
        }
        return each_narrow_part(
            dataset,
            part,
            [&](std::uint32_t parent) { return datasets_[parent].computed.partitions; },
            [&](std::uint32_t parent, std::uint32_t of_it) { return self(self, parent, of_it); });
    };
    (void)meet(meet, id.value, partition);
}

// getPreferredLocations of ShuffledRDD, UnionRDD, CartesianRDD and ZippedPartitionsBaseRDD; that
// of the last one is asked anew for each stage, where Spark asks once.
OwnPreference Lineage::own_preference(const DatasetPart& of) const {
    const ComputedDataset& dataset = at(of.dataset).computed;
    OwnPreference own;
    if (const auto* read = std::get_if<ShuffleRead>(&dataset.op)) {
        own.shuffle = ShufflePart{read->shuffle, of.partition};
        return own;
    }
    own.in_common = std::holds_alternative<Zip>(dataset.op);
    const auto* united = std::get_if<Union>(&dataset.op);
    if (own.in_common || std::holds_alternative<Cartesian>(dataset.op) ||
        (united != nullptr && !united->paired)) {
        (void)each_narrow_part(
            dataset,
            of.partition,
            [&](std::uint32_t parent) { return partitions(DatasetId{parent}); },
            [&](std::uint32_t parent, std::uint32_t of_it) {
                own.parents.push_back({DatasetId{parent}, of_it});
                return true;
            });
    }
    return own;
}

std::vector<std::uint32_t> Lineage::shuffles_before(
    DatasetId id, const std::function<bool(RddId rdd, std::uint32_t partitions)>& is_there) const {
    std::vector<std::uint32_t> found;
    std::vector<char> met(datasets_.size());
    const auto add = [&](std::uint32_t shuffle) {
        if (std::find(found.begin(), found.end(), shuffle) == found.end()) {
            found.push_back(shuffle);
        }
    };
    const auto meet = [&](const auto& self, std::uint32_t number) -> void {
        const ComputedDataset& dataset = datasets_[number].computed;
        if (std::exchange(met[number], 1) != 0 ||
            (is_there && dataset.kept && is_there(*dataset.kept, dataset.partitions))) {
            return;
        }
        if (const auto* read = std::get_if<ShuffleRead>(&dataset.op)) {
            add(read->shuffle);
        } else if (const auto* grouped = std::get_if<CoGroup>(&dataset.op)) {
            for (const CoGroup::Input& input : grouped->inputs) {
                if (input.shuffled) {
                    add(input.number);
                }
            }
        }
        for (const std::uint32_t parent : dataset.parents) {
            self(self, parent);
        }
    };
    meet(meet, id.value);
    return found;
}

}  // namespace forkyard
