#include "core/data/sources.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "core/data/ordered_hash_map.hpp"
#include "core/data/text_splits.hpp"
#include "core/data/value_codec.hpp"
#include "core/int128.hpp"

namespace forkyard {

namespace {

using Kind = Value::Kind;

tl::unexpected<std::string> failure(std::string text) {
    return tl::unexpected<std::string>{std::move(text)};
}

Computed<std::uint64_t> produce_from(const TextSource& source,
                                     std::uint32_t partition,
                                     TaskInput& input,
                                     Emitter& out) {
    const std::string_view file = input.file(source.path);
    if (static_cast<std::int64_t>(file.size()) != source.size.count) {
        return failure(fmt::format("the file {} has {} bytes, {} when the job was planned",
                                   source.path,
                                   file.size(),
                                   source.size.count));
    }
    LineReader lines{file, text_splits(source.size.count, source.partitions_min).at(partition)};
    std::uint64_t records = 0;
    std::string_view line;
    while (lines.next(line)) {
        ++records;
        if (!out.emit(Value{line})) {
            break;
        }
    }
    return records;
}

std::uint64_t length_of(const RangeSource& source) {
    const int128 step = source.step;
    const int128 distance =
        step > 0 ? int128{source.end} - source.start : int128{source.start} - source.end;
    const int128 stride = step > 0 ? step : -step;
    return distance <= 0 ? 0 : static_cast<std::uint64_t>((distance + stride - 1) / stride);
}

Computed<std::uint64_t> produce_from(const RangeSource& source,
                                     std::uint32_t partition,
                                     TaskInput& /*input*/,
                                     Emitter& out) {
    if (source.step == 0) {
        return failure("a range has a step other than 0");
    }
    const Slice slice = slice_of(length_of(source), source.partitions, partition);
    std::uint64_t records = 0;
    for (std::uint64_t i = slice.begin; i < slice.end; ++i) {
        ++records;
        // Modulo 2^64: every number of the range fits, the products on the way may not.
        const std::uint64_t number =
            static_cast<std::uint64_t>(source.start) + i * static_cast<std::uint64_t>(source.step);
        if (!out.emit(Value{static_cast<std::int64_t>(number)})) {
            break;
        }
    }
    return records;
}

Computed<std::uint64_t> produce_from(const ValuesSource& source,
                                     std::uint32_t partition,
                                     TaskInput& /*input*/,
                                     Emitter& out) {
    const Slice slice = slice_of(source.rows.size(), source.partitions, partition);
    std::uint64_t records = 0;
    for (std::uint64_t i = slice.begin; i < slice.end; ++i) {
        ++records;
        if (!out.emit(Value{source.rows[i]})) {
            break;
        }
    }
    return records;
}

// Hands each pair of the blocks to `take`, in map order; gives their number.
template <class Take>
Computed<std::uint64_t> each_pair(const std::vector<std::string_view>& blocks, Take take) {
    std::uint64_t records = 0;
    for (const std::string_view block : blocks) {
        ByteReader reader{block};
        while (!reader.at_end()) {
            Value row = decode(reader);
            if (reader.failed() || !row.is(Kind::pair)) {
                return failure("a corrupt shuffle block");
            }
            ++records;
            if (Computed<void> taken = take(std::move(row)); !taken) {
                return tl::make_unexpected(std::move(taken.error()));
            }
        }
    }
    return records;
}

void emit_entries(OrderedHashMap& table, Emitter& out) {
    for (OrderedHashMap::Entry& entry : table.entries()) {
        if (!out.emit(Value{std::move(entry.key), std::move(entry.value)})) {
            return;
        }
    }
}

Computed<std::uint64_t> reduce_blocks(const Call& call,
                                      const std::vector<std::string_view>& blocks,
                                      Emitter& out) {
    const Computed<const FunctionInfo*> info = resolve(call, FunctionKind::combine);
    if (!info) {
        return tl::make_unexpected(info.error());
    }
    OrderedHashMap table;
    Computed<std::uint64_t> records = each_pair(blocks, [&](Value row) -> Computed<void> {
        const auto [value, inserted] = table.find_or_insert(std::move(row.first()));
        if (inserted) {
            value = std::move(row.second());
            return {};
        }
        return combine_into(value, row.second(), **info, call.args);
    });
    if (records) {
        emit_entries(table, out);
    }
    return records;
}

Computed<std::uint64_t> group_blocks(const std::vector<std::string_view>& blocks, Emitter& out) {
    OrderedHashMap table;
    Computed<std::uint64_t> records = each_pair(blocks, [&](Value row) -> Computed<void> {
        const auto [value, inserted] = table.find_or_insert(std::move(row.first()));
        if (inserted) {
            value = Value{List{}};
        }
        value.list().push_back(std::move(row.second()));
        return {};
    });
    if (records) {
        emit_entries(table, out);
    }
    return records;
}

Computed<std::uint64_t> sort_blocks(bool descending,
                                    const std::vector<std::string_view>& blocks,
                                    Emitter& out) {
    std::vector<Value> rows;  // (sort key, record)
    Computed<std::uint64_t> records = each_pair(blocks, [&rows](Value row) -> Computed<void> {
        rows.push_back(std::move(row));
        return {};
    });
    if (!records) {
        return records;
    }
    std::stable_sort(rows.begin(), rows.end(), [descending](const Value& a, const Value& b) {
        return descending ? b.first() < a.first() : a.first() < b.first();
    });
    for (Value& row : rows) {
        if (!out.emit(std::move(row.second()))) {
            break;
        }
    }
    return records;
}

Computed<std::uint64_t> produce_from(const ShuffleSource& source,
                                     std::uint32_t /*partition*/,
                                     TaskInput& input,
                                     Emitter& out) {
    const std::vector<std::string_view> blocks = input.blocks(source.shuffle);
    switch (source.kind) {
        case WideKind::reduce:
            return reduce_blocks(source.combine, blocks, out);
        case WideKind::group:
            return group_blocks(blocks, out);
        case WideKind::sort:
            return sort_blocks(source.descending, blocks, out);
    }
    return failure("an unknown kind of shuffle");
}

}  // namespace

Computed<std::uint64_t> produce(const Source& source,
                                std::uint32_t partition,
                                TaskInput& input,
                                Emitter& out) {
    return std::visit(
        [&](const auto& chosen) { return produce_from(chosen, partition, input, out); }, source);
}

Slice slice_of(std::uint64_t records, std::uint32_t partitions, std::uint32_t partition) {
    const auto boundary = [&](std::uint64_t p) {
        return static_cast<std::uint64_t>(uint128{records} * p / partitions);
    };
    return {boundary(partition), boundary(std::uint64_t{partition} + 1)};
}

}  // namespace forkyard
