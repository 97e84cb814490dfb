// A policy's whole state, member by member: one list of members saves, loads and hashes it.
//
// A type that is part of a state has
//     template <class Self, class V> static void members(Self& self, V& v) { v(self.a, self.b); }
// Numbers, enumerators, times, ids, texts and the ordered containers are known here. The
// bytes are for the same build alone: their layout is that of the members.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "core/digest.hpp"
#include "core/ids.hpp"
#include "core/model/units.hpp"
#include "core/sim_time.hpp"

namespace forkyard {

// What a value is seen as: the same visit for writing, reading and hashing.
template <class V, class T>
requires std::is_arithmetic_v<T> || std::is_enum_v<T>
void visit_state(V& v, T& value) {
    v.number(value);
}

template <class V, class Tag>
void visit_state(V& v, Id<Tag>& id) {
    v.number(id.value);
}
template <class V, class Tag>
void visit_state(V& v, const Id<Tag>& id) {
    v.number(id.value);
}

template <class V, class T>
requires requires {
    &std::remove_const_t<T>::count;
} &&(!requires(T t) { t.time_since_epoch(); }) &&
    std::is_aggregate_v<std::remove_const_t<T>> void visit_state(
        V& v, T& quantity) {  // Bytes, Millionths
    v.number(quantity.count);
}

template <class V, class T>
requires std::is_same_v<std::remove_const_t<T>, SimDuration>
void visit_state(V& v, T& duration) {
    auto count = duration.count();
    v.number(count);
    if constexpr (!std::is_const_v<T>) {
        duration = SimDuration{count};
    }
}

template <class V, class T>
requires std::is_same_v<std::remove_const_t<T>, SimTime>
void visit_state(V& v, T& time) {
    auto since = time.time_since_epoch();
    visit_state(v, since);
    if constexpr (!std::is_const_v<T>) {
        time = SimTime{since};
    }
}

template <class V, class T>
requires requires(T& self, V& v) {
    T::members(self, v);
}
void visit_state(V& v, T& part) {
    std::remove_const_t<T>::members(part, v);
}

template <class V>
void visit_state(V& v, const std::string& text) {
    v.text(text);
}
template <class V>
void visit_state(V& v, std::string& text) {
    v.text(text);
}

template <class V, class A, class B>
void visit_state(V& v, const std::pair<A, B>& both) {
    visit_state(v, both.first);
    visit_state(v, both.second);
}
template <class V, class A, class B>
void visit_state(V& v, std::pair<A, B>& both) {
    visit_state(v, both.first);
    visit_state(v, both.second);
}

template <class T>
constexpr bool is_optional = false;
template <class T>
constexpr bool is_optional<std::optional<T>> = true;
template <class T>
constexpr bool is_set = false;
template <class T, class C>
constexpr bool is_set<std::set<T, C>> = true;
template <class T>
constexpr bool is_map = false;
template <class K, class T, class C>
constexpr bool is_map<std::map<K, T, C>> = true;
template <class T>
constexpr bool is_vector = false;
template <class T>
constexpr bool is_vector<std::vector<T>> = true;

template <class V, class T>
requires is_optional<T>
void visit_state(V& v, const T& maybe) {
    const bool there = maybe.has_value();
    visit_state(v, there);
    if (there) {
        visit_state(v, *maybe);
    }
}

template <class V, class T>
requires is_vector<T> || is_set<T> || is_map<T>
void visit_state(V& v, const T& items) {
    const std::uint64_t count = items.size();
    visit_state(v, count);
    for (const auto& item : items) {
        visit_state(v, item);
    }
}

// Reading: what a container takes is made first.
template <class V, class T>
requires is_optional<T>
void visit_state(V& v, T& maybe) {
    bool there = false;
    visit_state(v, there);
    maybe.reset();
    if (there) {
        visit_state(v, maybe.emplace());
    }
}

template <class V, class T>
requires is_vector<T> || is_set<T> || is_map<T>
void visit_state(V& v, T& items) {
    std::uint64_t count = 0;
    visit_state(v, count);
    items.clear();
    for (; count > 0 && v.ok(); --count) {
        if constexpr (is_vector<T>) {
            visit_state(v, items.emplace_back());
        } else if constexpr (is_map<T>) {
            typename T::key_type key{};
            visit_state(v, key);
            visit_state(v, items[std::move(key)]);
        } else {
            typename T::value_type item{};
            visit_state(v, item);
            items.insert(std::move(item));
        }
    }
}

class StateWriter {
public:
    template <class... T>
    void operator()(const T&... parts) {
        (visit_state(*this, parts), ...);
    }
    template <class T>
    void number(T value) {
        const auto bits = static_cast<std::uint64_t>(value);
        for (unsigned shift = 0; shift < 64; shift += 8) {
            bytes_.push_back(static_cast<char>(bits >> shift));
        }
    }
    void text(std::string_view text) {
        number(text.size());
        bytes_ += text;
    }
    [[nodiscard]] const std::string& bytes() const { return bytes_; }

private:
    std::string bytes_;
};

// Of bytes that end too early the rest reads as 0, and `ok` is false.
class StateReader {
public:
    explicit StateReader(std::string_view bytes) : bytes_{bytes} {}

    template <class... T>
    void operator()(T&... parts) {
        (visit_state(*this, parts), ...);
    }
    template <class T>
    void number(T& value) {
        std::uint64_t bits = 0;
        const std::string_view taken = take(8);
        for (std::size_t i = 0; i < taken.size(); ++i) {
            bits |= std::uint64_t{static_cast<unsigned char>(taken[i])} << (8 * i);
        }
        value = static_cast<T>(bits);
    }
    void text(std::string& text) {
        std::uint64_t size = 0;
        number(size);
        text = take(size);
    }
    [[nodiscard]] bool ok() const { return ok_; }
    [[nodiscard]] bool at_end() const { return ok_ && bytes_.empty(); }

private:
    std::string_view take(std::uint64_t count) {
        ok_ = ok_ && count <= bytes_.size();
        const std::string_view taken = ok_ ? bytes_.substr(0, count) : std::string_view{};
        bytes_.remove_prefix(taken.size());
        return taken;
    }

    std::string_view bytes_;
    bool ok_ = true;
};

class StateDigest {
public:
    template <class... T>
    void operator()(const T&... parts) {
        (visit_state(*this, parts), ...);
    }
    template <class T>
    void number(T value) {
        digest_.add(static_cast<std::uint64_t>(value));
    }
    void text(std::string_view text) { digest_.add(digest_of(text)); }
    [[nodiscard]] std::uint64_t value() const { return digest_.value(); }

private:
    RowDigest digest_;
};

}  // namespace forkyard
