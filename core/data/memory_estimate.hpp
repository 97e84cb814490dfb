// About how much memory records take, in bytes: the same on every machine and with every
// compiler, since it decides when a task spills.
//
// In Spark: SizeEstimator. What it would say of the same records on a JVM is another number.
#pragma once

#include <cstdint>

#include "core/data/ordered_hash_map.hpp"
#include "core/data/value.hpp"

namespace forkyard {

inline constexpr std::int64_t value_memory = 24;         // a Value itself
inline constexpr std::int64_t allocation_memory = 16;    // what each allocation costs besides
inline constexpr std::int64_t table_entry_memory = 120;  // key, value, hash; slots, room to grow

// What it owns besides itself. The elements of a list are taken to be like its last one.
[[nodiscard]] inline std::int64_t owned_memory(const Value& value) {
    switch (value.kind()) {
        case Value::Kind::text: {
            const auto size = static_cast<std::int64_t>(value.text().size());
            return size <= 16 ? 0 : 2 * allocation_memory + 32 + size;
        }
        case Value::Kind::pair:
            return allocation_memory + 2 * value_memory + owned_memory(value.first()) +
                   owned_memory(value.second());
        case Value::Kind::list: {
            const List& list = value.list();
            const auto size = static_cast<std::int64_t>(list.size());
            return 2 * allocation_memory + value_memory +
                   (list.empty() ? 0 : size * (value_memory + owned_memory(list.back())));
        }
        default:
            return 0;
    }
}

// Of a table's entry: the one that has come last.
[[nodiscard]] inline std::int64_t entered_memory(OrderedHashMap& table) {
    const OrderedHashMap::Entry& entry = table.entries().back();
    return table_entry_memory + owned_memory(entry.key) + owned_memory(entry.value);
}

}  // namespace forkyard
