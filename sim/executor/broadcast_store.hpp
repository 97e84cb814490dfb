// The broadcast variables of an executor process: where their pieces are, and their values, each
// made once, by the first task that uses it, for all tasks (DP-BC-03).
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <vector>

#include "core/data/value.hpp"
#include "core/ids.hpp"
#include "sim/host/wire.hpp"

namespace forkyard::sim {

class BroadcastStore {
public:
    // The messages broadcast and forget. False: they make no sense.
    [[nodiscard]] bool take(wire::Unpacker in);
    [[nodiscard]] bool forget(wire::Unpacker in);

    // In any thread: the others wait while one makes the value. The error names the piece.
    [[nodiscard]] Computed<std::shared_ptr<const Value>> value(BroadcastId id);

private:
    struct Entry {
        std::int32_t pid = 0;  // who has the pieces
        bool compressed = false;
        std::vector<wire::BlockPlace> pieces;
        std::mutex making;
        Computed<std::shared_ptr<const Value>> value{};
    };
    static void make(BroadcastId id, Entry& entry);

    std::mutex mutex_;
    std::map<BroadcastId, std::shared_ptr<Entry>> entries_;
};

}  // namespace forkyard::sim
