// What a cluster manager misses while its process is gone, as it learns of it when it is back:
// first what has ended, applications and executors, then the rest in its order. Of what came and
// went meanwhile it never hears.
//
// A manager decides nothing on the way (ManagerStopped to ManagerRestarted): it would place onto
// nodes and for applications whose end is still to be told.
#pragma once

#include <set>
#include <vector>

#include "core/event.hpp"
#include "core/policy/cluster_manager.hpp"
#include "core/step.hpp"

namespace forkyard {

class ManagerOutage {
public:
    // Applications that ended with the event, and the event.
    void miss(const std::vector<AppId>& ended, const Event& event);
    // Timers that it asks for on the way are for now at the earliest.
    void make_up(Step& step, ClusterManager& manager) const;

private:
    // Whether it is of an application or an executor that is over, or of no interest any more.
    [[nodiscard]] bool is_moot(const Event& event) const;

    std::vector<Event> events_;
    std::set<AppId> ended_;
    std::set<AppId> unheard_of_;  // submitted meanwhile
    std::set<ExecutorId> lost_;
};

}  // namespace forkyard
