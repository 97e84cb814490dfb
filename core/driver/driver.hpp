// One application's driver: wires the DAG scheduler, the task scheduler, the
// registry of map outputs, the heartbeat receiver and the coordinators.
//
// An event goes in with its time; decisions come out. The logic lives in these
// machines; here is only who hears what, in which order. It cannot reach executors,
// files or clocks: it does not hold any.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "core/driver/barrier_coordinator.hpp"
#include "core/driver/dag_scheduler.hpp"
#include "core/driver/executor_allocation.hpp"
#include "core/driver/executor_requests.hpp"
#include "core/driver/failure_tracker.hpp"
#include "core/driver/heartbeat_receiver.hpp"
#include "core/driver/locality_hints.hpp"
#include "core/driver/task_scheduler.hpp"
#include "core/event.hpp"
#include "core/model/scenario.hpp"
#include "core/plan/program.hpp"
#include "core/step.hpp"

namespace forkyard {

class Driver {
public:
    // `scenario` must outlive the driver. `first`: numbers that an attempt before it left.
    Driver(AppId id, const Scenario& scenario, DagScheduler::Numbers first = {});
    ~Driver();
    Driver(const Driver&) = delete;
    Driver& operator=(const Driver&) = delete;

    // Completes an input with what only the driver knows: the numbers of stages.
    void prepare(JobSubmitted& event);

    // Events of other applications are ignored.
    void handle(Step& step, const Event& event);

    // The manager has granted an executor, which will register or be lost.
    void expect_executor(Step& step, ExecutorId exec);
    // The manager has given the application up.
    void remove(Step& step, const std::string& reason);
    // Its process is gone: jobs end with it, and nothing is decided any more. The application
    // may be started again, by another driver.
    void abandon(Step& step);
    [[nodiscard]] DagScheduler::Numbers numbers() const {
        return dag_ == nullptr ? first_ : dag_->numbers();
    }

    // Whether the timer would lead to anything now; if not it is dropped unrecorded.
    [[nodiscard]] bool due(SimTime now, const TimerFired& timer) const;

    [[nodiscard]] const Program& program() const { return *program_; }
    [[nodiscard]] bool started() const { return program_ != nullptr; }
    [[nodiscard]] bool finished() const { return finished_; }
    [[nodiscard]] const TaskScheduler& task_scheduler() const { return tasks_; }
    [[nodiscard]] const DagScheduler& dag_scheduler() const { return *dag_; }
    [[nodiscard]] std::uint64_t digest() const;
    [[nodiscard]] std::vector<std::string> describe_waiting() const;

private:
    void on(Step& step, const AppSubmitted& event);
    void on(Step& step, const JobSubmitted& event);
    template <class DagEvent>
    requires requires(DagScheduler& dag, Step& step, const DagEvent& event) { dag.on(step, event); }
    void on(Step& step, const DagEvent& event) {  // the DAG scheduler's alone
        dag_->on(step, event);
        carry_out_orders(step);
    }
    void on(Step& step, const DatasetDefined& event);
    void on(Step& step, const DatasetUnpersisted& event);
    void on(Step& step, const DatasetMarked& event);
    void on(Step& step, const CheckpointDefined& event);
    void on(Step& step, const DatasetCheckpointed& event);
    void on(Step& step, const JobDefined& event);
    void on(Step& step, const AppKilled& event);
    void on(Step& step, const AppClosed& event);
    void on(Step& step, const ExecutorRegistered& event);
    void on(Step& step, const ExecutorLost& event);
    void on(Step& step, const ExecutorDisconnected& event);
    void on(Step& step, const ManagerRegistered& event);
    void on(Step& step, const ManagerUnreachable& event);
    void on(Step& step, const CoresOffered& event);
    void on(Step& step, const ExecutorDecommissioning& event);
    void on(Step& step, const TaskFinished& event);
    void on(Step& step, const TaskProgressed& event);
    void on(Step& step, const WorkerLost& event);
    void on(Step& step, const WorkerFilesKept& event);
    void on(Step& step, const HeartbeatChanged& event);
    void on(Step& step, const BarrierRequested& event);
    void on(Step& step, const ExecutorsCalled& event);
    void on(Step& step, const TimerFired& event);
    template <class T>
    void on(Step& /*step*/, const T& /*nodes, the manager's events*/) {}

    // ---- driver_lent_cores.cpp: fine-grained Mesos
    [[nodiscard]] bool borrows() const { return app_.conf.mesos.fine_grained; }
    void begin_borrowing(Step& step, ExecutorId exec);
    void return_unused(Step& step, ExecutorId exec, std::uint32_t lent);
    void return_freed(Step& step, ExecutorId exec);
    void revive_offers(Step& step);

    // ---- driver_executors.cpp: how many there are to be
    void start_allocation(SimTime now);
    void tell_allocation(Step& step, const Event& event, std::size_t decided_before);
    void hear(const ExecutorRegistered& event, SimTime now);
    void hear(const ExecutorLost& event, SimTime now);
    void hear(const ExecutorDecommissioning& event, SimTime now);
    void hear(const DecommissionExecutor& action, SimTime now);
    void hear(const JobSubmitted& event, SimTime now);
    void hear(const NumberStages& action, SimTime now);
    void hear(const FinishJob& action, SimTime now);
    void hear(const FinishStage& action, SimTime now);
    template <class T>
    void hear(const T& heard, SimTime now) {
        if constexpr (requires { allocation_->on(heard, now); }) {
            allocation_->on(heard, now);
        }
    }
    void start_job(JobId job, const std::vector<StageId>& stages, SimTime now);
    void arm_allocation(Step& step);
    void allocate(Step& step);
    void kill_executors(Step& step, const std::vector<ExecutorId>& execs);
    void let_go(Step& step, ExecutorId exec, LossReason why);
    // What a request says beside the number.
    [[nodiscard]] auto hints() const {
        return [this] { return local_.hints(tasks_.excluded_nodes()); };
    }
    void begin_leave(Step& step, ExecutorId exec, NodeId host);
    [[nodiscard]] LossReason reason_of_leave(ExecutorId exec) const;
    void begin_decided_leaves(Step& step, std::size_t decided_before);
    void end_overdue_leaves(Step& step);
    [[nodiscard]] bool is_overdue(SimTime now, ExecutorId exec) const;
    [[nodiscard]] bool any_overdue(SimTime now) const;

    void finish(Step& step, EndStatus status, const std::string& reason);
    void stop_jobs(Step& step, EndStatus status, std::string_view reason);
    void carry_out_orders(Step& step);
    void give_up_sets(Step& step);
    void end_barriers(const Step& step);
    void offer_all(Step& step);
    [[nodiscard]] bool may_offer(SimTime now) const;

    AppId id_;
    const Scenario& scenario_;
    const AppSpec& app_;
    DagScheduler::Numbers first_;
    std::unique_ptr<Program> program_;
    std::unique_ptr<DagScheduler> dag_;
    TaskScheduler tasks_;
    HeartbeatReceiver heartbeats_;
    BarrierCoordinator barriers_;
    FailureTracker failures_;
    ExecutorRequests requests_;
    std::optional<ExecutorAllocation> allocation_{};  // none: as many as it started with
    std::set<SimTime> looks_{};                       // of it, that a timer is set for
    LocalityHints local_{};
    std::map<ExecutorId, LossReason> leaves_{};  // that it has decided on itself, and why
    std::vector<CoresOffered> offered_{};        // of a batch that is not complete
    bool revives_ = false;                       // offers, at the end of this event
    SimTime submitted_at_;
    bool finished_ = false;
};

}  // namespace forkyard
