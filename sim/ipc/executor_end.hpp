// The executor's end: one process, one slot, one driver. Types of messages are numbers
// and mean nothing here.
//
// One thread receives and sends; beat() and notify() may be called by any thread. The
// process dies with its driver: by a signal of the kernel's, and should that fail, the
// next call that sleeps says driver_gone within the driver's sleep_net. The usual round:
//
//     wait(); receive(handler), whose handler may send(); flush() or the next wait().
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <sys/types.h>
#include <type_traits>

#include "core/result.hpp"
#include "sim/ipc/message_parts.hpp"
#include "sim/ipc/ring.hpp"
#include "sim/ipc/segment.hpp"
#include "sim/ipc/wakeup.hpp"

namespace forkyard::sim {

enum class ExecutorWake : std::uint8_t {
    messages,     // receive() has something
    notified,     // notify() was called
    deadline,     // nothing until then
    driver_gone,  // the process must end
};

enum class SendResult : std::uint8_t {
    ok,
    too_long,     // more than message_bytes_max
    driver_gone,  // the process must end
};

struct Received {
    std::size_t messages = 0;
    bool corrupt = false;  // the driver's ring makes no sense: the process must end
};

class ExecutorEnd {
public:
    // In the main of a process that DriverEnd::start() has started: maps the segment and
    // registers. Errors: not started by a driver, another build, the driver is gone or
    // has given this slot up.
    [[nodiscard]] static Result<ExecutorEnd> attach();

    // Hands what has arrived to handler(type, span<const byte>), in the order of sending; a
    // handler that returns bool ends it with false. The bytes are good until it returns.
    // Never waits.
    template <class Handler>
    Received receive(Handler&& handler);

    // Flushes, then sleeps until there is a message, a notify() or the deadline.
    [[nodiscard]] ExecutorWake wait(std::optional<WallTime> deadline = std::nullopt);

    // Leaves with the next flush() or wait(). While the ring is full it sleeps until the
    // driver has made room.
    [[nodiscard]] SendResult send(std::uint16_t type, std::span<const std::byte> bytes);
    void flush();

    void beat() noexcept { control().heartbeat.fetch_add(1, std::memory_order_relaxed); }
    void notify() noexcept;
    [[nodiscard]] bool driver_gone() const noexcept;

    [[nodiscard]] std::uint32_t slot() const noexcept { return slot_; }
    [[nodiscard]] const Segment& segment() const noexcept { return segment_; }

private:
    ExecutorEnd(Segment segment, UniqueFd doorbell, std::uint32_t slot, pid_t driver);

    [[nodiscard]] SlotControl& control() const noexcept { return segment_.slot(slot_); }
    [[nodiscard]] std::uint32_t own_bit() const noexcept {
        return std::uint32_t{1} << (slot_ % slots_per_group);
    }
    [[nodiscard]] bool ready() const noexcept;
    void ring_driver() noexcept;
    void after_receive() noexcept;
    [[nodiscard]] bool wait_for_room(std::size_t length);
    // Sleeps unless unless() holds; false once the driver is found gone.
    template <class Unless>
    [[nodiscard]] bool sleep(WallTime until, Unless&& unless);

    Segment segment_;
    UniqueFd doorbell_;
    std::uint32_t slot_;
    pid_t driver_;
    RingReader down_;
    RingWriter up_;
    MessageAssembly assembly_;
    std::unique_ptr<std::atomic<bool>> notified_;  // on the heap so that we can be moved
};

template <class Handler>
Received ExecutorEnd::receive(Handler&& handler) {
    Received received;
    const auto drained =
        down_.drain([&](std::uint16_t type, std::uint16_t flags, std::span<const std::byte> part) {
            const auto message = assembly_.add(type, flags, part);
            if (!message) {
                return !assembly_.garbage();
            }
            ++received.messages;
            if constexpr (std::is_void_v<decltype(handler(type, *message))>) {
                handler(type, *message);
                return true;
            } else {
                return handler(type, *message);
            }
        });
    received.corrupt = drained.corrupt || assembly_.garbage();
    if (drained.records != 0) {
        after_receive();
    }
    return received;
}

}  // namespace forkyard::sim
