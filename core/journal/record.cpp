#include "core/journal/record.hpp"

#include <array>
#include <cstddef>

namespace forkyard {

namespace {

// In the order of FaultKind.
constexpr std::array<std::string_view, 10> fault_kinds{"kill-executor",
                                                       "exit-executor",
                                                       "freeze-executor",
                                                       "slow-task",
                                                       "fail-task",
                                                       "hang-task",
                                                       "slow-worker",
                                                       "lose-worker",
                                                       "fail-executor-start",
                                                       "kill-driver"};
constexpr std::array<std::string_view, 3> fault_states{"applied", "ended", "noeffect"};

template <class Enum, std::size_t N>
bool find(const std::array<std::string_view, N>& words, std::string_view text, Enum& value) {
    for (std::size_t i = 0; i < N; ++i) {
        if (words[i] == text) {
            value = static_cast<Enum>(i);
            return true;
        }
    }
    return false;
}

}  // namespace

std::string_view to_text(FaultKind kind) {
    return fault_kinds.at(static_cast<std::size_t>(kind));
}
std::string_view to_text(FaultState state) {
    return fault_states.at(static_cast<std::size_t>(state));
}
bool from_text(std::string_view text, FaultKind& kind) {
    return find(fault_kinds, text, kind);
}
bool from_text(std::string_view text, FaultState& state) {
    return find(fault_states, text, state);
}

}  // namespace forkyard
