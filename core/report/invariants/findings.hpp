// What the rules found broken in the event at hand.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace forkyard::invariants {

struct Finding {
    std::uint32_t invariant = 0;  // 12 is I12
    std::string text{};
};

using Findings = std::vector<Finding>;

}  // namespace forkyard::invariants
