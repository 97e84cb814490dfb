// The memory of an executor that execution and storage share, byte for byte as in Spark.
//
// Storage may take what execution does not use. Execution takes back what storage has beyond
// its protected part, and never more: what is in the way is evicted. Of execution's part no
// task gets more than one share of as many as there are tasks, and each is promised half of
// one: it waits for that. Which blocks go is not decided here (MemoryStore), nor what a task
// does with less than it asked for.
//
// In Spark: UnifiedMemoryManager, StorageMemoryPool, ExecutionMemoryPool (DP-MEM-01 to 06).
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>

namespace forkyard {

struct MemorySizes {
    std::int64_t region = 0;             // of both, in bytes
    std::int64_t protected_storage = 0;  // of it: execution cannot take more back

    // Of an executor's heap; Spark's does not start with less than smallest_heap. The fractions in
    // millionths.
    static constexpr std::int64_t reserved = std::int64_t{300} << 20;
    static constexpr std::int64_t smallest_heap = reserved * 3 / 2;
    [[nodiscard]] static MemorySizes of(std::int64_t heap,
                                        std::int64_t fraction,
                                        std::int64_t storage_fraction);
};

class UnifiedMemory {
public:
    using TaskKey = std::uint64_t;
    // Frees storage by this much at least, or nothing at all; each block that goes is given back
    // by release_storage meanwhile.
    using Evict = std::function<void(std::int64_t bytes)>;

    explicit UnifiedMemory(MemorySizes sizes);

    // Whether storage has got so much more; nothing is evicted in vain.
    [[nodiscard]] bool acquire_storage(std::int64_t bytes, const Evict& evict);
    void release_storage(std::int64_t bytes);

    // What the task has got of it, perhaps 0. None: it has to wait until others release theirs,
    // and ask again; it counts as a task meanwhile.
    [[nodiscard]] std::optional<std::int64_t> acquire_execution(TaskKey task,
                                                                std::int64_t bytes,
                                                                const Evict& evict);
    void release_execution(TaskKey task, std::int64_t bytes);
    // Its task has ended. How much it still had.
    std::int64_t end_task(TaskKey task);

    [[nodiscard]] std::int64_t storage_used() const { return storage_used_; }
    [[nodiscard]] std::int64_t execution_used() const { return execution_used_; }
    [[nodiscard]] std::int64_t storage_max() const { return sizes_.region - execution_used_; }
    [[nodiscard]] std::int64_t execution_of(TaskKey task) const;

private:
    [[nodiscard]] std::int64_t storage_free() const { return storage_pool_ - storage_used_; }
    [[nodiscard]] std::int64_t execution_pool() const { return sizes_.region - storage_pool_; }
    [[nodiscard]] std::int64_t execution_free() const { return execution_pool() - execution_used_; }
    void grow_execution(std::int64_t bytes, const Evict& evict);

    MemorySizes sizes_;
    std::int64_t storage_pool_;
    std::int64_t storage_used_ = 0;
    std::int64_t execution_used_ = 0;
    std::map<TaskKey, std::int64_t> tasks_{};  // what each has
};

}  // namespace forkyard
