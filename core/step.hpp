// What a state machine is handed with every event: the time, where decisions go,
// and the one seam for chance.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

#include "core/action.hpp"
#include "core/launch_witness.hpp"
#include "core/sim_time.hpp"

namespace forkyard {

// Answers a choice with 0 .. n-1; 0 is the boring one. Labels name entities by
// meaning, so that a recorded list of picks survives a change of the scenario.
class Chooser {
public:
    virtual ~Chooser() = default;
    [[nodiscard]] virtual std::uint64_t choose(std::string_view point,
                                               std::string_view label,
                                               std::uint64_t n) = 0;
};

struct Step {
    SimTime now;
    Decisions& out;
    Chooser& chooser;
    LaunchWitness* witness = nullptr;

    void act(Action action) { out.actions.push_back(std::move(action)); }
    // Without texts, as the launch of a task is: made in its place.
    template <class Made>
    requires std::is_trivially_copyable_v<Made>
    void act(const Made& action) { out.actions.emplace_back(action); }

    // Asks, and records the question with its answer.
    [[nodiscard]] std::uint64_t choose(std::string_view point, std::string label, std::uint64_t n) {
        const std::uint64_t pick = chooser.choose(point, label, n);
        out.actions.emplace_back(Choice{std::string{point}, std::move(label), n, pick});
        return pick;
    }
};

}  // namespace forkyard
