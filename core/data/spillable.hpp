// When a collection of a task spills: it looks at its size now and then, asks for more memory
// than it has, and puts everything away if it does not get enough. What a spill is, the
// collection knows.
//
// In Spark: Spillable (DP-MEM-08, 09). Its collections see their size every 32 records, too.
#pragma once

#include <cstdint>

#include "core/data/spill_store.hpp"
#include "core/data/task_memory.hpp"

namespace forkyard {

// Where a task's collections have their records: in memory, and beyond it.
struct TaskRoom {
    TaskMemory& memory;
    SpillStore& store;
};

// Whether what is put away is a spill, or what would have been written anyway.
enum class PutAway : std::uint8_t { spilled, written };

class Spillable : public MemoryConsumer {
public:
    explicit Spillable(const TaskRoom& room, PutAway as = PutAway::spilled)
        : memory_{room.memory},
          store_{room.store},
          records_max_{as == PutAway::spilled ? room.memory.limits().records : INT64_MAX},
          as_{as},
          threshold_{room.memory.limits().unasked} {}
    Spillable(const Spillable&) = delete;
    Spillable& operator=(const Spillable&) = delete;

    // Another one makes it spill.
    [[nodiscard]] Computed<std::int64_t> spill(std::int64_t wanted) final;

protected:
    ~Spillable() { memory_.leave(*this); }

    // A record has entered, and it is about so many bytes larger.
    [[nodiscard]] Computed<void> entered(std::int64_t bytes) {
        size_ += bytes;
        ++records_;
        if ((records_ % 32 == 0 && size_ >= threshold_) || records_ > records_max_) {
            return look();
        }
        return {};
    }
    [[nodiscard]] SpillStore& store() { return store_; }
    // Puts away all that is in memory. False: it cannot now.
    [[nodiscard]] virtual Computed<bool> put_away() = 0;

private:
    [[nodiscard]] Computed<void> look();
    [[nodiscard]] Computed<bool> put_all_away();

    TaskMemory& memory_;
    SpillStore& store_;
    std::int64_t records_max_;
    PutAway as_;
    std::int64_t threshold_;  // what it has: unasked, and granted
    std::int64_t size_ = 0;
    std::int64_t records_ = 0;  // since the last spill
};

}  // namespace forkyard
