#include "core/executor/unified_memory.hpp"

#include <algorithm>

#include "core/check.hpp"
#include "core/int128.hpp"

namespace forkyard {

MemorySizes MemorySizes::of(std::int64_t heap,
                            std::int64_t fraction,
                            std::int64_t storage_fraction) {
    constexpr std::int64_t whole = 1'000'000;
    MemorySizes sizes;
    const std::int64_t usable = std::max<std::int64_t>(heap - reserved, 0);
    sizes.region = static_cast<std::int64_t>(int128{usable} * fraction / whole);
    sizes.protected_storage =
        static_cast<std::int64_t>(int128{sizes.region} * storage_fraction / whole);
    return sizes;
}

UnifiedMemory::UnifiedMemory(MemorySizes sizes)
    : sizes_{sizes}, storage_pool_{sizes.protected_storage} {}

bool UnifiedMemory::acquire_storage(std::int64_t bytes, const Evict& evict) {
    if (bytes > storage_max()) {  // nothing would help
        return false;
    }
    if (bytes > storage_free()) {
        storage_pool_ += std::min(execution_free(), bytes - storage_free());
    }
    if (bytes > storage_free()) {
        evict(bytes - storage_free());
    }
    if (bytes > storage_free()) {
        return false;
    }
    storage_used_ += bytes;
    return true;
}

void UnifiedMemory::release_storage(std::int64_t bytes) {
    FORKYARD_CHECK(bytes <= storage_used_, "storage gives back what it has");
    storage_used_ -= bytes;
}

// From what storage does not use, and from what it has beyond its protected part.
void UnifiedMemory::grow_execution(std::int64_t bytes, const Evict& evict) {
    const std::int64_t reclaimable =
        std::max(storage_free(), storage_pool_ - sizes_.protected_storage);
    const std::int64_t wanted = std::min(bytes, reclaimable);
    if (wanted <= 0) {
        return;
    }
    const std::int64_t unused = std::min(wanted, storage_free());
    const std::int64_t used_before = storage_used_;
    if (wanted > unused) {
        evict(wanted - unused);
    }
    storage_pool_ -= unused + (used_before - storage_used_);  // blocks go whole
}

std::optional<std::int64_t> UnifiedMemory::acquire_execution(TaskKey task,
                                                             std::int64_t bytes,
                                                             const Evict& evict) {
    std::int64_t& has = tasks_[task];
    const auto count = static_cast<std::int64_t>(tasks_.size());
    if (bytes > execution_free()) {
        grow_execution(bytes - execution_free(), evict);
    }
    const std::int64_t pool_max = sizes_.region - std::min(storage_used_, sizes_.protected_storage);
    const std::int64_t most = std::clamp<std::int64_t>(pool_max / count - has, 0, bytes);
    const std::int64_t granted = std::min(most, execution_free());
    if (granted < bytes && has + granted < execution_pool() / (2 * count)) {
        return std::nullopt;
    }
    has += granted;
    execution_used_ += granted;
    return granted;
}

void UnifiedMemory::release_execution(TaskKey task, std::int64_t bytes) {
    const auto found = tasks_.find(task);
    FORKYARD_CHECK(found != tasks_.end() && bytes <= found->second,
                   "a task gives back what it has");
    found->second -= bytes;
    execution_used_ -= bytes;
}

std::int64_t UnifiedMemory::end_task(TaskKey task) {
    const std::int64_t had = execution_of(task);
    execution_used_ -= had;
    tasks_.erase(task);
    return had;
}

std::int64_t UnifiedMemory::execution_of(TaskKey task) const {
    const auto found = tasks_.find(task);
    return found == tasks_.end() ? 0 : found->second;
}

}  // namespace forkyard
