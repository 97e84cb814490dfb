// The faults of a scenario: when each acts, on whom, and whether it took effect.
//
// Beside them stand those that a policy asks for, where it may.
// Triggers are times and records; a matched record makes the fault the very next event
// (or later, by `delay`). What a fault does to the world is the cluster's business.
// Chance (`any`, `probability`) goes through recorded choices. A fault that never took
// effect is reported at the end.
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <vector>

#include "core/action.hpp"
#include "core/event.hpp"
#include "core/journal/match.hpp"
#include "core/journal/record.hpp"
#include "core/model/scenario.hpp"
#include "core/result.hpp"
#include "core/step.hpp"
#include "sim/cluster/cluster_model.hpp"
#include "sim/run/agenda.hpp"

namespace forkyard::sim {

class FaultInjector {
public:
    FaultInjector(const Scenario& scenario, ClusterModel& cluster, Agenda& agenda);

    void start();

    // Told of every record, in order.
    void on(EventHead head, const Event& event);
    void on(ActionHead head, SimTime time, const Action& action);
    void on(EventHead head, const FaultRecord& fault);

    // What faults do to an attempt that is being launched.
    [[nodiscard]] TaskFault on_launch(Moment at, const LaunchTask& action);

    // An executor is being started: faults that mean it act at once.
    void on_start(Moment at, const LaunchExecutor& action);

    // The policy asks for one: it is the very next event.
    void ask(Moment at, const InjectFault& action);

    // A fault's time has come: what it did, one record for each thing it hit. `step`
    // collects the choices; `seq` is the number that the first record will have.
    [[nodiscard]] Result<std::vector<FaultRecord>> act(Step& step,
                                                       const Due& due,
                                                       std::uint64_t seq);

    // Faults without effect, at the end of a run.
    [[nodiscard]] std::vector<FaultRecord> without_effect() const;
    [[nodiscard]] bool any_failed() const;

private:
    struct State {
        std::uint32_t matches = 0;
        std::uint32_t applied = 0;
        std::uint32_t used = 0;  // of `times`
        bool active = false;     // task faults: looks at launches
    };
    // A fault on its way: what its trigger matched.
    struct Armed {
        std::uint32_t fault = 0;
        bool ending = false;    // its effect is over
        bool report = false;    // it acted at a launch; only the record is due
        bool starting = false;  // of an executor that is being started
        AppId app;
        ExecutorId exec;
        NodeId node;
        std::optional<TaskAttempt> task;
    };

    [[nodiscard]] const FaultSpec& spec(std::uint32_t fault) const;
    // By the policy: whatever comes of it is told.
    [[nodiscard]] bool is_asked(const Armed& armed) const {
        return armed.fault >= scenario_.faults.size();
    }
    void match(const Record& record, Moment at);
    void arm(SimTime when, std::uint64_t cause, const Armed& armed);
    [[nodiscard]] bool drawn(Step& step, const FaultSpec& spec) const;
    [[nodiscard]] std::vector<ExecutorId> executors_of(Step& step,
                                                       const FaultSpec& spec,
                                                       const Armed& armed) const;
    [[nodiscard]] std::vector<NodeId> nodes_of(Step& step,
                                               const FaultSpec& spec,
                                               const Armed& armed) const;
    [[nodiscard]] std::vector<RunningTaskView> tasks_of(const FaultSpec& spec,
                                                        const Armed& armed) const;
    [[nodiscard]] bool is_target(const FaultSpec& spec, AppId app, const TaskAttempt& task) const;
    [[nodiscard]] bool concerns(FaultKind kind, const LaunchTask& launch) const;
    [[nodiscard]] bool fits(const ExecutorTarget& target, const ExecutorView& view) const;
    // What it means at this moment, one entry a thing to hit.
    [[nodiscard]] std::vector<Armed> targets_of(Step& step,
                                                const FaultSpec& spec,
                                                const Armed& armed) const;
    [[nodiscard]] Result<bool> hit(Moment at, const FaultSpec& spec, const Armed& target);
    [[nodiscard]] Leave leave_of(const FaultSpec& fault, AppId app) const;
    void end_later(Moment at, const FaultSpec& spec, Armed armed);
    [[nodiscard]] std::vector<FaultRecord> end(Moment at, const Armed& armed);
    [[nodiscard]] FaultRecord record(const Armed& armed, FaultState state) const;

    const Scenario& scenario_;
    ClusterModel& cluster_;
    Agenda& agenda_;
    MatchContext context_;
    KindFilter filter_;
    std::deque<FaultSpec> asked_{};  // by the policy, counted on from those of the scenario
    std::vector<State> states_;
    std::vector<Armed> armed_;
    bool task_faults_ = false;
    bool may_act_;  // a fault of the scenario, or the policy
};

}  // namespace forkyard::sim
