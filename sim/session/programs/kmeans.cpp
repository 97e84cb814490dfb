// k-means (W6): a loop in the driver. Each round broadcasts the centres; tasks assign each point to
// the nearest and sum up; the driver makes new centres of the sums and stops when nothing moves, or
// after `rounds`.
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "sim/session/program_registry.hpp"

namespace forkyard::sim {

namespace {

struct Centre {
    std::int64_t x = 0;
    std::int64_t y = 0;
    bool operator==(const Centre&) const = default;
};

Value value_of(const std::vector<Centre>& centres) {
    List list;
    for (const Centre& centre : centres) {
        list.emplace_back(List{Value{centre.x}, Value{centre.y}});
    }
    return Value{std::move(list)};
}

// "10,10 90,10": two whole numbers each.
std::vector<Centre> centres_of(const std::string& text) {
    std::istringstream in{text};
    std::vector<Centre> centres;
    Centre centre;
    char comma = 0;
    while (in >> centre.x >> comma >> centre.y) {
        centres.push_back(centre);
    }
    if (centres.empty() || !in.eof()) {
        throw SessionError{"`centres` are written as in \"10,10 90,10\""};
    }
    return centres;
}

}  // namespace

void kmeans(Session& session) {
    const std::int64_t rounds = session.argument("rounds", std::int64_t{10});
    std::vector<Centre> centres =
        centres_of(session.argument("centres", "10,10 90,10 10,90 90,90"));
    Dataset points = session.generate("square_point", 900, {}, 8);
    points.cache();
    Dataset sums = points;
    for (std::int64_t round = 1; round <= rounds; ++round) {
        Broadcast sent = session.broadcast(value_of(centres));
        sums = points.map("nearest_centre", sent).reduce_by_key("add_lists", 4);
        const std::vector<Centre> before = centres;
        // (centre, [points, sum of x, sum of y, squared error])
        for (const Value& row : sums.collect("round " + std::to_string(round))) {
            const List& sum = row.second().list();
            centres[static_cast<std::size_t>(row.first().integer())] = {
                sum[1].integer() / sum[0].integer(), sum[2].integer() / sum[0].integer()};
        }
        sent.unpersist();
        if (centres == before) {
            break;
        }
    }
}

}  // namespace forkyard::sim
