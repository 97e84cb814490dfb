// Everything that can happen: the inputs of the state machines.
//
// Names are in the past tense. An event is plain data; its time and its number
// come beside it (EventHead). `fields` lists the keys of the journal record in
// their fixed order, once, for writing, reading, matching and hashing alike: new
// keys go to the end.
#pragma once

#include <cstdint>
#include <string_view>
#include <variant>

#include "core/event_cluster.hpp"
#include "core/event_jobs.hpp"
#include "core/event_tasks.hpp"
#include "core/ids.hpp"

namespace forkyard {

// Which machine asked to be woken, and for what.
enum class TimerKind : std::uint8_t {
    resubmit_stages,    // 200 ms after a fetch failure
    expire_executors,   // the heartbeat receiver's check
    registration_wait,  // spark.scheduler.maxRegisteredResourcesWaitingTime
    worker_timeout,     // the master's
    revive_offers,      // a locality wait or an exclusion is over
    speculation,        // a running task has become slow
    unschedulable,      // a task set that may run nowhere has waited long enough
    barrier_check,      // whether the slots for a barrier stage are there by now
    barrier_sync,       // tasks have waited too long for others at a barrier
    starvation,         // the first tasks have waited for long, and none was launched
    allocation,         // dynamic allocation has something to decide
    node_heartbeats,    // YARN's nodes beat, and are given containers
    am_poll,            // an application master asks for what it was given
    preemption,         // YARN looks for containers to take back
    pod_allocation,     // a driver creates and deletes pods
    pod_scheduling,     // Kubernetes places pods that had to wait
    resource_offers,    // Mesos makes offers
    node_not_ready,     // Kubernetes takes a silent node out
    driver_retry,       // a supervised driver is started again
    master_recovery,    // a master that is back waits no longer for workers that are silent
    policy,             // of a policy that is none of Spark's managers
    leave_timeout,      // an executor that is to leave has taken too long
};

// Whether it is the cluster manager that asked.
[[nodiscard]] constexpr bool is_managers(TimerKind kind) {
    return kind == TimerKind::worker_timeout ||
           (kind >= TimerKind::node_heartbeats && kind <= TimerKind::policy);
}

struct TimerFired {
    static constexpr std::string_view kind = "timer";
    TimerKind what = TimerKind::resubmit_stages;
    AppId app{};    // of a driver's timer, and of what a manager does for one application
    NodeId node{};  // of a master's timer

    template <class Self, class V>
    static void fields(Self& self, V& v) {
        v("what", self.what);
        v("app", self.app);
        v("node", self.node);
    }
};

using Event = std::variant<AppSubmitted,
                           DatasetDefined,
                           DatasetUnpersisted,
                           BroadcastCreated,
                           BroadcastUnpersisted,
                           BroadcastDestroyed,
                           DatasetMarked,
                           CheckpointDefined,
                           DatasetCheckpointed,
                           JobDefined,
                           JobSubmitted,
                           JobCancelled,
                           JobGroupCancelled,
                           StageCancelled,
                           AllJobsCancelled,
                           ExecutorsCalled,
                           AppKilled,
                           AppClosed,
                           WorkerJoined,
                           WorkerLost,
                           WorkerBeat,
                           WorkerDraining,
                           WorkerFilesKept,
                           ExecutorsRequested,
                           ExecutorRegistered,
                           ExecutorExited,
                           ExecutorLost,
                           ExecutorDisconnected,
                           ExecutorDecommissioning,
                           ManagerRegistered,
                           ManagerStopped,
                           ManagerRestarted,
                           ManagerUnreachable,
                           CoresOffered,
                           CoresReturned,
                           OffersRevived,
                           DriverStarted,
                           DriverLost,
                           TaskFinished,
                           TaskProgressed,
                           TaskSpilled,
                           BroadcastFetched,
                           BlockCached,
                           BlockDropped,
                           MapOutputMoved,
                           CommitRequested,
                           BarrierRequested,
                           HeartbeatChanged,
                           TimerFired>;

}  // namespace forkyard
