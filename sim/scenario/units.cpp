#include "sim/scenario/units.hpp"

#include <array>
#include <charconv>
#include <limits>
#include <utility>

#include <fmt/format.h>

namespace forkyard::sim {
namespace {

struct Unit {
    std::string_view suffix;
    std::int64_t size;
};

constexpr std::int64_t kib = 1024;
constexpr std::array<Unit, 5> time_units{
    {{"us", 1}, {"ms", 1'000}, {"s", 1'000'000}, {"min", 60'000'000}, {"h", 3'600'000'000}}};
constexpr std::array<Unit, 5> size_units{
    {{"", 1}, {"k", kib}, {"m", kib* kib}, {"g", kib* kib* kib}, {"t", kib* kib* kib* kib}}};
constexpr std::array<Unit, 8> spark_time_units{{{"us", 1},
                                                {"ms", 1'000},
                                                {"s", 1'000'000},
                                                {"m", 60'000'000},
                                                {"min", 60'000'000},
                                                {"h", 3'600'000'000},
                                                {"d", 86'400'000'000},
                                                {"", 0}}};
constexpr std::array<Unit, 12> spark_size_units{{{"b", 1},
                                                 {"k", kib},
                                                 {"kb", kib},
                                                 {"m", kib* kib},
                                                 {"mb", kib* kib},
                                                 {"g", kib* kib* kib},
                                                 {"gb", kib* kib* kib},
                                                 {"t", kib* kib* kib* kib},
                                                 {"tb", kib* kib* kib* kib},
                                                 {"p", kib* kib* kib* kib* kib},
                                                 {"pb", kib* kib* kib* kib* kib},
                                                 {"", 0}}};

bool digit(char c) {
    return c >= '0' && c <= '9';
}

std::optional<std::int64_t> multiplied(std::int64_t a, std::int64_t b) {
    std::int64_t out = 0;
    if (__builtin_mul_overflow(a, b, &out)) {
        return std::nullopt;
    }
    return out;
}

// A non-negative decimal taken apart: value = digits / 10^decimals.
struct Decimal {
    std::int64_t digits = 0;
    int decimals = 0;
};

// Reads "12.50" from the front of `text` and leaves what follows there.
std::optional<Decimal> take_decimal(std::string_view& text) {
    Decimal out;
    bool any = false;
    bool point = false;
    while (!text.empty() && (digit(text.front()) || (text.front() == '.' && !point && any))) {
        const char c = text.front();
        text.remove_prefix(1);
        if (c == '.') {
            point = true;
            if (text.empty() || !digit(text.front())) {
                return std::nullopt;
            }
            continue;
        }
        any = true;
        const auto shifted = multiplied(out.digits, 10);
        if (!shifted || __builtin_add_overflow(*shifted, std::int64_t{c - '0'}, &out.digits)) {
            return std::nullopt;
        }
        out.decimals += point ? 1 : 0;
    }
    return any ? std::optional{out} : std::nullopt;
}

// value * scale, when that is whole and fits.
std::optional<std::int64_t> scaled(Decimal value, std::int64_t scale) {
    while (value.decimals > 0 && value.digits % 10 == 0) {
        value.digits /= 10;
        --value.decimals;
    }
    auto out = multiplied(value.digits, scale);
    for (; out && value.decimals > 0; --value.decimals) {
        if (*out % 10 != 0) {
            return std::nullopt;
        }
        *out /= 10;
    }
    return out;
}

template <std::size_t N>
std::optional<std::int64_t> parse_with_unit(std::string_view text,
                                            const std::array<Unit, N>& units) {
    const auto value = take_decimal(text);
    if (!value) {
        return std::nullopt;
    }
    for (const Unit& unit : units) {
        if (text == unit.suffix) {
            return scaled(*value, unit.size);
        }
    }
    return std::nullopt;
}

std::string lower_trimmed(std::string_view text) {
    while (!text.empty() && text.front() == ' ') {
        text.remove_prefix(1);
    }
    while (!text.empty() && text.back() == ' ') {
        text.remove_suffix(1);
    }
    std::string out{text};
    for (char& c : out) {
        if (c >= 'A' && c <= 'Z') {
            c = static_cast<char>(c - 'A' + 'a');
        }
    }
    return out;
}

template <std::size_t N>
std::optional<std::int64_t> parse_spark(std::string_view raw,
                                        const std::array<Unit, N>& units,
                                        std::int64_t bare_unit) {
    const std::string lowered = lower_trimmed(raw);
    std::string_view text = lowered;
    const bool negative = !text.empty() && text.front() == '-';
    if (negative) {
        text.remove_prefix(1);
    }
    const auto value = take_decimal(text);
    if (!value || value->decimals > 0) {
        return std::nullopt;
    }
    for (const Unit& unit : units) {
        if (text == unit.suffix) {
            const auto out = multiplied(value->digits, unit.size == 0 ? bare_unit : unit.size);
            return out && negative ? std::optional{-*out} : out;
        }
    }
    return std::nullopt;
}

template <std::size_t N>
std::string print_with_unit(std::int64_t value, const std::array<Unit, N>& units) {
    const Unit* best = &units.front();
    for (const Unit& unit : units) {
        if (value != 0 && value % unit.size == 0) {
            best = &unit;
        }
    }
    return fmt::format("{}{}", value / best->size, best->suffix);
}

}  // namespace

std::optional<std::int64_t> parse_whole(std::string_view text) {
    if (!text.empty() && text.front() == '+') {
        text.remove_prefix(1);
        if (text.empty() || !digit(text.front())) {
            return std::nullopt;
        }
    }
    std::int64_t value = 0;
    const char* end = text.data() + text.size();
    const auto [stop, error] = std::from_chars(text.data(), end, value);
    if (error != std::errc{} || stop != end) {
        return std::nullopt;
    }
    return value;
}

std::optional<SimDuration> parse_duration(std::string_view text) {
    const auto value = parse_with_unit(text, time_units);
    return value && *value <= micros(duration_forever) ? std::optional{SimDuration{*value}}
                                                       : std::nullopt;
}

std::optional<Bytes> parse_size(std::string_view text) {
    const auto value = parse_with_unit(text, size_units);
    return value ? std::optional{Bytes{*value}} : std::nullopt;
}

std::optional<BytesPerSecond> parse_rate(std::string_view text) {
    constexpr std::string_view per_second = "/s";
    if (!text.ends_with(per_second)) {
        return std::nullopt;
    }
    text.remove_suffix(per_second.size());
    const auto value = parse_size(text);
    if (!value || value->count == 0) {
        return std::nullopt;
    }
    return BytesPerSecond{value->count};
}

std::optional<Millionths> parse_millionths(std::string_view text) {
    bool negative = false;
    if (!text.empty() && (text.front() == '-' || text.front() == '+')) {
        negative = text.front() == '-';
        text.remove_prefix(1);
    }
    auto value = take_decimal(text);
    if (!value) {
        return std::nullopt;
    }
    if (!text.empty()) {
        constexpr std::int64_t exponent_max = 18;
        if (text.front() != 'e' && text.front() != 'E') {
            return std::nullopt;
        }
        const auto exponent = parse_whole(text.substr(1));
        if (!exponent || *exponent > exponent_max || *exponent < -exponent_max) {
            return std::nullopt;
        }
        value->decimals -= static_cast<int>(*exponent);
    }
    for (; value->decimals < 0; ++value->decimals) {
        const auto shifted = multiplied(value->digits, 10);
        if (!shifted) {
            return std::nullopt;
        }
        value->digits = *shifted;
    }
    const auto out = scaled(*value, one.count);
    if (!out) {
        return std::nullopt;
    }
    return Millionths{negative ? -*out : *out};
}

std::string print_duration(SimDuration duration) {
    return duration == SimDuration{0} ? "0s" : print_with_unit(duration.count(), time_units);
}

std::string print_size(Bytes size) {
    return print_with_unit(size.count, size_units);
}

std::string print_rate(BytesPerSecond rate) {
    return print_size(Bytes{rate.count}) + "/s";
}

std::string print_millionths(Millionths value) {
    const bool negative = value.count < 0;
    const std::int64_t whole = value.count / one.count;
    std::int64_t rest = value.count % one.count;
    rest = rest < 0 ? -rest : rest;
    std::string out = fmt::format("{}{}", negative && whole == 0 ? "-" : "", whole);
    if (rest != 0) {
        out += fmt::format(".{:06}", rest);
        out.erase(out.find_last_not_of('0') + 1);
    }
    return out;
}

std::optional<SimDuration> parse_spark_time(std::string_view text, SimDuration bare_unit) {
    const auto value = parse_spark(text, spark_time_units, bare_unit.count());
    return value ? std::optional{SimDuration{*value}} : std::nullopt;
}

std::optional<Bytes> parse_spark_size(std::string_view text, Bytes bare_unit) {
    const auto value = parse_spark(text, spark_size_units, bare_unit.count);
    return value ? std::optional{Bytes{*value}} : std::nullopt;
}

}  // namespace forkyard::sim
