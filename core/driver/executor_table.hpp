// The executors that one application's driver knows: where they are, whether they may
// be offered, how many cores are free.
//
// It decides nothing. Racks are those that the cluster names: a worker of rack
// "default" is on no known rack, as without a topology script in Spark.
#pragma once

#include <algorithm>
#include <cstdint>
#include <deque>
#include <optional>
#include <vector>

#include "core/event_cluster.hpp"
#include "core/ids.hpp"
#include "core/model/cluster_spec.hpp"
#include "core/model/resources.hpp"
#include "core/sim_time.hpp"

namespace forkyard {

class ExecutorTable {
public:
    static constexpr std::uint32_t no_rack = 0xffffffff;

    struct Executor {
        bool alive = false;
        bool decommissioning = false;
        bool with_node = false;  // and all that is on its node
        SimTime decommissioned_at{};
        std::optional<LossReason> to_go{};  // why it was asked to end
        NodeId node{};
        std::uint32_t cores = 0;
        std::uint32_t free = 0;
        std::uint32_t running = 0;  // task attempts
    };

    // `cpus`: cores of a task. An executor with fewer free cores has no room.
    // `retained`: how many that went after a decommission are remembered as such.
    // `tasks_max`: of an executor at once, however many cores it has (SCH-TSI-05).
    ExecutorTable(const ClusterSpec& cluster,
                  std::uint32_t cpus,
                  std::uint32_t retained = 0,
                  std::uint32_t tasks_max = any_tasks);

    void add(ExecutorId exec, NodeId node, std::uint32_t cores);
    void remove(ExecutorId exec);
    // Runs on, but gets no new tasks and counts for no level of locality (SCH-BE-08).
    void decommission(ExecutorId exec, SimTime now, bool with_node = false);
    // It was asked to end: no offers until its loss is known (SCH-BE-02), but for those of
    // a round that has begun.
    void retire(ExecutorId exec, LossReason why);
    // Fine-grained Mesos: it has so many cores more, until it gives up those that are free;
    // answers how many these were.
    void lend(ExecutorId exec, std::uint32_t cores);
    std::uint32_t reclaim(ExecutorId exec);
    void take(ExecutorId exec);  // the cores of one task
    void give_back(ExecutorId exec);

    // All executors ever known, by number.
    [[nodiscard]] const std::vector<Executor>& all() const { return executors_; }
    [[nodiscard]] const Executor& at(ExecutorId exec) const { return executors_[exec.index()]; }
    [[nodiscard]] bool knows(ExecutorId exec) const { return exec.index() < executors_.size(); }
    [[nodiscard]] bool alive(ExecutorId exec) const { return knows(exec) && at(exec).alive; }
    [[nodiscard]] bool has_room(ExecutorId exec) const {
        return active(exec) && (!at(exec).to_go || held_) && at(exec).free >= cpus_ &&
               at(exec).running < tasks_max_;
    }
    // Those with room, ascending. Between hold() and release() it stays as it is, and
    // has_room() alone tells what is left of it.
    [[nodiscard]] const std::vector<ExecutorId>& with_room() const { return room_; }
    void hold() { held_ = true; }
    void release();
    [[nodiscard]] std::uint32_t registered_cores() const { return registered_cores_; }
    [[nodiscard]] std::uint32_t alive_count() const { return alive_; }
    [[nodiscard]] std::uint32_t free_cores(ExecutorId exec) const {
        return alive(exec) ? at(exec).free : 0;
    }
    // Tasks that it has cores and all else for.
    [[nodiscard]] std::uint32_t free_slots(ExecutorId exec) const {
        return std::min(at(exec).free / cpus_, tasks_max_ - at(exec).running);
    }
    // And when nothing runs on it.
    [[nodiscard]] std::uint32_t slots_of(ExecutorId exec) const {
        return std::min(at(exec).cores / cpus_, tasks_max_);
    }
    [[nodiscard]] std::uint32_t cpus() const { return cpus_; }
    // Tasks that all active executors could run at once, busy or not (SCH-BAR-04).
    [[nodiscard]] std::uint32_t slots() const;

    // What counts for levels of locality: alive, and not about to go.
    [[nodiscard]] bool active(ExecutorId exec) const {
        return alive(exec) && !at(exec).decommissioning;
    }
    // About to go, or gone that way and not forgotten yet (SCH-DAG-50).
    [[nodiscard]] bool decommissioned(ExecutorId exec) const;
    // Leaves, or left, with all that is on its node.
    [[nodiscard]] bool goes_with_node(ExecutorId exec) const {
        return knows(exec) && at(exec).decommissioning && at(exec).with_node;
    }
    // Whether one is there that will stay: active, and not asked to end.
    [[nodiscard]] bool any_stays() const { return staying_ > 0; }
    // No node: a place outside the cluster.
    [[nodiscard]] bool active_on_node(NodeId node) const {
        return node.valid() && on_node_[node.index()] > 0;
    }
    [[nodiscard]] bool active_on_rack(std::uint32_t rack) const { return on_rack_[rack] > 0; }
    [[nodiscard]] std::uint32_t rack_of(NodeId node) const {
        return node.valid() ? rack_of_[node.index()] : no_rack;
    }

private:
    void count(const Executor& entry, std::uint32_t by);
    void set_room(ExecutorId exec, bool had_room);
    void list(ExecutorId exec);

    std::uint32_t cpus_;
    std::uint32_t retained_max_;
    std::uint32_t tasks_max_;
    std::deque<ExecutorId> retained_{};     // the latest last
    std::vector<Executor> executors_{};     // by number
    std::vector<ExecutorId> room_{};        // ascending
    std::vector<std::uint32_t> rack_of_{};  // by node
    std::vector<std::uint32_t> on_node_{};  // active executors
    std::vector<std::uint32_t> on_rack_{};  // active executors
    std::vector<ExecutorId> changed_{};     // while the list is held
    std::uint32_t registered_cores_ = 0;
    std::uint32_t alive_ = 0;
    std::uint32_t staying_ = 0;
    bool held_ = false;
};

}  // namespace forkyard
