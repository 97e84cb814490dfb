// When an application master asks its resource manager for what there is: soon after
// something is new, then less and less often (CM-YARN-14).
//
// With containers pending the pauses double from the shortest to the longest; with none they
// are the longest. The polls themselves are not kept: they follow from the last restart.
#pragma once

#include <algorithm>

#include "core/sim_time.hpp"

namespace forkyard {

class PollClock {
public:
    PollClock(SimDuration shortest, SimDuration longest)
        : shortest_{std::min(shortest, longest)}, longest_{longest}, pause_{shortest_} {}

    // It asks now, and begins anew with the shortest pause.
    void restart(SimTime now) {
        last_ = now;
        pause_ = shortest_;
    }
    // Polls up to `now` have been; whether containers were pending all the time.
    void advance(SimTime now, bool pending) {
        while (next(pending) <= now && (pending && pause_ < longest_)) {
            last_ += pause_;
            pause_ = std::min(longest_, pause_ * 2);
        }
        if (next(pending) <= now) {
            const SimDuration period = pending ? pause_ : longest_;
            last_ += (now - last_) / period * period;
        }
        if (!pending) {
            pause_ = shortest_;
        }
    }
    [[nodiscard]] SimTime next(bool pending) const { return last_ + (pending ? pause_ : longest_); }

    template <class Self, class V>
    static void members(Self& self, V& v) {
        v(self.last_, self.pause_);
    }

private:
    SimDuration shortest_;
    SimDuration longest_;
    SimTime last_{};
    SimDuration pause_;  // until the next, while containers are pending
};

}  // namespace forkyard
