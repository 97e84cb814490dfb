#include "core/policy/kubernetes/pods_allocator.hpp"

#include <algorithm>

namespace forkyard {

PodsAllocator::PodsAllocator(const PodsConf& conf, SimDuration idle_timeout, SimDuration lag)
    : conf_{conf},
      creation_timeout_{std::max(conf.batch_delay * 5, conf.creation_timeout)},
      idle_timeout_{idle_timeout},
      lag_{lag} {}

void PodsAllocator::see(Pod pod, PodPhase phase) {
    const auto found = open_.find(pod);
    if (found == open_.end()) {
        return;
    }
    found->second.phase = phase;
    if (phase == PodPhase::running) {
        running_.insert(open_.extract(found));
    }
}

void PodsAllocator::see_made_by(SimTime then) {
    for (auto& [pod, entry] : open_) {
        entry.phase = entry.created_at <= then ? PodPhase::pending : entry.phase;
    }
}

void PodsAllocator::registered(Pod pod) {
    for (Pods* pods : {&open_, &running_}) {
        const auto found = pods->find(pod);
        if (found != pods->end()) {
            found->second.known = true;
        }
    }
}

void PodsAllocator::remove(Pod pod) {
    for (Pods* pods : {&open_, &running_}) {
        const auto found = pods->find(pod);
        if (found != pods->end()) {
            (void)drop(*pods, found);
        }
    }
}

PodsAllocator::Pods::iterator PodsAllocator::drop(Pods& pods, Pods::iterator pod) {
    --totals_.at(pod->second.profile);
    return pods.erase(pod);
}

PodsAllocator::Count PodsAllocator::count(Profile profile) const {
    Count count;
    const auto total = totals_.find(profile);
    count.total = total == totals_.end() ? 0 : total->second;
    for (const auto& [pod, entry] : open_) {
        if (entry.profile != profile) {
            continue;
        }
        ++count.not_running;
        const bool held_up = conf_.pending_blocks || entry.phase == PodPhase::created;
        count.waits = count.waits || (held_up && !entry.known);
    }
    return count;
}

std::uint32_t PodsAllocator::outstanding() const {
    return static_cast<std::uint32_t>(std::count_if(
        open_.begin(), open_.end(), [](const auto& pod) { return !pod.second.known; }));
}

PodsAllocator::Round PodsAllocator::round(SimTime now, std::uint32_t room) {
    Round round;
    time_out(now, round);
    std::vector<std::pair<Profile, std::uint32_t>> missing;
    std::uint32_t not_running = 0;
    for (const auto& [profile, target] : targets_) {
        Count there = count(profile);
        if (there.total > target) {
            delete_excess(now, profile, there.total - target, round);
            there = count(profile);
        }
        not_running += there.not_running;
        if (!there.waits && there.total < target) {
            missing.emplace_back(profile, target - there.total);
        }
    }
    if (missing.empty() || not_running >= conf_.pending_max) {
        return round;
    }
    const std::vector<std::uint32_t> slots =
        split_slots(conf_.pending_max - not_running, missing.size());
    for (std::size_t i = 0; i < missing.size(); ++i) {
        const auto& [profile, wanted] = missing[i];
        for (std::uint32_t n = std::min({wanted, conf_.batch_size, slots[i], room}); n > 0; --n) {
            --room;
            if (last_pod_ >= conf_.pods_max) {
                round.over_limit = true;
                return round;
            }
            open_.emplace(++last_pod_, Entry{profile, PodPhase::created, false, now});
            ++totals_[profile];
            round.created.push_back({last_pod_, profile});
        }
    }
    return round;
}

// Those that the API server never showed (CM-K8S-04).
void PodsAllocator::time_out(SimTime now, Round& round) {
    for (auto pod = open_.begin(); pod != open_.end();) {
        if (is_unseen(pod->second) && now - pod->second.created_at > creation_timeout_) {
            round.deleted.push_back(pod->first);
            pod = drop(open_, pod);
        } else {
            ++pod;
        }
    }
}

// Those that have not been seen first, then those that wait for a node (CM-K8S-05).
void PodsAllocator::delete_excess(SimTime now,
                                  Profile profile,
                                  std::uint32_t excess,
                                  Round& round) {
    for (const PodPhase phase : {PodPhase::created, PodPhase::pending}) {
        for (auto pod = open_.begin(); pod != open_.end() && excess > 0;) {
            const Entry& entry = pod->second;
            if (entry.profile == profile && entry.phase == phase && may_delete(now, entry)) {
                round.deleted.push_back(pod->first);
                pod = drop(open_, pod);
                --excess;
            } else {
                ++pod;
            }
        }
    }
}

std::optional<SimTime> PodsAllocator::next_round(SimTime now, std::uint32_t room) const {
    std::optional<SimTime> next;
    const auto at = [&](SimTime time) { next = std::min(next.value_or(time), time); };
    std::uint32_t not_running = 0;
    for (const auto& [profile, target] : targets_) {
        not_running += count(profile).not_running;
    }
    for (const auto& [profile, target] : targets_) {
        const Count there = count(profile);
        if (there.total < target && room > 0 && not_running < conf_.pending_max &&
            !(conf_.pending_blocks && there.waits)) {
            SimTime shown = now;  // the last of those that hold the next batch up
            for (const auto& [pod, entry] : open_) {
                if (entry.profile == profile && is_unseen(entry)) {
                    shown = std::max(shown, news_of(entry));
                }
            }
            at(shown);
        }
        for (const auto& [pod, entry] : open_) {
            if (entry.profile == profile && is_unseen(entry) && lag_ > creation_timeout_) {
                at(std::max(now, news_of(entry)));
            }
        }
        if (there.total <= target) {
            continue;
        }
        for (const auto& [pod, entry] : open_) {
            if (entry.profile == profile && !entry.known) {
                at(std::max(now, entry.created_at + idle_timeout_ + SimDuration{1}));
            }
        }
    }
    return next;
}

std::vector<std::uint32_t> split_slots(std::uint32_t slots, std::size_t shares) {
    std::vector<std::uint32_t> out(shares);
    for (std::size_t i = 0; i < shares; ++i) {
        out[i] = slots / static_cast<std::uint32_t>(shares) +
                 (i < slots % static_cast<std::uint32_t>(shares) ? 1 : 0);
    }
    return out;
}

}  // namespace forkyard
