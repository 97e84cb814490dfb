// Kills at random times, from 0 to 500 us after the start of a fork that does nothing but
// write (or read) one ring, which the next fork takes over where it is.
#include <array>
#include <atomic>
#include <cstdlib>
#include <cstring>
#include <random>
#include <sched.h>
#include <signal.h>
#include <span>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "sim/ipc/ring.hpp"
#include "sim/ipc/segment.hpp"
#include "tests/crash/crash.hpp"

namespace forkyard::sim::crash {

namespace {

using Bytes = std::span<const std::byte>;
constexpr std::size_t words_max = 120;
// So large that a writer is seldom found waiting for room, where nothing can go wrong.
constexpr std::uint64_t ring_bytes = 1024 * 1024;

// A record is its number, then words that follow from it.
std::uint64_t word_of(std::uint64_t number, std::size_t at) {
    return (number + 1) * 0x9e37'79b9'7f4a'7c15 + at;
}
std::size_t words_in(std::uint64_t number) {
    return 1 + word_of(number, 0) % (words_max - 1);
}

void fill(std::span<std::byte> bytes, std::uint64_t number) {
    for (std::size_t i = 0; i < bytes.size() / 8; ++i) {
        const auto word = i == 0 ? number : word_of(number, i);
        std::memcpy(bytes.data() + i * 8, &word, sizeof word);
    }
}

struct Order {
    bool writes_properly = true;
    std::uint64_t first = 0;
};

[[noreturn]] void write_for_ever(const Segment& segment, Order order) {
    RingWriter writer{segment.up(0)};
    for (auto number = order.first;; ++number) {
        auto claim = writer.claim(1, 8 * words_in(number));
        while (claim.result != PushResult::ok) {
            writer.publish();
            ::sched_yield();
            claim = writer.claim(1, 8 * words_in(number));
        }
        if (order.writes_properly) {
            fill(claim.bytes, number);
            writer.commit();
            if (number % 5 == 0) {
                writer.publish();
            }
        } else {
            writer.commit();
            writer.publish();
            fill(claim.bytes, number);
        }
    }
}

void sleep_us(long us) {
    const timespec time{.tv_sec = 0, .tv_nsec = us * 1000};
    ::nanosleep(&time, nullptr);
}

template <class Child>
pid_t fork_child(Child&& child) {
    const auto pid = ::fork();
    if (pid == 0) {
        child();
        ::_exit(0);
    }
    return pid;
}

void kill_and_reap(pid_t pid) {
    ::kill(pid, SIGKILL);
    ::waitpid(pid, nullptr, 0);
}

class Checker {
public:
    // The record's number must be the next one, its words must follow from it.
    void operator()(std::uint16_t, std::uint16_t, Bytes bytes) {
        ++tally.records;
        std::uint64_t number = 0;
        std::memcpy(&number, bytes.data(), std::min(sizeof number, bytes.size()));
        std::array<std::byte, 8 * words_max> expected{};
        const auto size = 8 * words_in(next);
        fill(std::span{expected}.first(size), next);
        if (bytes.size() != size || std::memcmp(bytes.data(), expected.data(), size) != 0) {
            ++(number == next || bytes.size() == size ? tally.torn : tally.out_of_order);
        }
        ++next;
    }
    Tally tally;
    std::uint64_t next = 0;
};

Segment make_segment() {
    auto segment = Segment::create(1, ring_bytes);
    if (!segment) {
        std::fprintf(stderr, "%s\n", segment.error().text().c_str());
        std::exit(70);
    }
    return std::move(*segment);
}

Tally kill_writers_of(bool proper, int kills, std::uint64_t seed) {
    const auto segment = make_segment();
    std::mt19937_64 random{seed};
    Checker checker;
    RingReader reader{segment.up(0)};
    for (int kill = 0; kill < kills && !reader.corrupt(); ++kill) {
        const Order order{.writes_properly = proper, .first = checker.next};
        const auto pid = fork_child([&] { write_for_ever(segment, order); });
        for (auto pauses = 1 + random() % 4; pauses > 0; --pauses) {
            (void)reader.drain(checker);
            sleep_us(static_cast<long>(random() % 120));
        }
        kill_and_reap(pid);
        checker.tally.in_write += segment.up(0).left_unpublished() ? 1 : 0;
        (void)reader.drain(checker);
        reader = RingReader{segment.up(0)};  // who attaches anew must see the same
        ++checker.tally.kills;
    }
    checker.tally.corrupt = reader.corrupt() ? 1 : 0;
    return checker.tally;
}

}  // namespace

Tally kill_writers(const Plan& plan) {
    return kill_writers_of(true, plan.random_kills, plan.seed);
}

Tally kill_wrong_writers(const Plan& plan) {
    return kill_writers_of(false, plan.wrong_writer_kills, plan.seed);
}

Tally kill_readers(const Plan& plan) {
    const auto segment = make_segment();
    auto& seen = segment.slot(0).heartbeat;  // the number after the last one that was handled
    auto& wrong = segment.slot(0).wants_room;
    std::mt19937_64 random{plan.seed};
    RingWriter writer{segment.down(0)};
    std::uint64_t number = 0;
    Tally tally;
    const auto write_some = [&] {
        for (int i = 0; i < 400; ++i) {
            const auto claim = writer.claim(1, 8 * words_in(number));
            if (claim.result != PushResult::ok) {
                break;
            }
            fill(claim.bytes, number++);
            writer.commit();
        }
        writer.publish();
    };
    const auto read_for_ever = [&segment, &seen, &wrong] {
        RingReader reader{segment.down(0)};
        Checker checker;
        bool first = true;
        while (true) {
            const auto result = reader.drain([&](auto type, auto flags, Bytes bytes) {
                std::uint64_t at = 0;
                std::memcpy(&at, bytes.data(), sizeof at);
                if (std::exchange(first, false)) {
                    checker.next = at;
                    wrong.fetch_add(at > seen.load() ? 1U : 0U);  // something was skipped
                }
                checker(type, flags, bytes);
                seen.store(std::max(seen.load(), checker.next));
            });
            if (!checker.tally.good() || result.corrupt) {
                wrong.fetch_add(1);
            }
        }
    };
    for (int kill = 0; kill < plan.random_kills; ++kill) {
        const auto pid = fork_child(read_for_ever);
        const auto pauses = 1 + random() % 3;
        for (std::uint64_t i = 0; i < pauses; ++i) {
            write_some();
            sleep_us(static_cast<long>(random() % 170));
        }
        kill_and_reap(pid);
        ++tally.kills;
    }
    tally.records = seen.load();
    tally.out_of_order = wrong.load();
    return tally;
}

}  // namespace forkyard::sim::crash
