// A task set at work, with what its scheduler and its pool remember of it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <utility>

#include "core/action.hpp"
#include "core/driver/task_set_manager.hpp"
#include "core/sim_time.hpp"

namespace forkyard {

struct PoolNode;

struct ActiveSet {
    struct Wait {
        WaitReason why = WaitReason::slots_full;
        Locality level = Locality::any;
        bool operator==(const Wait&) const = default;
    };

    template <class... Args>
    explicit ActiveSet(Args&&... args) : manager{std::forward<Args>(args)...} {}

    TaskSetManager manager;

    // ---- of TaskScheduler
    std::optional<Wait> said{};  // what its waiting tasks wait for; none: nothing waits
    bool clean = true;           // no offer was left unused since the locality timer was set back
    std::optional<SimTime> unschedulable_until{};
    std::uint32_t unschedulable_index = 0;
    bool wants_other_executors = false;  // dynamic allocation has been told that it may run nowhere
    std::size_t ends_to_come = 0;        // of attempts on an executor that was lost

    // ---- of PoolTree
    PoolNode* node = nullptr;
};

}  // namespace forkyard
