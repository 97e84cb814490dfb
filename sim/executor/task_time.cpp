#include "sim/executor/task_time.hpp"

#include <algorithm>
#include <atomic>
#include <ctime>

namespace forkyard::sim {

namespace {

using Clock = std::chrono::steady_clock;
using Micros = TaskTime::Micros;

// A slice that took much longer than asked for means that the process was stopped: no
// more than slice_most of it counts.
constexpr Micros sleep_slice{20'000};
constexpr Micros slice_most{25'000};
constexpr Micros spin_slice{500};
constexpr int spins_between_looks = 2'000;  // a few microseconds; the look is a system call

// The time that this thread was on a core: stopping and preemption leave it alone.
Micros thread_time() {
    std::timespec now{};
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return std::chrono::seconds{now.tv_sec} + std::chrono::nanoseconds{now.tv_nsec};
}

}  // namespace

bool TaskTime::pass(Micros added, WorkKind kind, double share, Micros before) {
    std::unique_lock lock{mutex_};
    const Micros spent = Clock::now() - began_;
    left_ = ((spent + added) * factor_ + before) * share - spent;
    while (true) {
        wake_.wait(lock, [this] { return !hangs_; });
        if (cancelled_ || left_ <= Micros{0}) {
            break;
        }
        left_ -= kind == WorkKind::spin ? spin(lock) : sleep(lock);
    }
    return !cancelled_;
}

Micros TaskTime::sleep(std::unique_lock<std::mutex>& lock) {
    const Clock::time_point from = Clock::now();
    wake_.wait_for(lock, std::min(left_, sleep_slice));
    return std::min<Micros>(Clock::now() - from, slice_most);
}

Micros TaskTime::spin(std::unique_lock<std::mutex>& lock) const {
    const Micros slice = std::min(left_, spin_slice);
    lock.unlock();
    const Micros from = thread_time();
    Micros spent{0};
    while (spent < slice) {
        std::atomic<int> work{0};  // no compiler drops its stores
        for (int i = 0; i < spins_between_looks; ++i) {
            work.store(i, std::memory_order_relaxed);
        }
        spent = thread_time() - from;
    }
    lock.lock();
    return spent;
}

void TaskTime::cancel() {
    const std::lock_guard lock{mutex_};
    cancelled_ = true;
    wake_.notify_all();
}

void TaskTime::hang(bool hangs) {
    const std::lock_guard lock{mutex_};
    hangs_ = hangs;
    wake_.notify_all();
}

void TaskTime::slow(double factor) {
    const std::lock_guard lock{mutex_};
    factor_ *= factor;
    left_ *= factor;
}

}  // namespace forkyard::sim
