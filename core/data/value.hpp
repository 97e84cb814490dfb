// What a record is made of: nothing, an integer, a real number, a text, a pair, a list.
//
// Values have one total order (none, numbers by size, texts by bytes, pairs, lists) and
// an equality that agrees with it: 1 and 1.0 are neighbours, not equals. A NaN equals
// itself and is the largest number, as in Spark SQL. There is no truth value: a
// predicate that is used as a map gives 1 or 0.
//
// Two hashes: hash_of is our own, for tables; jvm_hash is what a JVM gives for the same
// key (texts by UTF-16 code unit), so records land in the partition that Spark's
// HashPartitioner would choose; for pairs and lists it is java.util.List's.
#pragma once

#include <compare>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <tl/expected.hpp>

namespace forkyard {

// What the code of a task gives: a value, or why the task fails.
template <class T>
using Computed = tl::expected<T, std::string>;

class Value;
using List = std::vector<Value>;

struct Pair;

class Value {
public:
    enum class Kind : std::uint8_t { none, integer, real, text, pair, list };

    Value() = default;
    explicit Value(std::int64_t integer) : kind_{Kind::integer} { data_.integer = integer; }
    explicit Value(double real);  // any NaN becomes the one NaN
    explicit Value(std::string_view text);
    explicit Value(std::string text);
    explicit Value(const char* text) : Value{std::string_view{text}} {}
    explicit Value(List list);
    Value(Value first, Value second);

    Value(const Value& other);
    Value(Value&& other) noexcept
        : kind_{other.kind_}, text_size_{other.text_size_}, data_{other.data_} {
        other.kind_ = Kind::none;
    }
    Value& operator=(const Value& other) { return *this = Value{other}; }
    Value& operator=(Value&& other) noexcept {
        std::swap(kind_, other.kind_);
        std::swap(text_size_, other.text_size_);
        std::swap(data_, other.data_);
        return *this;
    }
    ~Value() {
        if (owns_memory()) {
            release();
        }
    }

    [[nodiscard]] Kind kind() const { return kind_; }
    [[nodiscard]] bool is(Kind kind) const { return kind_ == kind; }
    [[nodiscard]] bool is_number() const { return is(Kind::integer) || is(Kind::real); }

    // Each is asked only of a value of its kind.
    [[nodiscard]] std::int64_t integer() const { return data_.integer; }
    [[nodiscard]] double real() const { return data_.real; }
    [[nodiscard]] std::string_view text() const {
        return text_size_ == long_text ? std::string_view{*data_.text}
                                       : std::string_view{data_.short_text, text_size_};
    }
    [[nodiscard]] std::string take_text();  // leaves it empty-handed
    [[nodiscard]] const Value& first() const;
    [[nodiscard]] Value& first();
    [[nodiscard]] const Value& second() const;
    [[nodiscard]] Value& second();
    [[nodiscard]] const List& list() const { return *data_.list; }
    [[nodiscard]] List& list() { return *data_.list; }

    [[nodiscard]] bool operator==(const Value& other) const;
    [[nodiscard]] std::strong_ordering operator<=>(const Value& other) const;

private:
    static constexpr std::size_t short_text_max = 16;
    static constexpr std::uint8_t long_text = 255;

    // 24 bytes in all, moved as plain words: a record passes through many hands. Texts
    // of up to 16 bytes, most words and keys, need no allocation.
    union Data {
        char short_text[short_text_max] = {};
        std::int64_t integer;
        double real;
        std::string* text;
        Pair* pair;
        List* list;
    };

    [[nodiscard]] bool owns_memory() const {
        return kind_ >= Kind::pair || (kind_ == Kind::text && text_size_ == long_text);
    }
    void release();

    Kind kind_ = Kind::none;
    std::uint8_t text_size_ = 0;
    Data data_;
};

struct Pair {
    Value first;
    Value second;
};

inline const Value& Value::first() const {
    return data_.pair->first;
}
inline Value& Value::first() {
    return data_.pair->first;
}
inline const Value& Value::second() const {
    return data_.pair->second;
}
inline Value& Value::second() {
    return data_.pair->second;
}

// As a person would call it: "an integer", "a text".
[[nodiscard]] std::string_view kind_name(Value::Kind kind);

[[nodiscard]] std::uint64_t hash_of(const Value& value);
[[nodiscard]] std::int32_t jvm_hash(const Value& value);

// hash mod partitions, made non-negative: hash -1 of 4 is 3.
[[nodiscard]] std::uint32_t non_negative_mod(std::int32_t hash, std::uint32_t partitions);
[[nodiscard]] std::uint32_t hash_partition(const Value& key, std::uint32_t partitions);

}  // namespace forkyard
