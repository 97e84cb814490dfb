#include "core/plan/lineage.hpp"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "core/check.hpp"

namespace forkyard {

namespace {

// The smallest whole number, from 2 on, of which so many multiplied cover all partitions.
std::uint64_t tree_scale(std::uint64_t partitions, std::uint32_t depth) {
    const auto covers = [&](std::uint64_t scale) {
        std::uint64_t covered = 1;
        for (std::uint32_t level = 0; level < depth && covered < partitions; ++level) {
            covered *= scale;
        }
        return covered >= partitions;
    };
    std::uint64_t scale = 2;
    for (std::uint64_t most = std::max(scale, partitions); scale < most;) {
        const std::uint64_t middle = (scale + most) / 2;
        (covers(middle) ? most : scale) = covers(middle) ? middle : middle + 1;
    }
    return scale;
}

bool combines_on_map_side(const Aggregation& aggregation) {
    return aggregation.kind == ByKey::reduce || aggregation.kind == ByKey::aggregate;
}

}  // namespace

void Lineage::begin_step(std::string name, std::string_view word, const StepCost& cost) {
    name_ = std::move(name);
    word_ = word;
    cost_ = cost;
}

DatasetId Lineage::charged(DatasetId id) {
    datasets_[id.index()].computed.cost = cost_;
    return id;
}

DatasetId Lineage::add(DatasetNode dataset) {
    dataset.computed.cost = free_step;
    dataset.made_by = word_;
    dataset.determinism = determinism_of(dataset.computed);
    datasets_.push_back(std::move(dataset));
    return DatasetId{static_cast<std::uint32_t>(datasets_.size() - 1)};
}

// ---- sources

DatasetId Lineage::add_source(Operator op, std::uint32_t partitions) {
    DatasetNode dataset;
    dataset.computed = {std::move(op), {}, partitions, {}};
    return charged(add(std::move(dataset)));
}

DatasetId Lineage::files(FileSource source) {
    const auto partitions = static_cast<std::uint32_t>(source.partitions.size());
    return add_source(std::move(source), partitions);
}

DatasetId Lineage::range(const RangeSource& source, Count partitions) {
    return add_source(source, partitions.value_or(parallelism_));
}

DatasetId Lineage::values(ValuesSource source, Count partitions) {
    return add_source(std::move(source), partitions.value_or(parallelism_));
}

DatasetId Lineage::generate(GeneratedSource source, Count partitions) {
    return add_source(std::move(source), partitions.value_or(parallelism_));
}

// ---- narrow

DatasetId Lineage::add_narrow(Operator op, DatasetId of, Keeps keeps) {
    DatasetNode dataset;
    dataset.computed = {std::move(op), {of.value}, partitions(of), {}};
    if (keeps == Keeps::partitioner) {
        dataset.partitioner = at(of).partitioner;
    }
    return add(std::move(dataset));
}

// A map may change the key; mapValues and filter cannot (DP-RDD-07).
DatasetId Lineage::apply(DatasetId of, NarrowKind kind, Call call) {
    const bool keeps = kind == NarrowKind::map_values || kind == NarrowKind::filter;
    return charged(
        add_narrow(Apply{kind, std::move(call)}, of, keeps ? Keeps::partitioner : Keeps::nothing));
}

DatasetId Lineage::sample(DatasetId of, const Sample& sample) {
    return charged(add_narrow(sample, of, Keeps::partitioner));
}

DatasetId Lineage::accumulate(DatasetId of, const std::string& accumulator, Call amount) {
    const auto known = std::find(accumulators_.begin(), accumulators_.end(), accumulator);
    const auto number = static_cast<std::uint32_t>(known - accumulators_.begin());
    if (known == accumulators_.end()) {
        accumulators_.push_back(accumulator);
    }
    return charged(add_narrow(Accumulate{number, std::move(amount)}, of, Keeps::partitioner));
}

DatasetId Lineage::unite(std::span<const DatasetId> of) {
    DatasetNode dataset;
    std::vector<DatasetId> inputs;
    std::copy_if(of.begin(), of.end(), std::back_inserter(inputs), [&](DatasetId id) {
        return partitions(id) > 0;
    });
    // Partition i of all, where equal keys are in it in all of them (DP-RDD-19).
    const bool paired =
        !inputs.empty() && std::all_of(inputs.begin(), inputs.end(), [&](DatasetId id) {
            return at(id).partitioner && at(id).partitioner == at(inputs.front()).partitioner;
        });
    dataset.computed.op = Union{paired};
    std::uint64_t count = 0;
    for (const DatasetId id : inputs) {
        dataset.computed.parents.push_back(id.value);
        count = paired ? partitions(id) : count + partitions(id);
    }
    FORKYARD_CHECK(count <= INT32_MAX, "a union has at most 2^31 - 1 partitions");
    dataset.computed.partitions = static_cast<std::uint32_t>(count);
    if (paired) {
        dataset.partitioner = at(inputs.front()).partitioner;
    }
    return charged(add(std::move(dataset)));
}

DatasetId Lineage::coalesce(DatasetId of, std::uint32_t partitions) {
    return charged(add_coalesced(of, partitions));
}

DatasetId Lineage::add_coalesced(DatasetId of, std::uint32_t partitions) {
    const DatasetId id = add_narrow(Coalesce{}, of, Keeps::nothing);
    DatasetNode& dataset = datasets_[id.index()];
    dataset.computed.partitions = std::min(partitions, dataset.computed.partitions);
    return id;
}

DatasetId Lineage::add_pairs(Operator op, DatasetId left, DatasetId right, std::uint32_t count) {
    DatasetNode dataset;
    dataset.computed = {std::move(op), {left.value, right.value}, count, {}};
    return charged(add(std::move(dataset)));
}

std::string Lineage::why_no_cartesian(DatasetId left, DatasetId right) const {
    const std::uint64_t count = std::uint64_t{partitions(left)} * partitions(right);
    return count <= INT32_MAX
               ? std::string{}
               : fmt::format("{} x {} partitions are too many: a dataset has at most {}",
                             partitions(left),
                             partitions(right),
                             INT32_MAX);
}

DatasetId Lineage::cartesian(DatasetId left, DatasetId right) {
    FORKYARD_CHECK(why_no_cartesian(left, right).empty(), "a cartesian has been checked");
    return add_pairs(Cartesian{}, left, right, partitions(left) * partitions(right));
}

// ZippedPartitionsBaseRDD.getPartitions.
std::string Lineage::why_no_zip(DatasetId left, DatasetId right) const {
    return partitions(left) == partitions(right)
               ? std::string{}
               : fmt::format(
                     "datasets with unequal numbers of partitions cannot be zipped: {} "
                     "and {}",
                     partitions(left),
                     partitions(right));
}

DatasetId Lineage::zip(DatasetId left, DatasetId right) {
    FORKYARD_CHECK(why_no_zip(left, right).empty(), "a zip has been checked");
    return add_pairs(Zip{}, left, right, partitions(left));
}

// ---- by key

// The partitioner of the input with most partitions, if it is not too coarse for the largest of
// them; else a new one (DP-RDD-08).
Partitioner Lineage::chosen(std::span<const DatasetId> inputs, Count count) const {
    if (count) {
        return {*count};
    }
    std::uint32_t largest = 0;
    const Partitioner* best = nullptr;
    for (const DatasetId id : inputs) {
        const DatasetNode& input = at(id);
        largest = std::max(largest, input.computed.partitions);
        if (input.partitioner && input.partitioner->partitions > 0 &&
            (best == nullptr || input.partitioner->partitions > best->partitions)) {
            best = &*input.partitioner;
        }
    }
    const std::uint32_t wanted = default_parallelism_.value_or(largest);
    constexpr std::uint64_t factor = 10;
    if (best != nullptr && (largest < factor * best->partitions || wanted <= best->partitions)) {
        return *best;
    }
    return {wanted};
}

std::uint32_t Lineage::add_shuffle(DatasetId parent,
                                   const Partitioner& partitioner,
                                   const std::optional<Aggregation>& combine) {
    shuffles_.push_back({parent, partitioner, combine, false, name_});
    return static_cast<std::uint32_t>(shuffles_.size() - 1);
}

DatasetId Lineage::add_shuffled(std::uint32_t shuffle, const Aggregation& aggregation) {
    const ShuffleDependency& dependency = shuffles_[shuffle];
    DatasetNode dataset;
    dataset.computed = {ShuffleRead{shuffle, aggregation, dependency.descending},
                        {},
                        dependency.partitioner.partitions,
                        {}};
    dataset.partitioner = dependency.partitioner;
    return charged(add(std::move(dataset)));
}

DatasetId Lineage::make_by_key(DatasetId of,
                               const Aggregation& aggregation,
                               const Partitioner& partitioner) {
    if (at(of).partitioner == partitioner) {  // equal keys are together (DP-RDD-13)
        return charged(add_narrow(InPlace{aggregation}, of, Keeps::partitioner));
    }
    const std::uint32_t shuffle =
        add_shuffle(of,
                    partitioner,
                    combines_on_map_side(aggregation) ? std::optional{aggregation} : std::nullopt);
    return add_shuffled(shuffle, aggregation);
}

DatasetId Lineage::by_key(DatasetId of, const Aggregation& aggregation, Count count) {
    return make_by_key(of, aggregation, chosen({&of, 1}, count));
}

DatasetId Lineage::cogroup(DatasetId left, DatasetId right, Count count) {
    const std::vector<DatasetId> inputs{left, right};
    const Partitioner partitioner = chosen(inputs, count);
    DatasetNode dataset;
    CoGroup grouped;
    for (std::size_t i = 0; i < inputs.size(); ++i) {
        const DatasetId id = inputs[i];
        if (at(id).partitioner == partitioner) {  // DP-RDD-12
            const auto number = static_cast<std::uint32_t>(dataset.computed.parents.size());
            grouped.inputs.push_back({false, number});
            dataset.computed.parents.push_back(id.value);
        } else {
            const std::uint32_t shuffle = add_shuffle(id, partitioner, std::nullopt);
            if (i > 0) {
                shuffles_[shuffle].name = fmt::format("{}:right", name_);
            }
            grouped.inputs.push_back({true, shuffle});
        }
    }
    dataset.computed.op = std::move(grouped);
    dataset.computed.partitions = partitioner.partitions;
    dataset.partitioner = partitioner;
    return charged(add(std::move(dataset)));
}

DatasetId Lineage::join(DatasetId left,
                        DatasetId right,
                        const std::string& side,
                        Count partitions) {
    const DatasetId grouped = cogroup(left, right, partitions);
    return add_narrow(
        Apply{NarrowKind::flat_map, {"join_groups", {Value{side}}}}, grouped, Keeps::partitioner);
}

// As many partitions as its input, whatever the default is (RDD.sortBy).
DatasetId Lineage::sort_by(DatasetId of, Call key, bool descending, Count count) {
    const DatasetId keyed =
        add_narrow(Apply{NarrowKind::sort_key, std::move(key)}, of, Keeps::nothing);
    const std::uint32_t shuffle =
        add_shuffle(keyed, {count.value_or(partitions(of))}, std::nullopt);
    shuffles_[shuffle].partitioner.sort = shuffle;
    shuffles_[shuffle].descending = descending;
    const DatasetId sorted = add_shuffled(shuffle, {ByKey::sort, {}});
    return add_narrow(Apply{NarrowKind::map, {"value", {}}}, sorted, Keeps::nothing);
}

DatasetId Lineage::distinct(DatasetId of, Count count) {
    const std::uint32_t wanted = count.value_or(partitions(of));
    if (at(of).partitioner && wanted == partitions(of)) {  // DP-RDD-15
        return charged(add_narrow(InPlace{{ByKey::distinct, {}}}, of, Keeps::partitioner));
    }
    const DatasetId keyed = add_narrow(Apply{NarrowKind::map, {"to_key", {}}}, of, Keeps::nothing);
    const DatasetId once = make_by_key(keyed, {ByKey::reduce, {"first", {}}}, {wanted});
    return add_narrow(Apply{NarrowKind::map, {"key", {}}}, once, Keeps::nothing);
}

DatasetId Lineage::repartition(DatasetId of, std::uint32_t count) {
    const DatasetId dealt = add_narrow(Deal{count}, of, Keeps::nothing);
    const std::uint32_t shuffle = add_shuffle(dealt, {count}, std::nullopt);
    const DatasetId mixed = add_shuffled(shuffle, {ByKey::rows, {}});
    return add_narrow(
        Apply{NarrowKind::map, {"value", {}}}, add_coalesced(mixed, count), Keeps::nothing);
}

DatasetId Lineage::tree_reduce(DatasetId of, const Call& combine, std::uint32_t depth) {
    const std::string name = name_;
    std::uint64_t left = partitions(of);
    const std::uint64_t scale = tree_scale(left, depth);
    for (std::uint32_t level = 0; left > scale + (left + scale - 1) / scale; ++level) {
        left /= scale;
        const auto count = static_cast<std::uint32_t>(left);
        name_ = fmt::format("{}:{}", name, level);
        const DatasetId keyed = add_narrow(KeyByPlace{count}, of, Keeps::nothing);
        const DatasetId reduced = make_by_key(keyed, {ByKey::reduce, combine}, {count});
        of = add_narrow(Apply{NarrowKind::map, {"value", {}}}, reduced, Keeps::nothing);
    }
    return of;
}

}  // namespace forkyard
