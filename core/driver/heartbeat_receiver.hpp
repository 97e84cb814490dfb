// Declares silent executors lost.
//
// Beats are measured outside; this machine hears only of changes. It checks at whole
// multiples of spark.network.timeoutInterval, as Spark's receiver does, but asks to
// be woken only for the check that will find something: silence is longer than
// spark.network.timeout (SCH-BE-06, DRV-04).
//
// In Spark: HeartbeatReceiver.
#pragma once

#include <map>
#include <vector>

#include "core/event.hpp"
#include "core/ids.hpp"
#include "core/model/conf.hpp"
#include "core/step.hpp"

namespace forkyard {

class HeartbeatReceiver {
public:
    HeartbeatReceiver(AppId app, const AppConf& conf)
        : app_{app}, timeout_{conf.network_timeout}, interval_{conf.network_timeout_interval} {}

    void on(Step& step, const HeartbeatChanged& event);
    void forget(ExecutorId exec) { silent_.erase(exec); }
    [[nodiscard]] bool due(SimTime now) const;
    // Those to be declared lost now, in order of number.
    [[nodiscard]] std::vector<ExecutorId> expire(SimTime now);

private:
    [[nodiscard]] SimTime check_after(SimTime since) const;

    AppId app_;
    SimDuration timeout_;
    SimDuration interval_;
    std::map<ExecutorId, SimTime> silent_;  // since when
};

}  // namespace forkyard
