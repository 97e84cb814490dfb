// YARN: an application master for each application asks one resource manager.
//
// The resource manager gives containers out at the beats of the nodes, whole multiples of a
// second; a master learns of them, and of those that ended, at its own next poll. So an
// executor is granted when its master has fetched the container and starts it. In client mode
// the master takes a container of its own first, of the size of spark.yarn.am.*; in cluster
// mode the driver runs in it, and is started again once if it fails (CM-YARN-18).
//
// Beats and polls that could do nothing are left out: they change nothing.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "core/model/scenario.hpp"
#include "core/policy/alarm.hpp"
#include "core/policy/cluster_manager.hpp"
#include "core/policy/silent_nodes.hpp"
#include "core/policy/yarn/am_allocator.hpp"
#include "core/policy/yarn/poll_clock.hpp"
#include "core/policy/yarn/preemption.hpp"
#include "core/policy/yarn/resource_manager.hpp"

namespace forkyard {

class Yarn final : public ManagerWithState<Yarn> {
public:
    // `scenario` must outlive the policy.
    explicit Yarn(const Scenario& scenario);

    [[nodiscard]] std::string_view name() const override { return "yarn"; }
    void handle(Step& step, const Event& event) override;
    void end_application(Step& step, AppId app) override;
    [[nodiscard]] bool due(SimTime now, const TimerFired& timer) const override;
    [[nodiscard]] SimDuration beat_interval() const override { return spec_.node_beat; }
    [[nodiscard]] std::vector<std::string> describe_waiting() const override;

    template <class Self, class V>
    static void members(Self& self, V& v) {
        for (auto& app : self.apps_) {
            v(app);
        }
        v(self.manager_,
          self.grants_,
          self.silent_,
          self.next_beat_,
          self.last_executor_,
          self.paused_);
        v(self.preemption_, self.next_round_);
    }

private:
    using Container = ResourceManager::Container;

    // An executor that has ended, until the master hears of it from the nodes' next beat.
    struct Ended {
        ExecutorId exec{};
        NodeId node{};
        std::int32_t status = 0;
        SimTime known_at{};
        bool asked = false;  // its driver wants to know why

        template <class Self, class V>
        static void members(Self& self, V& v) {
            v(self.exec, self.node, self.status, self.known_at, self.asked);
        }
    };
    struct Application {
        AmAllocator allocator;
        PollClock polls;
        bool submitted = false;
        bool ended = false;
        std::optional<Container> master{};
        std::uint32_t attempt = 0;         // in cluster mode its driver is in the master
        ExecutorId stale{0};               // up to here they were another master's
        std::uint32_t failures = 0;        // of attempts, that count
        bool orphaned = false;             // its driver went with its node, which nobody knows yet
        bool runs = false;                 // its master does, as far as is known
        std::vector<Container> fetched{};  // containers it has not been told of
        std::vector<Ended> completed{};
        Alarm next_poll{};

        // For containers, or for why some ended: then it asks more often.
        [[nodiscard]] bool waits() const { return allocator.pending() > 0 || !completed.empty(); }

        template <class Self, class V>
        static void members(Self& self, V& v) {
            v(self.allocator, self.polls, self.submitted, self.ended, self.master, self.runs);
            v(self.attempt, self.stale, self.failures, self.orphaned);
            v(self.fetched, self.completed, self.next_poll);
        }
    };

    void on(Step& /*step*/, const ManagerStopped& /*event*/) { paused_ = true; }
    void on(Step& step, const ManagerRestarted& event);
    void on(Step& step, const WorkerJoined& event);
    void on(Step& step, const WorkerLost& event);
    void on(Step& step, const WorkerBeat& event);
    void on(Step& step, const WorkerDraining& event);
    void on(Step& step, const AppSubmitted& event);
    void on(Step& step, const DriverStarted& event);
    void on(Step& step, const DriverLost& event);
    void on(Step& step, const ExecutorsRequested& event);
    void on(Step& step, const ExecutorExited& event);
    void on(Step& step, const ExecutorDisconnected& event);
    void on(Step& step, const ExecutorLost& event);
    void on(Step& step, const TimerFired& event);
    template <class T>
    void on(Step& /*step*/, const T& /*of no interest to YARN*/) {}

    void lose_node(Step& step, NodeId node);
    void take_back(Step& step, NodeId node);
    static void tell_asked(Step& step, AppId app, const Ended& end);
    void stop_master(Application& app);
    void lose_master(Step& step, AppId app, NodeId node);
    void restart(Step& step, AppId app);
    [[nodiscard]] std::optional<Room> master_room(AppId app) const;
    // Whether its master does: one whose node is silent has ended unheard of.
    [[nodiscard]] bool works(const Application& app) const;
    void start_master(Step& step, AppId app);
    void beat(Step& step);
    void poll(Step& step, AppId app);
    void hear_ends(Step& step, AppId app);
    void fetch(Step& step, AppId app);
    void ask(Step& step, AppId app);
    void end_executor(Step& step, ExecutorId exec, LossReason reason, std::int32_t code);
    void arm_beat(Step& step);
    void preempt(Step& step);
    void arm_preemption(Step& step);
    [[nodiscard]] std::vector<Preemption::Running> running() const;
    void arm_poll(Step& step, AppId app);
    // When a poll of its master next brings anything; none: not before there is news.
    [[nodiscard]] std::optional<SimTime> news_at(const Application& app) const;
    [[nodiscard]] Room executor_room(AppId app) const;

    const Scenario& scenario_;
    const YarnSpec& spec_;
    std::vector<Application> apps_;
    ResourceManager manager_;
    std::map<ExecutorId, Container> grants_;
    SilentNodes silent_;
    Alarm next_beat_;
    Preemption preemption_;
    Alarm next_round_;  // of preemption
    std::uint32_t last_executor_ = 0;
    bool paused_ = false;  // its process is gone, or has not heard of everything yet
};

}  // namespace forkyard
