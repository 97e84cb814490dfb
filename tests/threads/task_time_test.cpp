// The time of a task, touched by the main thread while a slot's thread spends it. What takes
// how long is asserted as lower bounds, and as upper ones only where seconds are left.
#include "sim/executor/task_time.hpp"

#include <atomic>
#include <chrono>
#include <thread>

#include <doctest/doctest.h>

namespace forkyard::sim::task_time_test {

namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

// Begins in a thread of its own, spends `added` there.
class Spent {
public:
    Spent(TaskTime& time, TaskTime::Micros added, WorkKind kind, double share = 1)
        : thread_{[this, &time, added, kind, share] {
              time.begin();
              finished_ = time.pass(added, kind, share);
              ended_ = true;
          }} {}
    [[nodiscard]] bool ended() const { return ended_; }
    [[nodiscard]] bool finished() {
        thread_.join();
        return finished_;
    }

private:
    bool finished_ = false;
    std::atomic<bool> ended_{false};
    std::thread thread_;  // last: it writes what stands above
};

}  // namespace

TEST_SUITE("task time") {
    TEST_CASE("it passes whole, times the factor, asleep and busy") {
        for (const WorkKind kind : {WorkKind::sleep, WorkKind::spin}) {
            TaskTime time{2.0};
            const auto began = Clock::now();
            CHECK(Spent{time, milliseconds{30}, kind}.finished());
            CHECK(Clock::now() - began >= milliseconds{60});
        }
    }

    TEST_CASE("a share of it passes where the task is to fail on the way") {
        TaskTime time{1.0};
        const auto began = Clock::now();
        CHECK(Spent{time, minutes{1}, WorkKind::sleep, 0.001}.finished());
        CHECK(Clock::now() - began >= milliseconds{60});
        CHECK(Clock::now() - began < seconds{30});
    }

    TEST_CASE("cancelled before or on the way, it ends at once") {
        for (const WorkKind kind : {WorkKind::sleep, WorkKind::spin}) {
            TaskTime time{1.0};
            Spent spent{time, minutes{1}, kind};
            time.cancel();
            CHECK_FALSE(spent.finished());
        }
    }

    TEST_CASE("while it hangs no time passes and it is deaf to a cancel") {
        for (const WorkKind kind : {WorkKind::sleep, WorkKind::spin}) {
            for (const bool cancelled : {false, true}) {
                TaskTime time{1.0};
                time.hang(true);
                const auto began = Clock::now();
                Spent spent{time, milliseconds{20}, kind};
                if (cancelled) {
                    time.cancel();
                }
                TaskTime other{1.0};
                CHECK(Spent{other, milliseconds{60}, WorkKind::sleep}.finished());
                CHECK_FALSE(spent.ended());
                time.hang(false);
                CHECK(spent.finished() == !cancelled);
                CHECK(Clock::now() - began >= milliseconds{cancelled ? 60 : 80});
            }
        }
    }

    TEST_CASE("slowed on the way, it takes longer; sped up, it ends sooner") {
        TaskTime slowed{1.0};
        const auto began = Clock::now();
        Spent spent{slowed, milliseconds{50}, WorkKind::sleep};
        slowed.slow(4.0);
        CHECK(spent.finished());
        CHECK(Clock::now() - began >= milliseconds{50});

        TaskTime hurried{1.0};
        Spent hurry{hurried, minutes{1}, WorkKind::sleep};
        hurried.slow(0.001);
        CHECK(hurry.finished());
        CHECK(Clock::now() - began < seconds{30});
    }
}

}  // namespace forkyard::sim::task_time_test
