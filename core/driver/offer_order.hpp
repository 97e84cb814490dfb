// A permutation as one choice: pick 0 is the order by number, pick k the k-th in
// lexicographic order for up to 20 elements; beyond that, where the factorial no
// longer fits, a permutation keyed by the pick, which is computed element by element:
// a round that fills three executors asks for three.
#pragma once

#include <cstdint>
#include <vector>

namespace forkyard {

// How many picks there are for n elements; at most 2^63 - 1.
[[nodiscard]] std::uint64_t permutations(std::uint64_t n);

class OfferSequence {
public:
    OfferSequence(std::uint32_t n, std::uint64_t pick);

    // Which element comes at this position; both count from 0.
    [[nodiscard]] std::uint32_t at(std::uint32_t position) const;

private:
    [[nodiscard]] std::uint32_t mixed(std::uint32_t value) const;

    std::uint32_t n_;
    std::uint64_t pick_;
    std::uint32_t half_bits_ = 0;          // of the keyed permutation
    std::vector<std::uint32_t> listed_{};  // of a small one
};

}  // namespace forkyard
