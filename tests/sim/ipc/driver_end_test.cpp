#include "sim/ipc/driver_end.hpp"

#include <algorithm>
#include <cstring>
#include <fstream>
#include <iterator>
#include <map>
#include <signal.h>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "tests/sim/ipc/ipc_fixture.hpp"

namespace forkyard::sim::driver_end_test {

TEST_SUITE("driver end") {
    TEST_CASE("messages of many executors come back, each one's in order") {
        auto end = make_driver({.slots_max = 40});
        std::map<SlotId, std::uint64_t> expected;
        for (int i = 0; i < 40; ++i) {
            expected[must(end.start({"echo"}))] = 0;
        }
        for (std::uint64_t round = 0; round < 50; ++round) {
            for (const auto& [slot, next] : expected) {
                CHECK(end.send(slot, 10, bytes_of(round)) == PushResult::ok);
            }
        }
        std::size_t answers = 0;
        run_until(
            end,
            [&] { return answers == 40 * 50; },
            [&](SlotId slot, auto type, Bytes bytes) {
                CHECK(type == 11);
                CHECK(number_in(bytes) == expected[slot]++);
                ++answers;
            });
        CHECK(end.counts().sent == 2000);
        CHECK(end.counts().received == 2000);
    }

    TEST_CASE("a message of megabytes passes through a ring of kilobytes, both ways") {
        auto end = make_driver({.slots_max = 1, .ring_bytes = ring_bytes_min});
        const auto slot = must(end.start({"echo"}));
        std::vector<std::byte> message(3'000'001);
        for (std::size_t i = 0; i < message.size(); ++i) {
            message[i] = static_cast<std::byte>(i * 2'654'435'761U >> 13);
        }
        CHECK(end.send(slot, 4, message) == PushResult::ok);
        CHECK(end.send(slot, 6, {}) == PushResult::ok);
        std::vector<std::uint16_t> types;
        run_until(
            end,
            [&] { return types.size() == 2; },
            [&](SlotId, auto type, Bytes bytes) {
                types.push_back(type);
                CHECK(bytes.size() == (type == 5 ? message.size() : 0));
                CHECK((type != 5 || std::ranges::equal(bytes, message)));
            });
        CHECK(types == std::vector<std::uint16_t>{5, 7});
    }

    TEST_CASE("a send never blocks: what does not fit waits in the driver, up to a limit") {
        auto end = make_driver({.slots_max = 1, .ring_bytes = ring_bytes_min});
        const auto slot = must(end.start({"idle"}));
        const std::vector<std::byte> large(message_bytes_max);
        CHECK(end.send(slot, 1, std::vector<std::byte>(message_bytes_max + 1)) ==
              PushResult::too_long);
        CHECK(end.send(slot, 1, large) == PushResult::ok);
        end.flush();
        CHECK(end.counts().queued > 0);
        for (int i = 0; i < 3; ++i) {
            CHECK(end.send(slot, 1, large) == PushResult::ok);
        }
        CHECK(end.send(slot, 1, large) == PushResult::full);
    }

    TEST_CASE("an executor that floods a full ring sleeps until there is room") {
        auto end = make_driver({.slots_max = 1, .ring_bytes = ring_bytes_min});
        (void)must(end.start({"flood", "20000"}));
        std::uint64_t next = 0;
        run_until(
            end,
            [&] { return next == 20'000; },
            [&](SlotId, auto, Bytes bytes) { CHECK(number_in(bytes) == next++); });
        CHECK(wait_for_exit(end).how == ChildExit{ChildExit::Kind::exited, 0});
    }

    TEST_CASE("a drain that was stopped goes on with the next message") {
        auto end = make_driver({.slots_max = 2});
        for (const auto count : {"3", "2"}) {
            (void)must(end.start({"flood", count}));
        }
        std::vector<std::pair<std::uint32_t, std::uint64_t>> seen;
        for (int exits = 0; exits < 2;) {
            (void)end.wait();
            exits += static_cast<int>(end.take_exits().size());
        }
        while (seen.size() < 5) {
            CHECK(end.drain([&](SlotId slot, std::uint16_t, Bytes bytes) {
                seen.emplace_back(slot.index, number_in(bytes));
                return false;
            }) == 1);
        }
        CHECK(seen == decltype(seen){{0, 0}, {0, 1}, {0, 2}, {1, 0}, {1, 1}});
    }

    TEST_CASE("wait: the deadline comes when nothing else does") {
        auto end = make_driver({.slots_max = 1});
        const auto deadline = std::chrono::steady_clock::now() + std::chrono::milliseconds{5};
        const auto woken = end.wait(deadline);
        CHECK_FALSE((woken.messages || woken.exits || woken.signal != 0));
        CHECK(std::chrono::steady_clock::now() >= deadline);
    }

    TEST_CASE("wait: an interrupt is a value, not the end of the driver") {
        auto end = make_driver({.slots_max = 1});
        ::raise(SIGTERM);
        CHECK(end.wait(soon()).signal == SIGTERM);
        CHECK(end.wait(std::chrono::steady_clock::now()).signal == 0);
        ::raise(SIGINT);
        CHECK(end.wait(std::chrono::steady_clock::now()).signal == SIGINT);  // without a sleep
    }

    TEST_CASE("the command line says who is who") {
        auto end = make_driver({.slots_max = 1});
        const auto slot = must(end.start({"idle", "e1", "(etl on w-2)"}));
        run_until(end, [&] { return end.registered(slot); });
        std::ifstream file{"/proc/" + std::to_string(end.pid(slot)) + "/cmdline"};
        std::string line{std::istreambuf_iterator<char>{file}, {}};
        std::ranges::replace(line, '\0', ' ');
        CHECK(line == "forkyard idle e1 (etl on w-2) ");
    }
}

TEST_SUITE("driver end: how executors end") {
    TEST_CASE("exited with a status") {
        auto end = make_driver({.slots_max = 1});
        const auto slot = must(end.start({"echo"}));
        const std::byte status{5};
        CHECK(end.send(slot, 0, {&status, 1}) == PushResult::ok);
        const auto exit = wait_for_exit(end);
        CHECK(exit.registered);
        CHECK_FALSE(exit.died_in_write);
        CHECK(exit.how.text() == "exited with status 5");
    }

    TEST_CASE("failed to start: it ended before it registered") {
        auto end = make_driver({.slots_max = 1});
        (void)must(end.start({"exit-early"}));
        const auto exit = wait_for_exit(end);
        CHECK_FALSE(exit.registered);
        CHECK(exit.how == ChildExit{ChildExit::Kind::exited, 3});
    }

    TEST_CASE("failed to start: the binary is not there") {
        auto end = make_driver({.slots_max = 1, .binary = "/nonexistent/forkyard"});
        const auto slot = end.start({"echo"});
        REQUIRE_FALSE(slot);
        CHECK(slot.error().where == "/nonexistent/forkyard");
        CHECK(slot.error().exit == Exit::unavailable);
        CHECK(end.alive() == 0);
        CHECK_FALSE(peek_ended_child());
    }

    TEST_CASE("failed to start: overdue, told once") {
        auto end = make_driver({.slots_max = 1, .start_limit = std::chrono::milliseconds{0}});
        const auto slot = must(end.start({"never-register"}));
        const auto now = std::chrono::steady_clock::now() + std::chrono::milliseconds{1};
        CHECK(end.take_overdue(now) == std::vector{slot});
        CHECK(end.take_overdue(now).empty());
    }

    TEST_CASE("killed by a signal, and what it had published is still read") {
        auto end = make_driver({.slots_max = 1});
        const auto slot = must(end.start({"die-in-write"}));
        const auto exit = wait_for_exit(end);
        CHECK(exit.registered);
        CHECK(exit.died_in_write);
        CHECK(exit.how.text() == "killed by SIGKILL (9)");
        std::vector<std::uint64_t> seen;
        CHECK(end.release(slot, [&](SlotId, std::uint16_t, Bytes bytes) {
            seen.push_back(number_in(bytes));
        }) == 3);
        CHECK(seen == std::vector<std::uint64_t>{0, 1, 2});
    }

    TEST_CASE("stopped answering: no beat while it is stopped, beats again afterwards") {
        auto end = make_driver({.slots_max = 1});
        const auto slot = must(end.start({"echo"}));
        run_until(end, [&] { return end.registered(slot); });
        end.kill(slot, SIGSTOP);
        const auto limit = 3 * sleep_net_default;
        const auto is_silent = [&] {
            return !end.silent(limit, std::chrono::steady_clock::now()).empty();
        };
        run_until(end, is_silent);
        end.kill(slot, SIGCONT);
        run_until(end, [&] { return !is_silent(); });
    }

    TEST_CASE("sent garbage: told once, nothing more is read, the others are not disturbed") {
        auto end = make_driver({.slots_max = 2});
        const auto bad = must(end.start({"garbage"}));
        const auto good = must(end.start({"echo"}));
        std::vector<SlotId> garbage;
        run_until(end, [&] {
            // It never rings, so the sleeping driver finds it when it looks around.
            std::ranges::copy(end.take_garbage(), std::back_inserter(garbage));
            return !garbage.empty();
        });
        CHECK(garbage == std::vector{bad});
        CHECK(end.send(good, 1, bytes_of(42)) == PushResult::ok);
        bool answered = false;
        run_until(
            end,
            [&] { return answered; },
            [&](SlotId slot, auto, Bytes bytes) {
                CHECK(slot == good);
                CHECK(number_in(bytes) == 42);
                answered = true;
            });
        end.kill(bad, SIGKILL);
        CHECK(wait_for_exit(end).slot == bad);
        CHECK(end.release(bad) == 0);
    }

    TEST_CASE("a slot that was released serves the next process, one generation on") {
        auto end = make_driver({.slots_max = 1});
        for (std::uint32_t generation = 1; generation <= 20; ++generation) {
            const auto slot = must(end.start({"echo"}));
            CHECK(slot == SlotId{0});
            CHECK(end.generation(slot) == generation);
            CHECK_FALSE(end.start({"echo"}));
            CHECK(end.send(slot, 1, bytes_of(generation)) == PushResult::ok);
            std::uint64_t answer = 0;
            run_until(
                end,
                [&] { return answer != 0; },
                [&](SlotId, auto, Bytes bytes) { answer = number_in(bytes); });
            CHECK(answer == generation);
            (void)end.send(slot, 1, bytes_of(99));  // dies with the old generation, perhaps unread
            end.kill(slot, SIGKILL);
            (void)wait_for_exit(end);
            (void)end.release(slot);
        }
    }

    TEST_CASE("a stranger's dead child is left alone and does not hide ours") {
        auto end = make_driver({.slots_max = 1});
        const auto stranger = must(start_child({.binary = "/bin/true", .argv = {"true"}}));
        const auto slot = must(end.start({"exit-early"}));
        CHECK(wait_for_exit(end).slot == slot);
        CHECK(reap_killed(stranger) == ChildExit{ChildExit::Kind::exited, 0});
    }
}

}  // namespace forkyard::sim::driver_end_test
