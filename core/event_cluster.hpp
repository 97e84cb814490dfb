// Events of nodes and executors, as masters and drivers hear of them.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/ids.hpp"
#include "core/model/fault_kind.hpp"
#include "core/model/units.hpp"
#include "core/sim_time.hpp"

namespace forkyard {

// Why an executor is gone.
enum class LossReason : std::uint8_t {
    exited,
    killed,
    heartbeat_timeout,
    worker_lost,
    preempted,
    decommissioned,
    idle,
    requested,
    excluded,
    launch_failed,
    app_finished,
};

// A change in what is heard from an executor; regular beats are not events.
enum class BeatState : std::uint8_t { first, silent, back, unknown };

struct WorkerJoined {
    static constexpr std::string_view kind = "worker.joined";
    NodeId node{};
    std::uint32_t cores = 0;
    Bytes memory{};
    std::string rack{};

    template <class Self, class V>
    static void fields(Self& self, V& v) {
        v("node", self.node);
        v("cores", self.cores);
        v("memory", self.memory);
        v("rack", self.rack);
    }
};

struct WorkerLost {
    static constexpr std::string_view kind = "worker.lost";
    NodeId node{};

    template <class Self, class V>
    static void fields(Self& self, V& v) {
        v("node", self.node);
    }
};

// A worker's beats at the master stopped or came again.
struct WorkerBeat {
    static constexpr std::string_view kind = "worker.heartbeat";
    NodeId node{};
    BeatState state = BeatState::silent;
    SimTime since{};

    template <class Self, class V>
    static void fields(Self& self, V& v) {
        v("node", self.node);
        v("state", self.state);
        v("since", self.since);
    }
};

// It takes no more executors; what is left there at the end of the grace is ended.
struct WorkerDraining {
    static constexpr std::string_view kind = "worker.draining";
    NodeId node{};
    SimTime until{};

    template <class Self, class V>
    static void fields(Self& self, V& v) {
        v("node", self.node);
        v("until", self.until);
    }
};

// Whether the files of a shuffle service outlive the loss of its node, on storage that others
// reach. Told before the loss.
struct WorkerFilesKept {
    static constexpr std::string_view kind = "worker.files";
    NodeId node{};
    bool kept = false;

    template <class Self, class V>
    static void fields(Self& self, V& v) {
        v("node", self.node);
        v("kept", self.kept);
    }
};

// Tasks that would rather run on a node.
struct NodeTasks {
    NodeId node{};
    std::uint32_t tasks = 0;
    bool operator==(const NodeTasks&) const = default;
};

// Where executors would be of use, and where not (ALLOC-20, CM-YARN-16). Managers that do not
// place by it pass it over.
struct PlacementHints {
    std::uint32_t local_tasks = 0;   // that would rather run somewhere
    std::vector<NodeTasks> on{};     // by node; a task may be at several
    std::vector<NodeId> excluded{};  // the driver gives tasks to none of them
    bool operator==(const PlacementHints&) const = default;

    template <class Self, class V>
    static void fields(Self& self, V& v) {
        v("local", self.local_tasks);
        v("on", self.on);
        v("excluded", self.excluded);
    }
};

// The driver's request reached the cluster manager.
struct ExecutorsRequested {
    static constexpr std::string_view kind = "executor.requested";
    AppId app{};
    std::uint32_t total = 0;
    PlacementHints hints{};

    template <class Self, class V>
    static void fields(Self& self, V& v) {
        v("app", self.app);
        v("total", self.total);
        PlacementHints::fields(self.hints, v);
    }
};

struct ExecutorRegistered {
    static constexpr std::string_view kind = "executor.registered";
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

// The process has ended and its node knows, but its driver does not yet; the room is free.
// Where both learn at once there is executor.lost alone.
struct ExecutorExited {
    static constexpr std::string_view kind = "executor.exited";
    AppId app{};
    ExecutorId exec{};
    LossReason reason = LossReason::killed;
    std::int32_t code = 137;

    template <class Self, class V>
    static void fields(Self& self, V& v) {
        v("app", self.app);
        v("exec", self.exec);
        v("reason", self.reason);
        v("code", self.code);
    }
};

// The driver learns that it has one executor less.
struct ExecutorLost {
    static constexpr std::string_view kind = "executor.lost";
    AppId app{};
    ExecutorId exec{};
    LossReason reason = LossReason::exited;
    std::int32_t code = 0;
    std::vector<TaskAttempt> unstarted{};  // launched there, but never reported as running

    template <class Self, class V>
    static void fields(Self& self, V& v) {
        v("app", self.app);
        v("exec", self.exec);
        v("reason", self.reason);
        v("code", self.code);
        v("unstarted", self.unstarted);
    }
};

// The driver has lost touch with it and asks its manager why, where that is one to be asked
// (YARN, Kubernetes): executor.explain and executor.lost follow.
struct ExecutorDisconnected {
    static constexpr std::string_view kind = "executor.disconnected";
    AppId app{};
    ExecutorId exec{};

    template <class Self, class V>
    static void fields(Self& self, V& v) {
        v("app", self.app);
        v("exec", self.exec);
    }
};

// The manager's side of an application began anew, and knows nothing of what it had been asked.
struct ManagerRegistered {
    static constexpr std::string_view kind = "manager.registered";
    AppId app{};

    template <class Self, class V>
    static void fields(Self& self, V& v) {
        v("app", self.app);
    }
};

// The cluster manager's process is gone: what is sent to it meanwhile reaches it when it is back.
struct ManagerStopped {
    static constexpr std::string_view kind = "manager.stopped";

    template <class Self, class V>
    static void fields(Self& /*self*/, V& /*v*/) {}
};

struct ManagerRestarted {
    static constexpr std::string_view kind = "manager.restarted";
    ManagerKeeps keeps = ManagerKeeps::all;

    template <class Self, class V>
    static void fields(Self& self, V& v) {
        v("keeps", self.keeps);
    }
};

// A driver could not register with its cluster manager, and gives up.
struct ManagerUnreachable {
    static constexpr std::string_view kind = "manager.unreachable";
    AppId app{};

    template <class Self, class V>
    static void fields(Self& self, V& v) {
        v("app", self.app);
    }
};

// A driver's process runs on the node that its manager chose (cluster deploy mode).
struct DriverStarted {
    static constexpr std::string_view kind = "driver.started";
    AppId app{};
    NodeId node{};
    std::uint32_t attempt = 1;  // of the application

    template <class Self, class V>
    static void fields(Self& self, V& v) {
        v("app", self.app);
        v("node", self.node);
        v("attempt", self.attempt);
    }
};

// A driver's process is gone, and all it knew; its executors end by themselves.
struct DriverLost {
    static constexpr std::string_view kind = "driver.lost";
    AppId app{};
    NodeId node{};  // in client mode none
    LossReason reason = LossReason::killed;
    std::int32_t code = 0;

    template <class Self, class V>
    static void fields(Self& self, V& v) {
        v("app", self.app);
        v("node", self.node);
        v("reason", self.reason);
        v("code", self.code);
    }
};

// The master's offer of cores for tasks of one executor reached the driver (fine-grained Mesos).
struct CoresOffered {
    static constexpr std::string_view kind = "cores.offered";
    AppId app{};
    ExecutorId exec{};
    std::uint32_t cores = 0;
    std::uint32_t more = 0;  // offers of the same batch that are still to come

    template <class Self, class V>
    static void fields(Self& self, V& v) {
        v("app", self.app);
        v("exec", self.exec);
        v("cores", self.cores);
        v("more", self.more);
    }
};

// Cores that a driver had been offered are back at the master.
struct CoresReturned {
    static constexpr std::string_view kind = "cores.returned";
    AppId app{};
    ExecutorId exec{};
    std::uint32_t cores = 0;
    SimDuration refuse{0};    // for how long it does not want what is free there; 0: a task ended
    std::uint32_t tasks = 0;  // that wait at the driver

    template <class Self, class V>
    static void fields(Self& self, V& v) {
        v("app", self.app);
        v("exec", self.exec);
        v("cores", self.cores);
        v("refuse", self.refuse);
        v("tasks", self.tasks);
    }
};

// A driver has more to run: what it refused before it may be offered again.
struct OffersRevived {
    static constexpr std::string_view kind = "offers.revived";
    AppId app{};
    std::uint32_t tasks = 0;  // that wait

    template <class Self, class V>
    static void fields(Self& self, V& v) {
        v("app", self.app);
        v("tasks", self.tasks);
    }
};

// It is going to end: it finishes what it runs and is given nothing more.
struct ExecutorDecommissioning {
    static constexpr std::string_view kind = "executor.decommissioning";
    AppId app{};
    ExecutorId exec{};
    NodeId host{};  // that goes as a whole, with all that is on it; invalid: it alone

    template <class Self, class V>
    static void fields(Self& self, V& v) {
        v("app", self.app);
        v("exec", self.exec);
        v("host", self.host);
    }
};

struct HeartbeatChanged {
    static constexpr std::string_view kind = "heartbeat";
    AppId app{};
    ExecutorId exec{};
    BeatState state = BeatState::first;
    SimTime since{};

    template <class Self, class V>
    static void fields(Self& self, V& v) {
        v("app", self.app);
        v("exec", self.exec);
        v("state", self.state);
        v("since", self.since);
    }
};

}  // namespace forkyard
