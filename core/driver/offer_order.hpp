// A permutation as one choice: pick 0 is the order by number, pick k the k-th in
// lexicographic order for up to 20 elements; beyond that, where the factorial no
// longer fits, a permutation keyed by the pick.
#pragma once

#include <cstdint>
#include <vector>

#include "core/ids.hpp"

namespace forkyard {

// How many picks there are for n elements; at most 2^63 - 1.
[[nodiscard]] std::uint64_t permutations(std::uint64_t n);

void permute(std::vector<ExecutorId>& elements, std::uint64_t pick);

}  // namespace forkyard
