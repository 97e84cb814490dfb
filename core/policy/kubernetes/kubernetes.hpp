// Kubernetes: each driver makes pods, one scheduler for all places them.
//
// A driver's pods are made in batches (PodsAllocator), rounds falling on whole multiples of
// the batch delay, and at once when nothing is under way; its namespace's quota limits them.
// The scheduler binds them to nodes (KubeScheduler): from then on a pod counts as running, and
// its executor is granted. There is no fairness: who made its pods first runs (CM-K8S-22),
// unless priorities differ. Victims of preemption die when their grace is over.
//
// In cluster mode the driver is a pod itself, which counts in the quota and waits for room there;
// when it fails nobody starts it again (CM-K8S-28).
//
// A node that has been silent for 40 s takes no new pods; 300 s later its pods are deleted
// (CM-K8S-25).
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "core/model/scenario.hpp"
#include "core/policy/alarm.hpp"
#include "core/policy/cluster_manager.hpp"
#include "core/policy/kubernetes/kube_scheduler.hpp"
#include "core/policy/kubernetes/pods_allocator.hpp"
#include "core/policy/silent_nodes.hpp"

namespace forkyard {

class Kubernetes final : public ManagerWithState<Kubernetes> {
public:
    // `scenario` must outlive the policy.
    explicit Kubernetes(const Scenario& scenario);

    [[nodiscard]] std::string_view name() const override { return "kubernetes"; }
    void handle(Step& step, const Event& event) override;
    void end_application(Step& step, AppId app) override;
    [[nodiscard]] bool due(SimTime now, const TimerFired& timer) const override;
    [[nodiscard]] SimDuration beat_interval() const override { return std::chrono::seconds{10}; }
    [[nodiscard]] std::vector<std::string> describe_waiting() const override;

    template <class Self, class V>
    static void members(Self& self, V& v) {
        for (auto& app : self.apps_) {
            v(app);
        }
        v(self.scheduler_, self.pods_, self.pod_of_, self.silent_, self.dying_);
        v(self.wakes_, self.last_pod_, self.last_executor_, self.paused_, self.held_back_);
    }

private:
    using Key = KubeScheduler::Key;

    struct Application {
        PodsAllocator allocator;
        bool there = false;
        bool ended = false;
        std::map<PodsAllocator::Pod, Key> pods{};  // of its executors
        std::optional<Key> driver{};
        Alarm next_round{};
        SimTime seen_from{};  // when its driver sees the last pods that it made

        template <class Self, class V>
        static void members(Self& self, V& v) {
            v(self.allocator, self.there, self.ended, self.pods, self.driver, self.next_round);
            v(self.seen_from);
        }
    };
    struct Pod {
        AppId app{};
        PodsAllocator::Pod number = 0;  // in its application; 0: the driver's
        ExecutorId exec{};              // invalid: it waits for a node

        template <class Self, class V>
        static void members(Self& self, V& v) {
            v(self.app, self.number, self.exec);
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
    void on(Step& step, const ExecutorRegistered& event);
    void on(Step& step, const ExecutorExited& event);
    void on(Step& step, const ExecutorDisconnected& event);
    void on(Step& step, const ExecutorLost& event);
    void on(Step& step, const TimerFired& event);
    template <class T>
    void on(Step& /*step*/, const T& /*of no interest to a cluster*/) {}

    void round(Step& step, AppId app);
    void arm_round(Step& step, AppId app);
    void place(Step& step);
    void make_drivers(Step& step);
    void launch_driver(Step& step, AppId app, NodeId node);
    void forget(Key key);
    void drop(Step& step, Key key);
    void arm_namespace(Step& step, AppId app);
    void end_grace(Step& step);
    void take_out(Step& step, NodeId node);
    void evict(Step& step, NodeId node);
    void drop_driver(AppId app);
    [[nodiscard]] PodRequest request_of(AppId app) const;
    [[nodiscard]] PodRequest driver_request_of(AppId app) const;
    [[nodiscard]] std::uint32_t quota_left(AppId app, const PodRequest& each) const;
    [[nodiscard]] std::uint32_t quota_left(AppId app) const {  // pods of its executors
        return quota_left(app, request_of(app));
    }
    // Until a driver sees a pod that it has made: a message to the API server, and one back.
    [[nodiscard]] SimDuration snapshot_lag() const { return 2 * scenario_.cluster.message_delay; }
    [[nodiscard]] std::string pod_name(const Pod& pod) const;

    const Scenario& scenario_;
    std::vector<Application> apps_;
    KubeScheduler scheduler_;
    std::map<Key, Pod> pods_;
    std::map<ExecutorId, Key> pod_of_;
    std::vector<AppId> held_back_;  // by quota: their drivers
    SilentNodes silent_;
    std::set<std::pair<SimTime, Key>> dying_;  // when the grace of each is over
    Alarm wakes_;                              // the scheduler
    Key last_pod_ = 0;
    std::uint32_t last_executor_ = 0;
    bool paused_ = false;  // its process is gone, or has not heard of everything yet
};

}  // namespace forkyard
