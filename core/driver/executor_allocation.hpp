// Dynamic allocation: how many executors an application asks for, and which it lets go.
//
// While tasks wait it asks for more: 1, then 2, 4, 8 at a time, never for more than the work
// needs; as the work shrinks it asks for fewer at once, and lets those go that have been
// idle for long. Spark looks every 100 ms; this machine knows the next look at which there
// will be something to decide, and asks for that one alone. It stands in front of every
// manager: it says how many executors, never where.
//
// In Spark: ExecutorAllocationManager. Resource profiles are not there, so all executors
// are of one kind.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "core/driver/executor_monitor.hpp"
#include "core/driver/task_demand.hpp"
#include "core/event_cluster.hpp"
#include "core/ids.hpp"
#include "core/model/conf.hpp"
#include "core/sim_time.hpp"

namespace forkyard {

class ExecutorAllocation {
public:
    static constexpr SimDuration interval = std::chrono::milliseconds{100};

    struct Decision {
        std::optional<std::uint32_t> total{};  // ask for so many in all; none: as before
        std::vector<ExecutorId> idle{};        // let these go
    };

    // `conf` must outlive it. `slots`: tasks that an executor runs at once. The first look is
    // at `start`. `tracks_shuffles`: what they wrote is lost with executors.
    ExecutorAllocation(const AllocationConf& conf,
                       std::uint32_t slots,
                       bool tracks_shuffles,
                       SimTime start);

    // ---- what happens
    void on(const SubmitStage& action, SimTime now);
    void on(const FinishStage& action, SimTime now);
    void on(const LaunchTask& action, SimTime now);
    void on(const SpeculateTask& action, SimTime now);
    void on(const TaskFinished& event, SimTime now);
    void on(const BlockCached& event, SimTime now);
    void on(const BlockDropped& event, SimTime now);
    void on(const MapOutputMoved& event, SimTime now);
    void add_executor(ExecutorId exec, SimTime now);
    void remove_executor(ExecutorId exec, SimTime now);
    void decommission_executor(ExecutorId exec, SimTime now);
    void start_job(JobId job, const std::vector<ExecutorMonitor::Writer>& writers, SimTime now);
    void end_job(JobId job, SimTime now);
    // Task sets that may run on none of the executors there are (ALLOC-18).
    void set_unschedulable(std::uint32_t sets, SimTime now);

    // The manager's side has begun anew: the first target again, and no executors; tasks that
    // wait have it raised at once.
    void reset(SimTime now);

    // ---- looks
    // The first one from now on that will decide something; none: there is none.
    [[nodiscard]] std::optional<SimTime> next_look(SimTime now) const;
    [[nodiscard]] Decision look(SimTime now);

    [[nodiscard]] std::uint32_t target() const { return target_; }
    // Executors for all the work there is.
    [[nodiscard]] std::uint32_t needed() const;
    [[nodiscard]] std::uint64_t digest() const;

private:
    void catch_up(SimTime now);
    void backlogged(SimTime now);
    void drained();
    [[nodiscard]] SimTime look_from(SimTime time) const;
    [[nodiscard]] std::uint32_t lowered() const;
    [[nodiscard]] std::uint32_t raised() const;
    [[nodiscard]] bool lets_go(std::uint32_t target) const;
    [[nodiscard]] std::optional<std::uint32_t> new_target(SimTime now);

    const AllocationConf& conf_;
    std::uint32_t slots_;
    SimTime start_;
    TaskDemand demand_{};
    ExecutorMonitor monitor_;
    std::uint32_t target_;
    std::uint32_t step_ = 1;
    std::optional<SimTime> add_at_{};  // when to ask for more; none: nothing waits
    bool initialising_ = true;         // the first target stands until there is work or idleness
    std::uint32_t unschedulable_ = 0;
    SimTime caught_up_;                // looks before this have been taken into account
    std::optional<SimTime> looked_{};  // the last look that decided
};

}  // namespace forkyard
