#include "core/executor/block_manager.hpp"

namespace forkyard {

BlockStatus BlockManager::status(RddBlock id, const Block& block) const {
    return {block.bytes, store_.contains(id), block.on_disk};
}

// Each has left memory: to disk, if that is its level, where it may be already.
void BlockManager::settle(const std::vector<RddBlock>& evicted, std::vector<BlockChange>& changes) {
    for (const RddBlock id : evicted) {
        const auto found = blocks_.find(id);
        found->second.on_disk = found->second.level.disk;
        changes.push_back({id, status(id, found->second)});
        if (!found->second.on_disk) {
            blocks_.erase(found);
        }
    }
}

std::vector<BlockChange> BlockManager::put(RddBlock id,
                                           const StorageLevel& level,
                                           std::int64_t bytes,
                                           Origin origin) {
    std::vector<BlockChange> changes;
    if (blocks_.contains(id)) {
        return changes;
    }
    std::vector<RddBlock> evicted;
    bool in_memory = false;
    if (level.memory) {
        in_memory = origin == Origin::copied ? store_.put(id, bytes, evicted)
                                             : store_.unroll(id, bytes, evicted);
    }
    settle(evicted, changes);
    if (in_memory || level.disk) {
        const Block block{level, bytes, !in_memory};
        blocks_.emplace(id, block);
        changes.push_back({id, status(id, block)});
    }
    return changes;
}

std::vector<BlockChange> BlockManager::begin_read(RddBlock id, Reader reader) {
    std::vector<BlockChange> changes;
    const auto found = blocks_.find(id);
    if (found == blocks_.end()) {
        return changes;
    }
    Block& block = found->second;
    const bool comes_back = reader == Reader::local || !block.level.objects;
    if (block.level.memory && comes_back && !store_.contains(id)) {
        std::vector<RddBlock> evicted;
        const bool in_memory = store_.unroll(id, block.bytes, evicted);
        settle(evicted, changes);
        if (in_memory) {
            changes.push_back({id, status(id, block)});
        }
    }
    store_.touch(id);
    ++block.readers;
    store_.pin(id, true);
    return changes;
}

bool BlockManager::end_read(RddBlock id) {
    const auto found = blocks_.find(id);
    if (found == blocks_.end() || found->second.readers == 0) {
        return false;
    }
    --found->second.readers;
    store_.pin(id, found->second.readers > 0);
    return found->second.readers == 0 && found->second.retired && remove(id);
}

bool BlockManager::retire(RddBlock id) {
    const auto found = blocks_.find(id);
    if (found == blocks_.end()) {
        return false;
    }
    found->second.retired = true;
    return found->second.readers == 0 && remove(id);
}

bool BlockManager::remove(RddBlock block) {
    store_.remove(block);
    return blocks_.erase(block) > 0;
}

std::optional<std::int64_t> BlockManager::acquire_execution(UnifiedMemory::TaskKey task,
                                                            std::int64_t bytes,
                                                            std::vector<BlockChange>& changes) {
    std::vector<RddBlock> evicted;
    const std::optional<std::int64_t> granted = memory_.acquire_execution(
        task, bytes, [&](std::int64_t missing) { store_.free_for_execution(missing, evicted); });
    settle(evicted, changes);
    return granted;
}

std::optional<BlockStatus> BlockManager::find(RddBlock id) const {
    const auto found = blocks_.find(id);
    return found == blocks_.end() ? std::nullopt : std::optional{status(id, found->second)};
}

std::vector<RddBlock> BlockManager::blocks() const {
    std::vector<RddBlock> all;
    for (const auto& [id, block] : blocks_) {
        all.push_back(id);
    }
    return all;
}

}  // namespace forkyard
