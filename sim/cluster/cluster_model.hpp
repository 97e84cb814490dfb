// The simulated world: nodes, executors, running tasks, and when things happen to them.
//
// It carries out the actions of the control plane and the faults of the scenario, and
// puts what follows on the agenda. Times come from the cost model alone; what tasks
// compute comes from the ExecutorHost, which runs them in processes or inline. A
// holder that is lost up to the end of a task's reading means a fetch failure at that
// moment, even where the bytes are still there, and never otherwise.
//
// Under the wall clock executors register, answer, fall silent and go when they do: the
// live host's news take the place of the cost model's times. Synthetic tasks still read
// in the model, so the same losses fail them; real ones learn it from the host.
#pragma once

#include <algorithm>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/action.hpp"
#include "core/driver/control_plane.hpp"
#include "core/event.hpp"
#include "core/ids.hpp"
#include "core/model/cost_model.hpp"
#include "core/model/scenario.hpp"
#include "core/result.hpp"
#include "core/sim_time.hpp"
#include "sim/cluster/cluster_views.hpp"
#include "sim/cluster/copying.hpp"
#include "sim/cluster/leave.hpp"
#include "sim/cluster/loss.hpp"
#include "sim/cluster/model_executor.hpp"
#include "sim/cluster/model_task.hpp"
#include "sim/cluster/shuffle_books.hpp"
#include "sim/cluster/stage_books.hpp"
#include "sim/cluster/storage_books.hpp"
#include "sim/cluster/task_fault.hpp"
#include "sim/host/executor_host.hpp"
#include "sim/run/agenda.hpp"
#include "sim/run/user_programs.hpp"

namespace forkyard::sim {

class ClusterModel {
public:
    ClusterModel(const Scenario& scenario,
                 const ControlPlane& control,
                 const UserPrograms& programs,
                 ExecutorHost& host,
                 LiveHost* live,  // the same host under the wall clock, else null
                 Agenda& agenda);

    void start();

    // ---- actions
    [[nodiscard]] Result<void> launch_executor(Moment at, const LaunchExecutor& action);
    [[nodiscard]] Result<void> kill_executor(Moment at, const KillExecutor& action);
    void submit_stage(const SubmitStage& action) { stages_.submit(action); }
    [[nodiscard]] Result<void> launch_task(Moment at,
                                           const LaunchTask& action,
                                           const TaskFault& fault);
    void kill_task(Moment at, const KillTask& action);
    void answer_commit(Moment at, const AnswerCommit& action);
    void register_output(const RegisterMapOutput& action) { shuffles_.add(action); }
    void unregister_output(const UnregisterMapOutput& action) { shuffles_.remove(action); }
    void decommission_executor(Moment at, const DecommissionExecutor& action);
    void launch_driver(Moment at, const LaunchDriver& action);
    void explain_loss(Moment at, const ExplainLoss& action);
    // A message of a driver to its manager or its executors, or of its manager, if it is one.
    void send(Moment at, const Action& action);
    void end_application(Moment at, AppId app);

    // ---- faults; false: no effect
    [[nodiscard]] Result<bool> lose_executor(Moment at, ExecutorId exec, const Loss& loss);
    [[nodiscard]] bool fail_start(ExecutorId exec);
    [[nodiscard]] Result<bool> freeze_executor(Moment at, ExecutorId exec);
    [[nodiscard]] bool thaw_executor(Moment at, ExecutorId exec);
    [[nodiscard]] bool slow_node(NodeId node, Millionths factor);
    [[nodiscard]] bool heal_node(NodeId node, Millionths factor);  // of one such slowness
    // Whether its process is there, or about to be.
    [[nodiscard]] bool lives(ExecutorId exec) const;
    [[nodiscard]] Result<bool> lose_node(Moment at, NodeId node, const NodeLoss& loss);
    [[nodiscard]] bool rejoin_node(Moment at, NodeId node);
    // The shuffle service of the node, if any application has one.
    [[nodiscard]] bool stop_service(Moment at, NodeId node);
    [[nodiscard]] bool restart_service(Moment at, NodeId node, SimDuration stopped_for);
    // It is to go. False: it cannot, or does already.
    [[nodiscard]] bool tell_to_leave(Moment at, ExecutorId exec, const Leave& leave);
    // The node takes no more executors; what is left when the grace is over is ended.
    [[nodiscard]] bool drain_node(Moment at, NodeId node, SimDuration grace);
    [[nodiscard]] bool kill_driver(Moment at, AppId app);
    // Of those that run, in order of number.
    [[nodiscard]] std::vector<AppId> drivers() const;
    // The cluster manager's process ends, and is back so much later.
    [[nodiscard]] bool stop_manager(Moment at, ManagerKeeps keeps, SimDuration down);
    [[nodiscard]] Result<bool> fail_task(Moment at,
                                         const RunningTaskView& task,
                                         std::uint32_t percent,
                                         const std::string& reason);
    [[nodiscard]] Result<bool> slow_task(Moment at, const RunningTaskView& task, Millionths factor);
    // It stands still, and what ends it is not heard before it goes on.
    [[nodiscard]] Result<bool> hang_task(Moment at, const RunningTaskView& task);
    [[nodiscard]] bool resume_task(Moment at, const RunningTaskView& task);
    // Its report is sent so much later than it ends.
    [[nodiscard]] Result<bool> hold_report(Moment at,
                                           const RunningTaskView& task,
                                           SimDuration held);
    // It may not commit what it saves when it asks; or it does so much later.
    [[nodiscard]] Result<bool> hamper_commit(Moment at,
                                             const RunningTaskView& task,
                                             const TaskFault& fault);

    // ---- wall clock
    [[nodiscard]] Result<void> take(SimTime now, HostNews news);
    // Whether executors or tasks are under way, so that more will come.
    [[nodiscard]] bool expects_news() const;

    // ---- its entries on the agenda: `event` is the one to record; false: none after all
    [[nodiscard]] Result<bool> come_up(const Due& due, Event& event);
    // A stored event is about to be recorded. False: it is outdated, drop it.
    [[nodiscard]] bool confirm(const Event& event) const;
    // It has been handled.
    [[nodiscard]] Result<void> settle(Moment at, const Event& event);
    // Completes an event that the driver derived with the time on the executor.
    void complete(SimTime now, TaskFinished& event) const;
    // With the attempts that it was given but that never began.
    void complete(ExecutorLost& event) const;
    // What the task of the event that came up last made.
    [[nodiscard]] const TaskAnswer* answer() const { return answer_ ? &*answer_ : nullptr; }

    // ---- for the targets of faults, in order of number
    [[nodiscard]] std::vector<ExecutorView> executors() const;
    [[nodiscard]] std::vector<RunningTaskView> running_tasks() const;
    [[nodiscard]] bool holds_output(ExecutorId exec, AppId app, const std::string& stage) const;
    // The tasks that hang, one line each.
    void describe_hanging(std::vector<std::string>& lines) const;
    [[nodiscard]] bool node_up(NodeId node) const { return nodes_[node.index()].up; }
    [[nodiscard]] const StageBooks& stages() const { return stages_; }

    // From when on the manager does what it is asked; in the past: now.
    [[nodiscard]] SimTime manager_back_at() const { return manager_back_at_; }

    [[nodiscard]] bool quiet() const { return open_executors_ == 0; }

private:
    static constexpr std::uint32_t no_slot = 0xffffffff;

    // Of an application; in client mode its node is none, and it runs from the submission on.
    struct Driver {
        NodeId node;
        std::uint32_t attempt = 0;
        bool launched = false;
        bool runs = false;
        std::optional<SimTime> registered_from{};  // with its manager; none: it has not tried
    };

    struct Node {
        bool up = false;
        bool known_up = false;  // to the manager
        SimTime down_since;
        std::uint32_t life = 0;          // an older loss is no news of a node that came back
        std::vector<Millionths> faults;  // that slow it
        std::uint32_t rack = 0;
        bool draining = false;
        std::uint32_t drains = 0;
        bool files_kept = false;                  // of its shuffle service, when it was last lost
        SimTime service_stopped_at = time_never;  // time_never: it is there
        std::uint64_t service_stopped_seq = 0;
    };
    using Executor = ModelExecutor;
    using Task = ModelTask;

    std::uint32_t new_task(Moment at, const LaunchTask& action, const TaskFault& fault);
    void drop_output(const Task& task);
    void free_task(std::uint32_t slot);
    [[nodiscard]] std::uint32_t find_task(ExecutorId exec, const TaskAttempt& task) const;
    void plan_end(std::uint32_t slot, SimTime now, SimDuration work, std::int64_t written);
    void schedule_end(std::uint32_t slot, DueClass order_class = DueClass::task_end);
    [[nodiscard]] static Millionths slowness(const Node& node);
    [[nodiscard]] static Millionths slowness(const Task& task);
    [[nodiscard]] SimDuration work_of(const Task& task, SimDuration cost) const;
    void expect_answer(std::uint32_t slot, SimTime now);
    void expect(std::uint32_t slot, SimTime when, DueClass order_class, DueKind kind);
    [[nodiscard]] Result<void> resolve(Moment at, std::uint32_t slot);
    [[nodiscard]] Result<void> resolve_all(Moment at, ExecutorId exec);
    void end_at(std::uint32_t slot,
                SimTime when,
                TaskStatus status,
                std::string reason,
                DueClass order_class = DueClass::task_end);
    // The output that could not be had, and the words for it.
    struct LostBlock {
        std::uint32_t map = 0;
        std::string text;
    };
    void fail_fetch(std::uint32_t slot,
                    SimTime when,
                    ShuffleId shuffle,
                    ExecutorId holder,
                    std::optional<LostBlock> block);
    [[nodiscard]] std::optional<LostBlock> lost_block(const Task& task,
                                                      const PartView& view,
                                                      ExecutorId holder) const;
    // A fault's `change` of a task that still runs, by its slot, what it has made being known.
    template <class Change>
    [[nodiscard]] Result<bool> change_task(Moment at,
                                           const RunningTaskView& target,
                                           Change&& change) {
        const std::uint32_t slot = find_task(target.exec, target.task);
        if (slot == no_slot || executor(target.exec).state != Executor::State::alive ||
            (tasks_[slot].special != nullptr && tasks_[slot].special->waits_to_begin)) {
            return false;
        }
        return resolve(at, slot).map([&] { return change(slot); });
    }
    [[nodiscard]] bool fail_at(Moment at,
                               std::uint32_t slot,
                               std::uint32_t percent,
                               const std::string& reason);
    [[nodiscard]] bool slow_by(Moment at, std::uint32_t slot, Millionths factor);
    [[nodiscard]] bool hang_at(Moment at, std::uint32_t slot);
    void hold(Task& task, SimTime since);
    void watch(Moment at, std::uint32_t slot);
    void expect_reaper(std::uint32_t slot, SimTime when, std::uint64_t cause);
    [[nodiscard]] Result<void> reap(Moment at, const Due& due);
    void registers(ExecutorId exec, SimTime there);
    void expect_registration(ExecutorId exec, SimTime when);
    [[nodiscard]] Result<bool> registered(Moment at, ExecutorId exec, Event& event);
    void answered(SimTime now, std::uint32_t slot, TaskAnswer answer);
    [[nodiscard]] Result<void> gone(SimTime now, const HostNews& news);
    void beats_changed(SimTime now, const HostNews& news);
    // Whether its end, though known, needs a word of its executor: that of a synthetic task.
    [[nodiscard]] bool is_awaited(const Task& task) const {
        return takes_synthetic_ && live_ == nullptr && !task.real && !task.heard &&
               task.status == TaskStatus::success;
    }
    [[nodiscard]] Result<void> begin_task(Moment at,
                                          std::uint32_t slot,
                                          SimTime reads_from,
                                          bool hangs);
    [[nodiscard]] Result<void> hand_over(Moment at,
                                         std::uint32_t slot,
                                         const StageEntry& stage,
                                         bool hangs);
    // Up to when it has got on; it has got so far only if that is after its start.
    [[nodiscard]] SimTime worked_until(const Task& task, SimTime now) const {
        const SimTime hangs = task.hangs() ? task.special->hangs_since : time_never;
        return std::min({now, executor(task.exec).frozen_at, hangs});
    }
    bool fail_if_holder_lost(std::uint32_t slot);
    [[nodiscard]] Result<bool> task_ended(const Due& due, Event& made);
    [[nodiscard]] Result<void> commit(const Due& due);
    void committed(SimTime now, std::uint32_t slot);
    [[nodiscard]] AttemptOutput output_of(const Task& task) const;
    [[nodiscard]] Result<void> take_answer(std::uint32_t slot, SimTime now);
    [[nodiscard]] ReadVolume volume(const Task& task, const StageEntry& stage) const;
    void add_input(const Task& task, const StageSpec& spec, ReadVolume& read) const;
    void find_inputs(Task& task, const StageEntry& stage, const FoundBlocks& found);
    // ---- cluster_blocks.cpp: what executors keep
    // Of the rdd's partitions: those of synthetic stages have none.
    [[nodiscard]] bool keeps_bytes_of(AppId app, RddId rdd) const;
    [[nodiscard]] RemoteCopies remote_copies(const Task& task, RddBlock block) const;
    [[nodiscard]] ExecutorId holder_for(Task& task, RddBlock block);
    [[nodiscard]] Result<FoundBlocks> take_kept(Moment at,
                                                std::uint32_t slot,
                                                const StageEntry& stage);
    void release_kept(Task& task);
    [[nodiscard]] static FoundBlocks found_by(const Task& task);
    void tell_change(Moment at, AppId app, ExecutorId exec, const BlockChange& change);
    [[nodiscard]] Result<void> carry_out(Moment at,
                                         AppId app,
                                         ExecutorId exec,
                                         const std::vector<BlockChange>& changes);
    [[nodiscard]] Result<void> remove_rdd(Moment at, AppId app, RddId rdd);
    [[nodiscard]] Result<void> drop_gone(Moment at);
    void note_made(const Task& task, const StageEntry& stage);
    [[nodiscard]] Result<void> keep_made(Moment at, const TaskFinished& event);
    [[nodiscard]] Result<void> lose_kept_of(Moment at, ExecutorId exec);
    // ---- cluster_copies.cpp
    [[nodiscard]] Result<void> replicate(Moment at, AppId app, RddBlock block);
    [[nodiscard]] Result<void> replicate_lost(Moment at, AppId app, ExecutorId exec);
    [[nodiscard]] Result<bool> copy_kept(Moment at, AppId app, const KeptRead& from, ExecutorId to);
    [[nodiscard]] Result<std::optional<BlockChange>> put_copy(Moment at,
                                                              AppId app,
                                                              const KeptRead& from,
                                                              ExecutorId to);
    [[nodiscard]] Result<void> begin_copy(Moment at,
                                          AppId app,
                                          const KeptRead& from,
                                          const std::vector<ExecutorId>& peers);
    [[nodiscard]] Result<void> send_copy(Moment at, AppId app, const KeptRead& from, ExecutorId to);
    [[nodiscard]] Result<void> copied(Moment at, const HostNews& news);
    [[nodiscard]] Result<void> give_copy(Moment at, AppId app, const KeptRead& from, ExecutorId to);
    void end_copying(Moment at, AppId app, RddBlock block);
    // ---- cluster_memory.cpp
    [[nodiscard]] Result<std::optional<std::int64_t>> take_memory(Moment at,
                                                                  std::uint32_t slot,
                                                                  std::int64_t bytes);
    void await_memory(std::uint32_t slot);
    void release_memory(Task& task, std::uint32_t slot);
    [[nodiscard]] Result<void> offer_memory(Moment at, ExecutorId exec);
    // Those that have not begun.
    [[nodiscard]] Result<void> begin_waiting(Moment at,
                                             ExecutorId exec,
                                             const std::vector<std::uint32_t>& waiting);
    void hang_from_start(std::uint32_t slot, SimTime since);
    // ---- cluster_broadcasts.cpp
    [[nodiscard]] bool has_broadcasts(Moment at, std::uint32_t slot, SimTime reads_from);
    void fetch_piece(Moment at, ExecutorId exec, BroadcastId id);
    void expect_piece(Moment at, ExecutorId exec, BroadcastId id);
    [[nodiscard]] std::optional<BroadcastFetched> piece_came(Moment at,
                                                             ExecutorId exec,
                                                             BroadcastId id);
    [[nodiscard]] Result<void> go_on_fetching(Moment at, const BroadcastFetched& event);
    void thaw_fetches(Moment at, ExecutorId exec);
    [[nodiscard]] Result<void> remove_broadcast(AppId app, BroadcastId id);
    void look_again_later(Moment at, std::uint32_t slot);
    // The attempt looks anew for what it reads, from now on.
    [[nodiscard]] Result<void> begin_again(Moment at, std::uint32_t slot);
    [[nodiscard]] PartRead part_of(const Task& task, const PartView& input) const;

    [[nodiscard]] Result<void> hear_reports(Moment at, ExecutorId exec);
    [[nodiscard]] Result<void> die(Moment at, ExecutorId exec);
    void lose_driver(Moment at, AppId app, LossReason reason, std::int32_t code);
    void tell_loss(NodeId node, SimTime when, std::uint64_t cause);
    void tell_loss(
        ExecutorId exec, SimTime when, std::uint64_t cause, LossReason reason, std::int32_t code);
    // ---- cluster_files.cpp
    [[nodiscard]] bool serves_files_of(const Executor& entry) const;
    [[nodiscard]] bool service_is_down(const Executor& entry) const;
    [[nodiscard]] bool is_out_of_reach(ExecutorId holder, ExecutorId reader) const;
    void tell_service(NodeId id);
    [[nodiscard]] Result<void> keep_files_of(ExecutorId exec);
    [[nodiscard]] Result<void> lose_files_on(Moment at, NodeId node);
    void release_files_of(AppId app);
    void fail_fetches_from(Moment at, ExecutorId exec);
    // ---- cluster_leaving.cpp
    class Surroundings;
    void begin_leave(Moment at, ExecutorId exec, const Leave& leave);
    [[nodiscard]] Result<void> go_on_leaving(Moment at, ExecutorId exec);
    void arm_leaving(Moment at, ExecutorId exec);
    [[nodiscard]] Result<void> pass_on(Moment at,
                                       ExecutorId exec,
                                       const std::vector<BlockMigration::Moved>& all);
    void tell_leavers_of(Moment at, ExecutorId gone);
    void pause_leaving(Moment at, ExecutorId exec, SimTime frozen);
    [[nodiscard]] bool is_leaving(const Executor& entry) const {
        return entry.leaving != nullptr || entry.leaves_at_start.has_value();
    }
    [[nodiscard]] bool may_exit(const Executor& entry) const;
    [[nodiscard]] Result<void> look_to_exit(Moment at, const Due& due);
    [[nodiscard]] Result<void> end_grace(Moment at, ExecutorId exec);
    [[nodiscard]] static std::optional<LossReason> reason_to_go(const Executor& entry);
    [[nodiscard]] Result<void> evict(Moment at, const Due& due);
    [[nodiscard]] bool confirm_move(const MapOutputMoved& event) const;
    [[nodiscard]] SimTime registered_from(Moment at, AppId app);
    [[nodiscard]] SimTime try_to_register(Moment at, AppId app);
    void tell_silent_losses(Moment at);
    [[nodiscard]] Result<bool> register_worker(const Due& due, Event& event);
    [[nodiscard]] bool waits_for_manager(SimTime now) const;
    [[nodiscard]] bool on_rack_of(ExecutorId holder, NodeId node) const;
    [[nodiscard]] bool connected(const Event& event) const;
    [[nodiscard]] std::optional<HeartbeatChanged> beat(Moment at, ExecutorId exec);
    [[nodiscard]] std::optional<WorkerBeat> worker_beat(NodeId node) const;
    void expect_beat(ExecutorId exec, SimTime from, std::uint64_t cause);
    [[nodiscard]] SimDuration beat_interval(const Executor& executor) const;
    [[nodiscard]] SimDuration worker_beat_interval() const;
    [[nodiscard]] std::int64_t bytes_from(const Task& t, const PartView& v, ExecutorId e) const;
    [[nodiscard]] Executor& executor(ExecutorId exec) { return executors_[exec.index()]; }
    [[nodiscard]] const Executor& executor(ExecutorId e) const { return executors_[e.index()]; }
    [[nodiscard]] SimDuration delay() const { return scenario_.cluster.message_delay; }

    const Scenario& scenario_;
    const ControlPlane& control_;
    ExecutorHost& host_;
    LiveHost* live_;
    Agenda& agenda_;
    ShuffleBooks shuffles_;
    StorageBooks storage_;
    StageBooks stages_;
    Copies copying_;
    std::vector<Node> nodes_;
    std::vector<Driver> drivers_;      // by application
    std::vector<Executor> executors_;  // by number
    std::vector<Task> tasks_;          // slots
    std::vector<std::uint32_t> free_tasks_;
    SimTime manager_back_at_{};
    std::uint32_t open_executors_ = 0;
    bool any_lost_ = false;         // an executor is dead or gone, or a service was stopped
    bool any_leaves_ = false;       // or has
    std::uint32_t slow_nodes_ = 0;  // faults that slow one
    bool takes_synthetic_;          // the host
    std::uint32_t tickets_ = 0;
    std::optional<TaskAnswer> answer_;
    TaskMade made_{};  // by the task that ended last
};

}  // namespace forkyard::sim
