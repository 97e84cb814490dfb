// What few running tasks have: a synthetic one that succeeds has none of it.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "core/executor/remote_copies.hpp"
#include "core/ids.hpp"
#include "core/sim_time.hpp"
#include "sim/host/executor_host.hpp"

namespace forkyard::sim {

// How far what a task saves is from being its output.
enum class SaveState : std::uint8_t {
    none,        // it saves nothing
    asks,        // at work; it will ask its driver when it is done
    alone,       // at work; it will ask nobody
    waits,       // for the answer
    may_commit,  // at the task's end
    committed,
};

struct TaskSpecial {
    std::optional<std::uint32_t> fail_at_percent;  // a fault's; none: it does not fail
    std::string fail_reason;
    std::string reason;  // of its end
    ShuffleId lost_shuffle;
    ExecutorId lost_holder;
    std::optional<std::uint32_t> lost_map;
    SimDuration held{0};                      // its report, once it has ended
    SimTime hangs_since = time_never;         // time_never: it does not hang
    SimDuration hung{0};                      // before that, in all
    std::optional<SimDuration> left;          // when it began to hang; none: its end was not known
    SimTime reaped_at = time_never;           // by the task reaper; time_never: nobody watches it
    std::vector<KeptRead> kept;               // that it reads
    std::map<RddBlock, RemoteCopies> copies;  // of those, whom it asks one after the other
    bool looks_again = false;                 // for what it reads, once it goes on
    bool waits_to_begin = false;              // for memory, or broadcast variables
    bool hangs_when_begun = false;
    SaveState save = SaveState::none;
    bool denied = false;           // by a fault, when it asks
    SimDuration commits_later{0};  // by a fault
    TaskAnswer made;
};

// What a task that has ended made to be kept, and what it put away meanwhile.
struct TaskMade {
    TaskAttempt task{};
    std::uint32_t ticket = 0;
    std::vector<MadeSize> blocks{};
    SpillSizes spilled{};
};

}  // namespace forkyard::sim
