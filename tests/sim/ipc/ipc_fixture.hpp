// Small words for the tests of sim/ipc: a driver whose executors run tests/ipc_child.cpp,
// and loops that end when a condition holds or fail after half a minute.
#pragma once

#include <chrono>
#include <cstdint>
#include <cstring>
#include <span>
#include <utility>

#include <doctest/doctest.h>

#include "sim/ipc/driver_end.hpp"

namespace forkyard::sim {

using Bytes = std::span<const std::byte>;

inline Bytes bytes_of(const std::uint64_t& value) {
    return std::as_bytes(std::span{&value, 1});
}

inline std::uint64_t number_in(Bytes bytes) {
    std::uint64_t value = 0;
    REQUIRE(bytes.size() == sizeof value);
    std::memcpy(&value, bytes.data(), sizeof value);
    return value;
}

template <class T>
T must(Result<T> result) {
    if (!result) {
        FAIL(result.error().text());
    }
    return std::move(*result);
}

inline WallTime soon() {
    return std::chrono::steady_clock::now() + std::chrono::seconds{30};
}

inline DriverEnd make_driver(DriverEndOptions options) {
    if (options.binary == DriverEndOptions{}.binary) {
        options.binary = FORKYARD_IPC_CHILD;
    }
    return must(DriverEnd::create(std::move(options)));
}

template <class Condition, class Handler>
void run_until(DriverEnd& end, Condition&& condition, Handler&& handler) {
    const auto limit = soon();
    while (!condition()) {
        const auto now = std::chrono::steady_clock::now();
        REQUIRE(now < limit);
        (void)end.wait(now + std::chrono::milliseconds{20});
        (void)end.drain(handler);
        (void)end.take_registered();
    }
}

template <class Condition>
void run_until(DriverEnd& end, Condition&& condition) {
    run_until(end, condition, [](SlotId, std::uint16_t, Bytes) {});
}

// The next exit; messages stay where they are.
inline ExecutorExit wait_for_exit(DriverEnd& end) {
    const auto limit = soon();
    while (true) {
        REQUIRE(std::chrono::steady_clock::now() < limit);
        if (end.wait(limit).exits) {
            const auto exits = end.take_exits();
            REQUIRE(exits.size() == 1);
            return exits.front();
        }
    }
}

}  // namespace forkyard::sim
