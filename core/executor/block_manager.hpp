// The partitions that an executor keeps for its application, in memory and on disk.
//
// A pure machine: it says where each block is to be and what has to go for it; who moves the
// bytes does as it says. An evicted block goes to disk if its level has that, else it is lost,
// and so does one that does not fit (DP-BLK-09, 10); neither fails a task. A block on disk
// whose level has memory comes back to memory when it is read, if there is room.
//
// In Spark: BlockManager, of an executor.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <vector>

#include "core/executor/memory_store.hpp"
#include "core/executor/unified_memory.hpp"
#include "core/ids.hpp"
#include "core/model/storage_level.hpp"

namespace forkyard {

struct BlockStatus {
    std::int64_t bytes = 0;
    bool in_memory = false;
    bool on_disk = false;
    bool operator==(const BlockStatus&) const = default;
    [[nodiscard]] bool there() const { return in_memory || on_disk; }
};

struct BlockChange {
    RddBlock block;
    BlockStatus status;  // from now on
    bool operator==(const BlockChange&) const = default;
};

class BlockManager {
public:
    BlockManager(const MemorySizes& sizes, const MemoryStore::Unrolling& unrolling)
        : memory_{sizes}, store_{memory_, unrolling} {}
    BlockManager(const BlockManager&) = delete;
    BlockManager& operator=(const BlockManager&) = delete;

    // A task has computed it, or it is a copy of another executor's. What changes, the others
    // first; not at all in the list: it found no room. One that is there already stays as it is.
    enum class Origin { computed, copied };
    [[nodiscard]] std::vector<BlockChange> put(RddBlock block,
                                               const StorageLevel& level,
                                               std::int64_t bytes,
                                               Origin origin = Origin::computed);
    // A task begins to read it: it stays until as many have ended. Of one on disk a reader in
    // another executor is given the bytes, which are kept in memory only if they are kept so.
    enum class Reader { local, remote };
    [[nodiscard]] std::vector<BlockChange> begin_read(RddBlock block,
                                                      Reader reader = Reader::local);
    // True: it has gone with its last reader.
    bool end_read(RddBlock block);
    // False: it is not there.
    bool remove(RddBlock block);
    // It is to go, as soon as nobody reads it. True: it has gone.
    [[nodiscard]] bool retire(RddBlock block);
    // A task asks for execution memory; what is evicted for it goes into `changes`.
    [[nodiscard]] std::optional<std::int64_t> acquire_execution(UnifiedMemory::TaskKey task,
                                                                std::int64_t bytes,
                                                                std::vector<BlockChange>& changes);
    void end_task(UnifiedMemory::TaskKey task) { memory_.end_task(task); }

    [[nodiscard]] std::optional<BlockStatus> find(RddBlock block) const;
    [[nodiscard]] std::vector<RddBlock> blocks() const;  // ascending
    [[nodiscard]] const UnifiedMemory& memory() const { return memory_; }

private:
    struct Block {
        StorageLevel level;
        std::int64_t bytes = 0;
        bool on_disk = false;
        std::uint32_t readers = 0;
        bool retired = false;
    };

    void settle(const std::vector<RddBlock>& evicted, std::vector<BlockChange>& changes);
    [[nodiscard]] BlockStatus status(RddBlock id, const Block& block) const;

    UnifiedMemory memory_;
    MemoryStore store_;
    std::map<RddBlock, Block> blocks_{};
};

}  // namespace forkyard
