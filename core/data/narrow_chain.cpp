#include "core/data/narrow_chain.hpp"

#include <utility>

#include <fmt/format.h>

#include "core/data/guarded.hpp"

namespace forkyard {

namespace {

using Kind = Value::Kind;

FunctionKind function_kind_of(NarrowKind kind) {
    switch (kind) {
        case NarrowKind::filter:
            return FunctionKind::filter;
        case NarrowKind::flat_map:
            return FunctionKind::flat_map;
        case NarrowKind::map:
        case NarrowKind::map_values:
        case NarrowKind::key_by:
        case NarrowKind::sort_key:
            break;
    }
    return FunctionKind::map;
}

std::string_view step_name(NarrowKind kind) {
    switch (kind) {
        case NarrowKind::map:
            return "map";
        case NarrowKind::filter:
            return "filter";
        case NarrowKind::flat_map:
            return "flat_map";
        case NarrowKind::map_values:
            return "map_values";
        case NarrowKind::key_by:
            return "key_by";
        case NarrowKind::sort_key:
            return "sort_by";
    }
    return "?";
}

}  // namespace

Computed<const FunctionInfo*> resolve(const Apply& step) {
    return resolve(step.call, function_kind_of(step.kind));
}

bool NarrowChain::push(Value&& record, std::size_t at) {
    for (; at < steps_.size(); ++at) {
        const RunningStep& step = steps_[at];
        ++*step.records_in;
        switch (step.kind) {
            case NarrowKind::map:
                if (!apply(step, record)) {
                    return false;
                }
                break;
            case NarrowKind::map_values:
                if (!record.is(Kind::pair)) {
                    return fail_at(step,
                                   fmt::format("needs a pair, found {}", kind_name(record.kind())));
                }
                if (!apply(step, record.second())) {
                    return false;
                }
                break;
            case NarrowKind::key_by:
            case NarrowKind::sort_key: {
                Value key = record;
                if (!apply(step, key)) {
                    return false;
                }
                record = Value{std::move(key), std::move(record)};
                break;
            }
            case NarrowKind::filter: {
                const Computed<bool> kept =
                    guarded([&] { return step.info->filter(record, step.args); });
                if (!kept) {
                    return fail_at(step, kept.error());
                }
                if (!*kept) {
                    return true;
                }
                break;
            }
            case NarrowKind::flat_map:
                return spread(step, record, at);
        }
    }
    return out_.emit(std::move(record));
}

bool NarrowChain::apply(const RunningStep& step, Value& record) {
    Computed<Value> result = guarded([&] { return step.info->map(std::move(record), step.args); });
    if (!result) {
        return fail_at(step, result.error());
    }
    record = std::move(*result);
    return true;
}

bool NarrowChain::spread(const RunningStep& step, const Value& record, std::size_t at) {
    Rest rest{*this, at + 1};
    const Computed<bool> more =
        guarded([&] { return step.info->flat_map(record, step.args, rest); });
    return more ? *more : fail_at(step, more.error());
}

bool NarrowChain::fail_at(const RunningStep& step, std::string_view why) {
    error_ = fmt::format("{} {}: {}", step_name(step.kind), step.info->name, why);
    return false;
}

}  // namespace forkyard
