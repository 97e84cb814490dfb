// The map side of a shuffle: records by hash or by range, combined first or not.
#include <fmt/format.h>

#include "core/data/aggregator.hpp"
#include "core/data/range_bounds.hpp"
#include "core/data/regions.hpp"
#include "core/data/sinks.hpp"
#include "core/data/spilling_table.hpp"

namespace forkyard {

namespace {

using Kind = Value::Kind;

class HashSink final : public RecordSink {
public:
    HashSink(const TaskRoom& room, std::uint32_t partitions, PutAway as)
        : regions_{room, partitions, as} {}

    Computed<bool> accept(Value record) override {
        if (!record.is(Kind::pair)) {
            return no_pair(record);
        }
        const std::uint32_t to = hash_partition(record.first(), regions_.partitions());
        return regions_.put(to, record.first(), record.second()).map([] { return true; });
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
    CombineSink(const TaskRoom& room, std::uint32_t partitions, Aggregator aggregator)
        : regions_{room, partitions, PutAway::spilled},
          aggregator_{std::move(aggregator)},
          table_{room, [this](Value& earlier, Value later) {
                     return aggregator_.merge(earlier, std::move(later));
                 }} {}

    Computed<bool> accept(Value record) override {
        const Computed<std::int64_t> grown = aggregator_.add(table_.table(), std::move(record));
        if (!grown) {
            return tl::make_unexpected(grown.error());
        }
        return table_.grown(*grown).map([] { return true; });
    }
    Computed<void> finish(TaskOutput& out) override {
        Computed<void> put{};
        const Computed<bool> drained = table_.drain([&](const Value& key, const Value& value) {
            put = regions_.put(hash_partition(key, regions_.partitions()), key, value);
            return put.has_value();
        });
        regions_.move_to(out);
        return drained ? put : Computed<void>{tl::make_unexpected(drained.error())};
    }

private:
    Regions regions_;
    Aggregator aggregator_;
    SpillingTable table_;
};

class RangeSink final : public RecordSink {
public:
    RangeSink(const TaskRoom& room, std::uint32_t partitions, PutAway as, RangePartitioner range)
        : regions_{room, partitions, as}, range_{std::move(range)} {}

    Computed<bool> accept(Value record) override {
        if (!record.is(Kind::pair)) {
            return no_pair(record);
        }
        return regions_
            .put(range_partition(record.first(), range_.bounds, range_.descending),
                 record.first(),
                 record.second())
            .map([] { return true; });
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

ShuffleWriter shuffle_writer(const ShuffleSink& sink, const MemoryLimits& limits) {
    constexpr std::uint32_t serialized_max = 1U << 24U;
    if (!sink.combine && sink.partitions <= limits.bypass_merge) {
        return ShuffleWriter::bypass;
    }
    return !sink.combine && sink.partitions <= serialized_max ? ShuffleWriter::serialized
                                                              : ShuffleWriter::sort;
}

Computed<std::unique_ptr<RecordSink>> make_shuffle_sink(const ShuffleSink& sink,
                                                        const TaskRoom& room) {
    using Made = std::unique_ptr<RecordSink>;
    if (sink.partitions == 0) {
        return tl::make_unexpected(std::string{"a shuffle has at least one partition"});
    }
    const PutAway as = shuffle_writer(sink, room.memory.limits()) == ShuffleWriter::bypass
                           ? PutAway::written
                           : PutAway::spilled;
    if (sink.range) {
        if (sink.range->bounds.size() >= sink.partitions) {
            return tl::make_unexpected(
                std::string{"a range partitioner has one partition more than bounds"});
        }
        return Made{std::make_unique<RangeSink>(room, sink.partitions, as, *sink.range)};
    }
    if (sink.combine) {
        return Aggregator::make(*sink.combine).map([&](const Aggregator& aggregator) {
            return Made{std::make_unique<CombineSink>(room, sink.partitions, aggregator)};
        });
    }
    return Made{std::make_unique<HashSink>(room, sink.partitions, as)};
}

}  // namespace forkyard
