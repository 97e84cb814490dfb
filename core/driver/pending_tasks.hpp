// The waiting tasks of one task set, listed by where they would rather run.
//
// Each list is a stack of task indices; a task stands in several. Entries go stale when
// a task is taken from another list: they are dropped when they are met, so taking one
// costs the entries dropped and nothing else. Which entries are stale the caller says.
//
// In Spark: PendingTasksByLocality.
#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <vector>

#include "core/driver/executor_table.hpp"
#include "core/driver/task_set.hpp"
#include "core/ids.hpp"

namespace forkyard {

class PendingTasks {
public:
    using List = std::vector<std::uint32_t>;  // the last one is next
    template <class Key>
    using Lists = std::map<Key, List>;

    // `plain`: no task of the set has a preferred place, so one list says it all.
    explicit PendingTasks(bool plain) : plain_{plain} {}

    void reserve(std::uint32_t tasks) { no_place_.reserve(plain_ ? tasks : 0); }
    void add(std::uint32_t index, std::span<const Place> places, const ExecutorTable& executors);

    [[nodiscard]] Lists<ExecutorId>& by_executor() { return by_executor_; }
    [[nodiscard]] Lists<NodeId>& by_node() { return by_node_; }
    [[nodiscard]] Lists<std::uint32_t>& by_rack() { return by_rack_; }
    [[nodiscard]] List& no_place() { return no_place_; }
    [[nodiscard]] List& all() { return plain_ ? no_place_ : all_; }
    [[nodiscard]] const Lists<ExecutorId>& by_executor() const { return by_executor_; }
    [[nodiscard]] const Lists<NodeId>& by_node() const { return by_node_; }
    [[nodiscard]] const Lists<std::uint32_t>& by_rack() const { return by_rack_; }
    [[nodiscard]] const List& no_place() const { return no_place_; }
    [[nodiscard]] const List& all() const { return plain_ ? no_place_ : all_; }

    // Whether some list has a task that still waits. Lists found empty are dropped.
    template <class Key, class Waits>
    [[nodiscard]] static bool any_waits(Lists<Key>& lists, const Waits& waits) {
        for (auto at = lists.begin(); at != lists.end();) {
            List& list = at->second;
            while (!list.empty() && !waits(list.back())) {
                list.pop_back();
            }
            if (!list.empty()) {
                return true;
            }
            at = lists.erase(at);
        }
        return false;
    }

private:
    bool plain_;
    Lists<ExecutorId> by_executor_{};
    Lists<NodeId> by_node_{};
    Lists<std::uint32_t> by_rack_{};
    List no_place_{};
    List all_{};
};

}  // namespace forkyard
