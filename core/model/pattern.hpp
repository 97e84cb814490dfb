// A table that matches journal records: the `when`, `match`, `after` and `before`
// of a scenario. Plain data; core/journal/match decides.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace forkyard {

// What one key must be: one of several texts (`*` in a text is any text) or a
// number (or time, in microseconds) within a range, both ends included.
struct ValuePattern {
    std::vector<std::string> any_of;
    std::optional<std::int64_t> min;
    std::optional<std::int64_t> max;

    [[nodiscard]] bool is_range() const { return min.has_value() || max.has_value(); }
    bool operator==(const ValuePattern&) const = default;
};

struct KeyPattern {
    std::string key;
    ValuePattern value;
    bool operator==(const KeyPattern&) const = default;
};

struct Pattern {
    std::vector<KeyPattern> keys;  // `kind` among them; in order of name
    bool operator==(const Pattern&) const = default;
};

}  // namespace forkyard
