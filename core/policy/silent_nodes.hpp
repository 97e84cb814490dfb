// The nodes whose beats have stopped, and since when: for policies that give a node up after a
// time.
#pragma once

#include <algorithm>
#include <map>

#include "core/event.hpp"
#include "core/ids.hpp"
#include "core/sim_time.hpp"
#include "core/step.hpp"

namespace forkyard {

class SilentNodes {
public:
    // Whether the node is silent from now on.
    bool hear(const WorkerBeat& event) {
        if (event.state == BeatState::silent) {
            since_[event.node] = event.since;
            return true;
        }
        since_.erase(event.node);
        return false;
    }
    void forget(NodeId node) { since_.erase(node); }
    [[nodiscard]] bool contains(NodeId node) const { return since_.contains(node); }
    // Asks to be woken when the silence has lasted for so long.
    static void wake_after(Step& step,
                           const WorkerBeat& event,
                           SimDuration silence,
                           TimerKind what) {
        step.out.timers.push_back(
            {std::max(step.now, event.since + silence), TimerFired{what, {}, event.node}});
    }
    [[nodiscard]] bool lasts(SimTime now, NodeId node, SimDuration silence) const {
        const auto found = since_.find(node);
        return found != since_.end() && now - found->second >= silence;
    }

    template <class Self, class V>
    static void members(Self& self, V& v) {
        v(self.since_);
    }

private:
    std::map<NodeId, SimTime> since_;
};

}  // namespace forkyard
