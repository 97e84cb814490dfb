// Mesos: a master that offers, frameworks that choose.
//
// The master makes offers in batches that fall on whole seconds, and at once when an agent or
// a framework comes or a framework revives its offers (DrfAllocator); each application answers
// as Spark's coarse-grained framework does (CoarseFramework), whose tasks are executors, or as
// its fine-grained one (FineFramework), whose tasks are Spark's. What comes back is offered in
// the next batch.
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
#include "core/policy/mesos/fine_framework.hpp"
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
        v(self.drivers_, self.waiting_drivers_, self.last_executor_, self.paused_);
    }

private:
    struct Application {
        CoarseFramework framework;
        std::optional<FineFramework> fine{};  // then the other one has nothing to do
        bool there = false;
        bool ended = false;

        [[nodiscard]] bool wants(NodeId agent, const Room& room) const {
            return fine ? fine->wants(agent, room) : framework.wants(agent, room);
        }
        [[nodiscard]] bool wants_any() const {
            return there && (fine ? fine->wants_any() : framework.wants_any());
        }
        [[nodiscard]] bool has_none() const {
            return fine ? fine->executors() == 0 : framework.executors() == 0;
        }

        template <class Self, class V>
        static void members(Self& self, V& v) {
            v(self.framework, self.there, self.ended);
            if (self.fine) {
                v(*self.fine);
            }
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
        std::uint32_t lent = 0;  // for tasks, where they are not its own

        template <class Self, class V>
        static void members(Self& self, V& v) {
            v(self.app, self.agent, self.cores, self.lent);
        }
    };

    void on(Step& /*step*/, const ManagerStopped& /*event*/) { paused_ = true; }
    void on(Step& step, const ManagerRestarted& event);
    void on(Step& step, const WorkerJoined& event);
    void on(Step& step, const WorkerLost& event);
    void on(Step& step, const WorkerBeat& event);
    void on(Step& step, const WorkerDraining& event);
    void on(Step& step, const AppSubmitted& event);
    void on(Step& step, const DriverLost& event);
    void on(Step& step, const ExecutorsRequested& event);
    void on(Step& step, const CoresReturned& event);
    void on(Step& step, const OffersRevived& event);
    void on(Step& step, const ExecutorExited& event);
    void on(Step& step, const ExecutorLost& event);
    void on(Step& step, const TimerFired& event);
    template <class T>
    void on(Step& /*step*/, const T& /*of no interest to a master*/) {}

    void offer(Step& step, std::optional<NodeId> only = {});
    void answer(Step& step, AppId app, const std::vector<DrfAllocator::Offer>& offers);
    void lend(Step& step, AppId app, const std::vector<DrfAllocator::Offer>& offers);
    void decline(Step& step,
                 const DrfAllocator::Offer& offer,
                 const Room& unused,
                 SimDuration refuse);
    [[nodiscard]] Room room_of(const Grant& grant) const;
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
    bool paused_ = false;  // its process is gone, or has not heard of everything yet
};

}  // namespace forkyard
