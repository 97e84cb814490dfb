// The time that a task takes under the wall clock: asleep or busy, until it is over or
// the task is cancelled. Time in which the process was stopped does not count, so a
// frozen executor goes on with what was left, as in the model; nor does time in which the
// task hangs, and then it does not hear that it is cancelled either.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <mutex>

#include "core/model/application.hpp"

namespace forkyard::sim {

class TaskTime {
public:
    using Micros = std::chrono::duration<double, std::micro>;

    // `factor`: each microsecond of work takes so many.
    explicit TaskTime(double factor) : factor_{factor} {}

    // In the slot's thread: the task begins.
    void begin() { began_ = std::chrono::steady_clock::now(); }
    // In the slot's thread: lets the rest pass of a share of the whole: the time since
    // begin() plus `added`, both times the factor, and `before`, which no factor changes.
    // False: cancelled.
    [[nodiscard]] bool pass(Micros added,
                            WorkKind kind,
                            double share = 1,
                            Micros before = Micros{0});

    // Any thread.
    void cancel();
    void slow(double factor);  // what is left takes `factor` times as long
    void hang(bool hangs);

private:
    [[nodiscard]] Micros sleep(std::unique_lock<std::mutex>& lock);
    [[nodiscard]] Micros spin(std::unique_lock<std::mutex>& lock) const;

    std::chrono::steady_clock::time_point began_{};
    std::mutex mutex_;
    std::condition_variable wake_;
    double factor_;
    Micros left_{0};
    bool cancelled_ = false;
    bool hangs_ = false;
};

}  // namespace forkyard::sim
