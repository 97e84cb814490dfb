#include "core/journal/record.hpp"

#include <algorithm>
#include <array>
#include <cstddef>

namespace forkyard {

namespace {

constexpr std::array<std::string_view, 3> fault_states{"applied", "ended", "noeffect"};

}  // namespace

std::string_view to_text(FaultState state) {
    return fault_states.at(static_cast<std::size_t>(state));
}
bool from_text(std::string_view text, FaultState& state) {
    const auto found = std::find(fault_states.begin(), fault_states.end(), text);
    if (found == fault_states.end()) {
        return false;
    }
    state = static_cast<FaultState>(found - fault_states.begin());
    return true;
}

}  // namespace forkyard
