#include "core/data/evaluation.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

#include <fmt/format.h>

#include "core/data/aggregator.hpp"
#include "core/data/batch.hpp"
#include "core/data/batch_builder.hpp"
#include "core/data/deal_start.hpp"
#include "core/data/memory_estimate.hpp"
#include "core/data/narrow_chain.hpp"
#include "core/data/part_path.hpp"
#include "core/data/spilling_sort.hpp"
#include "core/int128.hpp"
#include "core/random.hpp"

namespace forkyard {

namespace {

using Kind = Value::Kind;

int128 cost_of(const StepCost& cost, std::uint64_t records) {
    return cost.per_task ? int128{micros(*cost.per_task)}
                         : int128{micros(cost.per_record)} * records;
}

}  // namespace

bool Evaluation::emit_rows(std::string_view of, std::string_view bytes, Emitter& out) {
    BatchRows rows{bytes};
    while (rows.next()) {
        if (!out.emit(rows.row())) {
            return false;
        }
    }
    return !rows.corrupt() || fail(fmt::format("{} is corrupt", of));
}

bool Evaluation::read_rows(std::string_view of, std::string_view bytes, Emitter& out) {
    Taking read{[&](Value&& row) {
        ++read_;
        return out.emit(std::move(row));
    }};
    return emit_rows(of, bytes, read);
}

bool Evaluation::produce_kept(const Part& part, Emitter& out) {
    const RddBlock block{*part.dataset.kept, part.partition};
    if (const std::optional<std::string_view> bytes = input_.kept(block)) {
        return read_rows("a kept partition", *bytes, out);
    }
    // A task may come to it by two ways.
    const auto made = std::find_if(
        made_.begin(), made_.end(), [&](const MadeBlock& known) { return known.block == block; });
    if (made != made_.end()) {
        return emit_rows("a kept partition", made->bytes, out);
    }
    BatchWriter rows;
    Taking unrolled{[&](Value&& row) {
        (void)rows.add(row);
        return true;
    }};
    if (!compute(part, unrolled)) {
        return false;
    }
    made_.push_back({block, joined(rows.take_all())});
    return emit_rows("a kept partition", made_.back().bytes, out);
}

bool Evaluation::arguments_of(const Call& call, Arguments& args) {
    args = call.args;
    if (!call.broadcast) {
        return true;
    }
    auto known = broadcasts_.find(*call.broadcast);
    if (known == broadcasts_.end()) {
        Computed<std::shared_ptr<const Value>> value = input_.broadcast(*call.broadcast);
        if (!value) {
            return fail(std::move(value.error()));
        }
        known = broadcasts_.emplace(*call.broadcast, std::move(*value)).first;
    }
    args = {call.args, known->second.get()};
    return true;
}

bool Evaluation::produce(const LostCheckpoint& lost, const Part& part, Emitter& /*out*/) {
    return fail(
        fmt::format("checkpoint block rdd_{}_{} is lost: what kept it is gone, or the dataset was "
                    "unpersisted, and its lineage was cut when it was checkpointed",
                    lost.rdd.value,
                    part.partition));
}

bool Evaluation::produce(const CheckpointSource& source, const Part& part, Emitter& out) {
    const std::string path = part_path(source.folder, part.partition);
    const Computed<FileBytes> file = input_.file(path);
    if (!file) {
        return fail(fmt::format("checkpoint file `{}`: {}", path, file.error()));
    }
    return read_rows(fmt::format("checkpoint file `{}`", path), file->bytes, out);
}

bool Evaluation::produce(const Apply& /*and those before it*/, const Part& part, Emitter& out) {
    std::vector<RunningStep> steps;
    std::uint32_t source = part.number;
    const auto* step = std::get_if<Apply>(&part.dataset.op);
    while (step != nullptr) {
        const Computed<const FunctionInfo*> info = resolve(*step);
        if (!info) {
            return fail(info.error());
        }
        Arguments args;
        if (!arguments_of(step->call, args)) {
            return false;
        }
        steps.push_back({step->kind, *info, args, &records_in_[source]});
        entered_[source] = 1;
        source = program_.datasets[source].parents.front();
        const ComputedDataset& parent = program_.datasets[source];
        step = parent.kept ? nullptr : std::get_if<Apply>(&parent.op);
    }
    std::reverse(steps.begin(), steps.end());
    NarrowChain chain{std::move(steps), out, error_};
    return produce(source, part.partition, chain);
}

bool Evaluation::produce(const Sample& sample, const Part& part, Emitter& out) {
    const std::uint64_t key = mix(random_key(sample.seed, Stream::sample), part.partition);
    std::uint64_t place = 0;
    Taking sampled{[&](Value&& record) {
        ++records_in_[part.number];
        return (draw(key, place++) >> 32U) >= sample.fraction || out.emit(std::move(record));
    }};
    return produce(part.dataset.parents.front(), part.partition, sampled);
}

bool Evaluation::produce(const Deal& deal, const Part& part, Emitter& out) {
    std::int64_t dealt_to = deal_start(part.partition, deal.partitions);
    Taking dealt{[&](Value&& record) {
        ++records_in_[part.number];
        return out.emit(Value{Value{++dealt_to}, std::move(record)});
    }};
    return produce(part.dataset.parents.front(), part.partition, dealt);
}

bool Evaluation::produce(const KeyByPlace& op, const Part& part, Emitter& out) {
    const std::int64_t key = part.partition % op.partitions;
    Taking keyed{[&](Value&& record) {
        ++records_in_[part.number];
        return out.emit(Value{Value{key}, std::move(record)});
    }};
    return produce(part.dataset.parents.front(), part.partition, keyed);
}

// Sums wrap around, as a LongAccumulator's do.
bool Evaluation::produce(const Accumulate& op, const Part& part, Emitter& out) {
    const Computed<const FunctionInfo*> info = resolve(op.call, FunctionKind::map);
    if (!info) {
        return fail(info.error());
    }
    if (accumulated_.size() <= op.accumulator) {
        accumulated_.resize(op.accumulator + 1);
    }
    Taking counted{[&](Value&& record) {
        ++records_in_[part.number];
        const Computed<Value> amount = map_record(record, **info, op.call.args);
        if (!amount || !amount->is(Kind::integer)) {
            return fail(
                fmt::format("accumulate {}",
                            amount ? fmt::format("{}: gives {}, and whole numbers are added up",
                                                 op.call.function,
                                                 kind_name(amount->kind()))
                                   : amount.error()));
        }
        std::int64_t& sum = accumulated_[op.accumulator];
        sum = static_cast<std::int64_t>(static_cast<std::uint64_t>(sum) +
                                        static_cast<std::uint64_t>(amount->integer()));
        return out.emit(std::move(record));
    }};
    return produce(part.dataset.parents.front(), part.partition, counted);
}

bool Evaluation::produce_parts(const Part& part, Emitter& out) {
    Taking counted{[&](Value&& record) {
        ++records_in_[part.number];
        return out.emit(std::move(record));
    }};
    const StepCost& cost = part.dataset.cost;
    const bool free = cost.per_task || cost.per_record == SimDuration{0};
    Emitter& into = free ? out : static_cast<Emitter&>(counted);
    return each_narrow_part(
        part.dataset,
        part.partition,
        [&](std::uint32_t parent) { return program_.datasets[parent].partitions; },
        [&](std::uint32_t parent, std::uint32_t of_it) { return produce(parent, of_it, into); });
}

bool Evaluation::emit_entries(SpillingTable& table, Emitter& out) {
    return went_on(table.drain([&](Value key, Value value) {
        return out.emit(Value{std::move(key), std::move(value)});
    }));
}

template <class Take>
bool Evaluation::aggregate(const Aggregation& aggregation, Take fill, Emitter& out) {
    const Computed<Aggregator> aggregator = Aggregator::make(aggregation);
    if (!aggregator) {
        return fail(aggregator.error());
    }
    SpillingTable table{room_, [&](Value& earlier, Value later) {
                            return aggregator->merge(earlier, std::move(later));
                        }};
    return fill(*aggregator, table) && emit_entries(table, out);
}

// Each record once, where it is first seen; but when there have been too many to remember, the
// new ones come in the end.
bool Evaluation::emit_distinct(const Part& part, Emitter& out) {
    const Value is_out{std::int64_t{1}};
    SpillingTable table{room_, [](Value& /*it is out, or neither is*/, const Value& /*later*/) {
                            return Computed<void>{};
                        }};
    Taking entered{[&](Value&& record) {
        ++records_in_[part.number];
        Value key = record;
        const auto [value, inserted] = table.table().find_or_insert(std::move(key));
        if (!inserted) {
            return true;
        }
        const bool now = !table.has_spilled();
        value = now ? is_out : Value{};
        return went_on(table.grown(entered_memory(table.table()))) &&
               (!now || out.emit(std::move(record)));
    }};
    if (!produce(part.dataset.parents.front(), part.partition, entered)) {
        return false;
    }
    return !table.has_spilled() || went_on(table.drain([&](Value key, const Value& value) {
        return value == is_out || out.emit(std::move(key));
    }));
}

bool Evaluation::produce(const InPlace& op, const Part& part, Emitter& out) {
    if (op.aggregation.kind == ByKey::distinct) {
        return emit_distinct(part, out);
    }
    return aggregate(
        op.aggregation,
        [&](const Aggregator& aggregator, SpillingTable& table) {
            Taking entered{[&](Value&& record) {
                ++records_in_[part.number];
                const Computed<std::int64_t> grown =
                    aggregator.add(table.table(), std::move(record));
                return grown ? went_on(table.grown(*grown)) : fail(grown.error());
            }};
            return produce(part.dataset.parents.front(), part.partition, entered);
        },
        out);
}

template <class Take>
bool Evaluation::read(std::uint32_t shuffle, const Part& part, Take take) {
    for (const std::string_view block : input_.blocks(program_.shuffles[shuffle], part.partition)) {
        BatchRows rows{block};
        while (rows.next_pair()) {
            ++records_in_[part.number];
            ++read_;
            if (!take(rows.row())) {
                return false;
            }
        }
        if (rows.corrupt()) {
            return fail("a corrupt shuffle block");
        }
    }
    return true;
}

bool Evaluation::produce(const ShuffleRead& op, const Part& part, Emitter& out) {
    if (op.aggregation.kind == ByKey::rows) {
        return read(op.shuffle, part, [&](Value row) { return out.emit(std::move(row)); });
    }
    if (op.aggregation.kind == ByKey::sort) {
        return sort(op, part, out);
    }
    return aggregate(
        op.aggregation,
        [&](const Aggregator& aggregator, SpillingTable& table) {
            return read(op.shuffle, part, [&](Value row) {
                const Computed<std::int64_t> grown =
                    aggregator.merge(table.table(), std::move(row));
                return grown ? went_on(table.grown(*grown)) : fail(grown.error());
            });
        },
        out);
}

bool Evaluation::sort(const ShuffleRead& op, const Part& part, Emitter& out) {
    SpillingSort sorted{room_, op.descending};
    for (const std::string_view block :
         input_.blocks(program_.shuffles[op.shuffle], part.partition)) {
        const Computed<std::uint64_t> rows = sorted.add(block);
        if (!rows) {
            return fail(rows.error());
        }
        records_in_[part.number] += *rows;
        read_ += *rows;
    }
    return went_on(sorted.drain([&](Value row) { return out.emit(std::move(row)); }));
}

bool Evaluation::produce(const CoGroup& op, const Part& part, Emitter& out) {
    SpillingTable table{room_, [](Value& earlier, Value later) {
                            for (std::size_t i = 0; i < later.list().size(); ++i) {
                                append_list(earlier.list()[i], std::move(later.list()[i]));
                            }
                            return Computed<void>{};
                        }};
    const auto enter = [&](Value row, std::size_t input) {
        if (!row.is(Kind::pair)) {
            return fail(fmt::format("a cogroup needs pairs, found {}", kind_name(row.kind())));
        }
        const auto [value, inserted] = table.table().find_or_insert(std::move(row.first()));
        if (inserted) {
            value = Value{List(op.inputs.size(), Value{List{}})};
        }
        const std::int64_t bytes = value_memory + owned_memory(row.second());
        value.list()[input].list().push_back(std::move(row.second()));
        return went_on(table.grown(bytes + (inserted ? entered_memory(table.table()) : 0)));
    };
    for (std::size_t i = 0; i < op.inputs.size(); ++i) {
        const auto take = [&](Value row) { return enter(std::move(row), i); };
        Taking entered{[&](Value&& row) {
            ++records_in_[part.number];
            return take(std::move(row));
        }};
        const CoGroup::Input& input = op.inputs[i];
        if (!(input.shuffled
                  ? read(input.number, part, take)
                  : produce(part.dataset.parents[input.number], part.partition, entered))) {
            return false;
        }
    }
    return emit_entries(table, out);
}

void Evaluation::account(TaskOutput& out) {
    int128 cost = 0;
    for (std::size_t number = 0; number < entered_.size(); ++number) {
        if (entered_[number] != 0) {
            cost += cost_of(program_.datasets[number].cost, records_in_[number]);
        }
    }
    out.made.assign(std::make_move_iterator(made_.begin()), std::make_move_iterator(made_.end()));
    out.records_in = std::move(records_in_);
    out.accumulated = std::move(accumulated_);
    out.records_read = read_;
    out.cost = cost > micros(duration_forever) ? duration_forever
                                               : SimDuration{static_cast<std::int64_t>(cost)};
}

}  // namespace forkyard
