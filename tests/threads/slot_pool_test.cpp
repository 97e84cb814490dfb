// Slots that run what they are given, side by side, and end with the pool.
#include "sim/executor/slot_pool.hpp"

#include <atomic>
#include <condition_variable>
#include <mutex>

#include <doctest/doctest.h>

namespace forkyard::sim::slot_pool_test {

TEST_SUITE("slot pool") {
    TEST_CASE("every piece of work runs once, and each end is told") {
        constexpr int pieces = 1000;
        std::atomic<int> ran{0};
        std::mutex mutex;
        std::condition_variable ended;
        int told = 0;
        SlotPool pool{4, [&] {
                          const std::lock_guard lock{mutex};
                          ++told;
                          ended.notify_one();
                      }};
        for (int i = 0; i < pieces; ++i) {
            pool.add([&] { ++ran; });
        }
        std::unique_lock lock{mutex};
        ended.wait(lock, [&] { return told == pieces; });
        CHECK(ran == pieces);
    }

    TEST_CASE("as many run side by side as there are slots") {
        std::mutex mutex;
        std::condition_variable changed;
        int inside = 0;
        SlotPool pool{3, [] {}};
        for (int i = 0; i < 3; ++i) {
            pool.add([&] {
                std::unique_lock lock{mutex};
                ++inside;
                changed.notify_all();
                changed.wait(lock, [&] { return inside >= 3; });  // for ever, were there fewer
            });
        }
        std::unique_lock lock{mutex};
        changed.wait(lock, [&] { return inside == 3; });
        CHECK(inside == 3);
    }

    TEST_CASE("a pool that ends waits for what runs and drops what has not begun") {
        std::atomic<int> ran{0};
        std::atomic<bool> begun{false};
        {
            SlotPool pool{1, [] {}};
            pool.add([&] {
                begun = true;
                begun.notify_all();
                ++ran;
            });
            begun.wait(false);
        }
        CHECK(ran == 1);
    }
}

}  // namespace forkyard::sim::slot_pool_test
