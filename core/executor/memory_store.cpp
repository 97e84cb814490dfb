#include "core/executor/memory_store.hpp"

#include <algorithm>

#include "core/check.hpp"
#include "core/int128.hpp"

namespace forkyard {

void MemoryStore::evict(std::optional<RddId> for_rdd,
                        std::int64_t bytes,
                        std::vector<RddBlock>& evicted) {
    std::vector<RddBlock> chosen;
    std::int64_t freed = 0;
    for (const RddBlock& block : by_use_) {
        if (freed >= bytes) {
            break;
        }
        const Entry& entry = entries_.at(block);
        if (!entry.pinned && block.rdd != for_rdd) {
            chosen.push_back(block);
            freed += entry.bytes;
        }
    }
    if (freed < bytes) {
        return;
    }
    for (const RddBlock& block : chosen) {
        remove(block);
        evicted.push_back(block);
    }
}

bool MemoryStore::reserve(RddId rdd, std::int64_t bytes, std::vector<RddBlock>& evicted) {
    return memory_.acquire_storage(bytes,
                                   [&](std::int64_t missing) { evict(rdd, missing, evicted); });
}

void MemoryStore::add(RddBlock block, std::int64_t bytes) {
    const auto [entry, inserted] = entries_.try_emplace(block);
    FORKYARD_CHECK(inserted, "a block is put once");
    entry->second.bytes = bytes;
    entry->second.place = by_use_.insert(by_use_.end(), block);
}

// Its size is looked at every few records: each time that it has reached what is reserved, this
// grows by the factor. In the end exactly the block's size is kept.
bool MemoryStore::unroll(RddBlock block, std::int64_t bytes, std::vector<RddBlock>& evicted) {
    constexpr std::int64_t whole = 1'000'000;
    std::int64_t reserved = 0;
    std::int64_t wanted = unrolling_.threshold;
    bool room = true;
    while (room && reserved < wanted) {
        room = reserve(block.rdd, wanted - reserved, evicted);
        reserved = room ? wanted : reserved;
        if (room && bytes >= reserved && reserved > 0) {
            const auto grown =
                static_cast<std::int64_t>(int128{reserved} * unrolling_.growth / whole);
            wanted = std::max(grown, reserved);
        }
    }
    if (room && bytes > reserved) {  // a factor of 1: the rest at the end
        room = reserve(block.rdd, bytes - reserved, evicted);
        reserved = room ? bytes : reserved;
    }
    if (!room) {
        memory_.release_storage(reserved);
        return false;
    }
    memory_.release_storage(reserved - bytes);
    add(block, bytes);
    return true;
}

bool MemoryStore::put(RddBlock block, std::int64_t bytes, std::vector<RddBlock>& evicted) {
    if (!reserve(block.rdd, bytes, evicted)) {
        return false;
    }
    add(block, bytes);
    return true;
}

void MemoryStore::remove(RddBlock block) {
    const auto found = entries_.find(block);
    if (found != entries_.end()) {
        memory_.release_storage(found->second.bytes);
        by_use_.erase(found->second.place);
        entries_.erase(found);
    }
}

void MemoryStore::touch(RddBlock block) {
    const auto found = entries_.find(block);
    if (found != entries_.end()) {
        by_use_.splice(by_use_.end(), by_use_, found->second.place);
    }
}

void MemoryStore::pin(RddBlock block, bool pinned) {
    const auto found = entries_.find(block);
    if (found != entries_.end()) {
        found->second.pinned = pinned;
    }
}

}  // namespace forkyard
