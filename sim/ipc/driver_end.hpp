// The driver's end of a run's processes: starts executors, sends to and receives from
// them through the rings of one Segment, sleeps when there is nothing, and tells how
// each of them ended. Types of messages are numbers and mean nothing here.
//
// One thread uses it, the one that lives as long as the driver, before any other thread
// is started (SIGCHLD, SIGINT and SIGTERM are taken over). The usual round:
//
//     send(...) for everything that is ready; wait(deadline) publishes it and sleeps;
//     drain(handler); take_exits(); release(slot, handler) of those that are gone.
//
// A slot is used by one process at a time; release() makes it free for the next.
#pragma once

#include <bit>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <sys/types.h>
#include <type_traits>
#include <utility>
#include <vector>

#include "core/result.hpp"
#include "sim/ipc/driver_slot.hpp"
#include "sim/ipc/segment.hpp"
#include "sim/ipc/wakeup.hpp"
#include "sim/process/child_process.hpp"

namespace forkyard::sim {

struct DriverEndOptions {
    std::uint32_t slots_max = 1024;
    std::uint64_t ring_bytes = ring_bytes_default;           // each way; a power of two
    std::string binary = "/proc/self/exe";                   // what an executor process runs
    std::string process_name = "forkyard";                   // argv[0] of it
    std::chrono::milliseconds start_limit{10'000};           // from start() to registration
    std::chrono::milliseconds sleep_net{sleep_net_default};  // of the executors too
};

// What ended a wait(). Several may be set; all unset means that the deadline came. What
// is not taken is reported again at once: a loop must call drain(), take_registered()
// and take_exits().
struct Woken {
    bool messages = false;  // drain() or take_registered() has something
    bool exits = false;     // take_exits() has something
    int signal = 0;         // SIGINT or SIGTERM
};

// A process that has ended. What it published can still be drained before release().
struct ExecutorExit {
    SlotId slot;
    pid_t pid = 0;
    ChildExit how;
    bool registered = false;     // false: it failed to start
    bool died_in_write = false;  // it had begun records that it never published
};

struct IpcCounts {
    std::uint64_t sent = 0;      // messages given to send()
    std::uint64_t received = 0;  // whole messages handed to drain()'s handler
    std::uint64_t queued = 0;    // records that found their ring full
    std::uint64_t wakes = 0;     // futex calls to wake executors
    std::uint64_t sleeps = 0;
};

class DriverEnd {
public:
    // Errors: limits on memory, files, file size.
    [[nodiscard]] static Result<DriverEnd> create(DriverEndOptions options);
    // Kills (SIGKILL) and reaps whoever is still there.
    ~DriverEnd();
    DriverEnd(DriverEnd&&) noexcept = default;
    DriverEnd& operator=(DriverEnd&&) = delete;

    // Starts a process in the lowest free slot. args: the command line after the name of
    // the program, as in {"executor", "e1", "(etl on w-2)"}. It returns before the
    // process has registered. Errors: no slot free, binary, limits on processes.
    [[nodiscard]] Result<SlotId> start(const std::vector<std::string>& args);

    // Never blocks: what the ring cannot take waits in the driver, up to
    // overflow_bytes_max (then full, and nothing of the message is sent). A message is at
    // most message_bytes_max (too_long). It leaves with the next flush() or wait().
    PushResult send(SlotId slot, std::uint16_t type, std::span<const std::byte> bytes);
    // Publishes all that was sent and wakes the sleepers, one call for each 32 of them.
    void flush();

    // Hands what has arrived to handler(SlotId, type, span<const byte>), slot by slot in
    // ascending order, each slot's in the order of sending. A handler that returns bool
    // ends the drain with false; the next one goes on from there. The bytes are good until
    // the handler returns and belong to a process that may be broken: copy, then check.
    // The handler may send(), but not drain(), release() or wait(). Returns the number of messages.
    template <class Handler>
    std::size_t drain(Handler&& handler);

    // Publishes, then sleeps until something happens or the deadline has come. Without
    // messages or exits it never returns before the deadline; without a deadline, never.
    [[nodiscard]] Woken wait(std::optional<WallTime> deadline = std::nullopt);

    [[nodiscard]] std::vector<SlotId> take_registered();  // since the last call
    [[nodiscard]] std::vector<ExecutorExit> take_exits();
    // Slots whose process has sent garbage: a corrupt ring or parts that do not fit. The
    // process still lives: kill() it and wait for its exit.
    [[nodiscard]] std::vector<SlotId> take_garbage();
    // Started, not registered, and past start_limit. Still alive; listed once.
    [[nodiscard]] std::vector<SlotId> take_overdue(WallTime now);
    // Registered, alive, and no beat for longer than limit as far as these calls have seen
    // (so call it several times a limit). Listed for as long as it lasts.
    [[nodiscard]] std::vector<SlotId> silent(std::chrono::nanoseconds limit, WallTime now);

    // How long no beat has been seen from a registered process, as far as calls of this and
    // of silent() have looked.
    [[nodiscard]] std::chrono::nanoseconds quiet(SlotId slot, WallTime now);

    // No effect on a process that has ended. SIGKILL ends a stopped one, too.
    void kill(SlotId slot, int signal);
    // Of a slot whose exit was taken: hands the last messages to handler, as drain does,
    // then makes the slot free. Returns how many there were.
    template <class Handler>
    std::size_t release(SlotId slot, Handler&& handler);
    std::size_t release(SlotId slot) {
        return release(slot, [](SlotId, std::uint16_t, std::span<const std::byte>) {});
    }

    [[nodiscard]] pid_t pid(SlotId slot) const { return at(slot).pid; }
    [[nodiscard]] bool registered(SlotId slot) const { return at(slot).registered; }
    [[nodiscard]] std::uint32_t generation(SlotId slot) const { return at(slot).generation; }
    [[nodiscard]] std::uint32_t alive() const noexcept { return alive_; }
    [[nodiscard]] const IpcCounts& counts() const noexcept { return counts_; }
    [[nodiscard]] const Segment& segment() const noexcept { return segment_; }

private:
    DriverEnd(DriverEndOptions options, Segment segment, DriverBell bell);

    [[nodiscard]] const DriverSlot& at(SlotId slot) const;
    [[nodiscard]] DriverSlot& at(SlotId slot) {
        return const_cast<DriverSlot&>(std::as_const(*this).at(slot));
    }
    [[nodiscard]] Result<pid_t> start_process(SlotId slot, const std::vector<std::string>& args);
    [[nodiscard]] std::optional<SlotId> free_slot();
    void mark_dirty(SlotId slot, DriverSlot& state);
    void wake_dirty();
    void note_sleeper(std::uint32_t slot);
    void wake_groups();

    void collect_ready();
    [[nodiscard]] bool anything_ready();
    void before_slot_drain(SlotId slot);
    void after_slot_drain(SlotId slot, bool corrupt);
    template <class Handler>
    bool drain_slot(SlotId slot, Handler& handler, std::size_t& count);
    void free(SlotId slot);

    [[nodiscard]] Woken look();
    void sleep(std::optional<WallTime> deadline);
    void note(const DriverBell::Heard& heard);
    void rescue();
    void reap_all();
    void note_exit(SlotId slot, ChildExit how);

    DriverEndOptions options_;
    Segment segment_;
    DriverBell bell_;
    std::vector<DriverSlot> slots_;
    std::vector<std::uint64_t> pending_;      // slots to drain, a bit each
    std::vector<std::uint32_t> group_masks_;  // sleepers to wake, a word each
    std::vector<SlotId> dirty_;               // sent to since the last flush
    std::vector<SlotId> registered_;
    std::vector<SlotId> garbage_;
    std::vector<ExecutorExit> exits_;
    IpcCounts counts_;
    std::uint32_t alive_ = 0;
    std::uint32_t first_maybe_free_ = 0;
    std::uint32_t slots_used_ = 0;  // no slot at or above was ever used
    std::uint32_t looks_ = 0;
    pid_t group_ = 0;  // of the processes of all executors
    bool ended_child_ = false;
    bool groups_to_wake_ = false;
    int signal_ = 0;
};

template <class Handler>
bool DriverEnd::drain_slot(SlotId slot, Handler& handler, std::size_t& count) {
    auto& state = slots_[slot.index];
    before_slot_drain(slot);
    if (state.garbage) {
        return true;
    }
    bool go_on = true;
    const auto result = state.up.drain(
        [&](std::uint16_t type, std::uint16_t flags, std::span<const std::byte> part) {
            const auto message = state.assembly.add(type, flags, part);
            if (!message) {
                return !state.assembly.garbage();
            }
            ++count;
            if constexpr (std::is_void_v<decltype(handler(slot, type, *message))>) {
                handler(slot, type, *message);
            } else {
                go_on = handler(slot, type, *message);
            }
            return go_on;
        });
    after_slot_drain(slot, result.corrupt || state.assembly.garbage());
    return go_on;
}

template <class Handler>
std::size_t DriverEnd::drain(Handler&& handler) {
    std::size_t count = 0;
    collect_ready();
    for (std::uint32_t word = 0; word < pending_.size(); ++word) {
        while (pending_[word] != 0) {
            const auto bit = static_cast<std::uint32_t>(std::countr_zero(pending_[word]));
            const bool go_on = drain_slot(SlotId{word * 64 + bit}, handler, count);
            if (!go_on) {
                counts_.received += count;
                return count;
            }
            pending_[word] &= ~(std::uint64_t{1} << bit);
        }
    }
    counts_.received += count;
    return count;
}

template <class Handler>
std::size_t DriverEnd::release(SlotId slot, Handler&& handler) {
    FORKYARD_CHECK(at(slot).ended, "release of a slot whose process lives");
    std::size_t count = 0;
    while (!drain_slot(slot, handler, count)) {
    }
    counts_.received += count;
    free(slot);
    return count;
}

}  // namespace forkyard::sim
