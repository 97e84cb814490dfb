#include "core/data/task_memory.hpp"

#include <algorithm>

#include "core/check.hpp"

namespace forkyard {

std::int64_t TaskMemory::take(Share& share, std::int64_t bytes) {
    const std::int64_t granted = std::min(bytes, limits_.task - used_);
    share.bytes += granted;
    used_ += granted;
    return granted;
}

MemoryConsumer* TaskMemory::who_spills(const MemoryConsumer& asker,
                                       std::int64_t bytes,
                                       const std::vector<MemoryConsumer*>& in_vain) const {
    const Share* chosen = nullptr;
    for (const Share& share : shares_) {
        if (share.consumer == &asker || share.bytes == 0 ||
            std::find(in_vain.begin(), in_vain.end(), share.consumer) != in_vain.end()) {
            continue;
        }
        const bool better =
            chosen == nullptr ||
            (chosen->bytes < bytes ? share.bytes > chosen->bytes
                                   : share.bytes >= bytes && share.bytes < chosen->bytes);
        chosen = better ? &share : chosen;
    }
    return chosen == nullptr ? nullptr : chosen->consumer;
}

Computed<std::int64_t> TaskMemory::acquire(MemoryConsumer& asker, std::int64_t bytes) {
    auto share = std::find_if(
        shares_.begin(), shares_.end(), [&](const Share& s) { return s.consumer == &asker; });
    if (share == shares_.end()) {
        share = shares_.insert(share, {&asker, 0});
    }
    const auto place = share - shares_.begin();  // others may join meanwhile
    std::int64_t granted = take(*share, bytes);
    std::vector<MemoryConsumer*> in_vain;
    while (granted < bytes) {
        MemoryConsumer* other = who_spills(asker, bytes - granted, in_vain);
        if (other == nullptr) {
            break;
        }
        const Computed<std::int64_t> freed = other->spill(bytes - granted);
        if (!freed) {
            return freed;
        }
        in_vain.push_back(other);
        granted += take(shares_[static_cast<std::size_t>(place)], bytes - granted);
    }
    return granted;
}

void TaskMemory::release(MemoryConsumer& consumer, std::int64_t bytes) {
    const auto share = std::find_if(
        shares_.begin(), shares_.end(), [&](const Share& s) { return s.consumer == &consumer; });
    const std::int64_t had = share == shares_.end() ? 0 : share->bytes;
    FORKYARD_CHECK(bytes <= had, "a collection gives back no more memory than it has");
    if (share != shares_.end()) {
        share->bytes -= bytes;
    }
    used_ -= bytes;
}

void TaskMemory::leave(MemoryConsumer& consumer) {
    release(consumer, used_by(consumer));
    std::erase_if(shares_, [&](const Share& share) { return share.consumer == &consumer; });
}

std::int64_t TaskMemory::used_by(const MemoryConsumer& consumer) const {
    for (const Share& share : shares_) {
        if (share.consumer == &consumer) {
            return share.bytes;
        }
    }
    return 0;
}

}  // namespace forkyard
