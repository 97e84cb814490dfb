// The broadcast variables of an application: how large their pieces are, and which executors have
// which of them. The driver has all of them until they are destroyed.
//
// In Spark: BlockManagerMaster for the pieces of TorrentBroadcast; BroadcastManager.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "core/ids.hpp"

namespace forkyard {

// What Spark says to whoever uses it all the same.
[[nodiscard]] inline std::string destroyed_broadcast(BroadcastId id, const std::string& at) {
    return "Attempted to use Broadcast(" + std::to_string(id.value) + ") after it was destroyed (" +
           at + ")";
}

class BroadcastTracker {
public:
    using Holders = std::vector<ExecutorId>;  // ascending; the driver is none of them

    void create(std::vector<std::int64_t> pieces) {
        Broadcast& made = broadcasts_.emplace_back();
        made.holders.resize(pieces.size());
        made.pieces = std::move(pieces);
    }
    void add(BroadcastPiece piece, ExecutorId exec) {
        Holders& holders = broadcasts_[piece.broadcast.index()].holders[piece.piece];
        const auto at = std::lower_bound(holders.begin(), holders.end(), exec);
        if (at == holders.end() || *at != exec) {
            holders.insert(at, exec);
        }
    }
    void remove_executor(ExecutorId exec) {
        for (Broadcast& broadcast : broadcasts_) {
            for (Holders& holders : broadcast.holders) {
                std::erase(holders, exec);
            }
        }
    }
    void unpersist(BroadcastId id) {
        for (Holders& holders : broadcasts_[id.index()].holders) {
            holders.clear();
        }
    }
    void destroy(BroadcastId id, std::string at) {
        unpersist(id);
        broadcasts_[id.index()].destroyed_at = std::move(at);
    }

    // Their numbers are 0 to count() - 1.
    [[nodiscard]] std::uint32_t count() const {
        return static_cast<std::uint32_t>(broadcasts_.size());
    }
    [[nodiscard]] const std::vector<std::int64_t>& pieces(BroadcastId id) const {
        return broadcasts_[id.index()].pieces;
    }
    [[nodiscard]] const Holders& holders(BroadcastPiece piece) const {
        return broadcasts_[piece.broadcast.index()].holders[piece.piece];
    }
    // Where in the program; empty: it is there.
    [[nodiscard]] const std::string& destroyed_at(BroadcastId id) const {
        return broadcasts_[id.index()].destroyed_at;
    }

private:
    struct Broadcast {
        std::vector<std::int64_t> pieces;
        std::vector<Holders> holders;  // by piece
        std::string destroyed_at{};
    };
    std::vector<Broadcast> broadcasts_{};  // by number
};

}  // namespace forkyard
