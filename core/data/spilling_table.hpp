// Values by key, of as many keys as there are: what the task's memory does not hold is put away
// as runs sorted by key, which are merged with each other in the end.
//
// Keys come out in the order in which they were first seen; once anything has been put away, by
// hash, and where hashes are equal by size.
//
// In Spark: ExternalAppendOnlyMap (DP-MEM-08).
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "core/data/batch.hpp"
#include "core/data/ordered_hash_map.hpp"
#include "core/data/spillable.hpp"

namespace forkyard {

// The elements of a later list go behind those of an earlier one.
void append_list(Value& earlier, Value later);

class SpillingTable final : public Spillable {
public:
    // Adds what was made of a key's later values to what was made of its earlier ones.
    using Merge = std::function<Computed<void>(Value& earlier, Value later)>;
    // Takes a key and its value; false: no more are wanted.
    using Take = std::function<bool(Value key, Value value)>;

    SpillingTable(const TaskRoom& room, Merge merge) : Spillable{room}, merge_{std::move(merge)} {}

    // What is in memory, to enter something; then say by how much it has grown.
    [[nodiscard]] OrderedHashMap& table() { return table_; }
    [[nodiscard]] Computed<void> grown(std::int64_t bytes) { return entered(bytes); }
    [[nodiscard]] bool has_spilled() const { return !runs_.empty(); }

    // All keys; afterwards it is empty. Whether `take` wanted all of them.
    [[nodiscard]] Computed<bool> drain(const Take& take);

private:
    struct Entry {
        Value key;
        Value value;
        std::uint64_t hash = 0;
    };
    // A run, with the entry that comes next; the last one is in memory.
    struct Run {
        bool in_memory = false;
        BatchRows rest{{}};
        Entry next{};
    };

    [[nodiscard]] Computed<bool> put_away() override;
    [[nodiscard]] Computed<bool> drain_memory(const Take& take);
    [[nodiscard]] Computed<bool> drain_run(std::string_view run, const Take& take);
    [[nodiscard]] Computed<bool> drain_merged(const Take& take);
    [[nodiscard]] bool advance(Run& run);
    void sort();

    Merge merge_;
    OrderedHashMap table_;
    std::size_t drained_ = 0;  // entries of the table that are out
    bool draining_ = false;
    std::vector<std::string_view> runs_{};
    std::optional<std::string_view> late_{};  // put away while it was drained
};

}  // namespace forkyard
