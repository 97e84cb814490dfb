// What the two processes of the ring benchmark share: where things lie in the bench's
// segment, and which method is being measured. Not for other users.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>

#include <boost/lockfree/policies.hpp>
#include <boost/lockfree/spsc_queue.hpp>

#include "sim/ipc/executor_end.hpp"
#include "sim/ipc/segment.hpp"

namespace forkyard::sim::ring_bench {

enum class Method : std::uint32_t {
    none,
    ring,
    spsc_batch,
    spsc_consume_all,
    round_trip,
    line_trip,
    end
};

using Message = std::array<std::uint64_t, 8>;
inline constexpr std::size_t batch = 32;
inline constexpr std::uint64_t capacity = ring_bytes_default;

using Queue =
    boost::lockfree::spsc_queue<Message, boost::lockfree::capacity<capacity / sizeof(Message)>>;

struct Shared {
    alignas(line_bytes) std::atomic<Method> method;     // the sender's
    alignas(line_bytes) std::atomic<Method> receiving;  // the receiver's echo of it
    alignas(line_bytes) std::atomic<std::uint64_t> received;
    std::atomic<std::uint64_t> checksum;
    // A bare number there and back, a line each way: what no message can be faster than.
    alignas(line_bytes) std::atomic<std::uint64_t> line_there;
    alignas(line_bytes) std::atomic<std::uint64_t> line_back;
};

// Slot 0 is the receiver's own; slot 1 has no process, only memory.
inline constexpr std::uint32_t spare_slot = 1;
inline constexpr std::uint64_t segment_ring_bytes = 4 * capacity;
static_assert(sizeof(Queue) <= segment_ring_bytes - 2 * line_bytes);

struct Places {
    RingMemory there;
    RingMemory back;
    Shared* shared = nullptr;
    Queue* queue = nullptr;
};
[[nodiscard]] inline Places places(const Segment& segment) {
    const auto down = segment.down(spare_slot);
    const auto up = segment.up(spare_slot);
    return {.there = {down.control, down.bytes, capacity},
            .back = {up.control, down.bytes + capacity, capacity},
            .shared = reinterpret_cast<Shared*>(down.bytes + 2 * capacity),
            .queue = reinterpret_cast<Queue*>(up.bytes)};
}

inline void pause() noexcept {
#if defined(__x86_64__) || defined(__i386__)
    __builtin_ia32_pause();
#endif
}

// The receiving process. The exit status.
[[nodiscard]] int receive(const ExecutorEnd& end);

}  // namespace forkyard::sim::ring_bench
