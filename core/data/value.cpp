#include "core/data/value.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>

#include "core/check.hpp"
#include "core/data/utf8.hpp"
#include "core/digest.hpp"

namespace forkyard {

namespace {

using Kind = Value::Kind;

// Finite reals, then infinity, then NaN; -0.0 before 0.0, as Java's Double.compare.
std::strong_ordering compare_reals(double a, double b) {
    if (std::isnan(a) || std::isnan(b)) {
        return std::isnan(a) <=> std::isnan(b);
    }
    if (a < b) {
        return std::strong_ordering::less;
    }
    if (a > b) {
        return std::strong_ordering::greater;
    }
    return std::signbit(b) <=> std::signbit(a);
}

// Exact: neither side is rounded to the other's type. Never equal.
std::strong_ordering compare_mixed(std::int64_t integer, double real) {
    constexpr double two_to_63 = 9223372036854775808.0;
    if (std::isnan(real) || real >= two_to_63) {
        return std::strong_ordering::less;
    }
    if (real < -two_to_63) {
        return std::strong_ordering::greater;
    }
    const auto whole = static_cast<std::int64_t>(real);  // towards zero
    if (integer != whole) {
        return integer <=> whole;
    }
    const double rest = real - static_cast<double>(whole);
    return rest < 0 ? std::strong_ordering::greater : std::strong_ordering::less;
}

std::strong_ordering compare_numbers(const Value& a, const Value& b) {
    if (a.is(Kind::integer)) {
        return b.is(Kind::integer) ? a.integer() <=> b.integer()
                                   : compare_mixed(a.integer(), b.real());
    }
    return b.is(Kind::real) ? compare_reals(a.real(), b.real())
                            : 0 <=> compare_mixed(b.integer(), a.real());
}

std::strong_ordering compare_lists(const List& a, const List& b) {
    const std::size_t common = std::min(a.size(), b.size());
    for (std::size_t i = 0; i < common; ++i) {
        if (const auto order = a[i] <=> b[i]; order != 0) {
            return order;
        }
    }
    return a.size() <=> b.size();
}

// Integers and reals share a rank.
int rank(Kind kind) {
    return kind == Kind::real ? static_cast<int>(Kind::integer) : static_cast<int>(kind);
}

std::uint64_t bits_of(double real) {
    return std::bit_cast<std::uint64_t>(real);
}

std::int32_t fold_halves(std::uint64_t bits) {
    return static_cast<std::int32_t>(static_cast<std::uint32_t>(bits ^ (bits >> 32U)));
}

// String.hashCode: the sum of c * 31^k over UTF-16 code units, in 32 bits.
std::int32_t jvm_text_hash(std::string_view text) {
    std::uint32_t hash = 0;
    std::size_t at = 0;
    while (at < text.size()) {
        const auto byte = static_cast<unsigned char>(text[at]);
        if (byte < 0x80) {
            hash = hash * 31 + byte;
            ++at;
            continue;
        }
        const CodePoint point = decode_utf8(text, at);
        at += point.bytes;
        if (point.code < 0x10000) {
            hash = hash * 31 + point.code;
        } else {
            const std::uint32_t rest = point.code - 0x10000;
            hash = (hash * 31 + (0xD800 + (rest >> 10U))) * 31 + (0xDC00 + (rest & 0x3FFU));
        }
    }
    return static_cast<std::int32_t>(hash);
}

}  // namespace

Value::Value(double real) : kind_{Kind::real} {
    data_.real = std::isnan(real) ? std::numeric_limits<double>::quiet_NaN() : real;
}

Value::Value(std::string_view text) : kind_{Kind::text} {
    if (text.size() <= short_text_max) {
        text_size_ = static_cast<std::uint8_t>(text.size());
        std::copy(text.begin(), text.end(), data_.short_text);
    } else {
        text_size_ = long_text;
        data_.text = new std::string{text};
    }
}

Value::Value(std::string text) : kind_{Kind::text} {
    if (text.size() <= short_text_max) {
        text_size_ = static_cast<std::uint8_t>(text.size());
        std::copy(text.begin(), text.end(), data_.short_text);
    } else {
        text_size_ = long_text;
        data_.text = new std::string{std::move(text)};
    }
}

Value::Value(List list) : kind_{Kind::list} {
    data_.list = new List{std::move(list)};
}

Value::Value(Value first, Value second) : kind_{Kind::pair} {
    data_.pair = new Pair{std::move(first), std::move(second)};
}

Value::Value(const Value& other)
    : kind_{other.kind_}, text_size_{other.text_size_}, data_{other.data_} {
    if (!owns_memory()) {
        return;
    }
    if (kind_ == Kind::text) {
        data_.text = new std::string{*other.data_.text};
    } else if (kind_ == Kind::pair) {
        data_.pair = new Pair{*other.data_.pair};
    } else {
        data_.list = new List(*other.data_.list);
    }
}

void Value::release() {
    if (kind_ == Kind::text) {
        delete data_.text;
    } else if (kind_ == Kind::pair) {
        delete data_.pair;
    } else {
        delete data_.list;
    }
}

std::string Value::take_text() {
    if (text_size_ == long_text) {
        return std::move(*data_.text);
    }
    return std::string{text()};
}

bool Value::operator==(const Value& other) const {
    if (kind() != other.kind()) {
        return false;
    }
    switch (kind()) {
        case Kind::none:
            return true;
        case Kind::integer:
            return integer() == other.integer();
        case Kind::real:
            return bits_of(real()) == bits_of(other.real());
        case Kind::text:
            return text() == other.text();
        case Kind::pair:
            return first() == other.first() && second() == other.second();
        case Kind::list:
            return list() == other.list();
    }
    return false;
}

std::strong_ordering Value::operator<=>(const Value& other) const {
    if (rank(kind()) != rank(other.kind())) {
        return rank(kind()) <=> rank(other.kind());
    }
    switch (kind()) {
        case Kind::none:
            return std::strong_ordering::equal;
        case Kind::integer:
        case Kind::real:
            return compare_numbers(*this, other);
        case Kind::text:
            return text().compare(other.text()) <=> 0;
        case Kind::pair: {
            const auto order = first() <=> other.first();
            return order != 0 ? order : second() <=> other.second();
        }
        case Kind::list:
            return compare_lists(list(), other.list());
    }
    return std::strong_ordering::equal;
}

std::string_view kind_name(Value::Kind kind) {
    switch (kind) {
        case Kind::none:
            return "null";
        case Kind::integer:
            return "an integer";
        case Kind::real:
            return "a real number";
        case Kind::text:
            return "a text";
        case Kind::pair:
            return "a pair";
        case Kind::list:
            return "a list";
    }
    return "?";
}

std::uint64_t hash_of(const Value& value) {
    switch (value.kind()) {
        case Kind::none:
            return mix64(0);
        case Kind::integer:
            return mix64(static_cast<std::uint64_t>(value.integer()));
        case Kind::real:
            return combine(2, bits_of(value.real()));
        case Kind::text:
            return digest_of(value.text());
        case Kind::pair:
            return combine(hash_of(value.first()), hash_of(value.second()));
        case Kind::list: {
            std::uint64_t hash = mix64(value.list().size());
            for (const Value& element : value.list()) {
                hash = combine(hash, hash_of(element));
            }
            return hash;
        }
    }
    return 0;
}

std::int32_t jvm_hash(const Value& value) {
    const auto append = [](std::int32_t hash, const Value& element) {
        return static_cast<std::int32_t>(31 * static_cast<std::uint32_t>(hash) +
                                         static_cast<std::uint32_t>(jvm_hash(element)));
    };
    switch (value.kind()) {
        case Kind::none:
            return 0;
        case Kind::integer:
            return fold_halves(static_cast<std::uint64_t>(value.integer()));
        case Kind::real:
            return fold_halves(bits_of(value.real()));
        case Kind::text:
            return jvm_text_hash(value.text());
        case Kind::pair:
            return append(append(1, value.first()), value.second());
        case Kind::list: {
            std::int32_t hash = 1;
            for (const Value& element : value.list()) {
                hash = append(hash, element);
            }
            return hash;
        }
    }
    return 0;
}

std::uint32_t non_negative_mod(std::int32_t hash, std::uint32_t partitions) {
    FORKYARD_CHECK(partitions > 0, "a partitioner has at least one partition");
    const auto rest = std::int64_t{hash} % std::int64_t{partitions};
    return static_cast<std::uint32_t>(rest < 0 ? rest + std::int64_t{partitions} : rest);
}

std::uint32_t hash_partition(const Value& key, std::uint32_t partitions) {
    return non_negative_mod(jvm_hash(key), partitions);
}

}  // namespace forkyard
