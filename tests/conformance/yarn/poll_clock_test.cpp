// When an application master asks its resource manager (CM-YARN-14).
#include "core/policy/yarn/poll_clock.hpp"

#include <vector>

#include <doctest/doctest.h>

namespace forkyard::poll_clock_test {
namespace {

using Instants = std::vector<std::int64_t>;

constexpr SimTime instant(std::int64_t milliseconds) {
    return SimTime{std::chrono::milliseconds{milliseconds}};
}

PollClock clock_of(std::int64_t shortest = 200, std::int64_t longest = 3000) {
    PollClock clock{std::chrono::milliseconds{shortest}, std::chrono::milliseconds{longest}};
    clock.restart(instant(0));
    return clock;
}

// The next polls, in milliseconds.
Instants polls(PollClock& clock, bool pending, std::size_t count) {
    Instants instants;
    while (instants.size() < count) {
        const SimTime next = clock.next(pending);
        instants.push_back(micros(next) / 1000);
        clock.advance(next, pending);
    }
    return instants;
}

TEST_SUITE("YARN: polls of an application master") {
    TEST_CASE("CM-YARN-14 after 200 ms, 400, 800, 1600, then every 3 s, while something pends") {
        PollClock clock = clock_of();
        CHECK(polls(clock, true, 7) == Instants{200, 600, 1400, 3000, 6000, 9000, 12000});
    }

    TEST_CASE("CM-YARN-14 with nothing pending every 3 s from the beginning") {
        PollClock clock = clock_of();
        CHECK(polls(clock, false, 3) == Instants{3000, 6000, 9000});
    }

    TEST_CASE("CM-YARN-14 new demand begins with the shortest pause again") {
        PollClock clock = clock_of();
        CHECK(polls(clock, true, 6).back() == 9000);
        clock.restart(instant(9500));
        CHECK(polls(clock, true, 4) == Instants{9700, 10100, 10900, 12500});
    }

    TEST_CASE("CM-YARN-14 so does a pause with nothing pending") {
        PollClock clock = clock_of();
        CHECK(polls(clock, true, 6).back() == 9000);
        CHECK(polls(clock, false, 1) == Instants{12000});
        CHECK(polls(clock, true, 2) == Instants{12200, 12600});
    }

    TEST_CASE("CM-YARN-14 a longest pause below the shortest is the only one") {
        PollClock clock = clock_of(200, 100);
        CHECK(polls(clock, true, 3) == Instants{100, 200, 300});
        PollClock idle = clock_of(200, 100);
        CHECK(polls(idle, false, 2) == Instants{100, 200});
    }

    TEST_CASE("CM-YARN-14 polls left out are the same as those made one by one") {
        for (const bool pending : {true, false}) {
            for (const std::int64_t until :
                 {0, 199, 200, 599, 600, 601, 2999, 3000, 7200, 100'000}) {
                CAPTURE(until);
                PollClock leaps = clock_of();
                leaps.advance(instant(until), pending);
                PollClock walks = clock_of();
                while (walks.next(pending) <= instant(until)) {
                    walks.advance(walks.next(pending), pending);
                }
                CHECK(leaps.next(pending) == walks.next(pending));
                CHECK(leaps.next(pending) > instant(until));
            }
        }
    }
}

}  // namespace
}  // namespace forkyard::poll_clock_test
