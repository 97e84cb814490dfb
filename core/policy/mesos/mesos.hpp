// Mesos: a master that offers, frameworks that choose.
//
// The master makes offers in batches that fall on whole seconds, and at once when an agent or
// a framework comes or a framework revives its offers (DrfAllocator); each application answers
// as Spark's coarse-grained framework does (CoarseFramework), whose tasks are executors.
// Batches in which no framework could start an executor are left out: they change nothing.
//
// Drivers in cluster mode wait in a queue of their own (Spark's dispatcher) and take the first
// agent with room; a supervised one is started again after 1, 2, 4, ... at most 60 s
// (CM-MESOS-13).
//
// An agent that has missed five pings of 15 s is lost (CM-MESOS-14).
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "core/model/scenario.hpp"
#include "core/policy/alarm.hpp"
#include "core/policy/cluster_manager.hpp"
#include "core/policy/mesos/coarse_framework.hpp"
#include "core/policy/mesos/drf_allocator.hpp"
#include "core/policy/silent_nodes.hpp"

namespace forkyard {

class Mesos final : public ManagerWithState<Mesos> {
public:
    // `scenario` must outlive the policy.
    explicit Mesos(const Scenario& scenario);

    [[nodiscard]] std::string_view name() const override { return "mesos"; }
    void handle(Step& step, const Event& event) override;
    void end_application(Step& step, AppId app) override;
    [[nodiscard]] bool due(SimTime now, const TimerFired& timer) const override;
    [[nodiscard]] SimDuration beat_interval() const override { return std::chrono::seconds{15}; }
    [[nodiscard]] std::vector<std::string> describe_waiting() const override;

    template <class Self, class V>
    static void members(Self& self, V& v) {
        for (auto& app : self.apps_) {
            v(app);
        }
        v(self.allocator_, self.grants_, self.silent_, self.batch_);
        v(self.drivers_, self.waiting_drivers_, self.last_executor_);
    }

private:
    struct Application {
        CoarseFramework framework;
        bool there = false;
        bool ended = false;

        template <class Self, class V>
        static void members(Self& self, V& v) {
            v(self.framework, self.there, self.ended);
        }
    };
    struct Driver {
        NodeId agent{};  // invalid: it waits
        std::uint32_t attempt = 0;
        SimDuration pause = std::chrono::seconds{1};  // before it is started again
        SimTime retry_at = time_never;
        bool orphaned = false;  // it went with its agent, which nobody knows yet

        template <class Self, class V>
        static void members(Self& self, V& v) {
            v(self.agent, self.attempt, self.pause, self.retry_at, self.orphaned);
        }
    };
    struct Grant {
        AppId app{};
        NodeId agent{};
        std::uint32_t cores = 0;

        template <class Self, class V>
        static void members(Self& self, V& v) {
            v(self.app, self.agent, self.cores);
        }
    };

    void on(Step& step, const WorkerJoined& event);
    void on(Step& step, const WorkerLost& event);
    void on(Step& step, const WorkerBeat& event);
    void on(Step& step, const WorkerDraining& event);
    void on(Step& step, const AppSubmitted& event);
    void on(Step& step, const DriverLost& event);
    void on(Step& step, const ExecutorsRequested& event);
    void on(Step& step, const ExecutorExited& event);
    void on(Step& step, const ExecutorLost& event);
    void on(Step& step, const TimerFired& event);
    template <class T>
    void on(Step& /*step*/, const T& /*of no interest to a master*/) {}

    void offer(Step& step, std::optional<NodeId> only = {});
    void answer(Step& step, AppId app, const std::vector<DrfAllocator::Offer>& offers);
    void free(Step& step, ExecutorId exec, bool failed);
    void place_drivers(Step& step);
    void free_driver(AppId app);
    void lose_agent(Step& step, NodeId agent);
    void retry_driver(Step& step, AppId app);
    [[nodiscard]] Room driver_room(AppId app) const;
    [[nodiscard]] NodeId agent_for_driver(AppId app) const;
    void arm_batch(Step& step);
    // The first batch from `now` on in which a driver or an executor could be started.
    [[nodiscard]] std::optional<SimTime> useful_from(SimTime now) const;

    const Scenario& scenario_;
    std::vector<Application> apps_;
    DrfAllocator allocator_;
    std::map<ExecutorId, Grant> grants_;
    SilentNodes silent_;
    Alarm batch_;
    std::map<AppId, Driver> drivers_;
    std::vector<AppId> waiting_drivers_;
    std::uint32_t last_executor_ = 0;
};

}  // namespace forkyard
