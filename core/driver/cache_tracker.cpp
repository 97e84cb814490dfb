#include "core/driver/cache_tracker.hpp"

#include <algorithm>

namespace forkyard {

void CacheTracker::add(PlanId stage, std::uint32_t partition, ExecutorId exec) {
    Holders& holders = now_[stage][partition];
    const auto place = std::lower_bound(holders.begin(), holders.end(), exec);
    if (place == holders.end() || *place != exec) {
        holders.insert(place, exec);
    }
}

void CacheTracker::remove_executor(ExecutorId exec) {
    for (auto& [stage, partitions] : now_) {
        for (auto at = partitions.begin(); at != partitions.end();) {
            std::erase(at->second, exec);
            at = at->second.empty() ? partitions.erase(at) : std::next(at);
        }
    }
}

const CacheTracker::Holders& CacheTracker::holders(PlanId stage, std::uint32_t partition) {
    const Partitions& partitions = snapshot(stage);
    const auto found = partitions.find(partition);
    return found == partitions.end() ? none_ : found->second;
}

bool CacheTracker::complete(PlanId stage, std::uint32_t partitions) {
    return snapshot(stage).size() == partitions;
}

const CacheTracker::Partitions& CacheTracker::snapshot(PlanId stage) {
    const auto found = snapshot_.find(stage);
    return found != snapshot_.end() ? found->second : snapshot_[stage] = now_[stage];
}

}  // namespace forkyard
