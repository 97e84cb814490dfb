// The process at the other end in the tests of sim/ipc. Its first argument says how it
// behaves; what it cannot do ends it with status 70.
#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <signal.h>
#include <string>
#include <string_view>
#include <unistd.h>
#include <vector>

#include "sim/ipc/driver_end.hpp"
#include "sim/ipc/executor_end.hpp"

namespace {

using namespace forkyard::sim;
using Bytes = std::span<const std::byte>;

Bytes bytes_of(const std::uint64_t& value) {
    return std::as_bytes(std::span{&value, 1});
}

ExecutorEnd attach_or_exit() {
    auto end = ExecutorEnd::attach();
    if (!end) {
        std::fprintf(stderr, "%s\n", end.error().text().c_str());
        std::_Exit(70);
    }
    return std::move(*end);
}

// Sends back what comes, with type + 1. Type 0 ends it: with the status in the message.
int echo(ExecutorEnd end) {
    int status = -1;
    while (status < 0) {
        if (end.wait() == ExecutorWake::driver_gone) {
            return 71;
        }
        const auto received = end.receive([&](std::uint16_t type, Bytes message) {
            if (type == 0) {
                status = std::to_integer<int>(message[0]);
                return;
            }
            if (end.send(static_cast<std::uint16_t>(type + 1), message) != SendResult::ok) {
                status = 71;
            }
        });
        if (received.corrupt) {
            return 72;
        }
    }
    end.flush();
    return status;
}

// Reads nothing: the driver's messages pile up until it is told to by a signal.
int sleep_for_ever() {
    while (true) {
        ::pause();
    }
}

int flood(ExecutorEnd end, std::uint64_t count) {
    for (std::uint64_t i = 0; i < count; ++i) {
        if (end.send(7, bytes_of(i)) != SendResult::ok) {
            return 71;
        }
    }
    end.flush();
    return 0;
}

// Publishes whole records, begins one more, and is killed.
int die_in_write(const ExecutorEnd& end) {
    RingWriter writer{end.segment().up(end.slot())};
    for (std::uint64_t i = 0; i < 3; ++i) {
        (void)writer.push(7, bytes_of(i));
    }
    writer.publish();
    (void)writer.claim(7, 100);
    ::raise(SIGKILL);
    return 70;
}

int write_garbage(const ExecutorEnd& end) {
    const auto ring = end.segment().up(end.slot());
    const RecordHeader header{.length = 0xffff'ff00, .type = 7, .flags = 0};
    const auto word = header.word();
    std::memcpy(ring.bytes, &word, sizeof word);
    ring.control->tail.store(64, std::memory_order_release);
    return sleep_for_ever();
}

// A driver with executors of its own, to be killed by the test. Says so in a pipe when
// all are there; every process holds that pipe open for as long as it lives.
int drive(const std::string& self, std::uint32_t executors, int pipe) {
    auto end = DriverEnd::create({.slots_max = executors, .binary = self});
    if (!end) {
        return 70;
    }
    for (std::uint32_t i = 0; i < executors; ++i) {
        if (!end->start({i % 2 == 0 ? "echo" : "busy"})) {
            return 70;
        }
    }
    std::size_t registered = 0;
    while (registered < executors) {
        (void)end->wait();
        (void)end->drain([](SlotId, std::uint16_t, Bytes) {});
        registered += end->take_registered().size();
    }
    return ::write(pipe, "ready", 5) == 5 ? sleep_for_ever() : 70;
}

}  // namespace

int main(int argc, char** argv) {
    const std::string_view mode = argc > 1 ? argv[1] : "";
    if (mode == "drive" && argc == 5) {
        return drive(argv[2], static_cast<std::uint32_t>(std::atoi(argv[3])), std::atoi(argv[4]));
    }
    if (mode == "exit-early") {
        return 3;
    }
    if (mode == "never-register") {
        return sleep_for_ever();
    }
    auto end = attach_or_exit();
    if (mode == "echo") {
        return echo(std::move(end));
    }
    if (mode == "idle") {
        return sleep_for_ever();
    }
    if (mode == "busy") {
        while (true) {
            std::atomic_signal_fence(std::memory_order_seq_cst);
        }
    }
    if (mode == "flood") {
        return flood(std::move(end), std::strtoull(argv[2], nullptr, 10));
    }
    if (mode == "die-in-write") {
        return die_in_write(end);
    }
    if (mode == "garbage") {
        return write_garbage(end);
    }
    return 64;
}
