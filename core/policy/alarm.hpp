// The next wake-up that a policy waits for. A timer cannot be taken back: the time set last
// counts, timers for other times are stale.
#pragma once

#include "core/event.hpp"
#include "core/sim_time.hpp"
#include "core/step.hpp"

namespace forkyard {

class Alarm {
public:
    void set(Step& step, SimTime at, const TimerFired& timer) {
        if (at_ != at) {
            at_ = at;
            step.out.timers.push_back({at, timer});
        }
    }
    [[nodiscard]] bool rings(SimTime now) const { return at_ == now; }
    void stop() { at_ = time_never; }

    template <class Self, class V>
    static void members(Self& self, V& v) {
        v(self.at_);
    }

private:
    SimTime at_ = time_never;
};

}  // namespace forkyard
