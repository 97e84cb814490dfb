// What is going to happen, in the one total order of a run.
//
// At one instant: faults, node and manager events, executors lost, executors
// registered, task ends, submissions, requests and cancellations, heartbeats, timers;
// within each by application, then entity, then order at the source. Neither the
// order of insertion of unrelated things nor that of a heap shows.
#pragma once

#include <algorithm>
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
    event,        // index: a stored event
    task_end,     // index: a running task's slot
    task_answer,  // index: a slot; the earliest time at which its end can be known
    fault,        // index: an armed fault
    job,          // index: a thread of the application's program
    close,        // the application's program may be over
    timer,        // index: a stored timer
    beat,         // index: an executor whose beats may have changed
    worker_beat,  // index: a node
    rejoin,       // index: a node
    node_lost,    // index: a node; generation: its life
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
        heap_.push_back(due);
        std::push_heap(heap_.begin(), heap_.end(), after);
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

    [[nodiscard]] bool empty() const { return heap_.empty(); }
    [[nodiscard]] const Due& next() const { return heap_.front(); }

    Due pop() {
        std::pop_heap(heap_.begin(), heap_.end(), after);
        const Due due = heap_.back();
        heap_.pop_back();
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
    static bool after(const Due& a, const Due& b) {
        if (a.time != b.time) {  // decides most often, and for each event a dozen times
            return a.time > b.time;
        }
        const auto key = [](const Due& d) {
            return std::tuple{d.order_class, d.app, d.entity, d.order};
        };
        return key(a) > key(b);
    }

    std::vector<Due> heap_;
    std::vector<Event> events_;
    std::vector<std::uint32_t> free_;
    std::uint64_t orders_ = 0;
};

}  // namespace forkyard::sim
