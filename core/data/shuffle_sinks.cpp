// The map side of a shuffle: records by hash or by range, combined first or not.
#include <fmt/format.h>

#include "core/data/aggregator.hpp"
#include "core/data/ordered_hash_map.hpp"
#include "core/data/range_bounds.hpp"
#include "core/data/sinks.hpp"
#include "core/data/value_codec.hpp"

namespace forkyard {

namespace {

using Kind = Value::Kind;

// The encoded rows of each reduce partition.
class Regions {
public:
    explicit Regions(std::uint32_t partitions) : bytes_(partitions), records_(partitions) {}

    [[nodiscard]] std::uint32_t partitions() const {
        return static_cast<std::uint32_t>(bytes_.size());
    }
    // A pair, as encode would write it.
    void put(std::uint32_t partition, const Value& key, const Value& value) {
        std::string& out = bytes_[partition];
        out.push_back(static_cast<char>(Kind::pair));
        encode(key, out);
        encode(value, out);
        ++records_[partition];
    }
    void move_to(TaskOutput& out) {
        out.regions = std::move(bytes_);
        out.region_records = std::move(records_);
    }

private:
    std::vector<std::string> bytes_;
    std::vector<std::uint64_t> records_;
};

class HashSink final : public RecordSink {
public:
    explicit HashSink(std::uint32_t partitions) : regions_{partitions} {}

    Computed<bool> accept(Value record) override {
        if (!record.is(Kind::pair)) {
            return no_pair(record);
        }
        const std::uint32_t to = hash_partition(record.first(), regions_.partitions());
        regions_.put(to, record.first(), record.second());
        return true;
    }
    Computed<void> finish(TaskOutput& out) override {
        regions_.move_to(out);
        return {};
    }

private:
    Regions regions_;
};

// One row per key and task; keys in the order in which they were first seen.
class CombineSink final : public RecordSink {
public:
    CombineSink(std::uint32_t partitions, Aggregator aggregator)
        : regions_{partitions}, aggregator_{std::move(aggregator)} {}

    Computed<bool> accept(Value record) override {
        return aggregator_.add(table_, std::move(record)).map([] { return true; });
    }
    Computed<void> finish(TaskOutput& out) override {
        for (const OrderedHashMap::Entry& entry : table_.entries()) {
            const std::uint32_t to = hash_partition(entry.key, regions_.partitions());
            regions_.put(to, entry.key, entry.value);
        }
        regions_.move_to(out);
        return {};
    }

private:
    Regions regions_;
    Aggregator aggregator_;
    OrderedHashMap table_;
};

class RangeSink final : public RecordSink {
public:
    RangeSink(std::uint32_t partitions, RangePartitioner range)
        : regions_{partitions}, range_{std::move(range)} {}

    Computed<bool> accept(Value record) override {
        if (!record.is(Kind::pair)) {
            return no_pair(record);
        }
        regions_.put(range_partition(record.first(), range_.bounds, range_.descending),
                     record.first(),
                     record.second());
        return true;
    }
    Computed<void> finish(TaskOutput& out) override {
        regions_.move_to(out);
        return {};
    }

private:
    Regions regions_;
    RangePartitioner range_;
};

}  // namespace

Computed<std::unique_ptr<RecordSink>> make_shuffle_sink(const ShuffleSink& sink) {
    using Made = std::unique_ptr<RecordSink>;
    if (sink.partitions == 0) {
        return tl::make_unexpected(std::string{"a shuffle has at least one partition"});
    }
    if (sink.range) {
        if (sink.range->bounds.size() >= sink.partitions) {
            return tl::make_unexpected(
                std::string{"a range partitioner has one partition more than bounds"});
        }
        return Made{std::make_unique<RangeSink>(sink.partitions, *sink.range)};
    }
    if (sink.combine) {
        return Aggregator::make(*sink.combine).map([&](const Aggregator& aggregator) {
            return Made{std::make_unique<CombineSink>(sink.partitions, aggregator)};
        });
    }
    return Made{std::make_unique<HashSink>(sink.partitions)};
}

}  // namespace forkyard
