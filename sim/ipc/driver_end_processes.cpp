// The part of DriverEnd that is about processes: from start() to release().
#include <algorithm>
#include <signal.h>
#include <string>
#include <unistd.h>
#include <utility>

#include "sim/ipc/driver_end.hpp"
#include "sim/ipc/plumbing.hpp"

namespace forkyard::sim {

DriverEnd::~DriverEnd() {
    for (std::uint32_t i = 0; i < slots_used_ && i < slots_.size(); ++i) {
        if (slots_[i].used && !slots_[i].ended) {
            ::kill(slots_[i].pid, SIGKILL);
        }
    }
    for (std::uint32_t i = 0; i < slots_used_ && i < slots_.size(); ++i) {
        if (slots_[i].used && !slots_[i].ended) {
            (void)reap_killed(slots_[i].pid);
        }
    }
}

std::optional<SlotId> DriverEnd::free_slot() {
    for (auto i = first_maybe_free_; i < slots_.size(); ++i) {
        if (!slots_[i].used) {
            first_maybe_free_ = i;
            return SlotId{i};
        }
    }
    return std::nullopt;
}

Result<SlotId> DriverEnd::start(const std::vector<std::string>& args) {
    const auto slot = free_slot();
    if (!slot) {
        return fail({.what = "all " + std::to_string(slots_.size()) +
                             " executor slots of this run are taken",
                     .where = "executor",
                     .mend = "start fewer executors at a time",
                     .exit = Exit::unavailable});
    }
    auto& control = segment_.slot(slot->index);
    auto& state = slots_[slot->index];
    const auto generation = state.generation + 1;
    segment_.down(slot->index).reset();
    segment_.up(slot->index).reset();
    control.driver_wants_room.store(0, std::memory_order_relaxed);
    control.sleeping.store(0, std::memory_order_relaxed);
    control.wants_room.store(0, std::memory_order_relaxed);
    control.pid.store(0, std::memory_order_relaxed);
    control.heartbeat.store(0, std::memory_order_relaxed);
    control.generation.store(generation, std::memory_order_relaxed);
    control.state.store(static_cast<std::uint32_t>(SlotState::starting), std::memory_order_release);
    state = {};
    state.generation = generation;
    state.down = RingWriter{segment_.down(slot->index)};
    state.up = RingReader{segment_.up(slot->index)};
    auto pid = start_process(*slot, args);
    if (!pid) {
        control.state.store(static_cast<std::uint32_t>(SlotState::empty));
        return fail(std::move(pid).error());
    }
    state.used = true;
    state.pid = *pid;
    state.started = std::chrono::steady_clock::now();
    slots_used_ = std::max(slots_used_, slot->index + 1);
    first_maybe_free_ = slot->index + 1;
    ++alive_;
    return *slot;
}

Result<pid_t> DriverEnd::start_process(SlotId slot, const std::vector<std::string>& args) {
    const Plumbing plumbing{.memory_fd = segment_.fd(),
                            .doorbell_fd = bell_.doorbell(),
                            .slot = slot.index,
                            .generation = slots_[slot.index].generation,
                            .driver = ::getpid()};
    ChildCommand command{.binary = options_.binary,
                         .argv = {options_.process_name},
                         .added_environment = {plumbing.environment()},
                         .inherited_fds = {plumbing.memory_fd, plumbing.doorbell_fd},
                         .group = group_};
    command.argv.insert(command.argv.end(), args.begin(), args.end());
    auto pid = start_child(command);
    if (pid) {
        // A new group is made when the first starts, and again when all have died.
        group_ = ::getpgid(*pid);
    }
    return pid;
}

void DriverEnd::reap_all() {
    while (const auto ended = peek_ended_child()) {
        const auto found = std::find_if(slots_.begin(), slots_.begin() + slots_used_, [&](auto& s) {
            return s.used && !s.ended && s.pid == *ended;
        });
        if (found == slots_.begin() + slots_used_) {
            // A stranger is in front of the queue and stays there: ask for each of ours.
            for (std::uint32_t i = 0; i < slots_used_; ++i) {
                if (slots_[i].used && !slots_[i].ended) {
                    if (const auto how = reap(slots_[i].pid)) {
                        note_exit(SlotId{i}, *how);
                    }
                }
            }
            return;
        }
        if (const auto how = reap(*ended)) {
            note_exit(SlotId{static_cast<std::uint32_t>(found - slots_.begin())}, *how);
        }
    }
}

void DriverEnd::note_exit(SlotId slot, ChildExit how) {
    auto& state = slots_[slot.index];
    before_slot_drain(slot);  // it may have registered and died since we last looked
    state.ended = true;
    --alive_;
    segment_.slot(slot.index)
        .state.store(static_cast<std::uint32_t>(SlotState::closed), std::memory_order_relaxed);
    exits_.push_back({.slot = slot,
                      .pid = state.pid,
                      .how = how,
                      .registered = state.registered,
                      .died_in_write = segment_.up(slot.index).left_unpublished()});
    if (!state.garbage && state.up.has_records()) {
        pending_[slot.index / 64] |= std::uint64_t{1} << (slot.index % 64);
    }
}

std::vector<SlotId> DriverEnd::take_registered() {
    return std::exchange(registered_, {});
}

std::vector<ExecutorExit> DriverEnd::take_exits() {
    return std::exchange(exits_, {});
}

std::vector<SlotId> DriverEnd::take_garbage() {
    return std::exchange(garbage_, {});
}

std::vector<SlotId> DriverEnd::take_overdue(WallTime now) {
    std::vector<SlotId> out;
    for (std::uint32_t i = 0; i < slots_used_; ++i) {
        auto& state = slots_[i];
        if (state.used && !state.registered && !state.ended && !state.overdue_told &&
            now - state.started > options_.start_limit) {
            state.overdue_told = true;
            out.push_back(SlotId{i});
        }
    }
    return out;
}

std::chrono::nanoseconds DriverEnd::quiet(SlotId slot, WallTime now) {
    auto& state = at(slot);
    const auto beat = segment_.slot(slot.index).heartbeat.load(std::memory_order_relaxed);
    if (beat != state.beat) {
        state.beat = beat;
        state.beat_seen = now;
    }
    return now - state.beat_seen;
}

std::vector<SlotId> DriverEnd::silent(std::chrono::nanoseconds limit, WallTime now) {
    std::vector<SlotId> out;
    for (std::uint32_t i = 0; i < slots_used_; ++i) {
        const auto& state = slots_[i];
        if (state.used && state.registered && !state.ended && quiet(SlotId{i}, now) > limit) {
            out.push_back(SlotId{i});
        }
    }
    return out;
}

void DriverEnd::kill(SlotId slot, int signal) {
    const auto& state = at(slot);
    if (!state.ended) {
        ::kill(state.pid, signal);
    }
}

void DriverEnd::free(SlotId slot) {
    auto& state = slots_[slot.index];
    const auto generation = state.generation;
    pending_[slot.index / 64] &= ~(std::uint64_t{1} << (slot.index % 64));
    std::erase(dirty_, slot);
    std::erase(registered_, slot);
    std::erase(garbage_, slot);
    state = {};
    state.generation = generation;
    segment_.slot(slot.index)
        .state.store(static_cast<std::uint32_t>(SlotState::empty), std::memory_order_relaxed);
    first_maybe_free_ = std::min(first_maybe_free_, slot.index);
}

}  // namespace forkyard::sim
