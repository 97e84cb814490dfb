// A table from value to value that keeps the order of insertion.
//
// Open addressing over an array of entries; iterating means walking that array, so no
// order depends on hashes or capacity. Nothing is ever removed.
#pragma once

#include <cstdint>
#include <vector>

#include "core/check.hpp"
#include "core/data/value.hpp"

namespace forkyard {

class OrderedHashMap {
public:
    struct Entry {
        Value key;
        Value value;
        std::uint64_t hash = 0;
    };

    struct Found {
        Value& value;
        bool inserted;  // the value is none until it is set
    };

    // The reference is good until the next insertion.
    [[nodiscard]] Found find_or_insert(Value&& key) {
        if (2 * (entries_.size() + 1) > slots_.size()) {
            grow();
        }
        const std::uint64_t hash = hash_of(key);
        const std::uint64_t mask = slots_.size() - 1;
        std::uint64_t at = hash & mask;
        while (slots_[at] != 0) {
            Entry& entry = entries_[slots_[at] - 1];
            if (entry.hash == hash && entry.key == key) {
                return {entry.value, false};
            }
            at = (at + 1) & mask;
        }
        FORKYARD_CHECK(entries_.size() < UINT32_MAX - 1, "a table holds at most 2^32 - 2 keys");
        entries_.push_back({std::move(key), Value{}, hash});
        slots_[at] = static_cast<std::uint32_t>(entries_.size());
        return {entries_.back().value, true};
    }

    [[nodiscard]] std::vector<Entry>& entries() { return entries_; }
    [[nodiscard]] std::size_t size() const { return entries_.size(); }

private:
    void grow() {
        slots_.assign(slots_.empty() ? 16 : 2 * slots_.size(), 0);
        const std::uint64_t mask = slots_.size() - 1;
        for (std::size_t i = 0; i < entries_.size(); ++i) {
            std::uint64_t at = entries_[i].hash & mask;
            while (slots_[at] != 0) {
                at = (at + 1) & mask;
            }
            slots_[at] = static_cast<std::uint32_t>(i + 1);
        }
    }

    std::vector<Entry> entries_;
    std::vector<std::uint32_t> slots_;  // number of the entry plus 1; 0: free
};

}  // namespace forkyard
