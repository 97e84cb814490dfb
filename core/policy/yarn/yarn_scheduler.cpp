#include "core/policy/yarn/yarn_scheduler.hpp"

namespace forkyard {

bool YarnScheduler::may_take(const View& view, std::size_t queue) const {
    for (std::optional<std::size_t> at = queue; at; at = view.queues.at(*at).parent) {
        const YarnQueue& level = view.queues.at(*at);
        if (!exceeds(part_of(view.cluster, level.most), level.used, view.cluster)) {
            return false;
        }
    }
    return true;
}

bool YarnScheduler::admits(const View& view, AppId id) const {
    const YarnApp& app = view.apps[id.index()];
    Room with = view.queues.at(app.queue).am_used;
    if (with == Room{}) {
        return true;
    }
    with += app.am;
    return !exceeds(with, am_limit(view, app.queue), view.cluster);
}

std::unique_ptr<YarnScheduler> make_scheduler(const YarnSpec& spec) {
    if (spec.scheduler == YarnSchedulerKind::fair) {
        return std::make_unique<FairScheduler>(spec);
    }
    return std::make_unique<CapacityScheduler>(spec);
}

}  // namespace forkyard
