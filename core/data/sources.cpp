#include "core/data/sources.hpp"

#include <utility>

#include <fmt/format.h>

#include "core/int128.hpp"

namespace forkyard {

namespace {

tl::unexpected<std::string> failure(std::string text) {
    return tl::unexpected<std::string>{std::move(text)};
}

std::uint64_t length_of(const RangeSource& source) {
    const int128 step = source.step;
    const int128 distance =
        step > 0 ? int128{source.end} - source.start : int128{source.start} - source.end;
    const int128 stride = step > 0 ? step : -step;
    return distance <= 0 ? 0 : static_cast<std::uint64_t>((distance + stride - 1) / stride);
}

}  // namespace

Computed<std::uint64_t> produce(const RangeSource& source,
                                std::uint32_t partitions,
                                std::uint32_t partition,
                                TaskInput& /*input*/,
                                Emitter& out) {
    if (source.step == 0) {
        return failure("a range has a step other than 0");
    }
    const Slice slice = slice_of(length_of(source), partitions, partition);
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

Computed<std::uint64_t> produce(const ValuesSource& source,
                                std::uint32_t partitions,
                                std::uint32_t partition,
                                TaskInput& /*input*/,
                                Emitter& out) {
    const Slice slice = slice_of(source.rows.size(), partitions, partition);
    std::uint64_t records = 0;
    for (std::uint64_t i = slice.begin; i < slice.end; ++i) {
        ++records;
        if (!out.emit(Value{source.rows[i]})) {
            break;
        }
    }
    return records;
}

Computed<std::uint64_t> produce(const GeneratedSource& source,
                                std::uint32_t partitions,
                                std::uint32_t partition,
                                TaskInput& /*input*/,
                                Emitter& out) {
    const Computed<const FunctionInfo*> info = resolve(source.call, FunctionKind::map);
    if (!info) {
        return tl::make_unexpected(info.error());
    }
    const Slice slice = slice_of(source.count, partitions, partition);
    std::uint64_t records = 0;
    for (std::uint64_t i = slice.begin; i < slice.end; ++i) {
        ++records;
        Computed<Value> made =
            map_record(Value{static_cast<std::int64_t>(i)}, **info, source.call.args);
        if (!made) {
            return failure(fmt::format("generate {}", made.error()));
        }
        if (!out.emit(std::move(*made))) {
            break;
        }
    }
    return records;
}

Slice slice_of(std::uint64_t records, std::uint32_t partitions, std::uint32_t partition) {
    const auto boundary = [&](std::uint64_t p) {
        return static_cast<std::uint64_t>(uint128{records} * p / partitions);
    };
    return {boundary(partition), boundary(std::uint64_t{partition} + 1)};
}

}  // namespace forkyard
