#include "sim/ipc/driver_end.hpp"

#include <algorithm>
#include <bit>
#include <signal.h>
#include <unistd.h>
#include <utility>

#include "core/check.hpp"

namespace forkyard::sim {

namespace {

// How many wait()s may find messages before signals are looked at in between: a busy
// driver must hear of a death, and a system call a round would cost as much as a wake-up.
constexpr std::uint32_t looks_between_signals = 32;

}  // namespace

Result<DriverEnd> DriverEnd::create(DriverEndOptions options) {
    auto segment = Segment::create(options.slots_max, options.ring_bytes);
    if (!segment) {
        return fail(std::move(segment).error());
    }
    segment->header().sleep_net_ms = static_cast<std::uint32_t>(options.sleep_net.count());
    auto bell = DriverBell::create();
    if (!bell) {
        return fail(std::move(bell).error());
    }
    return DriverEnd{std::move(options), std::move(*segment), std::move(*bell)};
}

DriverEnd::DriverEnd(DriverEndOptions options, Segment segment, DriverBell bell)
    : options_{std::move(options)},
      segment_{std::move(segment)},
      bell_{std::move(bell)},
      slots_(options_.slots_max),
      pending_(segment_.layout().ready_words()),
      group_masks_(segment_.layout().groups()) {}

const DriverSlot& DriverEnd::at(SlotId slot) const {
    FORKYARD_CHECK(slot.index < slots_.size() && slots_[slot.index].used,
                   "a slot without a process");
    return slots_[slot.index];
}

PushResult DriverEnd::send(SlotId slot, std::uint16_t type, std::span<const std::byte> bytes) {
    auto& state = at(slot);
    if (bytes.size() > message_bytes_max) {
        return PushResult::too_long;
    }
    if (state.overflow_bytes + bytes.size() > overflow_bytes_max) {
        return PushResult::full;
    }
    const auto queued = state.overflow.size();
    for_each_part(bytes, state.down.payload_max(), [&](std::uint16_t flags, auto part) {
        state.put(type, flags, part);
        return true;
    });
    counts_.queued += state.overflow.size() - queued;
    ++counts_.sent;
    mark_dirty(slot, state);
    return PushResult::ok;
}

void DriverEnd::mark_dirty(SlotId slot, DriverSlot& state) {
    if (!state.dirty) {
        state.dirty = true;
        dirty_.push_back(slot);
    }
}

void DriverEnd::flush() {
    if (!dirty_.empty()) {
        for (const auto slot : dirty_) {
            auto& state = slots_[slot.index];
            if (!state.overflow.empty()) {
                // Ask first, look afterwards: room made in between is seen by one of us.
                segment_.slot(slot.index).driver_wants_room.store(1, std::memory_order_relaxed);
                full_fence();
                if (state.pump()) {
                    segment_.slot(slot.index).driver_wants_room.store(0, std::memory_order_relaxed);
                }
            }
            state.down.publish();
        }
        wake_dirty();
    }
    if (groups_to_wake_) {
        wake_groups();
    }
}

void DriverEnd::wake_dirty() {
    full_fence();
    for (const auto slot : dirty_) {
        slots_[slot.index].dirty = false;
        if (segment_.slot(slot.index).sleeping.load(std::memory_order_relaxed) != 0) {
            note_sleeper(slot.index);
        }
    }
    dirty_.clear();
}

void DriverEnd::note_sleeper(std::uint32_t slot) {
    // Cleared before the word moves: whoever sleeps anew in between reads the old word
    // and is sent back by the futex, or is woken with the others.
    segment_.slot(slot).sleeping.store(0, std::memory_order_relaxed);
    group_masks_[slot / slots_per_group] |= std::uint32_t{1} << (slot % slots_per_group);
    groups_to_wake_ = true;
}

void DriverEnd::wake_groups() {
    groups_to_wake_ = false;
    for (std::uint32_t group = 0; group < group_masks_.size(); ++group) {
        const auto mask = std::exchange(group_masks_[group], 0);
        if (mask != 0) {
            auto& word = segment_.group_of(group * slots_per_group).word;
            word.fetch_add(1, std::memory_order_seq_cst);
            futex_wake(word, mask);
            ++counts_.wakes;
        }
    }
}

void DriverEnd::collect_ready() {
    for (std::uint32_t word = 0; word * 64 < slots_used_; ++word) {
        auto& shared = segment_.ready_word(word);
        if (shared.load(std::memory_order_relaxed) != 0) {
            pending_[word] |= shared.exchange(0, std::memory_order_seq_cst);
        }
    }
    // An executor that found its bit still set does not set it again: what it published
    // before it looked must be visible to the drains that follow.
    full_fence();
}

bool DriverEnd::anything_ready() {
    for (std::uint32_t word = 0; word * 64 < slots_used_; ++word) {
        if (pending_[word] != 0 || segment_.ready_word(word).load(std::memory_order_acquire) != 0) {
            return true;
        }
    }
    return !registered_.empty();
}

void DriverEnd::before_slot_drain(SlotId slot) {
    auto& state = slots_[slot.index];
    if (state.used && !state.registered &&
        segment_.slot(slot.index).state.load(std::memory_order_acquire) ==
            static_cast<std::uint32_t>(SlotState::registered)) {
        state.registered = true;
        state.beat_seen = std::chrono::steady_clock::now();
        registered_.push_back(slot);
    }
}

void DriverEnd::after_slot_drain(SlotId slot, bool corrupt) {
    auto& state = slots_[slot.index];
    if (corrupt && !state.garbage) {
        state.garbage = true;
        garbage_.push_back(slot);
    }
    if (!state.overflow.empty()) {
        mark_dirty(slot, state);  // the executor rang because it has made room
    }
    // The head has moved: an executor that waits for room has to hear of it.
    auto& control = segment_.slot(slot.index);
    full_fence();
    if (control.wants_room.load(std::memory_order_relaxed) != 0 &&
        control.sleeping.load(std::memory_order_relaxed) != 0) {
        note_sleeper(slot.index);
    }
}

Woken DriverEnd::wait(std::optional<WallTime> deadline) {
    flush();
    while (true) {
        const auto woken = look();
        if (woken.messages || woken.exits || woken.signal != 0) {
            return woken;
        }
        if (deadline && std::chrono::steady_clock::now() >= *deadline) {
            note(bell_.listen(WallTime{}));  // a signal does not wait for the next sleep
            return look();
        }
        sleep(deadline);
    }
}

Woken DriverEnd::look() {
    const bool messages = anything_ready();
    if (messages && ++looks_ >= looks_between_signals) {
        note(bell_.listen(WallTime{}));
    }
    if (std::exchange(ended_child_, false)) {
        reap_all();
    }
    return {.messages = messages || !registered_.empty(),
            .exits = !exits_.empty(),
            .signal = std::exchange(signal_, 0)};
}

void DriverEnd::sleep(std::optional<WallTime> deadline) {
    auto& header = segment_.header();
    const auto ready = [this] { return anything_ready(); };
    if (yield_briefly(header.yields_off_until_ns, ready)) {
        return;
    }
    header.driver_sleeping.store(1, std::memory_order_relaxed);
    full_fence();
    if (!ready()) {
        const auto net = std::chrono::steady_clock::now() + options_.sleep_net;
        const auto heard = bell_.listen(deadline ? std::min(*deadline, net) : net);
        ++counts_.sleeps;
        note(heard);
        if (!heard.rung && !heard.child && heard.signal == 0) {
            rescue();
        }
    }
    header.driver_sleeping.store(0, std::memory_order_relaxed);
}

void DriverEnd::note(const DriverBell::Heard& heard) {
    looks_ = 0;
    ended_child_ = ended_child_ || heard.child;
    if (heard.signal != 0) {
        signal_ = heard.signal;
    }
}

// After a sleep in silence: an executor may have been killed after it published and
// before it rang, and a SIGCHLD may have been taken by somebody else.
void DriverEnd::rescue() {
    ended_child_ = true;
    for (std::uint32_t i = 0; i < slots_used_; ++i) {
        if (slots_[i].used && !slots_[i].garbage && slots_[i].up.has_records()) {
            pending_[i / 64] |= std::uint64_t{1} << (i % 64);
        }
    }
}

}  // namespace forkyard::sim
