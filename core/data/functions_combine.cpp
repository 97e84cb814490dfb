// Combiners: two values to one, for reduce_by_key and the action reduce. As a map each
// folds a list, so that group_by_key and map_values say the same as reduce_by_key.
#include <array>

#include "core/data/function_tables.hpp"

namespace forkyard {

namespace {

using Kind = Value::Kind;

Computed<void> stored(Value& into, Computed<Value> result) {
    if (!result) {
        return tl::make_unexpected(std::move(result.error()));
    }
    into = std::move(*result);
    return {};
}

Computed<void> sum(Value& into, const Value& next, Arguments /*args*/) {
    if (into.is(Kind::integer) && next.is(Kind::integer)) [[likely]] {
        into = Value{wrap(static_cast<std::uint64_t>(into.integer()) +
                          static_cast<std::uint64_t>(next.integer()))};
        return {};
    }
    return stored(into, add_values(into, next));
}

Computed<void> product(Value& into, const Value& next, Arguments /*args*/) {
    return stored(into, multiply_values(into, next));
}

Computed<void> smaller(Value& into, const Value& next, Arguments /*args*/) {
    return compare_alike(into, next).map([&](auto order) {
        if (order > 0) {
            into = next;
        }
    });
}

Computed<void> larger(Value& into, const Value& next, Arguments /*args*/) {
    return compare_alike(into, next).map([&](auto order) {
        if (order < 0) {
            into = next;
        }
    });
}

Computed<void> keep_first(Value& /*into*/, const Value& /*next*/, Arguments /*args*/) {
    return {};
}

Computed<void> keep_last(Value& into, const Value& next, Arguments /*args*/) {
    into = next;
    return {};
}

// Texts with the argument between them, or lists.
Computed<void> concat(Value& into, const Value& next, Arguments args) {
    if (into.is(Kind::list) && next.is(Kind::list)) {
        into.list().insert(into.list().end(), next.list().begin(), next.list().end());
        return {};
    }
    if (!into.is(Kind::text) || !next.is(Kind::text)) {
        return wrong_kind("two texts or two lists", into.is(Kind::text) ? next : into);
    }
    if (!args.empty() && !args[0].is(Kind::text)) {
        return wrong_kind("a text", args[0]);
    }
    std::string text = into.take_text();
    if (!args.empty()) {
        text += args[0].text();
    }
    text += next.text();
    into = Value{std::move(text)};
    return {};
}

Computed<void> add_one(Value& into, const Value& /*next*/, Arguments /*args*/) {
    return stored(into, add_values(into, Value{std::int64_t{1}}));
}

// Element by element.
Computed<void> add_lists(Value& into, const Value& next, Arguments /*args*/) {
    if (!into.is(Kind::list) || !next.is(Kind::list) || into.list().size() != next.list().size()) {
        return mistake("needs two lists of the same length");
    }
    for (std::size_t i = 0; i < next.list().size(); ++i) {
        Computed<Value> sum = add_values(into.list()[i], next.list()[i]);
        if (!sum) {
            return tl::make_unexpected(sum.error());
        }
        into.list()[i] = std::move(*sum);
    }
    return {};
}

template <CombineFunction Combine>
Computed<Value> fold_list(Value record, Arguments args) {
    if (!record.is(Kind::list)) {
        return wrong_kind("a list", record);
    }
    if (record.list().empty()) {
        return mistake("an empty list");
    }
    Value result = std::move(record.list().front());
    for (std::size_t i = 1; i < record.list().size(); ++i) {
        if (Computed<void> merged = Combine(result, record.list()[i], args); !merged) {
            return tl::make_unexpected(std::move(merged.error()));
        }
    }
    return result;
}

Computed<Value> average(Value record, Arguments args) {
    const auto count = static_cast<double>(record.is(Kind::list) ? record.list().size() : 0);
    return fold_list<sum>(std::move(record), args).and_then([count](const Value& total) {
        return multiply_values(total, Value{1.0}).map([count](const Value& real) {
            return Value{real.real() / count};
        });
    });
}

Computed<Value> count_list(Value record, Arguments /*args*/) {
    if (!record.is(Kind::list)) {
        return wrong_kind("a list", record);
    }
    return Value{static_cast<std::int64_t>(record.list().size())};
}

template <CombineFunction Combine>
constexpr FunctionInfo combine_row(Row row) {
    return {row.name,
            row.help,
            row.args_min,
            row.args_max,
            fold_list<Combine>,
            nullptr,
            nullptr,
            Combine,
            nullptr};
}

// Merges two of what `add` makes of values.
constexpr FunctionInfo aggregate_row(Row row,
                                     MapFunction map,
                                     CombineFunction add,
                                     CombineFunction merge) {
    return {row.name, row.help, row.args_min, row.args_max, map, nullptr, nullptr, merge, add};
}

constexpr std::array table{
    combine_row<sum>({"sum", "the sum of numbers"}),
    combine_row<product>({"product", "the product of numbers"}),
    combine_row<smaller>({"min", "the smallest"}),
    combine_row<larger>({"max", "the largest"}),
    combine_row<keep_first>({"first", "the first one"}),
    combine_row<keep_last>({"last", "the last one"}),
    combine_row<add_lists>({"add_lists", "lists of numbers, element by element"}),
    combine_row<concat>({"concat", "texts one after the other, or lists", 0, 1}),
    aggregate_row({"count", "how many there are"}, count_list, add_one, sum),
    map_row({"average", "the mean of a list of numbers"}, average),
};

}  // namespace

std::span<const FunctionInfo> combining_functions() {
    return table;
}

}  // namespace forkyard
