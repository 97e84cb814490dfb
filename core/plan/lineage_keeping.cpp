// Datasets that are kept by executors, and those whose lineage ends with what is kept, or with
// files.
#include <utility>

#include "core/check.hpp"
#include "core/plan/lineage.hpp"
#include "core/plan/rdd_class.hpp"

namespace forkyard {

void Lineage::keep(DatasetId of, const StorageLevel& level) {
    DatasetNode& dataset = datasets_[of.index()];
    const bool local = is_marked_local(of);
    FORKYARD_CHECK(!dataset.storage || dataset.storage == level || local,
                   "the storage level of a dataset does not change");
    dataset.storage = level;
    // What is put out of memory would be lost for good (LocalRDDCheckpointData).
    dataset.storage->disk = level.disk || local;
    dataset.computed.kept = rdd_of(of);
}

std::optional<RddId> Lineage::unpersist(DatasetId of) {
    DatasetNode& dataset = datasets_[of.index()];
    dataset.storage.reset();
    return std::exchange(dataset.computed.kept, std::nullopt);
}

void Lineage::mark(DatasetId of, const std::string& folder) {
    DatasetNode& dataset = datasets_[of.index()];
    const bool local = folder.empty();
    if (!dataset.checkpoint) {
        dataset.checkpoint = Checkpoint{folder, {}};
    } else if (local && !is_cut(of)) {
        dataset.checkpoint->folder.clear();
    }
    if (local && is_marked_local(of)) {
        keep(of, dataset.storage.value_or(StorageLevel{}));
    }
}

void Lineage::cut(DatasetId of) {
    const bool local = is_marked_local(of);
    DatasetNode made;
    made.computed.op = local ? Operator{LostCheckpoint{rdd_of(of)}}
                             : Operator{CheckpointSource{at(of).checkpoint->folder}};
    made.computed.partitions = partitions(of);
    made.partitioner = at(of).partitioner;
    const DatasetId checkpoint = add(std::move(made));
    DatasetNode& dataset = datasets_[of.index()];
    FORKYARD_CHECK(dataset.checkpoint && dataset.checkpoint->rdd_class.empty(),
                   "a dataset that is marked is checkpointed once");
    dataset.checkpoint->rdd_class = rdd_class(dataset.computed.op);
    dataset.computed.op = Union{true};
    dataset.computed.parents = {checkpoint.value};
    dataset.computed.cost = free_step;
    if (!local) {
        dataset.determinism = Determinism::determinate;
        determine_after(of);
    }
}

std::vector<Lineage::Dependency> Lineage::dependencies(DatasetId of) const {
    const ComputedDataset& dataset = at(of).computed;
    const auto written = [&](std::uint32_t shuffle) {
        return Dependency{shuffles_[shuffle].parent, true};
    };
    if (const auto* read = std::get_if<ShuffleRead>(&dataset.op)) {
        return {written(read->shuffle)};
    }
    std::vector<Dependency> all;
    if (const auto* grouped = std::get_if<CoGroup>(&dataset.op)) {
        for (const CoGroup::Input& input : grouped->inputs) {
            all.push_back(input.shuffled ? written(input.number)
                                         : Dependency{DatasetId{dataset.parents[input.number]}});
        }
        return all;
    }
    for (const std::uint32_t parent : dataset.parents) {
        all.push_back({DatasetId{parent}});
    }
    return all;
}

}  // namespace forkyard
