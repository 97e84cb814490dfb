// What the teaching workloads are made of: inputs by formula, so that nobody needs a file, and
// their answers known by other means.
#include <array>
#include <string>

#include <fmt/format.h>

#include "core/data/function_tables.hpp"
#include "core/digest.hpp"
#include "core/int128.hpp"

namespace forkyard {

namespace {

using Kind = Value::Kind;

Computed<std::int64_t> whole(const Value& value, std::int64_t least) {
    if (!value.is(Kind::integer)) {
        return wrong_kind("an integer", value);
    }
    if (value.integer() < least) {
        return mistake(fmt::format("needs {} or more, found {}", least, value.integer()));
    }
    return value.integer();
}

// Line i of a text of so many words a line: word n is "w" and n^2 mod m.
Computed<Value> quadratic_words(Value record, Arguments args) {
    const auto line = whole(record, 0);
    const auto words = whole(args[0], 1);
    const auto modulus = whole(args[1], 1);
    if (!line || !words || !modulus) {
        return tl::make_unexpected(!line ? line.error() : !words ? words.error() : modulus.error());
    }
    constexpr std::int64_t words_max = 1'000'000;
    if (*words > words_max) {
        return mistake(fmt::format("a line has at most {} words", words_max));
    }
    std::string text;
    for (std::int64_t w = 0; w < *words; ++w) {
        const int128 rest = (int128{*line} * *words + w) % *modulus;
        text += fmt::format(
            "{}w{}", w == 0 ? "" : " ", static_cast<std::int64_t>(rest * rest % *modulus));
    }
    return Value{std::move(text)};
}

// A record of 100 bytes: a random key of 16 hexadecimal digits, and i.
Computed<Value> tera_record(Value record, Arguments /*args*/) {
    return whole(record, 0).map([](std::int64_t i) {
        const std::string digits = std::to_string(i);
        return Value{Value{fmt::format("{:016x}", mix64(static_cast<std::uint64_t>(i)))},
                     Value{std::string(84 - digits.size(), '0') + digits}};
    });
}

// 0 for every second record: a hot key. The others are spread over 1 to n.
Computed<Value> skewed_key(Value record, Arguments args) {
    const auto i = whole(record, 0);
    const auto keys = whole(args[0], 1);
    if (!i || !keys) {
        return tl::make_unexpected(!i ? i.error() : keys.error());
    }
    if (*i % 2 == 0) {
        return Value{std::int64_t{0}};
    }
    const std::uint64_t drawn = mix64(static_cast<std::uint64_t>(*i));
    return Value{wrap(1 + drawn % static_cast<std::uint64_t>(*keys))};
}

// The i-th of n rectangles under 4 / (1 + x^2) between 0 and 1; together they are pi.
Computed<Value> pi_rectangle(Value record, Arguments args) {
    const auto i = whole(record, 0);
    const auto count = whole(args[0], 1);
    if (!i || !count) {
        return tl::make_unexpected(!i ? i.error() : count.error());
    }
    const auto n = static_cast<double>(*count);
    const double x = (static_cast<double>(*i) + 0.5) / n;
    return Value{4.0 / (1.0 + x * x) / n};
}

// Sessions in a list of times, which are ascending: a gap of more than n ends one.
Computed<Value> sessions(Value record, Arguments args) {
    const auto gap = whole(args[0], 0);
    if (!gap) {
        return tl::make_unexpected(gap.error());
    }
    if (!record.is(Kind::list)) {
        return wrong_kind("a list", record);
    }
    std::int64_t count = 0;
    std::int64_t last = 0;
    for (const Value& time : record.list()) {
        const auto at = whole(time, 0);
        if (!at) {
            return tl::make_unexpected(at.error());
        }
        count += count == 0 || *at - last > *gap ? 1 : 0;
        last = *at;
    }
    return Value{count};
}

// (p, d) for each prime p that divides d: the words of document d.
Computed<bool> prime_postings(const Value& record, Arguments /*args*/, Emitter& out) {
    const auto document = whole(record, 1);
    if (!document) {
        return tl::make_unexpected(document.error());
    }
    std::int64_t left = *document;
    for (std::int64_t p = 2; left > 1; ++p) {
        p = p > left / p ? left : p;  // what is left is prime
        if (left % p != 0) {
            continue;
        }
        while (left % p == 0) {
            left /= p;
        }
        if (!out.emit(Value{Value{p}, record})) {
            return false;
        }
    }
    return true;
}

constexpr std::array table{
    map_row({"quadratic_words", "line i of n words out of m, as \"w5 w9\"", 2, 2}, quadratic_words),
    map_row({"tera_record", "(random key, i): 100 bytes"}, tera_record),
    map_row({"skewed_key", "0 for an even record, else one of 1 to n", 1, 1}, skewed_key),
    map_row({"pi_rectangle", "number i of n rectangles that make up pi", 1, 1}, pi_rectangle),
    map_row({"sessions", "of ascending times; a gap above n ends a session", 1, 1}, sessions),
    flat_map_row<prime_postings>({"prime_postings", "(p, record) for each prime p in it"}),
};

}  // namespace

std::span<const FunctionInfo> workload_functions() {
    return table;
}

}  // namespace forkyard
