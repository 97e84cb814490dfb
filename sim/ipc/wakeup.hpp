// Sleeping and waking across processes.
//
// Raw futexes on shared words (std::atomic::wait is private to a process and would
// hang), 32 sleepers a word, told apart by a bit set. Both sides of a hand-over store,
// pass full_fence() and then look at the other's word, so that either the sleeper sees
// the work or the waker sees the sleeper. A wake-up lost to a kill in between costs at
// most a sleep_net. Nothing here knows rings or messages.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <optional>

#include "core/result.hpp"
#include "sim/process/unique_fd.hpp"

namespace forkyard::sim {

using WallTime = std::chrono::steady_clock::time_point;

// The longest sleep without a look around, unless the driver asks for another.
inline constexpr std::chrono::milliseconds sleep_net_default{100};

// A yield is worth it as long as it is short: on a machine with strangers it gives
// them a whole slice, so one slow yield switches it off for everybody, for a while.
inline constexpr int yields_before_sleep = 2;
inline constexpr std::chrono::nanoseconds yield_slow = std::chrono::milliseconds{1};
inline constexpr std::chrono::nanoseconds yield_pause = std::chrono::milliseconds{500};

inline void full_fence() noexcept {
#if defined(__SANITIZE_THREAD__)
    __sync_synchronize();  // the thread sanitizer refuses the standard one
#else
    std::atomic_thread_fence(std::memory_order_seq_cst);
#endif
}

enum class FutexWait : std::uint8_t { woken, changed, timed_out };

// Sleeps while word == expected, until a wake-up whose bits meet ours.
FutexWait futex_wait(std::atomic<std::uint32_t>& word,
                     std::uint32_t expected,
                     std::uint32_t bits,
                     WallTime until) noexcept;
void futex_wake(std::atomic<std::uint32_t>& word, std::uint32_t bits) noexcept;

// Yields a few times; true as soon as ready() holds. off_until is the shared guard,
// in nanoseconds of the monotonic clock.
template <class Ready>
[[nodiscard]] bool yield_briefly(std::atomic<std::uint64_t>& off_until, Ready&& ready);

// One timed sched_yield; false if yielding is or has just been switched off.
[[nodiscard]] bool guarded_yield(std::atomic<std::uint64_t>& off_until) noexcept;

// What the driver sleeps on: a doorbell that executors ring, and signals.
class DriverBell {
public:
    // Blocks SIGCHLD, SIGINT and SIGTERM in the calling thread, to read them here; call
    // before other threads start. Errors: limits on files.
    [[nodiscard]] static Result<DriverBell> create();
    ~DriverBell();
    DriverBell(DriverBell&&) noexcept = default;
    DriverBell& operator=(DriverBell&&) = delete;

    struct Heard {
        bool rung = false;
        bool child = false;  // some child has changed its state
        int signal = 0;      // SIGINT or SIGTERM
    };
    // Sleeps until something is heard or the time has come; a time that is past only looks.
    [[nodiscard]] Heard listen(WallTime until);

    [[nodiscard]] int doorbell() const noexcept { return doorbell_.value(); }
    static void ring(int doorbell) noexcept;

private:
    DriverBell() = default;
    void read_signals(Heard& heard) const;

    UniqueFd epoll_;
    UniqueFd doorbell_;
    UniqueFd signals_;
};

template <class Ready>
bool yield_briefly(std::atomic<std::uint64_t>& off_until, Ready&& ready) {
    for (int i = 0; i < yields_before_sleep; ++i) {
        if (!guarded_yield(off_until)) {
            return false;
        }
        if (ready()) {
            return true;
        }
    }
    return false;
}

}  // namespace forkyard::sim
