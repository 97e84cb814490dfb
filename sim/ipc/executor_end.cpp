#include "sim/ipc/executor_end.hpp"

#include <algorithm>
#include <fcntl.h>
#include <sys/prctl.h>
#include <unistd.h>
#include <utility>

#include "sim/ipc/plumbing.hpp"
#include "sim/process/child_process.hpp"

namespace forkyard::sim {

namespace {

Error cannot_attach(const std::string& what) {
    return {.what = what,
            .where = "executor",
            .mend = "executor processes are started by `forkyard run` and end with it",
            .exit = Exit::usage};
}

}  // namespace

Result<ExecutorEnd> ExecutorEnd::attach() {
    const auto plumbing = Plumbing::take_from_environment();
    if (!plumbing) {
        return fail(cannot_attach("this process was not started as an executor"));
    }
    if (!bind_to_driver(plumbing->driver)) {
        return fail(cannot_attach("the driver has gone"));
    }
    ::prctl(PR_SET_NAME, "forkyard");  // it was started by way of a link with another name
    UniqueFd memory{plumbing->memory_fd};
    UniqueFd doorbell{plumbing->doorbell_fd};
    ::fcntl(memory.value(), F_SETFD, FD_CLOEXEC);
    ::fcntl(doorbell.value(), F_SETFD, FD_CLOEXEC);
    auto segment = Segment::adopt(std::move(memory));
    if (!segment) {
        return fail(std::move(segment).error());
    }
    if (plumbing->slot >= segment->layout().slots_max) {
        return fail(cannot_attach("the slot of this executor does not exist"));
    }
    auto& control = segment->slot(plumbing->slot);
    ExecutorEnd end{std::move(*segment), std::move(doorbell), plumbing->slot, plumbing->driver};
    control.pid.store(static_cast<std::uint32_t>(::getpid()), std::memory_order_relaxed);
    auto expected = static_cast<std::uint32_t>(SlotState::starting);
    if (control.generation.load(std::memory_order_acquire) != plumbing->generation ||
        !control.state.compare_exchange_strong(expected,
                                               static_cast<std::uint32_t>(SlotState::registered))) {
        return fail(cannot_attach("the driver has given this executor up"));
    }
    end.ring_driver();
    return end;
}

ExecutorEnd::ExecutorEnd(Segment segment, UniqueFd doorbell, std::uint32_t slot, pid_t driver)
    : segment_{std::move(segment)},
      doorbell_{std::move(doorbell)},
      slot_{slot},
      driver_{driver},
      down_{segment_.down(slot)},
      up_{segment_.up(slot)},
      notified_{std::make_unique<std::atomic<bool>>(false)} {}

bool ExecutorEnd::driver_gone() const noexcept {
    return ::getppid() != driver_;
}

bool ExecutorEnd::ready() const noexcept {
    return down_.has_records() || notified_->load(std::memory_order_relaxed);
}

template <class Unless>
bool ExecutorEnd::sleep(WallTime until, Unless&& unless) {
    auto& word = segment_.group_of(slot_).word;
    const auto seen = word.load(std::memory_order_acquire);
    control().sleeping.store(1, std::memory_order_relaxed);
    full_fence();
    auto how = FutexWait::changed;
    if (!unless()) {
        const std::chrono::milliseconds sleep_net{segment_.header().sleep_net_ms};
        const auto net = std::chrono::steady_clock::now() + sleep_net;
        how = futex_wait(word, seen, own_bit(), std::min(until, net));
    }
    control().sleeping.store(0, std::memory_order_relaxed);
    if (how != FutexWait::timed_out) {
        return true;
    }
    beat();
    return !driver_gone();
}

ExecutorWake ExecutorEnd::wait(std::optional<WallTime> deadline) {
    flush();
    beat();
    const auto is_ready = [this] { return ready(); };
    bool yielded = false;
    while (true) {
        if (down_.has_records()) {
            return ExecutorWake::messages;
        }
        if (notified_->exchange(false, std::memory_order_acquire)) {
            return ExecutorWake::notified;
        }
        if (deadline && std::chrono::steady_clock::now() >= *deadline) {
            return ExecutorWake::deadline;
        }
        if (!std::exchange(yielded, true) &&
            yield_briefly(segment_.header().yields_off_until_ns, is_ready)) {
            continue;
        }
        if (!sleep(deadline.value_or(WallTime::max()), is_ready)) {
            return ExecutorWake::driver_gone;
        }
    }
}

SendResult ExecutorEnd::send(std::uint16_t type, std::span<const std::byte> bytes) {
    if (bytes.size() > message_bytes_max) {
        return SendResult::too_long;
    }
    const bool sent = for_each_part(bytes, up_.payload_max(), [&](std::uint16_t flags, auto part) {
        while (up_.push(type, part, flags) != PushResult::ok) {
            if (!wait_for_room(part.size())) {
                return false;
            }
        }
        return true;
    });
    return sent ? SendResult::ok : SendResult::driver_gone;
}

bool ExecutorEnd::wait_for_room(std::size_t length) {
    flush();
    control().wants_room.store(1, std::memory_order_relaxed);
    const bool there = sleep(WallTime::max(), [this, length] { return up_.has_room(length); });
    control().wants_room.store(0, std::memory_order_relaxed);
    return there;
}

void ExecutorEnd::flush() {
    if (up_.publish()) {
        ring_driver();
    }
}

void ExecutorEnd::ring_driver() noexcept {
    full_fence();
    auto& word = segment_.ready_word(slot_ / 64);
    const auto bit = std::uint64_t{1} << (slot_ % 64);
    if ((word.load(std::memory_order_relaxed) & bit) != 0) {
        return;  // the driver has not come round since we set it, and was rung then
    }
    word.fetch_or(bit, std::memory_order_seq_cst);
    auto& sleeping = segment_.header().driver_sleeping;
    if (sleeping.load(std::memory_order_seq_cst) != 0 &&
        sleeping.exchange(0, std::memory_order_seq_cst) != 0) {
        DriverBell::ring(doorbell_.value());
    }
}

void ExecutorEnd::after_receive() noexcept {
    full_fence();  // our head is out before we look whether somebody waits for it
    if (control().driver_wants_room.load(std::memory_order_relaxed) != 0) {
        ring_driver();
    }
}

void ExecutorEnd::notify() noexcept {
    notified_->store(true, std::memory_order_release);
    auto& word = segment_.group_of(slot_).word;
    word.fetch_add(1, std::memory_order_seq_cst);
    futex_wake(word, own_bit());
}

}  // namespace forkyard::sim
