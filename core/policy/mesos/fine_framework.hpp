// What an application does with Mesos's offers in fine-grained mode: one executor on an agent,
// and each task a task of Mesos, whose cores are the application's only while it runs.
//
// Here are its executors, and what the driver has last said of the tasks that wait: none, and
// no offer is taken. Cores of agents with an executor are offered to the driver, all of them,
// which answers with those that it does not use. Where tasks wait that do not find room there,
// agents without an executor get one, with the cores of one task each in turn, which wait for
// it to start. An executor whose offers are declined time after time, though tasks wait, has no
// room for them: they are excluded there.
//
// In Spark: MesosFineGrainedSchedulerBackend (CM-MESOS-12), whose driver also chooses the
// agents where an executor is started; here it is asked about those that it has.
#pragma once

#include <cstdint>
#include <map>
#include <vector>

#include "core/ids.hpp"
#include "core/model/conf.hpp"
#include "core/model/room.hpp"
#include "core/sim_time.hpp"

namespace forkyard {

class FineFramework {
public:
    struct Offered {
        NodeId agent{};
        Room room{};
    };
    struct Answer {
        bool starts = false;      // an executor
        std::uint32_t cores = 0;  // for tasks on the agent's executor
        Room unused{};
        SimDuration refuse{};  // for how long it does not want to see that again
    };

    explicit FineFramework(const AppConf& conf);

    // So many tasks wait.
    void set_waiting(std::uint32_t tasks) { waiting_ = tasks; }
    // Cores of what was last offered there are back, and for how long they are refused.
    void returned(NodeId agent, std::uint32_t cores, SimDuration refuse);
    // One answer an offer, in their order.
    [[nodiscard]] std::vector<Answer> answer(const std::vector<Offered>& offers);
    void started(NodeId agent, ExecutorId exec) { executors_[agent] = {exec, 0, 0}; }
    void ended(NodeId agent, ExecutorId exec);
    void lose_agent(NodeId agent) { executors_.erase(agent); }
    // What it still has is nothing to its next driver.
    void lose_driver() {
        executors_.clear();
        waiting_ = 0;
    }

    // Whether it would take something of this room.
    [[nodiscard]] bool wants(NodeId agent, const Room& room) const;
    [[nodiscard]] bool wants_any() const { return waiting_ > 0; }
    // What an executor takes of an agent, beside the cores of tasks.
    [[nodiscard]] const Room& own_room() const { return own_; }
    [[nodiscard]] ExecutorId executor_on(NodeId agent) const { return executors_.at(agent).id; }
    [[nodiscard]] std::size_t executors() const { return executors_.size(); }

    template <class Self, class V>
    static void members(Self& self, V& v) {
        v(self.waiting_, self.executors_);
    }

private:
    struct Executor {
        ExecutorId id{};
        std::uint32_t offered = 0;   // cores, the last time
        std::uint32_t declined = 0;  // so often in a row

        template <class Self, class V>
        static void members(Self& self, V& v) {
            v(self.id, self.offered, self.declined);
        }
    };

    [[nodiscard]] bool fits_new(const Room& room) const;

    Room own_;
    std::uint32_t task_cpus_;
    std::uint32_t waiting_ = 0;
    std::map<NodeId, Executor> executors_;
};

}  // namespace forkyard
