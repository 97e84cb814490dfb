// Values of one key to one, as a reduce, a group or an aggregate makes it: first on the map
// side, from values, then on the other, from what the map side made.
#pragma once

#include <cstdint>
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

    // Enters the value of a pair under its key. By about how many bytes the table has grown.
    [[nodiscard]] Computed<std::int64_t> add(OrderedHashMap& table, Value pair) const;
    // Enters what another table had made of a key's values.
    [[nodiscard]] Computed<std::int64_t> merge(OrderedHashMap& table, Value pair) const;
    // Adds what a later table had made of a key's values to what an earlier one had.
    [[nodiscard]] Computed<void> merge(Value& earlier, Value later) const;

private:
    Aggregator() = default;
    [[nodiscard]] Computed<std::int64_t> combine(Value& into,
                                                 const Value& next,
                                                 CombineFunction how) const;

    ByKey kind_ = ByKey::group;
    const FunctionInfo* info_ = nullptr;
    std::vector<Value> args_{};
    Value zero_{};  // aggregate
};

}  // namespace forkyard
