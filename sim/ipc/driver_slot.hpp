// What the driver keeps about one executor slot in its own memory, where no executor
// can reach it. The shared part is SlotControl (sim/ipc/segment.hpp).
#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <span>
#include <sys/types.h>
#include <vector>

#include "sim/ipc/message_parts.hpp"
#include "sim/ipc/ring.hpp"
#include "sim/ipc/wakeup.hpp"

namespace forkyard::sim {

struct SlotId {
    std::uint32_t index = 0;
    friend auto operator<=>(SlotId, SlotId) = default;
};

inline constexpr std::size_t overflow_bytes_max = std::size_t{256} << 20U;

struct DriverSlot {
    struct Record {
        std::uint16_t type = 0;
        std::uint16_t flags = 0;
        std::vector<std::byte> bytes;
    };

    bool used = false;
    bool registered = false;
    bool ended = false;  // reaped
    bool dirty = false;
    bool garbage = false;
    bool overdue_told = false;
    std::uint32_t generation = 0;
    pid_t pid = 0;
    RingWriter down;
    RingReader up;
    MessageAssembly assembly;
    std::deque<Record> overflow;  // what the ring had no room for, in order
    std::size_t overflow_bytes = 0;
    WallTime started;
    std::uint64_t beat = 0;
    WallTime beat_seen;

    // Moves waiting records into the ring; true when none is left.
    bool pump() {
        while (!overflow.empty()) {
            const auto& record = overflow.front();
            if (down.push(record.type, record.bytes, record.flags) != PushResult::ok) {
                return false;
            }
            overflow_bytes -= record.bytes.size();
            overflow.pop_front();
        }
        return true;
    }
    void put(std::uint16_t type, std::uint16_t flags, std::span<const std::byte> bytes) {
        if (overflow.empty() && down.push(type, bytes, flags) == PushResult::ok) [[likely]] {
            return;
        }
        overflow.push_back({type, flags, {bytes.begin(), bytes.end()}});
        overflow_bytes += bytes.size();
    }
};

}  // namespace forkyard::sim
