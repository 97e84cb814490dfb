// What faults there are: those that a scenario lists, and those that a policy may ask for.
#pragma once

#include <cstdint>

namespace forkyard {

enum class FaultKind : std::uint8_t {
    kill_executor,
    exit_executor,
    freeze_executor,
    slow_task,
    fail_task,
    hang_task,
    slow_worker,
    lose_worker,
    fail_executor_start,
    kill_driver,
    preempt_executor,
    decommission_executor,
    drain_worker,
    hold_completion,
    deny_commit,
    delay_commit,
    restart_manager,
    stop_shuffle_service,
};

// What a cluster manager still knows after a restart: everything; what runs where, but not what
// was asked of it since applications registered; nothing.
enum class ManagerKeeps : std::uint8_t { all, grants, none };

}  // namespace forkyard
