#include <algorithm>
#include <tuple>

#include "core/policy/yarn/yarn_scheduler.hpp"

namespace forkyard {

// The order of queues on one level: used over guaranteed, ties in the order of the file.
bool CapacityScheduler::before(const View& view, std::size_t a, std::size_t b) const {
    const YarnQueue& first = view.queues.at(a);
    const YarnQueue& second = view.queues.at(b);
    const auto order = compare(share_of(spec_, first.used, view.cluster),
                               std::max<std::int64_t>(1, first.guaranteed.count),
                               share_of(spec_, second.used, view.cluster),
                               std::max<std::int64_t>(1, second.guaranteed.count));
    return order != 0 ? order < 0 : a < b;
}

bool CapacityScheduler::before(const View& view, AppId a, AppId b) const {
    const YarnApp& first = view.apps[a.index()];
    const YarnApp& second = view.apps[b.index()];
    return std::tuple{-first.priority, first.order} < std::tuple{-second.priority, second.order};
}

bool CapacityScheduler::exceeds(const Room& used, const Room& limit, const Room& cluster) const {
    return compare(share_of(spec_, used, cluster), 1, share_of(spec_, limit, cluster), 1) > 0;
}

// It and all above are below what they may have at the most.
bool CapacityScheduler::may_take(const View& view, std::size_t queue) const {
    for (std::optional<std::size_t> at = queue; at; at = view.queues.at(*at).parent) {
        const YarnQueue& level = view.queues.at(*at);
        if (!exceeds(part_of(view.cluster, level.most), level.used, view.cluster)) {
            return false;
        }
    }
    return true;
}

// The user's limit, checked against what it has already: it may go over by one container
// (CM-YARN-22).
bool CapacityScheduler::may_take(const View& view, AppId id) const {
    const YarnApp& app = view.apps[id.index()];
    const YarnQueue& queue = view.queues.at(app.queue);
    if (queue.user_limit_factor.count < 0) {
        return true;
    }
    const Room guaranteed = part_of(view.cluster, queue.guaranteed);
    Room current = guaranteed;
    if (!exceeds(guaranteed, queue.used, view.cluster)) {
        current = queue.used;
        current += app.size;
    }
    const std::int64_t active =
        std::count_if(queue.apps.begin(), queue.apps.end(), [&](AppId other) {
            return view.apps[other.index()].asked > 0;
        });
    const std::int64_t users = std::max<std::int64_t>(1, active);
    const Room even{current.cores / users, Bytes{current.memory.count / users}};
    const Room least = part_of(current, Millionths{std::int64_t{queue.user_limit_min} * 10'000});
    const Room share = exceeds(even, least, view.cluster) ? even : least;
    const Room most = part_of(guaranteed, queue.user_limit_factor);
    const Room limit = exceeds(share, most, view.cluster) ? most : share;
    return !exceeds(app.used, limit, view.cluster);
}

// One master may always start in a queue (CM-YARN-23).
bool CapacityScheduler::admits(const View& view, AppId id) const {
    const YarnApp& app = view.apps[id.index()];
    const YarnQueue& queue = view.queues.at(app.queue);
    if (queue.am_used == Room{}) {
        return true;
    }
    Room with = queue.am_used;
    with += app.am;
    const Room limit = part_of(part_of(view.cluster, queue.guaranteed), spec_.am_share);
    return !exceeds(with, limit, view.cluster);
}

std::unique_ptr<YarnScheduler> make_scheduler(const YarnSpec& spec) {
    if (spec.scheduler == YarnSchedulerKind::fair) {
        return std::make_unique<FairScheduler>(spec);
    }
    return std::make_unique<CapacityScheduler>(spec);
}

}  // namespace forkyard
