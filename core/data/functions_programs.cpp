// What the shipped driver programs compute: k-means and PageRank.
#include <algorithm>
#include <array>
#include <string>

#include <fmt/format.h>

#include "core/data/function_tables.hpp"

namespace forkyard {

namespace {

using Kind = Value::Kind;

// Point number i of 900: 225 around each corner of a square of side 100, up to 7 away.
Computed<Value> square_point(Value record, Arguments /*args*/) {
    if (!record.is(Kind::integer) || record.integer() < 0) {
        return wrong_kind("a number of a point", record);
    }
    constexpr std::int64_t width = 15;
    constexpr std::int64_t around = width * width;
    const std::int64_t corner = record.integer() / around;
    const std::int64_t at = record.integer() % around;
    return Value{List{Value{corner % 2 * 100 + at % width - width / 2},
                      Value{corner / 2 * 100 + at / width - width / 2}}};
}

bool is_point(const Value& value) {
    return value.is(Kind::list) && value.list().size() == 2 && value.list()[0].is(Kind::integer) &&
           value.list()[1].is(Kind::integer);
}

// Of a point [x, y]: (number of the nearest centre, [1, x, y, squared distance]). The argument is a
// list of centres; of two as near the first.
Computed<Value> nearest_centre(Value record, Arguments args) {
    if (!is_point(record)) {
        return wrong_kind("a point of two integers", record);
    }
    if (!args[0].is(Kind::list) || args[0].list().empty()) {
        return wrong_kind("a list of centres", args[0]);
    }
    const List& centres = args[0].list();
    const std::int64_t x = record.list()[0].integer();
    const std::int64_t y = record.list()[1].integer();
    std::int64_t nearest = -1;
    std::int64_t least = 0;
    for (std::size_t i = 0; i < centres.size(); ++i) {
        if (!is_point(centres[i])) {
            return wrong_kind("a centre of two integers", centres[i]);
        }
        const auto away = [](std::int64_t a, const Value& b) {
            return static_cast<std::uint64_t>(a) - static_cast<std::uint64_t>(b.integer());
        };
        const std::uint64_t dx = away(x, centres[i].list()[0]);
        const std::uint64_t dy = away(y, centres[i].list()[1]);
        const std::int64_t distance = wrap(dx * dx + dy * dy);
        if (nearest < 0 || distance < least) {
            nearest = static_cast<std::int64_t>(i);
            least = distance;
        }
    }
    return Value{Value{nearest},
                 Value{List{Value{std::int64_t{1}}, Value{x}, Value{y}, Value{least}}}};
}

// Link number i of a star of n leaves: from the hub to each of them, then back.
Computed<Value> star_link(Value record, Arguments args) {
    if (!record.is(Kind::integer) || !args[0].is(Kind::integer)) {
        return wrong_kind("an integer", record);
    }
    const std::int64_t hub = 0;
    const std::int64_t leaves = args[0].integer();
    const bool out = record.integer() < leaves;
    const std::int64_t leaf = record.integer() % std::max<std::int64_t>(leaves, 1) + 1;
    return out ? Value{Value{hub}, Value{leaf}} : Value{Value{leaf}, Value{hub}};
}

// Of (page, (its links, its rank)): (link, an even share of the rank) for each.
Computed<bool> rank_shares(const Value& record, Arguments /*args*/, Emitter& out) {
    if (!record.is(Kind::pair) || !record.second().is(Kind::pair) ||
        !record.second().first().is(Kind::list) || !record.second().second().is(Kind::real)) {
        return wrong_kind("(page, (links, rank))", record);
    }
    const List& links = record.second().first().list();
    const double share =
        record.second().second().real() / static_cast<double>(links.empty() ? 1 : links.size());
    for (const Value& link : links) {
        if (!out.emit(Value{link, Value{share}})) {
            return false;
        }
    }
    return true;
}

double damp(double rank) {
    return 0.15 + 0.85 * rank;
}

Computed<Value> damped(Value record, Arguments /*args*/) {
    if (!record.is(Kind::real)) {
        return wrong_kind("a real number", record);
    }
    return Value{damp(record.real())};
}

Computed<Value> damped_pair(Value record, Arguments /*args*/) {
    if (!record.is(Kind::pair) || !record.second().is(Kind::real)) {
        return wrong_kind("(page, rank)", record);
    }
    record.second() = Value{damp(record.second().real())};
    return record;
}

constexpr std::array table{
    map_row({"square_point", "point i of 900: [x, y] near a corner of a square"}, square_point),
    map_row({"nearest_centre", "([x, y]) to (centre, [1, x, y, error]); of a broadcast list", 1, 1},
            nearest_centre),
    map_row({"star_link", "link i of a star with n leaves, as a pair", 1, 1}, star_link),
    flat_map_row<rank_shares>({"rank_shares", "(page, (links, rank)) to a share for each link"}),
    map_row({"damped", "0.15 + 0.85 rank"}, damped),
    map_row({"damped_pair", "(page, rank) with the rank damped"}, damped_pair),
};

}  // namespace

std::span<const FunctionInfo> program_functions() {
    return table;
}

}  // namespace forkyard
