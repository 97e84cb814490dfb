// Functions on records of any kind, on pairs and on lists.
#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "core/data/function_tables.hpp"
#include "core/data/value_text.hpp"

namespace forkyard {

namespace {

using Kind = Value::Kind;

Computed<Value> identity(Value record, Arguments /*args*/) {
    return record;
}

Computed<Value> constant(Value /*record*/, Arguments args) {
    return args[0];
}

Computed<Value> key(Value record, Arguments /*args*/) {
    if (!record.is(Kind::pair)) {
        return wrong_kind("a pair", record);
    }
    return Value{std::move(record.first())};
}

Computed<Value> value(Value record, Arguments /*args*/) {
    if (!record.is(Kind::pair)) {
        return wrong_kind("a pair", record);
    }
    return Value{std::move(record.second())};
}

Computed<Value> swap(Value record, Arguments /*args*/) {
    if (!record.is(Kind::pair)) {
        return wrong_kind("a pair", record);
    }
    std::swap(record.first(), record.second());
    return record;
}

Computed<Value> pair_with(Value record, Arguments args) {
    return Value{std::move(record), args[0]};
}

Computed<Value> to_key(Value record, Arguments /*args*/) {
    return Value{std::move(record), Value{}};
}

Computed<Value> to_text_value(Value record, Arguments /*args*/) {
    return record.is(Kind::text) ? std::move(record) : Value{to_text(record)};
}

Computed<Value> partition_of(Value record, Arguments args) {
    if (!args[0].is(Kind::integer) || args[0].integer() < 1 || args[0].integer() > INT32_MAX) {
        return mistake("needs a number of partitions");
    }
    const auto partitions = static_cast<std::uint32_t>(args[0].integer());
    return Value{std::int64_t{hash_partition(record, partitions)}};
}

Computed<Value> size(Value record, Arguments /*args*/) {
    if (!record.is(Kind::list)) {
        return wrong_kind("a list", record);
    }
    return Value{static_cast<std::int64_t>(record.list().size())};
}

Computed<Value> sort_list(Value record, Arguments /*args*/) {
    if (!record.is(Kind::list)) {
        return wrong_kind("a list", record);
    }
    std::sort(record.list().begin(), record.list().end());
    return record;
}

Computed<Value> distinct_list(Value record, Arguments args) {
    Computed<Value> sorted = sort_list(std::move(record), args);
    if (sorted) {
        List& list = sorted->list();
        list.erase(std::unique(list.begin(), list.end()), list.end());
    }
    return sorted;
}

Computed<Value> reverse_list(Value record, Arguments /*args*/) {
    if (!record.is(Kind::list)) {
        return wrong_kind("a list", record);
    }
    std::reverse(record.list().begin(), record.list().end());
    return record;
}

// From 0; below 0 from the end.
Computed<Value> at(Value record, Arguments args) {
    if (!record.is(Kind::list)) {
        return wrong_kind("a list", record);
    }
    if (!args[0].is(Kind::integer)) {
        return wrong_kind("an integer", args[0]);
    }
    const auto count = static_cast<std::int64_t>(record.list().size());
    const std::int64_t asked = args[0].integer();
    const std::int64_t index = asked < 0 ? asked + count : asked;
    if (index < 0 || index >= count) {
        return mistake(fmt::format("a list of {} has no element {}", count, asked));
    }
    return Value{std::move(record.list()[static_cast<std::size_t>(index)])};
}

Computed<bool> flatten(const Value& record, Arguments /*args*/, Emitter& out) {
    if (!record.is(Kind::list)) {
        return wrong_kind("a list", record);
    }
    for (const Value& element : record.list()) {
        if (!out.emit(Value{element})) {
            return false;
        }
    }
    return true;
}

// Of (key, [values on the left, on the right]): one record for each of their pairs; of a side
// that an outer join keeps and that has no partner, one with nothing in its place.
Computed<bool> join_groups(const Value& record, Arguments args, Emitter& out) {
    const bool grouped = record.is(Kind::pair) && record.second().is(Kind::list) &&
                         record.second().list().size() == 2;
    if (!grouped || !record.second().list()[0].is(Kind::list) ||
        !record.second().list()[1].is(Kind::list)) {
        return mistake("needs what a cogroup of two gives");
    }
    const std::string_view side = args.empty()             ? "inner"
                                  : args[0].is(Kind::text) ? args[0].text()
                                                           : "";
    const bool left_stays = side == "left" || side == "full";
    const bool right_stays = side == "right" || side == "full";
    if (!left_stays && !right_stays && side != "inner") {
        return mistake("a join is inner, left, right or full");
    }
    const List nothing(1);
    const List* left = &record.second().list()[0].list();
    const List* right = &record.second().list()[1].list();
    if (left->empty() && right_stays) {
        left = &nothing;
    } else if (right->empty() && left_stays) {
        right = &nothing;
    }
    for (const Value& a : *left) {
        for (const Value& b : *right) {
            if (!out.emit(Value{record.first(), Value{a, b}})) {
                return false;
            }
        }
    }
    return true;
}

Computed<bool> repeat(const Value& record, Arguments args, Emitter& out) {
    if (!args[0].is(Kind::integer)) {
        return wrong_kind("an integer", args[0]);
    }
    for (std::int64_t i = 0; i < args[0].integer(); ++i) {
        if (!out.emit(Value{record})) {
            return false;
        }
    }
    return true;
}

bool same(const Value& a, const Value& b) {
    if (a.is(Kind::integer) && b.is(Kind::real)) {
        return static_cast<double>(a.integer()) == b.real();
    }
    if (a.is(Kind::real) && b.is(Kind::integer)) {
        return same(b, a);
    }
    return a == b;
}

Computed<bool> equals(const Value& record, Arguments args) {
    return same(record, args[0]);
}
Computed<bool> not_equals(const Value& record, Arguments args) {
    return !same(record, args[0]);
}
Computed<bool> greater_than(const Value& record, Arguments args) {
    if (record.is_number() && args[0].is_number() && same(record, args[0])) {
        return false;
    }
    return compare_alike(record, args[0]).map([](auto order) { return order > 0; });
}
Computed<bool> less_than(const Value& record, Arguments args) {
    if (record.is_number() && args[0].is_number() && same(record, args[0])) {
        return false;
    }
    return compare_alike(record, args[0]).map([](auto order) { return order < 0; });
}
Computed<bool> at_least(const Value& record, Arguments args) {
    return less_than(record, args).map([](bool less) { return !less; });
}
Computed<bool> at_most(const Value& record, Arguments args) {
    return greater_than(record, args).map([](bool greater) { return !greater; });
}

Computed<bool> not_empty(const Value& record, Arguments /*args*/) {
    if (record.is(Kind::text)) {
        return !record.text().empty();
    }
    if (record.is(Kind::list)) {
        return !record.list().empty();
    }
    return wrong_kind("a text or a list", record);
}

constexpr std::array table{
    map_row({"identity", "the record itself"}, identity),
    map_row({"constant", "the argument, whatever the record", 1, 1}, constant),
    map_row({"key", "first of a pair"}, key),
    map_row({"value", "second of a pair"}, value),
    map_row({"swap", "(a, b) to (b, a)"}, swap),
    map_row({"pair_with", "x to (x, argument)", 1, 1}, pair_with),
    map_row({"to_key", "x to (x, nothing)"}, to_key),
    map_row({"to_text", "as save would write it"}, to_text_value),
    map_row({"partition_of", "number of the hash partition out of n", 1, 1}, partition_of),
    map_row({"size", "number of elements of a list"}, size),
    map_row({"sort_list", "a list in ascending order"}, sort_list),
    map_row({"distinct_list", "a list in ascending order, each element once"}, distinct_list),
    map_row({"reverse_list", "a list back to front"}, reverse_list),
    map_row({"at", "element n of a list, from 0; below 0 from the end", 1, 1}, at),
    flat_map_row<flatten>({"flatten", "each element of a list"}),
    flat_map_row<join_groups>({"join_groups",
                               "what cogroup gives to what an inner, left, right or full join does",
                               0,
                               1}),
    flat_map_row<repeat>({"repeat", "the record n times", 1, 1}),
    test_row<equals>({"equals", "record = argument", 1, 1}),
    test_row<not_equals>({"not_equals", "record differs from the argument", 1, 1}),
    test_row<greater_than>({"greater_than", "record > argument", 1, 1}),
    test_row<less_than>({"less_than", "record < argument", 1, 1}),
    test_row<at_least>({"at_least", "record >= argument", 1, 1}),
    test_row<at_most>({"at_most", "record <= argument", 1, 1}),
    test_row<not_empty>({"not_empty", "a text or list that has something in it"}),
};

}  // namespace

std::span<const FunctionInfo> general_functions() {
    return table;
}

}  // namespace forkyard
