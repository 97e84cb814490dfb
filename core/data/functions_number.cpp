// Functions on numbers. Two integers give an integer that wraps around as the JVM's
// long does; where one side is real, so is the answer.
#include <array>
#include <charconv>
#include <cmath>

#include <fmt/format.h>

#include "core/data/function_tables.hpp"
#include "core/digest.hpp"
#include "core/int128.hpp"

namespace forkyard {

namespace {

using Kind = Value::Kind;

double as_real(const Value& number) {
    return number.is(Kind::integer) ? static_cast<double>(number.integer()) : number.real();
}

std::uint64_t bits(const Value& integer) {
    return static_cast<std::uint64_t>(integer.integer());
}

tl::unexpected<std::string> not_numbers(std::string_view verb, const Value& a, const Value& b) {
    return mistake(
        fmt::format("cannot {} {} and {}", verb, kind_name(a.kind()), kind_name(b.kind())));
}

Computed<Value> add(Value record, Arguments args) {
    return add_values(record, args[0]);
}

Computed<Value> negate_value(Value record, Arguments /*args*/) {
    if (record.is(Kind::real)) {
        return Value{-record.real()};
    }
    if (!record.is(Kind::integer)) {
        return wrong_kind("a number", record);
    }
    return Value{wrap(0 - bits(record))};
}

Computed<Value> subtract(Value record, Arguments args) {
    if (record.is(Kind::integer) && args[0].is(Kind::integer)) {
        return Value{wrap(bits(record) - bits(args[0]))};
    }
    if (!record.is_number() || !args[0].is_number()) {
        return not_numbers("subtract", record, args[0]);
    }
    return Value{as_real(record) - as_real(args[0])};
}

Computed<Value> multiply_by(Value record, Arguments args) {
    return multiply_values(record, args[0]);
}

// Integers towards zero, as on the JVM.
Computed<Value> divide_by(Value record, Arguments args) {
    if (!record.is_number() || !args[0].is_number()) {
        return not_numbers("divide", record, args[0]);
    }
    if (record.is(Kind::integer) && args[0].is(Kind::integer)) {
        if (args[0].integer() == 0) {
            return mistake("division by zero");
        }
        if (args[0].integer() == -1) {
            return Value{wrap(0 - bits(record))};
        }
        return Value{record.integer() / args[0].integer()};
    }
    return Value{as_real(record) / as_real(args[0])};
}

// Never negative: -1 mod 4 is 3.
Computed<Value> mod(Value record, Arguments args) {
    if (!record.is(Kind::integer)) {
        return wrong_kind("an integer", record);
    }
    if (!args[0].is(Kind::integer) || args[0].integer() < 1) {
        return mistake("needs a positive modulus");
    }
    const std::int64_t rest = record.integer() % args[0].integer();
    return Value{rest < 0 ? rest + args[0].integer() : rest};
}

Computed<Value> square(Value record, Arguments /*args*/) {
    return multiply_values(record, record);
}

Computed<Value> absolute(Value record, Arguments args) {
    const bool negative = record.is(Kind::integer) ? record.integer() < 0
                                                   : record.is(Kind::real) && record.real() < 0;
    if (!record.is_number()) {
        return wrong_kind("a number", record);
    }
    return negative ? negate_value(std::move(record), args) : Computed<Value>{std::move(record)};
}

template <class Number>
Computed<Value> parsed(std::string_view text, std::string_view what) {
    Number number{};
    const char* end = text.data() + text.size();
    const auto [stop, error] = std::from_chars(text.data(), end, number);
    if (error != std::errc{} || stop != end || text.empty()) {
        return mistake(fmt::format("'{}' is not {}", text, what));
    }
    return Value{number};
}

Computed<Value> to_int(Value record, Arguments /*args*/) {
    if (record.is(Kind::integer)) {
        return record;
    }
    if (record.is(Kind::real)) {
        constexpr double two_to_63 = 9223372036854775808.0;
        if (!(record.real() >= -two_to_63 && record.real() < two_to_63)) {
            return mistake("the real number is too large for an integer");
        }
        return Value{static_cast<std::int64_t>(record.real())};
    }
    if (!record.is(Kind::text)) {
        return wrong_kind("a number or a text", record);
    }
    return parsed<std::int64_t>(record.text(), "an integer");
}

Computed<Value> to_real(Value record, Arguments /*args*/) {
    if (record.is_number()) {
        return Value{as_real(record)};
    }
    if (!record.is(Kind::text)) {
        return wrong_kind("a number or a text", record);
    }
    return parsed<double>(record.text(), "a number");
}

// S(x) of the teaching workloads. With an argument m its unsigned value mod m, which
// fits an integer; without, its 64 bits read as a signed integer.
Computed<Value> splitmix(Value record, Arguments args) {
    if (!record.is(Kind::integer)) {
        return wrong_kind("an integer", record);
    }
    const std::uint64_t mixed = mix64(bits(record));
    if (args.empty()) {
        return Value{wrap(mixed)};
    }
    if (!args[0].is(Kind::integer) || args[0].integer() < 1) {
        return mistake("needs a positive modulus");
    }
    return Value{wrap(mixed % bits(args[0]))};
}

Computed<bool> is_even(const Value& record, Arguments /*args*/) {
    if (!record.is(Kind::integer)) {
        return wrong_kind("an integer", record);
    }
    return record.integer() % 2 == 0;
}

Computed<bool> is_odd(const Value& record, Arguments args) {
    return is_even(record, args).map([](bool even) { return !even; });
}

Computed<bool> is_prime(const Value& record, Arguments /*args*/) {
    if (!record.is(Kind::integer)) {
        return wrong_kind("an integer", record);
    }
    const std::int64_t n = record.integer();
    for (std::int64_t d = 2; d <= n / d; ++d) {
        if (n % d == 0) {
            return false;
        }
    }
    return n > 1;
}

// Whether the i-th random point of the unit square lies in the unit circle: with
// x = S(2i) >> 11 and y = S(2i+1) >> 11, x^2 + y^2 <= 2^106. Exact.
Computed<bool> in_unit_circle(const Value& record, Arguments /*args*/) {
    if (!record.is(Kind::integer)) {
        return wrong_kind("an integer", record);
    }
    const uint128 x = mix64(2 * bits(record)) >> 11U;
    const uint128 y = mix64(2 * bits(record) + 1) >> 11U;
    return x * x + y * y <= (uint128{1} << 106U);
}

Computed<bool> prime_factors(const Value& record, Arguments /*args*/, Emitter& out) {
    if (!record.is(Kind::integer)) {
        return wrong_kind("an integer", record);
    }
    std::int64_t left = record.integer();
    for (std::int64_t d = 2; left > 1 && d <= left / d; ++d) {
        if (left % d != 0) {
            continue;
        }
        if (!out.emit(Value{d})) {
            return false;
        }
        while (left % d == 0) {
            left /= d;
        }
    }
    return left > 1 ? out.emit(Value{left}) : true;
}

Computed<bool> count_up(const Value& record, Arguments /*args*/, Emitter& out) {
    if (!record.is(Kind::integer)) {
        return wrong_kind("an integer", record);
    }
    for (std::int64_t i = 0; i < record.integer(); ++i) {
        if (!out.emit(Value{i})) {
            return false;
        }
    }
    return true;
}

constexpr std::array table{
    map_row({"add", "record + n", 1, 1}, add),
    map_row({"subtract", "record - n", 1, 1}, subtract),
    map_row({"multiply", "record * n", 1, 1}, multiply_by),
    map_row({"divide", "record / n; integers towards zero", 1, 1}, divide_by),
    map_row({"mod", "record mod n, never negative", 1, 1}, mod),
    map_row({"square", "record * record"}, square),
    map_row({"negate", "-record"}, negate_value),
    map_row({"abs", "without its sign"}, absolute),
    map_row({"to_int", "a number or text as an integer, towards zero"}, to_int),
    map_row({"to_real", "a number or text as a real number"}, to_real),
    map_row({"splitmix", "S(record) mod n; without n all 64 bits, signed", 0, 1}, splitmix),
    test_row<is_even>({"is_even", "an even integer"}),
    test_row<is_odd>({"is_odd", "an odd integer"}),
    test_row<is_prime>({"is_prime", "a prime number"}),
    test_row<in_unit_circle>({"in_unit_circle", "random point number i is in the unit circle"}),
    flat_map_row<prime_factors>({"prime_factors", "each prime that divides the integer, once"}),
    flat_map_row<count_up>({"count_up", "0, 1, ... n-1"}),
};

}  // namespace

std::span<const FunctionInfo> number_functions() {
    return table;
}

Computed<Value> add_values(const Value& a, const Value& b) {
    if (a.is(Kind::integer) && b.is(Kind::integer)) {
        return Value{wrap(bits(a) + bits(b))};
    }
    if (!a.is_number() || !b.is_number()) {
        return not_numbers("add", a, b);
    }
    return Value{as_real(a) + as_real(b)};
}

Computed<Value> multiply_values(const Value& a, const Value& b) {
    if (a.is(Kind::integer) && b.is(Kind::integer)) {
        return Value{wrap(bits(a) * bits(b))};
    }
    if (!a.is_number() || !b.is_number()) {
        return not_numbers("multiply", a, b);
    }
    return Value{as_real(a) * as_real(b)};
}

}  // namespace forkyard
