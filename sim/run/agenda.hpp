// What is going to happen, in the one total order of a run.
//
// At one instant: faults, node and manager events, executors lost, executors
// registered, task ends, submissions, requests and cancellations, heartbeats, timers;
// within each by application, then entity, then order at the source. Neither the
// order of insertion of unrelated things nor how they are kept shows.
//
// A radix heap (Ahuja, Mehlhorn, Orlin and Tarjan, 1990): entries stand in buckets by the
// highest bit in which their time differs from the earliest, and come nearer as that
// moves on. What is added for that instant or before it waits in a heap of its own.
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <tuple>
#include <utility>
#include <vector>

#include "core/check.hpp"
#include "core/event.hpp"
#include "core/ids.hpp"
#include "core/sim_time.hpp"

namespace forkyard::sim {

enum class DueClass : std::uint8_t {
    node_at_start,  // workers of time 0 join before faults
    fault,
    node,
    executor_lost,
    executor_registered,
    task_end,
    submission,
    request,
    heartbeat,
    timer,
};

// What to do when it comes up. Events that are cheap to name are built then.
enum class DueKind : std::uint8_t {
    event,             // index: a stored event
    task_end,          // index: a running task's slot
    look_again,        // index: a slot whose task looks anew for what it reads
    task_answer,       // index: a slot; the earliest time at which its end can be known
    fault,             // index: an armed fault
    job,               // index: a thread of the application's program
    program,           // the driver program in C++ goes on
    close,             // the application's program may be over
    timer,             // index: a stored timer
    registers,         // index: an executor that has started
    beat,              // index: an executor whose beats may have changed
    worker_beat,       // index: a node
    rejoin,            // index: a node; generation: how often it has tried
    node_lost,         // index: a node; generation: its life
    reap,              // index: a killed task's slot; generation: its ticket
    moves,             // index: an executor that leaves, and passes on what it keeps
    look,              // index: an executor that leaves, and looks whether it may
    overdue,           // index: an executor whose grace is over
    evict,             // index: a node whose grace is over; generation: which
    commit,            // index: a running task's slot; it commits what it saves
    remove_rdd,        // index: what executors are to drop
    piece,             // index: a broadcast variable; entity: an executor that gets a piece of it
    remove_broadcast,  // index: what executors are to drop
    reregister,  // index: a node that has to register anew; generation: how often it has tried
};

struct Due {
    SimTime time;
    DueClass order_class = DueClass::fault;
    DueKind kind = DueKind::event;
    std::uint32_t app = 0;
    std::uint32_t entity = 0;
    std::uint64_t order = 0;  // at the source
    std::uint32_t index = 0;
    std::uint32_t generation = 0;  // of the slot: a stale entry is dropped
    std::uint64_t cause = 0;
};

class Agenda {
public:
    void add(Due due) {
        due.order = due.order == 0 ? ++orders_ : due.order;
        ++size_;
        if (due.time <= earliest_) {
            late_.push_back(due);
            std::push_heap(late_.begin(), late_.end(), after);
        } else {
            put(due);
        }
    }

    // An event that is known already.
    void add_event(SimTime when,
                   DueClass order_class,
                   AppId app,
                   std::uint32_t entity,
                   std::uint64_t cause,
                   Event event) {
        add({.time = when,
             .order_class = order_class,
             .kind = DueKind::event,
             .app = app.value,
             .entity = entity,
             .index = store(std::move(event)),
             .cause = cause});
    }

    [[nodiscard]] bool empty() const { return size_ == 0; }

    // There is one.
    [[nodiscard]] const Due& next() {
        if (at_ == now_.size() && late_.empty()) {
            move_on();
        }
        return from_late() ? late_.front() : now_[at_];
    }

    Due pop() {
        const Due due = next();
        --size_;
        if (from_late()) {
            std::pop_heap(late_.begin(), late_.end(), after);
            late_.pop_back();
        } else {
            ++at_;
        }
        return due;
    }

    // Stored events wait here until their time.
    std::uint32_t store(Event event) {
        if (free_.empty()) {
            events_.push_back(std::move(event));
            return static_cast<std::uint32_t>(events_.size() - 1);
        }
        const std::uint32_t index = free_.back();
        free_.pop_back();
        events_[index] = std::move(event);
        return index;
    }

    [[nodiscard]] Event take(std::uint32_t index) {
        free_.push_back(index);
        return std::move(events_[index]);
    }

private:
    using Bucket = std::vector<Due>;

    static bool before(const Due& a, const Due& b) {
        const auto key = [](const Due& d) {
            return std::tie(d.time, d.order_class, d.app, d.entity, d.order);
        };
        return key(a) < key(b);
    }
    static bool after(const Due& a, const Due& b) { return before(b, a); }

    [[nodiscard]] bool from_late() const {
        return !late_.empty() && (at_ == now_.size() || before(late_.front(), now_[at_]));
    }
    void put(const Due& due) {
        const auto differs = static_cast<std::uint64_t>(micros(due.time) ^ micros(earliest_));
        const auto bit = static_cast<std::size_t>(std::bit_width(differs) - 1);
        buckets_[bit].push_back(due);
        filled_ |= std::uint64_t{1} << bit;
    }
    // To the earliest time of the buckets.
    void move_on();

    SimTime earliest_{};
    Bucket now_;                      // of that time, in order
    std::size_t at_ = 0;              // those before it have been
    Bucket late_;                     // a heap: of that time or before it, added since
    std::array<Bucket, 64> buckets_;  // by the highest bit that differs
    std::uint64_t filled_ = 0;        // a bit for each bucket that is not empty
    Bucket moving_;
    std::size_t size_ = 0;
    std::vector<Event> events_;
    std::vector<std::uint32_t> free_;
    std::uint64_t orders_ = 0;
};

}  // namespace forkyard::sim
