#include "core/driver/cache_tracker.hpp"

#include <algorithm>

namespace forkyard {

void CacheTracker::add(RddBlock block, ExecutorId exec) {
    Holders& holders = now_[block.rdd][block.partition];
    const auto place = std::lower_bound(holders.begin(), holders.end(), exec);
    if (place == holders.end() || *place != exec) {
        holders.insert(place, exec);
    }
}

void CacheTracker::remove(RddBlock block, ExecutorId exec) {
    Partitions& partitions = now_[block.rdd];
    const auto at = partitions.find(block.partition);
    if (at != partitions.end()) {
        std::erase(at->second, exec);
        if (at->second.empty()) {
            partitions.erase(at);
        }
    }
}

void CacheTracker::remove_executor(ExecutorId exec) {
    for (auto& [rdd, partitions] : now_) {
        for (auto at = partitions.begin(); at != partitions.end();) {
            std::erase(at->second, exec);
            at = at->second.empty() ? partitions.erase(at) : std::next(at);
        }
    }
}

const CacheTracker::Holders& CacheTracker::holders(RddBlock block) {
    const Partitions& partitions = snapshot(block.rdd);
    const auto found = partitions.find(block.partition);
    return found == partitions.end() ? none_ : found->second;
}

bool CacheTracker::complete(RddId rdd, std::uint32_t partitions) {
    return snapshot(rdd).size() == partitions;
}

const CacheTracker::Partitions& CacheTracker::snapshot(RddId rdd) {
    const auto found = snapshot_.find(rdd);
    return found != snapshot_.end() ? found->second : snapshot_[rdd] = now_[rdd];
}

}  // namespace forkyard
