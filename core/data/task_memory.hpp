// The execution memory of one task: which of its collections has how much of it, and which of
// them has to spill when it runs short. Tasks never make each other spill.
//
// What a task may have is the same wherever and whenever it runs, so that it spills alike on any
// attempt and in any process: the share that its executor promises it, whatever the others do.
//
// In Spark: TaskMemoryManager and MemoryConsumer (DP-MEM-07).
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/data/value.hpp"

namespace forkyard {

// Sizes in bytes.
struct MemoryLimits {
    std::int64_t task = INT64_MAX;  // of all collections of a task
    // spark.shuffle.spill.initialMemoryThreshold: what each has without asking.
    std::int64_t unasked = std::int64_t{5} << 20;
    // spark.shuffle.spill.numElementsForceSpillThreshold: records that each holds at most.
    std::int64_t records = INT32_MAX;
    // spark.shuffle.sort.bypassMergeThreshold: partitions of a shuffle, at most, whose records are
    // written as they come if nothing combines them. No part of that is a spill.
    std::uint32_t bypass_merge = 200;
    bool operator==(const MemoryLimits&) const = default;

    template <class Self, class V>
    static void fields(Self& self, V& v) {
        v(self.task, self.unasked, self.records, self.bypass_merge);
    }
};

// In Spark's task metrics: memoryBytesSpilled and diskBytesSpilled (DP-MEM-09).
struct SpillSizes {
    std::int64_t memory = 0;  // by the estimate, before it was put away
    std::int64_t disk = 0;    // as it was written
    bool operator==(const SpillSizes&) const = default;
};

class MemoryConsumer {
public:
    // Another collection of the task needs so much. How much this one has given back, by
    // TaskMemory::release; perhaps nothing.
    [[nodiscard]] virtual Computed<std::int64_t> spill(std::int64_t wanted) = 0;

protected:
    ~MemoryConsumer() = default;
};

class TaskMemory {
public:
    explicit TaskMemory(const MemoryLimits& limits) : limits_{limits} {}
    TaskMemory(const TaskMemory&) = delete;
    TaskMemory& operator=(const TaskMemory&) = delete;

    [[nodiscard]] const MemoryLimits& limits() const { return limits_; }

    // How much of it the asker gets. For what is not free others spill first, the smallest that
    // has enough, or else the largest; with less than it asked for the asker spills itself.
    [[nodiscard]] Computed<std::int64_t> acquire(MemoryConsumer& asker, std::int64_t bytes);
    void release(MemoryConsumer& consumer, std::int64_t bytes);
    // It is no more; one that comes later is another, wherever it lies.
    void leave(MemoryConsumer& consumer);

    // So much has been put away.
    void spilled(const SpillSizes& sizes) {
        spilled_.memory += sizes.memory;
        spilled_.disk += sizes.disk;
    }

    [[nodiscard]] std::int64_t used() const { return used_; }
    [[nodiscard]] std::int64_t used_by(const MemoryConsumer& consumer) const;
    [[nodiscard]] const SpillSizes& spilled() const { return spilled_; }

private:
    struct Share {
        MemoryConsumer* consumer;
        std::int64_t bytes;
    };

    std::int64_t take(Share& share, std::int64_t bytes);
    // Null: nobody else has anything that was not asked for in vain.
    [[nodiscard]] MemoryConsumer* who_spills(const MemoryConsumer& asker,
                                             std::int64_t bytes,
                                             const std::vector<MemoryConsumer*>& in_vain) const;

    MemoryLimits limits_;
    std::int64_t used_ = 0;
    SpillSizes spilled_{};
    std::vector<Share> shares_{};  // in the order in which they first asked: never many
};

}  // namespace forkyard
