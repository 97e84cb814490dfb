// Everything the state machines can ask for: their outputs.
//
// Names are imperatives. A machine never carries an action out; the event loop
// journals it and does. The same `fields` convention as in event.hpp.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "core/action_data.hpp"
#include "core/action_executors.hpp"
#include "core/action_work.hpp"
#include "core/event.hpp"
#include "core/sim_time.hpp"

namespace forkyard {

// A choice that was made: the only place where chance enters a decision. Recorded
// as a D line; its kind is the point where it was made.
struct Choice {
    static constexpr std::string_view kind = "choice";
    std::string point{};  // offer.order, fault.pick, fault.probability
    std::string label{};  // the entity, by meaning
    std::uint64_t n = 0;
    std::uint64_t pick = 0;

    template <class Self, class V>
    static void fields(Self& self, V& v) {
        v("label", self.label);
        v("n", self.n);
        v("pick", self.pick);
    }
};

using Action = std::variant<Choice,
                            RequestExecutors,
                            LaunchExecutor,
                            KillExecutor,
                            DecommissionExecutor,
                            ExplainLoss,
                            OfferCores,
                            ReturnCores,
                            ReviveOffers,
                            ListExecutors,
                            RemoveApplication,
                            LaunchDriver,
                            Explain,
                            InjectFault,
                            RegisterManager,
                            NumberStages,
                            SubmitStage,
                            FinishStage,
                            SkipStage,
                            SkipPartitions,
                            ResubmitStage,
                            WaitStage,
                            WaitJob,
                            LaunchTask,
                            SpeculateTask,
                            KillTask,
                            Exclude,
                            Include,
                            FinishJob,
                            FinishApp,
                            ExitDriver,
                            RegisterMapOutput,
                            UnregisterMapOutput,
                            FetchResult,
                            AnswerCommit,
                            AnswerBarrier,
                            UpdateAccumulator,
                            RemoveRdd,
                            RemoveBroadcast,
                            Warn>;

// A wake-up asked for. Not a record: the TimerFired event is, when it comes.
struct TimerRequest {
    SimTime at{};
    TimerFired timer{};
};

// What one event leads to, collected by the machines in the order of their
// decisions. Reused from event to event, so that deciding does not allocate.
struct Decisions {
    std::vector<Action> actions{};
    std::vector<TimerRequest> timers{};
    // What the event means for tasks (executor_lost, resubmitted): events of the
    // same instant, which come back to the driver one by one.
    std::vector<TaskFinished> consequences{};

    void clear() {
        actions.clear();
        timers.clear();
        consequences.clear();
    }
};

}  // namespace forkyard
