#include "core/driver/executor_table.hpp"

#include <algorithm>
#include <map>
#include <string>
#include <utility>

#include "core/check.hpp"

namespace forkyard {

ExecutorTable::ExecutorTable(const ClusterSpec& cluster,
                             std::uint32_t cpus,
                             std::uint32_t retained,
                             std::uint32_t tasks_max)
    : cpus_{cpus}, retained_max_{retained}, tasks_max_{tasks_max}, on_node_(cluster.nodes.size()) {
    std::map<std::string, std::uint32_t> racks;
    for (const NodeSpec& node : cluster.nodes) {
        std::uint32_t rack = no_rack;
        if (node.rack != NodeSpec{}.rack) {
            rack = racks.emplace(node.rack, static_cast<std::uint32_t>(racks.size())).first->second;
        }
        rack_of_.push_back(rack);
    }
    on_rack_.resize(racks.size());
}

void ExecutorTable::add(ExecutorId exec, NodeId node, std::uint32_t cores) {
    if (executors_.size() <= exec.index()) {
        executors_.resize(exec.index() + 1);
    }
    Executor& entry = executors_[exec.index()];
    FORKYARD_CHECK(!entry.alive, "an executor registers once");
    entry = Executor{.alive = true, .node = node, .cores = cores, .free = cores};
    registered_cores_ += cores;
    ++alive_;
    count(entry, 1);
    set_room(exec, false);
}

void ExecutorTable::remove(ExecutorId exec) {
    Executor& entry = executors_[exec.index()];
    const bool had_room = has_room(exec);
    if (!entry.decommissioning) {
        count(entry, static_cast<std::uint32_t>(-1));
    } else {
        retained_.push_back(exec);
        if (retained_.size() > retained_max_) {
            retained_.pop_front();
        }
    }
    entry.alive = false;
    registered_cores_ -= entry.cores;
    --alive_;
    set_room(exec, had_room);
}

void ExecutorTable::decommission(ExecutorId exec, SimTime now, bool with_node) {
    Executor& entry = executors_[exec.index()];
    const bool had_room = has_room(exec);
    count(entry, static_cast<std::uint32_t>(-1));
    entry.decommissioning = true;
    entry.decommissioned_at = now;
    entry.with_node = with_node;
    set_room(exec, had_room);
}

void ExecutorTable::retire(ExecutorId exec, LossReason why) {
    Executor& entry = executors_[exec.index()];
    staying_ -= active(exec) && !entry.to_go ? 1 : 0;
    entry.to_go = why;
    if (held_) {
        changed_.push_back(exec);
    } else {
        list(exec);
    }
}

bool ExecutorTable::decommissioned(ExecutorId exec) const {
    return (alive(exec) && at(exec).decommissioning) ||
           std::find(retained_.begin(), retained_.end(), exec) != retained_.end();
}

void ExecutorTable::lend(ExecutorId exec, std::uint32_t cores) {
    Executor& entry = executors_[exec.index()];
    const bool had_room = has_room(exec);
    entry.cores += cores;
    entry.free += cores;
    registered_cores_ += cores;
    set_room(exec, had_room);
}

std::uint32_t ExecutorTable::reclaim(ExecutorId exec) {
    Executor& entry = executors_[exec.index()];
    const bool had_room = has_room(exec);
    const std::uint32_t cores = std::exchange(entry.free, 0);
    entry.cores -= cores;
    registered_cores_ -= cores;
    set_room(exec, had_room);
    return cores;
}

void ExecutorTable::take(ExecutorId exec) {
    Executor& entry = executors_[exec.index()];
    FORKYARD_CHECK(has_room(exec), "a task is launched where there is room");
    entry.free -= cpus_;
    ++entry.running;
    set_room(exec, true);
}

void ExecutorTable::give_back(ExecutorId exec) {
    Executor& entry = executors_[exec.index()];
    const bool had_room = has_room(exec);
    --entry.running;
    entry.free += cpus_;
    set_room(exec, had_room);
}

std::uint32_t ExecutorTable::slots() const {
    std::uint32_t slots = 0;
    for (std::uint32_t number = 0; number < executors_.size(); ++number) {
        const ExecutorId exec{number};
        slots += active(exec) && !at(exec).to_go ? slots_of(exec) : 0;
    }
    return slots;
}

void ExecutorTable::count(const Executor& entry, std::uint32_t by) {
    staying_ += entry.to_go ? 0 : by;
    on_node_[entry.node.index()] += by;
    const std::uint32_t rack = rack_of_[entry.node.index()];
    if (rack != no_rack) {
        on_rack_[rack] += by;
    }
}

void ExecutorTable::set_room(ExecutorId exec, bool had_room) {
    if (has_room(exec) == had_room) {
        return;
    }
    if (held_) {
        changed_.push_back(exec);
    } else {
        list(exec);
    }
}

void ExecutorTable::release() {
    held_ = false;
    for (const ExecutorId exec : changed_) {
        list(exec);
    }
    changed_.clear();
}

void ExecutorTable::list(ExecutorId exec) {
    const auto place = std::lower_bound(room_.begin(), room_.end(), exec);
    const bool listed = place != room_.end() && *place == exec;
    if (has_room(exec) && !listed) {
        room_.insert(place, exec);
    } else if (!has_room(exec) && listed) {
        room_.erase(place);
    }
}

}  // namespace forkyard
