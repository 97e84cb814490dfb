// What the DAG scheduler hands to the task scheduler: the tasks of one stage attempt
// that have to run, and where each would rather be.
//
// In Spark: TaskSet, with the preferredLocations of its tasks.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "core/ids.hpp"

namespace forkyard {

// A node, or one executor on it.
struct Place {
    NodeId node{};
    ExecutorId exec{};       // invalid: any on the node
    bool in_memory = false;  // the node has the input in memory: as good as the process
    bool operator==(const Place&) const = default;
};

// The preferred places of the tasks, by index. Empty: no task has any.
class Places {
public:
    void add(std::span<const Place> places) {
        places_.insert(places_.end(), places.begin(), places.end());
        ends_.push_back(static_cast<std::uint32_t>(places_.size()));
    }
    [[nodiscard]] bool none() const { return places_.empty(); }
    [[nodiscard]] std::span<const Place> of(std::uint32_t index) const {
        if (none()) {
            return {};
        }
        const std::uint32_t begin = index == 0 ? 0 : ends_[index - 1];
        return std::span{places_}.subspan(begin, ends_[index] - begin);
    }

private:
    std::vector<Place> places_{};
    std::vector<std::uint32_t> ends_{};
};

struct TaskSet {
    StageAttempt stage{};
    JobId priority{};                         // the lowest active job that needs the stage
    std::vector<std::uint32_t> partitions{};  // ascending
    bool map_side = false;                    // its tasks write map outputs
    std::uint64_t epoch = 0;                  // of the map outputs when it was made
    std::string pool{};                       // spark.scheduler.pool of its job; empty: default
    bool barrier = false;                     // all of its tasks start at once, or none
    std::int64_t task_bytes = 0;              // of the biggest task, as it is sent
    Places places{};
};

}  // namespace forkyard
