// Where the tasks of a barrier stage meet: each asks, and all are answered when the last
// one has.
//
// The tasks of one stage attempt sync over and over; each sync has a number, its epoch,
// and a task that comes with another one is refused. Tasks that ask for different kinds
// of sync in one epoch, or for which the last one does not come within
// spark.barrier.sync.timeout, all fail. What is known of an attempt goes when it ends.
// Whether tasks then fail, and what follows, is up to them and to the DAG scheduler.
//
// In Spark: BarrierCoordinator.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "core/event_tasks.hpp"
#include "core/ids.hpp"
#include "core/sim_time.hpp"
#include "core/step.hpp"

namespace forkyard {

class BarrierCoordinator {
public:
    BarrierCoordinator(AppId app, SimDuration timeout) : app_{app}, timeout_{timeout} {}

    void on(Step& step, const BarrierRequested& event);
    // Tasks that wait get no answer: they end with their stage.
    void end_stage(StageAttempt stage) { barriers_.erase(stage); }
    [[nodiscard]] bool due(SimTime now) const;
    void expire(Step& step);
    [[nodiscard]] bool idle() const { return barriers_.empty(); }

private:
    struct Barrier {
        std::optional<std::uint32_t> epoch{0};  // none: a sync has failed, so does all else
        std::optional<BarrierOp> op{};          // of this sync
        std::optional<SimTime> until{};         // while somebody waits
        std::vector<TaskAttempt> waiting{};     // in order of asking
        std::map<std::uint32_t, std::string> messages{};  // by partition
    };
    void fail_all(Step& step, Barrier& barrier, const std::string& reason) const;
    void release(Step& step, Barrier& barrier) const;

    AppId app_;
    SimDuration timeout_;
    std::map<StageAttempt, Barrier> barriers_{};
};

}  // namespace forkyard
