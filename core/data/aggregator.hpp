// Values of one key to one, as a reduce, a group or an aggregate makes it: first on the map
// side, from values, then on the other, from what the map side made.
#pragma once

#include <string>
#include <vector>

#include "core/data/functions.hpp"
#include "core/data/ordered_hash_map.hpp"
#include "core/data/stage_program.hpp"
#include "core/data/value.hpp"

namespace forkyard {

// What a step by key says of another record.
[[nodiscard]] tl::unexpected<std::string> no_pair(const Value& record);

class Aggregator {
public:
    // Function and arguments are checked here.
    [[nodiscard]] static Computed<Aggregator> make(const Aggregation& aggregation);

    // Enters the value of a pair under its key.
    [[nodiscard]] Computed<void> add(OrderedHashMap& table, Value pair) const;
    // Enters what another table had made of a key's values.
    [[nodiscard]] Computed<void> merge(OrderedHashMap& table, Value pair) const;

private:
    Aggregator() = default;

    ByKey kind_ = ByKey::group;
    const FunctionInfo* info_ = nullptr;
    std::vector<Value> args_{};
    Value zero_{};  // aggregate
};

}  // namespace forkyard
