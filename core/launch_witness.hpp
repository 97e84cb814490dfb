// Who may see what a launch was chosen from: for questions about a recorded run, which is
// replayed with a witness. A run has none, and pays a look at a null pointer for it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "core/action_work.hpp"
#include "core/ids.hpp"

namespace forkyard {

// Why an executor did or did not get the task.
enum class Verdict : std::uint8_t {
    chosen,
    offered_later,  // it comes after the chosen one in this round's order
    left_unused,    // its offer came before, and nothing was allowed to run there yet
    no_room,        // too few free cores
    excluded,       // after failures of the task, its stage or the application
    leaving,        // decommissioned, or asked to end
    not_offered,    // it has room, but this round was of one executor
};

struct Candidate {
    ExecutorId exec{};
    NodeId node{};
    std::uint32_t free = 0;        // slots, before the launch
    std::uint32_t slots = 0;       // in all
    Locality loc = Locality::any;  // that the task would have there
    Verdict verdict = Verdict::chosen;
};

struct LaunchStory {
    std::vector<Candidate> candidates{};  // by executor
    Locality allowed = Locality::any;     // the widest level that the set could use
    std::uint32_t waiting = 0;            // tasks of the set that waited, this one too
};

class LaunchWitness {
public:
    virtual ~LaunchWitness() = default;
    // Whether the action of this number within the event, from 0, is the one asked about.
    [[nodiscard]] virtual bool wants(std::size_t action) const = 0;
    virtual void tell(LaunchStory story) = 0;
};

}  // namespace forkyard
