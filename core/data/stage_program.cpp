// The program's bytes: a version, the source, the steps, the sink; see bytes.hpp for
// the alphabet. Variants and enumerators are their numbers.
#include "core/data/stage_program.hpp"

#include "core/data/text_splits.hpp"
#include "core/data/value_codec.hpp"

namespace forkyard {

namespace {

constexpr std::uint64_t format_version = 1;

template <class Enum>
Enum enumerator(ByteReader& in, Enum last) {
    return static_cast<Enum>(in.below(static_cast<std::uint64_t>(last) + 1));
}

std::uint32_t number32(ByteReader& in) {
    return static_cast<std::uint32_t>(in.below(std::uint64_t{UINT32_MAX} + 1));
}

void put_values(std::string& out, const std::vector<Value>& values) {
    put_varint(out, values.size());
    for (const Value& value : values) {
        encode(value, out);
    }
}
std::vector<Value> values(ByteReader& in) {
    std::vector<Value> out;
    for (std::uint64_t left = in.count(); left > 0 && !in.failed(); --left) {
        out.push_back(decode(in));
    }
    return out;
}

void put_call(std::string& out, const Call& call) {
    put_text(out, call.function);
    put_values(out, call.args);
}
Call call(ByteReader& in) {
    Call out;
    out.function = in.text();
    out.args = values(in);
    return out;
}

void put_cost(std::string& out, const StepCost& cost) {
    put_varint(out, cost.per_task ? 1 : 0);
    put_signed(out, micros(cost.per_task.value_or(SimDuration{0})));
    put_signed(out, micros(cost.per_record));
}
StepCost cost(ByteReader& in) {
    StepCost out;
    const bool per_task = in.below(2) == 1;
    const SimDuration time{in.signed_integer()};
    if (per_task) {
        out.per_task = time;
    }
    out.per_record = SimDuration{in.signed_integer()};
    return out;
}

void put(std::string& out, const TextSource& source) {
    put_text(out, source.path);
    put_signed(out, source.size.count);
    put_varint(out, source.partitions_min);
}
void put(std::string& out, const RangeSource& source) {
    put_signed(out, source.start);
    put_signed(out, source.end);
    put_signed(out, source.step);
    put_varint(out, source.partitions);
}
void put(std::string& out, const ValuesSource& source) {
    put_values(out, source.rows);
    put_varint(out, source.partitions);
}
void put(std::string& out, const ShuffleSource& source) {
    put_varint(out, source.shuffle.value);
    put_varint(out, static_cast<std::uint64_t>(source.kind));
    put_call(out, source.combine);
    put_varint(out, source.descending ? 1 : 0);
    put_varint(out, source.partitions);
}

Source source(ByteReader& in) {
    switch (in.below(4)) {
        case 0: {
            TextSource out;
            out.path = in.text();
            out.size = Bytes{in.signed_integer()};
            out.partitions_min = number32(in);
            return out;
        }
        case 1: {
            RangeSource out;
            out.start = in.signed_integer();
            out.end = in.signed_integer();
            out.step = in.signed_integer();
            out.partitions = number32(in);
            return out;
        }
        case 2: {
            ValuesSource out;
            out.rows = values(in);
            out.partitions = number32(in);
            return out;
        }
        default: {
            ShuffleSource out;
            out.shuffle = ShuffleId{number32(in)};
            out.kind = enumerator(in, WideKind::sort);
            out.combine = call(in);
            out.descending = in.below(2) == 1;
            out.partitions = number32(in);
            return out;
        }
    }
}

void put(std::string& out, const ShuffleSink& sink) {
    put_varint(out, sink.partitions);
    put_varint(out, sink.combine ? 1 : 0);
    if (sink.combine) {
        put_call(out, *sink.combine);
    }
    put_varint(out, sink.range ? 1 : 0);
    if (sink.range) {
        put_call(out, sink.range->key);
        put_varint(out, sink.range->descending ? 1 : 0);
        put_values(out, sink.range->bounds);
    }
}
void put(std::string& out, const ResultSink& sink) {
    put_varint(out, static_cast<std::uint64_t>(sink.action));
    put_values(out, sink.args);
}
void put(std::string& out, const SampleSink& sink) {
    put_call(out, sink.key);
    put_varint(out, sink.size);
    put_varint(out, sink.fraction);
    put_varint(out, sink.seed);
}

ShuffleSink shuffle_sink(ByteReader& in) {
    ShuffleSink out;
    out.partitions = number32(in);
    if (in.below(2) == 1) {
        out.combine = call(in);
    }
    if (in.below(2) == 1) {
        RangePartitioner range;
        range.key = call(in);
        range.descending = in.below(2) == 1;
        range.bounds = values(in);
        out.range = std::move(range);
    }
    return out;
}

Sink sink(ByteReader& in) {
    switch (in.below(3)) {
        case 0:
            return shuffle_sink(in);
        case 1: {
            ResultSink out;
            out.action = enumerator(in, ActionKind::save);
            out.args = values(in);
            return out;
        }
        default: {
            SampleSink out;
            out.key = call(in);
            out.size = number32(in);
            out.fraction = number32(in);
            out.seed = in.varint();
            return out;
        }
    }
}

template <class Variant>
void put_variant(std::string& out, const Variant& variant) {
    put_varint(out, variant.index());
    std::visit([&out](const auto& chosen) { put(out, chosen); }, variant);
}

}  // namespace

SimDuration least_cost(const StageProgram& program) {
    SimDuration cost = program.source_cost.per_task.value_or(SimDuration{0});
    for (const NarrowStep& step : program.steps) {
        const SimDuration more = step.cost.per_task.value_or(SimDuration{0});
        cost += std::min(more, duration_forever - cost);
    }
    return cost;
}

std::uint32_t partitions_of(const Source& source) {
    if (const auto* text = std::get_if<TextSource>(&source)) {
        return text_splits(text->size.count, text->partitions_min).count;
    }
    if (const auto* range = std::get_if<RangeSource>(&source)) {
        return range->partitions;
    }
    if (const auto* local = std::get_if<ValuesSource>(&source)) {
        return local->partitions;
    }
    return std::get<ShuffleSource>(source).partitions;
}

std::string encode_program(const StageProgram& program) {
    std::string out;
    put_varint(out, format_version);
    put_variant(out, program.source);
    put_cost(out, program.source_cost);
    put_varint(out, program.steps.size());
    for (const NarrowStep& step : program.steps) {
        put_varint(out, static_cast<std::uint64_t>(step.kind));
        put_call(out, step.call);
        put_cost(out, step.cost);
    }
    put_variant(out, program.sink);
    return out;
}

Computed<StageProgram> decode_program(std::string_view bytes) {
    ByteReader in{bytes};
    StageProgram program;
    if (in.varint() != format_version) {
        in.fail();
    }
    program.source = source(in);
    program.source_cost = cost(in);
    for (std::uint64_t left = in.count(); left > 0 && !in.failed(); --left) {
        NarrowStep step;
        step.kind = enumerator(in, NarrowKind::key_by);
        step.call = call(in);
        step.cost = cost(in);
        program.steps.push_back(std::move(step));
    }
    program.sink = sink(in);
    if (in.failed() || !in.at_end()) {
        return tl::make_unexpected(std::string{"corrupt stage program"});
    }
    return program;
}

}  // namespace forkyard
