#include "sim/scenario/value_check.hpp"

#include <limits>
#include <vector>

#include <fmt/format.h>

#include "sim/scenario/nearest.hpp"
#include "sim/scenario/units.hpp"

namespace forkyard::sim {

bool ValueCheck::check(const Spot& spot, const TreeNode& value) {
    switch (spot.row.type) {
        case KeyType::text:
            check_text(spot, value);
            return true;
        case KeyType::name:
            check_name(spot, value);
            return true;
        case KeyType::whole:
            check_whole(spot, value);
            return true;
        case KeyType::decimal:
            check_decimal(spot, value);
            return true;
        case KeyType::boolean:
            check_boolean(spot, value);
            return true;
        case KeyType::duration:
            check_duration(spot, value);
            return true;
        case KeyType::size:
            check_size(spot, value);
            return true;
        case KeyType::rate:
            check_rate(spot, value);
            return true;
        case KeyType::choice:
            check_choice(spot, value);
            return true;
        default:
            return false;
    }
}

void ValueCheck::wrong_type(const Spot& spot, const TreeNode& value) {
    must_be(spot, value, type_name(spot.row));
}

void ValueCheck::must_be(const Spot& spot,
                         const TreeNode& value,
                         std::string_view wanted,
                         std::string_view mend) {
    problems_.error(value.at,
                    fmt::format("`{}` must be {}, not {}", spot.key, wanted, kind_name(value.kind)),
                    std::string{mend});
}

void ValueCheck::malformed(const Spot& spot,
                           const TreeNode& value,
                           std::string_view wanted,
                           std::string_view mend) {
    problems_.error(value.at,
                    fmt::format("`{}` must be {}, which `{}` is not", spot.key, wanted, value.text),
                    std::string{mend});
}

void ValueCheck::check_text(const Spot& spot, const TreeNode& value) {
    if (!value.is(TreeKind::text)) {
        must_be(spot, value, "text", value.is_value() ? "put it in quotes" : "");
    }
}

void ValueCheck::check_name(const Spot& spot, const TreeNode& value) {
    check_text(spot, value);
    if (!value.is(TreeKind::text)) {
        return;
    }
    if (value.text.empty()) {
        problems_.error(value.at, fmt::format("`{}` is empty", spot.key));
    }
    const std::size_t bad = value.text.find_first_of(":*,");
    if (bad != std::string::npos) {
        problems_.error(value.at,
                        fmt::format("the name `{}` has a `{}` in it", value.text, value.text[bad]),
                        "names are without `:`, `*` and `,`");
    }
}

void ValueCheck::check_whole(const Spot& spot, const TreeNode& value) {
    if (!value.is(TreeKind::integer)) {
        must_be(spot, value, "a whole number");
        return;
    }
    const std::string_view range = spot.row.range;
    const bool open = range.ends_with("..");
    const auto least = parse_whole(open ? range.substr(0, range.size() - 2) : range);
    const auto number = parse_whole(value.text);
    constexpr std::int64_t most = std::numeric_limits<std::int32_t>::max();
    if (number && least && *number < *least) {
        problems_.error(value.at,
                        fmt::format("`{}` must be at least {}, not {}", spot.key, *least, *number));
    } else if (!number || (!open && *number > most)) {
        problems_.error(value.at,
                        fmt::format("`{}` must be at most {}, not {}", spot.key, most, value.text));
    }
}

void ValueCheck::check_decimal(const Spot& spot, const TreeNode& value) {
    if (!value.is(TreeKind::integer) && !value.is(TreeKind::decimal)) {
        wrong_type(spot, value);
    } else if (!parse_millionths(value.text)) {
        malformed(spot, value, "a number of at most six decimals");
    }
}

void ValueCheck::check_boolean(const Spot& spot, const TreeNode& value) {
    const bool digit = source_ == TreeSource::lines && (value.text == "0" || value.text == "1");
    if (!digit && !value.is(TreeKind::boolean)) {
        wrong_type(spot, value);
    }
}

void ValueCheck::check_duration(const Spot& spot, const TreeNode& value) {
    if (!value.is(TreeKind::text)) {
        must_be(spot, value, "a duration", duration_hint);
    } else if (!parse_duration(value.text)) {
        malformed(spot, value, "a duration", duration_hint);
    }
}

void ValueCheck::check_flag(const Spot& spot, const TreeNode& value) {
    const bool one = source_ == TreeSource::lines && value.text == "1";
    if (!one && !(value.is(TreeKind::boolean) && value.text == "true")) {
        wrong_type(spot, value);
    }
}

void ValueCheck::check_size(const Spot& spot, const TreeNode& value) {
    if (!value.is(TreeKind::text) && !value.is(TreeKind::integer)) {
        must_be(spot, value, "a size", size_hint);
    } else if (!parse_size(value.text)) {
        malformed(spot, value, "a size", size_hint);
    }
}

void ValueCheck::check_rate(const Spot& spot, const TreeNode& value) {
    if (!value.is(TreeKind::text)) {
        must_be(spot, value, "a rate", rate_hint);
    } else if (!parse_rate(value.text)) {
        malformed(spot, value, "a rate", rate_hint);
    }
}

void ValueCheck::check_choice(const Spot& spot, const TreeNode& value) {
    if (!value.is(TreeKind::text)) {
        check_text(spot, value);
        return;
    }
    // local[4] and plugin:FILE carry arguments.
    const bool manager = spot.row.path == "cluster.manager";
    const std::string word =
        manager ? value.text.substr(0, value.text.find_first_of("[:")) : value.text;
    std::vector<std::string> known;
    for (const KeyChoice& choice : choices_of(spot.row.range)) {
        if (choice.name == word && (choice.name != "standalone" || word == value.text)) {
            if (!choice.built) {
                problems_.error(
                    value.at,
                    fmt::format("`{} = \"{}\"` is not simulated yet", spot.key, value.text));
            }
            return;
        }
        known.push_back(choice.name);
    }
    problems_.error(value.at,
                    fmt::format("`{}` cannot be `{}`", spot.key, value.text),
                    did_you_mean(value.text, known));
}

}  // namespace forkyard::sim
