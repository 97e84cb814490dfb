// The datasets of an application and what each is made of, by Spark's rules.
//
// A transformation adds one dataset or several, as Spark makes RDDs of it, with their numbers
// in order; nothing runs. Which partitioner a step by key takes, where it needs a shuffle and
// where not, and what keeps a partitioner is decided here. Program cuts the lineage into
// stages; lowering makes programs for tasks of it.
//
// In Spark: RDD, PairRDDFunctions, Partitioner.defaultPartitioner.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "core/data/stage_program.hpp"
#include "core/ids.hpp"
#include "core/model/storage_level.hpp"

namespace forkyard {

// Where the keys of a dataset are known to be: by hash, or by the ranges of one sort.
struct Partitioner {
    std::uint32_t partitions = 0;
    std::optional<std::uint32_t> sort{};  // number of the shuffle whose ranges they are
    bool operator==(const Partitioner&) const = default;
};

// What a retry of a task gives again: the same rows in the same order, the same rows, or other
// rows (SCH-DAG-60).
enum class Determinism : std::uint8_t { determinate, unordered, indeterminate };

// Of a dataset that is to be checkpointed: into files of this folder (DP-BLK-15), or, where there
// is none, by executors that keep it (DP-BLK-16).
struct Checkpoint {
    std::string folder{};
    // Once its lineage is cut: Spark's class of it, which its operator no longer tells.
    std::string_view rdd_class{};
};

struct DatasetNode {
    ComputedDataset computed;               // parents and shuffles by number in the lineage
    std::string_view made_by{};             // what its author called for
    std::optional<StorageLevel> storage{};  // its partitions are kept
    std::optional<Partitioner> partitioner{};
    Determinism determinism = Determinism::determinate;
    std::optional<Checkpoint> checkpoint{};
};

struct ShuffleDependency {
    DatasetId parent;
    Partitioner partitioner;
    std::optional<Aggregation> combine{};  // on the map side
    bool descending = false;               // of a sort
    std::string name;                      // of the stage that writes it
};

struct DatasetPart {
    DatasetId dataset;
    std::uint32_t partition = 0;
    auto operator<=>(const DatasetPart&) const = default;
};

// Where a partition would be by itself, wherever it or others are cached, in Spark's
// RDD.preferredLocations: where its shuffle's is, or where its parents' would be.
struct OwnPreference {
    std::optional<ShufflePart> shuffle{};
    std::vector<DatasetPart> parents{};
    bool in_common = false;  // where all of them would be, if there is such a place
};

class Lineage {
public:
    // `default_parallelism`: spark.default.parallelism if set. `parallelism`: of sources that
    // say nothing. `first`: what its first dataset is kept under.
    Lineage(std::optional<std::uint32_t> default_parallelism,
            std::uint32_t parallelism,
            RddId first = RddId{0})
        : default_parallelism_{default_parallelism}, parallelism_{parallelism}, first_{first} {}

    [[nodiscard]] const std::vector<ShuffleDependency>& shuffles() const { return shuffles_; }
    [[nodiscard]] const DatasetNode& at(DatasetId id) const { return datasets_[id.index()]; }
    [[nodiscard]] std::uint32_t partitions(DatasetId id) const {
        return at(id).computed.partitions;
    }

    // Names of the accumulators, by number.
    [[nodiscard]] const std::vector<std::string>& accumulators() const { return accumulators_; }

    // Of a dataset that is kept; null: of none.
    [[nodiscard]] const DatasetNode* kept_as(RddId rdd) const {
        const std::size_t index = rdd.index() - first_.index();
        return rdd < first_ || index >= datasets_.size() ? nullptr : &datasets_[index];
    }

    // Who asks for what comes next, which names its shuffles, by which word, which must stay
    // valid, and what it costs.
    void begin_step(std::string name, std::string_view word, const StepCost& cost);

    using Count = std::optional<std::uint32_t>;  // of partitions; none: by Spark's rules

    [[nodiscard]] DatasetId files(FileSource source);
    [[nodiscard]] DatasetId range(const RangeSource& source, Count partitions);
    [[nodiscard]] DatasetId values(ValuesSource source, Count partitions);
    [[nodiscard]] DatasetId generate(GeneratedSource source, Count partitions);

    [[nodiscard]] DatasetId apply(DatasetId of, NarrowKind kind, Call call);
    [[nodiscard]] DatasetId sample(DatasetId of, const Sample& sample);
    // Under this name, which is the accumulator's, whoever else adds to it.
    [[nodiscard]] DatasetId accumulate(DatasetId of, const std::string& accumulator, Call amount);
    [[nodiscard]] DatasetId unite(std::span<const DatasetId> of);
    [[nodiscard]] DatasetId coalesce(DatasetId of, std::uint32_t partitions);
    // Pairs of records, all of them or those at the same places (DP-RDD-20); nothing keeps a
    // partitioner. There are none where a reason is given why.
    [[nodiscard]] DatasetId cartesian(DatasetId left, DatasetId right);
    [[nodiscard]] DatasetId zip(DatasetId left, DatasetId right);
    [[nodiscard]] std::string why_no_cartesian(DatasetId left, DatasetId right) const;
    [[nodiscard]] std::string why_no_zip(DatasetId left, DatasetId right) const;

    // reduce_by_key, group_by_key, aggregate_by_key.
    [[nodiscard]] DatasetId by_key(DatasetId of, const Aggregation& aggregation, Count partitions);
    [[nodiscard]] DatasetId cogroup(DatasetId left, DatasetId right, Count partitions);
    // `side`: inner, left, right or full.
    [[nodiscard]] DatasetId join(DatasetId left,
                                 DatasetId right,
                                 const std::string& side,
                                 Count partitions);
    [[nodiscard]] DatasetId sort_by(DatasetId of, Call key, bool descending, Count partitions);
    [[nodiscard]] DatasetId distinct(DatasetId of, Count partitions);
    [[nodiscard]] DatasetId repartition(DatasetId of, std::uint32_t partitions);

    // What is left of it when each partition has been reduced to one value, and those in groups,
    // shuffle by shuffle, as long as that helps (DP-RDD-24).
    [[nodiscard]] DatasetId tree_reduce(DatasetId of, const Call& combine, std::uint32_t depth);

    // Its partitions are to be kept when they are first computed. A level that it has already
    // cannot be changed to another (DP-BLK-02); but that of a local checkpoint can, and has disk.
    void keep(DatasetId of, const StorageLevel& level);
    // No more; it can be kept again, at any level. The number that it was kept under; none: it
    // was not.
    std::optional<RddId> unpersist(DatasetId of);

    // It is to be checkpointed into files of a folder, or, if that is empty, by the executors that
    // keep it, which they do with disk. Files do not take the place of executors, nor executors
    // that of files which are there.
    void mark(DatasetId of, const std::string& folder);
    // It has been: what it was made of is forgotten, but for its class. A new dataset stands for
    // it, which is read from the files, or of which no partition can be computed; who cuts it says
    // begin_step.
    void cut(DatasetId of);
    [[nodiscard]] bool is_marked(DatasetId of) const { return at(of).checkpoint.has_value(); }
    [[nodiscard]] bool is_marked_local(DatasetId of) const {
        return is_marked(of) && at(of).checkpoint->folder.empty();
    }
    [[nodiscard]] bool is_cut(DatasetId of) const {
        return is_marked(of) && !at(of).checkpoint->rdd_class.empty();
    }
    // What it is made of, in order.
    struct Dependency {
        DatasetId of;
        bool shuffled = false;
    };
    [[nodiscard]] std::vector<Dependency> dependencies(DatasetId of) const;
    // The number that it has, or would have, in the names of its blocks.
    [[nodiscard]] RddId rdd_of(DatasetId of) const { return RddId{first_.value + of.value}; }

    // What a partition is made of, in the order in which Spark looks for a place that is near
    // (DP-DAG-07): the kept partitions on the way, what is read of shuffles, and pairs, which ask
    // both sides at once; a cogroup has no preference. Until `visit` says false.
    using NearTo = std::variant<RddBlock, ShufflePart, DatasetPart>;
    void each_near(DatasetId id,
                   std::uint32_t partition,
                   const std::function<bool(const NearTo&)>& visit) const;
    [[nodiscard]] OwnPreference own_preference(const DatasetPart& of) const;
    // The shuffles that a stage with this dataset at its end reads, as Spark meets them; not those
    // behind a dataset of which `is_there` says that nothing of it needs to be computed.
    [[nodiscard]] std::vector<std::uint32_t> shuffles_before(
        DatasetId id,
        const std::function<bool(RddId rdd, std::uint32_t partitions)>& is_there = {}) const;

private:
    enum class Keeps { partitioner, nothing };

    DatasetId add(DatasetNode dataset);
    DatasetId add_source(Operator op, std::uint32_t partitions);
    DatasetId add_narrow(Operator op, DatasetId of, Keeps keeps);
    DatasetId add_coalesced(DatasetId of, std::uint32_t partitions);
    DatasetId add_pairs(Operator op, DatasetId left, DatasetId right, std::uint32_t partitions);
    std::uint32_t add_shuffle(DatasetId parent,
                              const Partitioner& partitioner,
                              const std::optional<Aggregation>& combine);
    DatasetId add_shuffled(std::uint32_t shuffle, const Aggregation& aggregation);
    DatasetId make_by_key(DatasetId of,
                          const Aggregation& aggregation,
                          const Partitioner& partitioner);
    DatasetId charged(DatasetId id);
    [[nodiscard]] Partitioner chosen(std::span<const DatasetId> inputs, Count partitions) const;
    [[nodiscard]] Determinism behind(std::uint32_t shuffle) const;
    [[nodiscard]] Determinism determinism_of(const ComputedDataset& dataset) const;
    void determine_after(DatasetId of);

    std::optional<std::uint32_t> default_parallelism_;
    std::uint32_t parallelism_;
    RddId first_;
    std::vector<DatasetNode> datasets_{};
    std::vector<ShuffleDependency> shuffles_{};
    std::vector<std::string> accumulators_{};
    std::string name_{};
    std::string_view word_{};
    StepCost cost_{};
};

}  // namespace forkyard
