// An executor in the model, by its number over the run.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <vector>

#include "core/ids.hpp"
#include "core/model/units.hpp"
#include "core/sim_time.hpp"
#include "sim/cluster/leave.hpp"
#include "sim/cluster/loss.hpp"

namespace forkyard::sim {

// Of a broadcast variable, piece after piece.
struct BroadcastFetch {
    std::vector<std::uint32_t> left{};  // the last comes next; none: all are there
    ExecutorId from{};                  // who sends the next; invalid: the driver
    bool stalled = false;               // it came while the executor was frozen
};

struct ModelExecutor {
    // stopping: its application has ended, nothing can befall it any more.
    enum class State : std::uint8_t { none, starting, alive, dead, stopping, gone };
    State state = State::none;
    AppId app;
    NodeId node;
    std::uint32_t cores = 0;
    Millionths speed = one;  // of its node
    Bytes memory;
    SimTime launched_at;
    std::uint64_t launch_seq = 0;
    SimTime registered_at = time_never;
    SimTime died_at = time_never;
    Loss end{};                      // once it is dead
    SimTime frozen_at = time_never;  // time_never: not frozen
    bool first_beat = false;         // reported
    bool silent = false;             // reported
    bool fails_start = false;
    std::uint32_t registrations = 0;                // with its shuffle service, that failed
    bool files_lost = false;                        // what it wrote
    bool files_kept = false;                        // real ones, by the shuffle service of its node
    std::vector<std::uint32_t> slots;               // of its running tasks, in order of launch
    std::vector<std::uint32_t> await_memory{};      // those of them that have not begun
    std::vector<std::uint32_t> await_broadcasts{};  // likewise
    std::map<BroadcastId, BroadcastFetch> broadcasts{};  // that it has, or is about to
    std::uint64_t launches = 0;
    std::vector<RddBlock> lost_blocks{};     // once it is dead, until its driver knows
    std::unique_ptr<Leaving> leaving{};      // null: it stays
    std::optional<Leave> leaves_at_start{};  // it has not registered yet
    std::optional<LossReason> taken{};       // at the end of a grace that nobody uses
};

}  // namespace forkyard::sim
