#include "sim/ipc/wakeup.hpp"

#include <array>
#include <atomic>
#include <chrono>
#include <thread>

#include <doctest/doctest.h>

#include "tests/sim/ipc/ipc_fixture.hpp"

namespace forkyard::sim::wakeup_test {

TEST_SUITE("wake-up") {
    TEST_CASE("futex: a word that has changed, a time that has passed") {
        std::atomic<std::uint32_t> word{1};
        CHECK(futex_wait(word, 2, 1, soon()) == FutexWait::changed);
        CHECK(futex_wait(word, 1, 1, std::chrono::steady_clock::now()) == FutexWait::timed_out);
    }

    TEST_CASE("futex: only the sleepers whose bits are named wake up") {
        std::atomic<std::uint32_t> word{0};
        std::array<std::atomic<bool>, 2> woken{};
        const auto sleeper = [&word, &woken](std::size_t who) {
            return std::jthread{[&word, &woken, who] {
                woken[who] = futex_wait(word, 0, 1U << who, soon()) == FutexWait::woken;
            }};
        };
        // A sleeper may not sleep yet, so wake until it has heard.
        const auto wake_until_heard = [&word, &woken](std::size_t who) {
            const auto limit = soon();
            while (!woken[who] && std::chrono::steady_clock::now() < limit) {
                futex_wake(word, 1U << who);
                std::this_thread::yield();
            }
        };
        const auto first = sleeper(0);
        const auto second = sleeper(1);
        wake_until_heard(1);
        CHECK(woken[1]);
        CHECK_FALSE(woken[0]);
        wake_until_heard(0);
        CHECK(woken[0]);
    }

    TEST_CASE("the guard: yielding is off until the time is past") {
        std::atomic<std::uint64_t> off_until{~std::uint64_t{0}};
        CHECK_FALSE(guarded_yield(off_until));
        int asked = 0;
        CHECK_FALSE(yield_briefly(off_until, [&] { return ++asked != 0; }));
        CHECK(asked == 0);
    }

    TEST_CASE("no wake-up is lost in twenty thousand hand-overs") {
        // Nobody looks round of himself, so the round of a lost one would never end.
        auto end = make_driver({.slots_max = 1, .sleep_net = std::chrono::hours{1}});
        const auto slot = must(end.start({"echo"}));
        run_until(end, [&] { return end.registered(slot); });
        const auto start = std::chrono::steady_clock::now();
        constexpr std::uint64_t rounds = 20'000;
        for (std::uint64_t i = 0; i < rounds; ++i) {
            const auto limit = soon();
            (void)end.send(slot, 1, bytes_of(i));
            bool answered = false;
            while (!answered) {
                REQUIRE(std::chrono::steady_clock::now() < limit);
                (void)end.wait(limit);
                (void)end.drain([&](SlotId, auto, Bytes bytes) {
                    CHECK(number_in(bytes) == i);
                    answered = true;
                });
                (void)end.take_registered();
            }
        }
        MESSAGE("sleeps of the driver: ",
                end.counts().sleeps,
                ", wakes of the executor: ",
                end.counts().wakes,
                ", us a round: ",
                (std::chrono::steady_clock::now() - start) / std::chrono::microseconds{1} /
                    static_cast<std::int64_t>(rounds));
    }
}

}  // namespace forkyard::sim::wakeup_test
