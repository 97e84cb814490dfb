// The records of a run: each goes into the digest, to whoever folds over records, and
// into the journal if there is one.
#include "core/journal/codec.hpp"
#include "sim/run/event_loop.hpp"

namespace forkyard::sim {

void EventLoop::record(EventHead head, const Event& event) {
    digest_.add(head, event);
    summary_.on(head, event);
    expectations_.on(head, event);
    faults_.on(head, event);
    if (options_.check_invariants) {
        invariants_.on(head, event);
    }
    if (options_.progress != nullptr) {
        options_.progress->on(head, event);
    }
    if (options_.journal != nullptr) {
        line_.clear();
        write_record(line_, names_, head, event);
        options_.journal->append(line_);
    }
}

void EventLoop::record(ActionHead head, SimTime time, const Action& action) {
    digest_.add(head, action);
    summary_.on(head, time, action);
    expectations_.on(head, time, action);
    faults_.on(head, time, action);
    if (options_.check_invariants) {
        invariants_.on(head, time, action);
    }
    if (options_.progress != nullptr) {
        options_.progress->on(head, time, action);
    }
    if (options_.journal != nullptr) {
        line_.clear();
        write_record(line_, names_, head, action);
        options_.journal->append(line_);
    }
}

void EventLoop::record(EventHead head, const FaultRecord& fault) {
    digest_.add(head, fault);
    summary_.on(head, fault);
    expectations_.on(head, fault);
    faults_.on(head, fault);
    if (options_.check_invariants) {
        invariants_.on(head, fault);
    }
    if (options_.journal != nullptr) {
        line_.clear();
        write_record(line_, names_, head, fault);
        options_.journal->append(line_);
    }
}

void EventLoop::record(ActionHead head, SimTime time, const Violation& broken) {
    digest_.add(head, broken);
    expectations_.on(head, time, broken);
    violations_.push_back(broken);
    if (options_.journal != nullptr) {
        line_.clear();
        write_record(line_, names_, head, broken);
        options_.journal->append(line_);
    }
}

}  // namespace forkyard::sim
