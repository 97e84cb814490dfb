#include "sim/cluster/storage_books.hpp"

#include <algorithm>
#include <tuple>
#include <utility>

namespace forkyard::sim {

BlockManager& StorageBooks::manager(AppId app, ExecutorId exec) {
    const auto found = managers_.find(exec);
    if (found != managers_.end()) {
        return found->second;
    }
    const AppConf& conf = scenario_.apps[app.index()].conf;
    return managers_
        .emplace(std::piecewise_construct,
                 std::forward_as_tuple(exec),
                 std::forward_as_tuple(MemorySizes::of(conf.executor_memory.count,
                                                       conf.storage.memory_fraction.count,
                                                       conf.storage.storage_fraction.count),
                                       MemoryStore::Unrolling{conf.storage.unroll_first.count,
                                                              conf.storage.unroll_growth.count}))
        .first->second;
}

void StorageBooks::note(AppId app, ExecutorId exec, const std::vector<BlockChange>& changes) {
    for (const BlockChange& change : changes) {
        if (!change.status.there()) {
            forget(app, exec, change.block);
            continue;
        }
        std::vector<ExecutorId>& holders = holders_[{app, change.block}];
        if (std::find(holders.begin(), holders.end(), exec) == holders.end()) {
            holders.push_back(exec);
        }
    }
}

void StorageBooks::forget(AppId app, ExecutorId exec, RddBlock block) {
    const auto found = holders_.find({app, block});
    if (found != holders_.end()) {
        std::erase(found->second, exec);
        if (found->second.empty()) {
            holders_.erase(found);
        }
    }
}

std::vector<BlockChange> StorageBooks::put(AppId app,
                                           ExecutorId exec,
                                           RddBlock block,
                                           const StorageLevel& level,
                                           std::int64_t bytes,
                                           BlockManager::Origin origin) {
    std::vector<BlockChange> changes = manager(app, exec).put(block, level, bytes, origin);
    note(app, exec, changes);
    return changes;
}

std::vector<BlockChange> StorageBooks::begin_read(AppId app,
                                                  ExecutorId exec,
                                                  RddBlock block,
                                                  BlockManager::Reader reader) {
    std::vector<BlockChange> changes = manager(app, exec).begin_read(block, reader);
    note(app, exec, changes);
    return changes;
}

void StorageBooks::end_read(AppId app, ExecutorId exec, RddBlock block) {
    const auto found = managers_.find(exec);
    if (found != managers_.end() && found->second.end_read(block)) {
        forget(app, exec, block);
        gone_.push_back({app, exec, block});
    }
}

void StorageBooks::retire(AppId app, ExecutorId exec, RddBlock block) {
    const auto found = managers_.find(exec);
    if (found != managers_.end() && found->second.retire(block)) {
        forget(app, exec, block);
        gone_.push_back({app, exec, block});
    }
}

std::optional<std::int64_t> StorageBooks::acquire_execution(AppId app,
                                                            ExecutorId exec,
                                                            UnifiedMemory::TaskKey task,
                                                            std::int64_t bytes,
                                                            std::vector<BlockChange>& changes) {
    const std::optional<std::int64_t> granted =
        manager(app, exec).acquire_execution(task, bytes, changes);
    note(app, exec, changes);
    return granted;
}

void StorageBooks::end_task(ExecutorId exec, UnifiedMemory::TaskKey task) {
    const auto found = managers_.find(exec);
    if (found != managers_.end()) {
        found->second.end_task(task);
    }
}

bool StorageBooks::remove(AppId app, ExecutorId exec, RddBlock block) {
    const auto found = managers_.find(exec);
    if (found == managers_.end() || !found->second.remove(block)) {
        return false;
    }
    forget(app, exec, block);
    return true;
}

void StorageBooks::remove_executor(AppId app, ExecutorId exec) {
    for (const RddBlock block : blocks_of(exec)) {
        forget(app, exec, block);
    }
    managers_.erase(exec);
}

const std::vector<ExecutorId>& StorageBooks::holders(AppId app, RddBlock block) const {
    const auto found = holders_.find({app, block});
    return found == holders_.end() ? none_ : found->second;
}

std::optional<BlockStatus> StorageBooks::find(ExecutorId exec, RddBlock block) const {
    const auto found = managers_.find(exec);
    return found == managers_.end() ? std::nullopt : found->second.find(block);
}

std::vector<RddBlock> StorageBooks::blocks_of(ExecutorId exec) const {
    const auto found = managers_.find(exec);
    return found == managers_.end() ? std::vector<RddBlock>{} : found->second.blocks();
}

std::vector<RddBlock> StorageBooks::blocks_of(AppId app, RddId rdd) const {
    std::vector<RddBlock> blocks;
    for (auto at = holders_.lower_bound({app, {rdd, 0}});
         at != holders_.end() && at->first.app == app && at->first.block.rdd == rdd;
         ++at) {
        blocks.push_back(at->first.block);
    }
    return blocks;
}

}  // namespace forkyard::sim
