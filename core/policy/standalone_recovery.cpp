// A standalone master whose process ends and comes back: what it knows then, and when it decides
// again.
//
// In Spark: Master.beginRecovery and completeRecovery. With a recovery mode an application is
// read back as it registered, so what it has asked for since is forgotten (ApplicationInfo.init):
// ManagerKeeps::grants. Without one workers register again by themselves, applications do not.
#include <algorithm>

#include "core/policy/standalone.hpp"

namespace forkyard {

void Standalone::on(Step& /*step*/, const ManagerStopped& /*event*/) {
    recovering_ = true;
    for (Application& app : apps_) {
        app.before_stop = app.registered;
    }
}

void Standalone::on(Step& step, const ManagerRestarted& event) {
    if (event.keeps == ManagerKeeps::none) {
        forget_all();
    } else if (event.keeps == ManagerKeeps::grants) {
        for (std::uint32_t n = 0; n < apps_.size(); ++n) {
            const bool dynamic = conf_of(AppId{n}).allocation.enabled;
            apps_[n].limit = !apps_[n].before_stop ? apps_[n].limit
                             : dynamic             ? 0
                                                   : RequestExecutors::unlimited;
        }
    }
    if (awaits_workers()) {
        recovered_by_ = step.now + conf_.recovery_timeout;
        step.out.timers.push_back({recovered_by_, TimerFired{TimerKind::master_recovery, {}, {}}});
    } else {
        end_recovery(step);
    }
}

// Its workers are none of its own until they register; what they run is killed then.
void Standalone::forget_all() {
    for (Worker& worker : workers_) {
        worker.alive = false;
        worker.forgotten = true;
        worker.silent_since = time_never;
    }
    for (Application& app : apps_) {
        app.forgotten = app.before_stop;
        app.registered = app.registered && !app.forgotten;
    }
    std::erase_if(order_, [&](AppId id) { return apps_[id.index()].forgotten; });
}

bool Standalone::awaits_workers() const {
    return std::any_of(workers_.begin(), workers_.end(), [](const Worker& worker) {
        return worker.alive && worker.silent_since != time_never;
    });
}

void Standalone::end_recovery(Step& step) {
    recovering_ = false;
    recovered_by_ = time_never;
    for (std::uint32_t n = 0; n < workers_.size(); ++n) {
        if (workers_[n].alive && workers_[n].silent_since != time_never) {
            lose_worker(step, NodeId{n});
        }
    }
    schedule(step);
}

}  // namespace forkyard
