// Spark's standalone master.
//
// After every change it makes one pass over the applications in order of
// registration: each takes what it can, on the workers with most free cores, one
// executor's cores at a time; spread over the workers or packed onto few
// (spark.deploy.spreadOutApps). An application behind one that can take no more is
// served all the same (CM-STA-07). A worker whose beats stopped is given up after
// spark.worker.timeout; an application whose executors fail one after the other, and of which
// none runs, after spark.deploy.maxExecutorRetries.
//
// Drivers in cluster mode come before executors, one worker after the other in turn; a
// supervised one that exits starts again on its worker after 1, 2, 4, ... s, one whose worker
// is lost on another (CM-STA-22 to 24).
//
// A master that comes back decides nothing until all its workers have answered, or those that
// are silent have been waited for (CM-STA-26). One that has lost its books kills what workers
// that register again still run, and knows the applications of before no more.
//
// In Spark: Master (its schedule pass), DriverRunner.
#pragma once

#include <limits>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "core/model/scenario.hpp"
#include "core/policy/address_pool.hpp"
#include "core/policy/cluster_manager.hpp"

namespace forkyard {

class Standalone final : public ManagerWithState<Standalone> {
public:
    // `scenario` must outlive the policy.
    explicit Standalone(const Scenario& scenario);

    [[nodiscard]] std::string_view name() const override { return "standalone"; }
    void handle(Step& step, const Event& event) override;
    void end_application(Step& step, AppId app) override;
    [[nodiscard]] bool due(SimTime now, const TimerFired& timer) const override;
    // Four beats to the time-out, as Spark's workers.
    [[nodiscard]] SimDuration beat_interval() const override { return conf_.worker_timeout / 4; }
    [[nodiscard]] std::vector<std::string> describe_waiting() const override;

    template <class Self, class V>
    static void members(Self& self, V& v) {
        v(self.workers_, self.apps_, self.order_, self.grants_, self.next_executor_);
        v(self.drivers_, self.waiting_drivers_, self.driver_cursor_);
        v(self.recovering_, self.recovered_by_);
    }

private:
    struct Worker {
        bool alive = false;
        std::uint32_t free_cores = 0;
        std::int64_t free_memory = 0;
        SimTime silent_since = time_never;
        bool draining = false;
        bool forgotten = false;  // until it registers with a master that lost its books
        AddressPool resources{};

        template <class Self, class V>
        static void members(Self& self, V& v) {
            v(self.alive, self.free_cores, self.free_memory, self.silent_since, self.draining);
            v(self.forgotten, self.resources);
        }
        [[nodiscard]] bool takes_more() const { return alive && !draining; }
    };
    struct Application {
        bool registered = false;
        bool ended = false;        // a request that is still under way comes too late
        bool before_stop = false;  // it had registered when the master's process ended
        bool forgotten = false;
        std::uint32_t cores_max = 0;
        std::uint32_t cores_granted = 0;
        std::uint32_t executors = 0;
        std::uint32_t limit = 0;    // the total it asked for
        std::uint32_t retries = 0;  // executors that failed since the last that started
        Resources wanted{};         // by an executor, besides cores and memory; as written
        Resources driver_wanted{};
        std::set<ExecutorId> running{};

        template <class Self, class V>
        static void members(Self& self, V& v) {
            v(self.registered, self.ended, self.before_stop, self.forgotten);
            v(self.cores_max, self.cores_granted);
            v(self.executors, self.limit, self.retries, self.running);
        }
    };
    struct Grant {
        AppId app;
        NodeId node;
        std::uint32_t cores = 0;
        std::int64_t memory = 0;
        AddressPool::Addresses resources{};

        template <class Self, class V>
        static void members(Self& self, V& v) {
            v(self.app, self.node, self.cores, self.memory, self.resources);
        }
    };

    // A driver in cluster mode.
    struct Driver {
        NodeId node{};  // invalid: it waits
        bool runs = false;
        bool gone = false;       // its process is
        bool node_lost = false;  // to the master
        std::uint32_t attempt = 0;
        SimTime started{};
        SimDuration pause = std::chrono::seconds{1};  // before it is started again
        SimTime retry_at = time_never;
        AddressPool::Addresses resources{};

        template <class Self, class V>
        static void members(Self& self, V& v) {
            v(self.resources);
            v(self.node, self.runs, self.gone, self.node_lost, self.attempt, self.started);
            v(self.pause, self.retry_at);
        }
    };

    void on(Step& step, const WorkerJoined& event);
    void on(Step& step, const WorkerLost& event);
    void on(Step& step, const WorkerBeat& event);
    void on(Step& step, const WorkerDraining& event);
    void on(Step& step, const AppSubmitted& event);
    void on(Step& step, const ManagerStopped& event);
    void on(Step& step, const ManagerRestarted& event);
    void on(Step& step, const DriverStarted& event);
    void on(Step& step, const DriverLost& event);
    void on(Step& step, const ExecutorsRequested& event);
    void on(Step& step, const ExecutorRegistered& event);
    void on(Step& step, const ExecutorExited& event);
    void on(Step& step, const ExecutorLost& event);
    void on(Step& step, const TimerFired& event);
    template <class T>
    void on(Step& /*step*/, const T& /*of no interest to a master*/) {}

    [[nodiscard]] bool before(NodeId a, NodeId b) const;
    void schedule(Step& step);
    void schedule(Step& step, AppId id);
    [[nodiscard]] const AppConf& conf_of(AppId app) const {
        return scenario_.apps[app.index()].conf;
    }
    void tell_resources(Step& step,
                        AppId app,
                        NodeId node,
                        std::string_view who,
                        const AddressPool::Addresses& resources) const;
    [[nodiscard]] std::vector<NodeId> usable_workers(AppId id) const;
    [[nodiscard]] std::vector<std::uint32_t> assign(AppId id,
                                                    const std::vector<NodeId>& usable) const;
    void launch(Step& step, AppId id, NodeId node, std::uint32_t cores);
    void detach_grants_on(NodeId node);
    void lose_worker(Step& step, NodeId node);
    void forget_all();
    [[nodiscard]] bool awaits_workers() const;
    void end_recovery(Step& step);
    void lose_drivers_on(Step& step, NodeId node);
    void schedule_drivers(Step& step);
    void launch_driver(Step& step, AppId app, NodeId node);
    void free_driver(AppId app);
    void restart_elsewhere(Step& step, AppId app);
    void free_grant(Step& step, ExecutorId exec);

    const Scenario& scenario_;
    const MasterConf& conf_;
    const bool counts_resources_;
    std::vector<Worker> workers_;
    std::vector<Application> apps_;
    std::vector<AppId> order_;  // of registration
    std::map<ExecutorId, Grant> grants_;
    std::map<AppId, Driver> drivers_;
    std::vector<AppId> waiting_drivers_;
    std::uint32_t driver_cursor_ = 0;  // the worker that is looked at first
    std::uint32_t next_executor_ = 1;
    bool recovering_ = false;  // or its process is gone
    SimTime recovered_by_ = time_never;
};

}  // namespace forkyard
