// What queues have to give back, and which executors that means: YARN's capacity preemption.
//
// Every round each queue's ideal share follows from guarantees and demand. What a queue has
// above it, and above its guarantee with a dead zone, is asked back in parts: a fifth of it a
// round, and from all together a tenth of the cluster at most. The newest executors of the
// newest applications are marked; those that are still there when their time is over are killed.
// Application masters are left alone.
//
// In Hadoop: ProportionalCapacityPreemptionPolicy (CM-YARN-29).
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <vector>

#include "core/ids.hpp"
#include "core/model/room.hpp"
#include "core/model/yarn_conf.hpp"
#include "core/policy/yarn/yarn_scheduler.hpp"
#include "core/sim_time.hpp"

namespace forkyard {

class Preemption {
public:
    struct Running {
        ExecutorId exec{};
        AppId app{};
        Room room{};
    };
    struct Round {
        std::vector<ExecutorId> marked{};  // anew
        std::vector<ExecutorId> killed{};
    };

    // `spec` must outlive it.
    explicit Preemption(const YarnSpec& spec) : spec_{spec} {}

    // `running`: in order of number.
    [[nodiscard]] Round round(SimTime now,
                              const YarnScheduler::View& view,
                              const std::vector<Running>& running);
    // It has ended.
    void forget(ExecutorId exec) { marked_.erase(exec); }
    // Whether a round at this time would do anything.
    [[nodiscard]] bool wants(SimTime now,
                             const YarnScheduler::View& view,
                             const std::vector<Running>& running) const;
    // When a marked one is to be killed; none: none is marked.
    [[nodiscard]] std::optional<SimTime> next_kill() const;

    template <class Self, class V>
    static void members(Self& self, V& v) {
        v(self.marked_);
    }

private:
    // What each queue has to give back in this round, by number.
    [[nodiscard]] std::vector<Room> asked_back(const YarnScheduler::View& view,
                                               const std::vector<Running>& running) const;
    [[nodiscard]] bool any(const Room& room) const {
        return room.memory.count > 0 || (spec_.dominant && room.cores > 0);
    }

    const YarnSpec& spec_;
    std::map<ExecutorId, SimTime> marked_;  // and when they are to be killed; time_never: they were
};

}  // namespace forkyard
