// Whom an executor asks for a kept block that it does not have itself (DP-BLK-13).
//
// Those on its own host come first, then those on its rack, then the rest; among equals chance
// decides, which is a function of the reader's key: who comes when does not depend on which others
// there are. Where asking fails the next is asked, and when all that were there at first have
// failed nobody is: the block is computed.
//
// In Spark: BlockManager.sortLocations and fetchRemoteManagedBuffer. That asks for new locations
// after five failures; no storage level has so many copies.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <tuple>
#include <utility>
#include <vector>

#include "core/ids.hpp"
#include "core/random.hpp"

namespace forkyard {

enum class Nearness : std::uint8_t { same_host, same_rack, elsewhere };

struct BlockCopy {
    ExecutorId holder;
    Nearness nearness = Nearness::elsewhere;
};

class RemoteCopies {
public:
    RemoteCopies(std::vector<BlockCopy> copies, std::uint64_t key) : copies_{std::move(copies)} {
        const auto rank = [key](const BlockCopy& copy) {
            return std::tuple{copy.nearness, mix(key, copy.holder.value), copy.holder};
        };
        std::sort(copies_.begin(), copies_.end(), [&](const BlockCopy& a, const BlockCopy& b) {
            return rank(a) < rank(b);
        });
    }

    // Who is to be asked; invalid: nobody is left.
    [[nodiscard]] ExecutorId asked() const {
        return failures_ < copies_.size() ? copies_[failures_].holder : ExecutorId{};
    }
    void failed() { ++failures_; }

private:
    std::vector<BlockCopy> copies_;  // in the order in which they are asked
    std::size_t failures_ = 0;
};

}  // namespace forkyard
