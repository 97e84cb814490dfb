#include <algorithm>

#include "core/int128.hpp"
#include "core/policy/yarn/yarn_scheduler.hpp"

namespace forkyard {

namespace {

constexpr Millionths am_share_max{500'000};  // of the queue's share: maxAMShare

}  // namespace

bool FairScheduler::before(const View& view, std::size_t a, std::size_t b) const {
    const YarnQueue& first = view.queues.at(a);
    const YarnQueue& second = view.queues.at(b);
    // Weight 0 is served last.
    if ((first.weight.count == 0) != (second.weight.count == 0)) {
        return second.weight.count == 0;
    }
    const auto order = compare(share_of(first.used, view.cluster),
                               std::max<std::int64_t>(1, first.weight.count),
                               share_of(second.used, view.cluster),
                               std::max<std::int64_t>(1, second.weight.count));
    return order != 0 ? order < 0 : a < b;
}

bool FairScheduler::before(const View& view, AppId a, AppId b) const {
    const YarnApp& first = view.apps[a.index()];
    const YarnApp& second = view.apps[b.index()];
    const auto order =
        compare(share_of(first.used, view.cluster), 1, share_of(second.used, view.cluster), 1);
    return order != 0 ? order < 0 : first.order < second.order;
}

bool FairScheduler::may_take(const View& /*view*/, AppId /*app*/) const {
    return true;
}

Room FairScheduler::am_limit(const View& view, std::size_t queue) const {
    return part_of(steady_share(view.queues, queue, view.cluster), am_share_max);
}

Room FairScheduler::steady_share(const QueueTree& queues, std::size_t queue, const Room& cluster) {
    const YarnQueue& own = queues.at(queue);
    if (!own.parent) {
        return cluster;
    }
    const Room whole = steady_share(queues, *own.parent, cluster);
    std::int64_t weights = 0;
    for (const std::size_t sibling : queues.at(*own.parent).children) {
        weights += queues.at(sibling).weight.count;
    }
    const auto part = [&](std::int64_t amount) {
        const int128 product = int128{amount} * own.weight.count;
        return weights == 0 ? 0 : static_cast<std::int64_t>((product + weights - 1) / weights);
    };
    constexpr std::int64_t mebibyte = std::int64_t{1} << 20;
    return {part(whole.cores), Bytes{part(whole.memory.count / mebibyte) * mebibyte}};
}

}  // namespace forkyard
