// The tables that make up the registry, and the few helpers their rows share.
//
// To register a function: write it in the file of its subject, add a row to that
// file's table. Nothing registers itself.
#pragma once

#include <compare>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include <tl/expected.hpp>

#include "core/data/functions.hpp"
#include "core/data/value.hpp"

namespace forkyard {

[[nodiscard]] std::span<const FunctionInfo> general_functions();
[[nodiscard]] std::span<const FunctionInfo> number_functions();
[[nodiscard]] std::span<const FunctionInfo> text_functions();
[[nodiscard]] std::span<const FunctionInfo> combining_functions();
[[nodiscard]] std::span<const FunctionInfo> workload_functions();
[[nodiscard]] std::span<const FunctionInfo> program_functions();

[[nodiscard]] inline tl::unexpected<std::string> mistake(std::string text) {
    return tl::unexpected<std::string>{std::move(text)};
}
// "needs an integer, found a text"
[[nodiscard]] tl::unexpected<std::string> wrong_kind(std::string_view needed, const Value& found);

// Two's complement, as the JVM's long: no overflow, it wraps around.
[[nodiscard]] constexpr std::int64_t wrap(std::uint64_t value) {
    return static_cast<std::int64_t>(value);
}
[[nodiscard]] Computed<Value> add_values(const Value& a, const Value& b);
[[nodiscard]] Computed<Value> multiply_values(const Value& a, const Value& b);

// Numbers with numbers, else only values of the same kind.
[[nodiscard]] Computed<std::strong_ordering> compare_alike(const Value& a, const Value& b);

// A predicate as a map: 1 or 0.
template <TestFunction Test>
[[nodiscard]] Computed<Value> one_or_zero(Value record, Arguments args) {
    return Test(record, args).map([](bool yes) { return Value{std::int64_t{yes ? 1 : 0}}; });
}

// A flat map as a map: the list of what it gives.
class ListEmitter final : public Emitter {
public:
    [[nodiscard]] bool emit(Value&& record) override {
        list.push_back(std::move(record));
        return true;
    }
    List list;
};
template <FlatMapFunction FlatMap>
[[nodiscard]] Computed<Value> listed(Value record, Arguments args) {
    ListEmitter out;
    return FlatMap(record, args, out).map([&out](bool) { return Value{std::move(out.list)}; });
}

// Rows: name, help, least and most arguments.
struct Row {
    std::string_view name;
    std::string_view help;
    std::uint32_t args_min = 0;
    std::uint32_t args_max = 0;
};
[[nodiscard]] constexpr FunctionInfo map_row(Row row, MapFunction map) {
    return {
        row.name, row.help, row.args_min, row.args_max, map, nullptr, nullptr, nullptr, nullptr};
}
template <TestFunction Test>
[[nodiscard]] constexpr FunctionInfo test_row(Row row) {
    return {row.name,
            row.help,
            row.args_min,
            row.args_max,
            one_or_zero<Test>,
            Test,
            nullptr,
            nullptr,
            nullptr};
}
template <FlatMapFunction FlatMap>
[[nodiscard]] constexpr FunctionInfo flat_map_row(Row row) {
    return {row.name,
            row.help,
            row.args_min,
            row.args_max,
            listed<FlatMap>,
            nullptr,
            FlatMap,
            nullptr,
            nullptr};
}

}  // namespace forkyard
