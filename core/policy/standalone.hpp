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
// In Spark: Master (its schedule pass). Drivers in cluster mode are not placed here.
#pragma once

#include <limits>
#include <map>
#include <set>
#include <vector>

#include "core/model/scenario.hpp"
#include "core/policy/cluster_manager.hpp"

namespace forkyard {

class Standalone final : public ClusterManager {
public:
    // `scenario` must outlive the policy.
    explicit Standalone(const Scenario& scenario);

    [[nodiscard]] std::string_view name() const override { return "standalone"; }
    void handle(Step& step, const Event& event) override;
    void end_application(AppId app) override;
    [[nodiscard]] bool due(SimTime now, const TimerFired& timer) const override;
    [[nodiscard]] std::uint64_t digest() const override { return digest_; }
    [[nodiscard]] std::vector<std::string> describe_waiting() const override;

private:
    struct Worker {
        bool alive = false;
        std::uint32_t free_cores = 0;
        std::int64_t free_memory = 0;
        SimTime silent_since = time_never;
    };
    struct Application {
        const AppSpec* spec = nullptr;
        bool registered = false;
        bool ended = false;  // a request that is still under way comes too late
        std::uint32_t cores_max = 0;
        std::uint32_t cores_granted = 0;
        std::uint32_t executors = 0;
        std::uint32_t limit = 0;    // the total it asked for
        std::uint32_t retries = 0;  // executors that failed since the last that started
        std::set<ExecutorId> running{};
    };
    struct Grant {
        AppId app;
        NodeId node;
        std::uint32_t cores = 0;
        std::int64_t memory = 0;
    };

    void on(Step& step, const WorkerJoined& event);
    void on(Step& step, const WorkerLost& event);
    void on(Step& step, const WorkerBeat& event);
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
    [[nodiscard]] std::vector<NodeId> usable_workers(const Application& app) const;
    [[nodiscard]] std::vector<std::uint32_t> assign(const Application& app,
                                                    const std::vector<NodeId>& usable) const;
    void launch(Step& step, AppId id, NodeId node, std::uint32_t cores);
    void detach_grants_on(NodeId node);
    void free_grant(Step& step, ExecutorId exec);
    void flip(ExecutorId exec, const Grant& grant);

    MasterConf conf_;
    std::vector<Worker> workers_;
    std::vector<Application> apps_;
    std::vector<AppId> order_;  // of registration
    std::map<ExecutorId, Grant> grants_;
    std::uint32_t next_executor_ = 1;
    std::uint64_t digest_ = 0;  // of the grants, in no order
};

}  // namespace forkyard
