// Decisions about executors: how many, where, which must go, which get no more tasks.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/event_cluster.hpp"
#include "core/ids.hpp"
#include "core/model/fault_kind.hpp"
#include "core/model/units.hpp"
#include "core/sim_time.hpp"

namespace forkyard {

enum class AskedBy : std::uint8_t { driver, manager };

enum class ExclusionScope : std::uint8_t { executor, node };

enum class ExclusionLevel : std::uint8_t { task, stage, app };

// How many executors the application wants in all.
struct RequestExecutors {
    static constexpr std::string_view kind = "executor.request";
    static constexpr std::uint32_t unlimited = 0x7fffffff;  // Spark's Int.MaxValue
    AppId app{};
    std::uint32_t total = unlimited;
    PlacementHints hints{};

    template <class Self, class V>
    static void fields(Self& self, V& v) {
        v("app", self.app);
        v("total", self.total);
        PlacementHints::fields(self.hints, v);
    }
};

struct LaunchExecutor {
    static constexpr std::string_view kind = "executor.launch";
    AppId app{};
    ExecutorId exec{};
    NodeId node{};
    std::uint32_t cores = 0;
    Bytes memory{};

    template <class Self, class V>
    static void fields(Self& self, V& v) {
        v("app", self.app);
        v("exec", self.exec);
        v("node", self.node);
        v("cores", self.cores);
        v("memory", self.memory);
    }
};

struct KillExecutor {
    static constexpr std::string_view kind = "executor.kill";
    AppId app{};
    ExecutorId exec{};
    LossReason reason = LossReason::requested;
    AskedBy by = AskedBy::driver;

    template <class Self, class V>
    static void fields(Self& self, V& v) {
        v("app", self.app);
        v("exec", self.exec);
        v("reason", self.reason);
        v("by", self.by);
    }
};

// Fine-grained Mesos: cores for tasks on this executor, for as long as one runs on them. The
// driver answers with those that it does not use.
struct OfferCores {
    static constexpr std::string_view kind = "cores.offer";
    AppId app{};
    ExecutorId exec{};
    std::uint32_t cores = 0;
    std::uint32_t more = 0;  // offers of the same batch that follow; the driver waits for them

    template <class Self, class V>
    static void fields(Self& self, V& v) {
        v("app", self.app);
        v("exec", self.exec);
        v("cores", self.cores);
        v("more", self.more);
    }
};

// They are not used, or their task has ended.
struct ReturnCores {
    static constexpr std::string_view kind = "cores.return";
    AppId app{};
    ExecutorId exec{};
    std::uint32_t cores = 0;
    SimDuration refuse{0};    // for how long it does not want what is free there; 0: a task ended
    std::uint32_t tasks = 0;  // that wait

    template <class Self, class V>
    static void fields(Self& self, V& v) {
        v("app", self.app);
        v("exec", self.exec);
        v("cores", self.cores);
        v("refuse", self.refuse);
        v("tasks", self.tasks);
    }
};

// More tasks wait: what was refused may be offered again.
struct ReviveOffers {
    static constexpr std::string_view kind = "offers.revive";
    AppId app{};
    std::uint32_t tasks = 0;  // that wait

    template <class Self, class V>
    static void fields(Self& self, V& v) {
        v("app", self.app);
        v("tasks", self.tasks);
    }
};

// The manager knows by now why the driver has lost touch with an executor, and tells it.
struct ExplainLoss {
    static constexpr std::string_view kind = "executor.explain";
    AppId app{};
    ExecutorId exec{};

    template <class Self, class V>
    static void fields(Self& self, V& v) {
        v("app", self.app);
        v("exec", self.exec);
    }
};

// The answer to a program that asked: those that have registered and are not lost.
struct ListExecutors {
    static constexpr std::string_view kind = "executor.list";
    AppId app{};
    std::vector<ExecutorId> execs{};

    template <class Self, class V>
    static void fields(Self& self, V& v) {
        v("app", self.app);
        v("execs", self.execs);
    }
};

// Its manager gives an application up: its driver ends it.
struct RemoveApplication {
    static constexpr std::string_view kind = "app.remove";
    AppId app{};
    std::string reason{};

    template <class Self, class V>
    static void fields(Self& self, V& v) {
        v("app", self.app);
        v("reason", self.reason);
    }
};

// A manager chose a node for an application's driver.
struct LaunchDriver {
    static constexpr std::string_view kind = "driver.launch";
    AppId app{};
    NodeId node{};
    std::uint32_t cores = 0;
    Bytes memory{};
    std::uint32_t attempt = 1;

    template <class Self, class V>
    static void fields(Self& self, V& v) {
        v("app", self.app);
        v("node", self.node);
        v("cores", self.cores);
        v("memory", self.memory);
        v("attempt", self.attempt);
    }
};

// What a manager did inside that no other record shows: an offer declined, a container
// given to an application that has not asked for it yet. Nobody acts on it.
struct Explain {
    static constexpr std::string_view kind = "manager.note";
    AppId app{};
    NodeId node{};
    std::string text{};

    template <class Self, class V>
    static void fields(Self& self, V& v) {
        v("app", self.app);
        v("node", self.node);
        v("text", self.text);
    }
};

// What stands for an application at its manager has been lost and begins anew: its driver is
// to ask for executors again.
struct RegisterManager {
    static constexpr std::string_view kind = "manager.register";
    AppId app{};

    template <class Self, class V>
    static void fields(Self& self, V& v) {
        v("app", self.app);
    }
};

// A policy asks for a fault, where the scenario lets it (cluster.policy_faults): one of
// kill-executor, freeze-executor, slow-worker and lose-worker. What comes of it is the very
// next record, a fault like those of the scenario.
struct InjectFault {
    static constexpr std::string_view kind = "fault.inject";
    FaultKind fault = FaultKind::kill_executor;
    AppId app{};                  // of an executor
    ExecutorId exec{};            // or:
    NodeId node{};                // of a worker
    std::uint32_t percent = 100;  // slow-worker: of the time that work takes without it
    SimDuration lasts{0};         // 0: for good

    template <class Self, class V>
    static void fields(Self& self, V& v) {
        v("fault", self.fault);
        v("app", self.app);
        v("exec", self.exec);
        v("node", self.node);
        v("percent", self.percent);
        v("for", self.lasts);
    }
};

// It finishes what it runs, passes on what it keeps, and ends.
struct DecommissionExecutor {
    static constexpr std::string_view kind = "executor.decommission";
    AppId app{};
    ExecutorId exec{};
    AskedBy by = AskedBy::driver;
    LossReason reason = LossReason::decommissioned;  // what its end will be called
    NodeId host{};                                   // that goes as a whole; invalid: it alone

    template <class Self, class V>
    static void fields(Self& self, V& v) {
        v("app", self.app);
        v("exec", self.exec);
        v("by", self.by);
        v("reason", self.reason);
        v("host", self.host);
    }
};

// Gets no task any more: for one task, one stage, or the whole application.
struct Exclude {
    static constexpr std::string_view kind = "exclude";
    AppId app{};
    ExclusionScope scope = ExclusionScope::executor;
    ExecutorId exec{};
    NodeId node{};
    ExclusionLevel level = ExclusionLevel::app;
    StageAttempt stage{};                      // of a task or a stage
    std::optional<std::uint32_t> partition{};  // of a task
    std::uint32_t failures = 0;                // that led to it; of a node: executors that are out

    template <class Self, class V>
    static void fields(Self& self, V& v) {
        v("app", self.app);
        v("scope", self.scope);
        if (self.scope == ExclusionScope::executor) {
            v("target", self.exec);
        } else {
            v("target", self.node);
        }
        v("level", self.level);
        v("stage", self.stage);
        v("partition", self.partition);
        v("failures", self.failures);
    }
};

// The exclusion's time has passed.
struct Include {
    static constexpr std::string_view kind = "include";
    AppId app{};
    ExclusionScope scope = ExclusionScope::executor;
    ExecutorId exec{};
    NodeId node{};
    ExclusionLevel level = ExclusionLevel::app;

    template <class Self, class V>
    static void fields(Self& self, V& v) {
        v("app", self.app);
        v("scope", self.scope);
        if (self.scope == ExclusionScope::executor) {
            v("target", self.exec);
        } else {
            v("target", self.node);
        }
        v("level", self.level);
    }
};

}  // namespace forkyard
