#include <algorithm>
#include <tuple>

#include "core/policy/yarn/yarn_scheduler.hpp"

namespace forkyard {

// The order of queues on one level: used over guaranteed, ties in the order of the file.
bool CapacityScheduler::before(const View& view, std::size_t a, std::size_t b) const {
    const YarnQueue& first = view.queues.at(a);
    const YarnQueue& second = view.queues.at(b);
    const auto order = compare(share_of(first.used, view.cluster),
                               std::max<std::int64_t>(1, first.guaranteed.count),
                               share_of(second.used, view.cluster),
                               std::max<std::int64_t>(1, second.guaranteed.count));
    return order != 0 ? order < 0 : a < b;
}

bool CapacityScheduler::before(const View& view, AppId a, AppId b) const {
    const YarnApp& first = view.apps[a.index()];
    const YarnApp& second = view.apps[b.index()];
    return std::tuple{-first.priority, first.order} < std::tuple{-second.priority, second.order};
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

// CM-YARN-23.
Room CapacityScheduler::am_limit(const View& view, std::size_t queue) const {
    return part_of(part_of(view.cluster, view.queues.at(queue).guaranteed), spec().am_share);
}

}  // namespace forkyard
