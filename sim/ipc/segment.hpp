// The one memory object of a run: header, executor slots, wake-up words, rings.
//
// The driver makes it as a sealed memfd, so that it has no name, leaves nothing
// behind however the driver ends, and cannot be cut short under a reader. Executors
// inherit the descriptor. Everything inside is at an offset; there are no pointers
// and no locks. Pages are touched when first used.
//
//     SegmentHeader | FutexGroup[slots/32] | ready bits | SlotControl[slots] | rings
//
// A slot's rings are `down` (driver to executor) and `up`, ring_bytes each.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>

#include <boost/interprocess/mapped_region.hpp>

#include "core/result.hpp"
#include "sim/ipc/ring.hpp"
#include "sim/process/unique_fd.hpp"

namespace forkyard::sim {

inline constexpr std::uint32_t slots_max_limit = 65'536;
inline constexpr std::uint64_t ring_bytes_default = std::uint64_t{64} << 10U;
inline constexpr std::uint64_t ring_bytes_min = std::uint64_t{4} << 10U;
inline constexpr std::uint64_t ring_bytes_max = std::uint64_t{64} << 20U;
inline constexpr std::uint32_t slots_per_group = 32;  // one bit each in a futex's bit set

// Each step is a compare-and-swap or the driver's own store, in this order.
enum class SlotState : std::uint32_t {
    empty = 0,       // driver
    starting = 1,    // driver, before it starts the process
    registered = 2,  // executor, from starting
    closed = 3,      // driver: the process is dead or given up
};

// Padded on purpose: a line for each word that another process writes.
struct SegmentHeader {  // NOLINT(clang-analyzer-optin.performance.Padding)
    std::uint64_t magic;
    std::uint64_t layout_hash;
    std::uint32_t version;
    std::uint32_t driver_pid;
    std::uint32_t slots_max;
    std::uint32_t sleep_net_ms;  // the longest sleep (sim/ipc/wakeup.hpp); 0: look always
    std::uint64_t ring_bytes;
    std::uint64_t total_bytes;
    alignas(line_bytes) std::atomic<std::uint32_t> driver_sleeping;
    // Monotonic clock: until then nobody yields before sleeping (sim/ipc/wakeup.hpp).
    alignas(line_bytes) std::atomic<std::uint64_t> yields_off_until_ns;
};

struct FutexGroup {
    alignas(line_bytes) std::atomic<std::uint32_t> word;
};

struct SlotControl {
    // The driver's line, but for the one step of state that is the executor's.
    alignas(line_bytes) std::atomic<std::uint32_t> state;
    std::atomic<std::uint32_t> generation;
    std::atomic<std::uint32_t> driver_wants_room;
    // The executor's line. The driver may clear sleeping, and then wakes it.
    alignas(line_bytes) std::atomic<std::uint32_t> sleeping;
    std::atomic<std::uint32_t> wants_room;
    std::atomic<std::uint32_t> pid;
    std::atomic<std::uint64_t> heartbeat;
    RingControl down;
    RingControl up;
};
static_assert(std::atomic<std::uint32_t>::is_always_lock_free);
static_assert(sizeof(std::atomic<std::uint32_t>) == 4);

struct SegmentLayout {
    std::uint32_t slots_max = 0;
    std::uint64_t ring_bytes = 0;
    std::uint64_t groups_at = 0;
    std::uint64_t ready_at = 0;
    std::uint64_t slots_at = 0;
    std::uint64_t rings_at = 0;
    std::uint64_t total_bytes = 0;

    [[nodiscard]] std::uint32_t groups() const noexcept {
        return (slots_max + slots_per_group - 1) / slots_per_group;
    }
    [[nodiscard]] std::uint32_t ready_words() const noexcept { return (slots_max + 63) / 64; }
};

class Segment {
public:
    // ring_bytes: a power of two from ring_bytes_min to ring_bytes_max.
    // Errors: bad sizes, limits on memory, files and file size.
    [[nodiscard]] static Result<Segment> create(std::uint32_t slots_max, std::uint64_t ring_bytes);
    // Of an inherited descriptor, which it takes over. Errors: not a segment of this
    // build, or cut short.
    [[nodiscard]] static Result<Segment> adopt(UniqueFd memory);

    [[nodiscard]] int fd() const noexcept { return memory_.value(); }
    [[nodiscard]] const SegmentLayout& layout() const noexcept { return layout_; }
    [[nodiscard]] SegmentHeader& header() const noexcept { return *at<SegmentHeader>(0, 0); }
    [[nodiscard]] FutexGroup& group_of(std::uint32_t slot) const noexcept {
        return *at<FutexGroup>(layout_.groups_at, slot / slots_per_group);
    }
    [[nodiscard]] std::atomic<std::uint64_t>& ready_word(std::uint32_t word) const noexcept {
        return *at<std::atomic<std::uint64_t>>(layout_.ready_at, word);
    }
    [[nodiscard]] SlotControl& slot(std::uint32_t slot) const noexcept {
        return *at<SlotControl>(layout_.slots_at, slot);
    }
    [[nodiscard]] RingMemory down(std::uint32_t slot) const noexcept;
    [[nodiscard]] RingMemory up(std::uint32_t slot) const noexcept;

private:
    Segment(UniqueFd memory, boost::interprocess::mapped_region region, SegmentLayout layout);

    template <class T>
    [[nodiscard]] T* at(std::uint64_t offset, std::uint64_t index) const noexcept {
        return reinterpret_cast<T*>(base_ + offset) + index;
    }

    UniqueFd memory_;
    boost::interprocess::mapped_region region_;
    SegmentLayout layout_;
    std::byte* base_ = nullptr;
};

}  // namespace forkyard::sim
