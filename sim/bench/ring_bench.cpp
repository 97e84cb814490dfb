#include "sim/bench/ring_bench.hpp"

#include <chrono>
#include <new>
#include <optional>
#include <sched.h>
#include <utility>
#include <vector>

#include "sim/bench/ipc_bench.hpp"
#include "sim/bench/statistics.hpp"
#include "sim/ipc/driver_end.hpp"

namespace forkyard::sim {

namespace {

using namespace ring_bench;
using Clock = std::chrono::steady_clock;

constexpr auto window = std::chrono::milliseconds{4};
constexpr std::uint64_t round_trips = 200'000;

std::span<const std::byte> bytes_of(const Message& message) {
    return std::as_bytes(std::span{message});
}

// Each side on a processor of its own: two that spin on one measure the scheduler. Where
// there is only one processor, that is what this benchmark measures.
void stay_on_processor(int nth) {
    cpu_set_t allowed;
    if (::sched_getaffinity(0, sizeof allowed, &allowed) != 0) {
        return;
    }
    for (std::size_t cpu = 0; cpu < CPU_SETSIZE; ++cpu) {
        if (CPU_ISSET(cpu, &allowed) && nth-- == 0) {
            cpu_set_t one;
            CPU_ZERO(&one);
            CPU_SET(cpu, &one);
            (void)::sched_setaffinity(0, sizeof one, &one);
            return;
        }
    }
}

// Every word is written by the sender and read by the receiver, as of a real message.
Message message_of(std::uint64_t number) {
    Message message;
    for (std::size_t i = 0; i < message.size(); ++i) {
        message[i] = number + i;
    }
    return message;
}
std::uint64_t sum_of(const Message& message) {
    std::uint64_t sum = 0;
    for (const auto word : message) {
        sum += word;
    }
    return sum;
}
// Of the messages 1 to count.
std::uint64_t checksum_of(std::uint64_t count) {
    return 8 * (count * (count + 1) / 2) + 28 * count;
}

std::uint64_t send_ring(const Places& at, Clock::time_point until) {
    RingWriter writer{at.there};
    std::uint64_t sent = 0;
    do {
        for (std::size_t i = 0; i < batch; ++i) {
            auto claim = writer.claim(1, sizeof(Message));
            while (claim.result != PushResult::ok) {
                writer.publish();
                pause();
                claim = writer.claim(1, sizeof(Message));
            }
            const auto message = message_of(++sent);
            std::memcpy(claim.bytes.data(), message.data(), sizeof message);
            writer.commit();
        }
        writer.publish();
    } while (Clock::now() < until);
    return sent;
}

std::uint64_t send_queue(const Places& at, Clock::time_point until) {
    std::array<Message, batch> messages{};
    std::uint64_t sent = 0;
    do {
        for (auto& message : messages) {
            message = message_of(++sent);
        }
        for (std::size_t done = 0; done < batch;) {
            const auto pushed = at.queue->push(messages.data() + done, batch - done);
            done += pushed;
            if (pushed == 0) {
                pause();
            }
        }
    } while (Clock::now() < until);
    return sent;
}

void switch_to(Shared& shared, Method method) {
    shared.method.store(method, std::memory_order_release);
    while (shared.receiving.load(std::memory_order_acquire) != method) {
        pause();
    }
}

// One window of one method, in messages a second.
double measure(const Places& at, Method method) {
    at.there.reset();
    at.shared->received.store(0, std::memory_order_relaxed);
    at.shared->checksum.store(0, std::memory_order_relaxed);
    switch_to(*at.shared, method);
    const auto start = Clock::now();
    const auto sent =
        method == Method::ring ? send_ring(at, start + window) : send_queue(at, start + window);
    while (at.shared->received.load(std::memory_order_acquire) != sent) {
        pause();
    }
    const std::chrono::duration<double> taken = Clock::now() - start;
    FORKYARD_CHECK(at.shared->checksum.load() == checksum_of(sent), "messages got lost");
    switch_to(*at.shared, Method::none);
    return static_cast<double>(sent) / taken.count();
}

// trip(number) comes back when the answer is there; numbers start at 1.
template <class Trip>
std::vector<std::uint64_t> times_of(Trip&& trip) {
    std::vector<std::uint64_t> times;
    times.reserve(round_trips);
    auto before = Clock::now();
    for (std::uint64_t i = 1; i <= round_trips; ++i) {
        trip(i);
        const auto after = Clock::now();
        times.push_back(static_cast<std::uint64_t>((after - before).count()));
        before = after;
    }
    return times;
}

std::vector<std::uint64_t> measure_round_trips(const Places& at) {
    at.there.reset();
    at.back.reset();
    switch_to(*at.shared, Method::round_trip);
    RingWriter writer{at.there};
    RingReader reader{at.back};
    const Message message{};
    auto times = times_of([&](std::uint64_t) {
        (void)writer.push(1, bytes_of(message));
        writer.publish();
        while (reader.drain([](auto, auto, auto) {}).records == 0) {
        }
    });
    switch_to(*at.shared, Method::none);
    return times;
}

std::vector<std::uint64_t> measure_line_trips(const Places& at) {
    Shared& shared = *at.shared;
    shared.line_there.store(0, std::memory_order_relaxed);
    shared.line_back.store(0, std::memory_order_relaxed);
    switch_to(shared, Method::line_trip);
    auto times = times_of([&shared](std::uint64_t number) {
        shared.line_there.store(number, std::memory_order_release);
        while (shared.line_back.load(std::memory_order_acquire) != number) {
        }
    });
    switch_to(shared, Method::none);
    return times;
}

std::uint64_t clock_cost_ns() {
    std::vector<std::uint64_t> costs;
    auto before = Clock::now();
    for (int i = 0; i < 10'000; ++i) {
        const auto after = Clock::now();
        costs.push_back(static_cast<std::uint64_t>((after - before).count()));
        before = after;
    }
    return median(std::move(costs));
}

RingFigures figures(const Places& at, int windows) {
    std::vector<double> ring;
    std::vector<double> batches;
    std::vector<double> consume_all;
    std::vector<double> ratios;
    for (int i = 0; i < windows; ++i) {
        ring.push_back(measure(at, Method::ring) / 1e6);
        batches.push_back(measure(at, Method::spsc_batch) / 1e6);
        consume_all.push_back(measure(at, Method::spsc_consume_all) / 1e6);
        ratios.push_back(ring.back() / std::max(batches.back(), consume_all.back()));
    }
    const auto trips = measure_round_trips(at);
    const auto line_trips = measure_line_trips(at);
    const auto cost = clock_cost_ns();
    const auto without_clock = [cost](std::uint64_t time) { return time - std::min(cost, time); };
    return {.ring_median = median(ring),
            .ring_best = *std::ranges::max_element(ring),
            .spsc_batch_median = median(batches),
            .spsc_consume_all_median = median(consume_all),
            .spsc_best = std::max(*std::ranges::max_element(batches),
                                  *std::ranges::max_element(consume_all)),
            .ratio_median = median(ratios),
            .round_trip_p50_ns = without_clock(median(trips)),
            .round_trip_p99_ns = without_clock(percentile(trips, 99)),
            .line_trip_p50_ns = without_clock(median(line_trips)),
            .line_trip_p99_ns = without_clock(percentile(line_trips, 99))};
}

void receive_ring(const Places& at) {
    RingReader reader{at.there};
    std::uint64_t received = 0;
    std::uint64_t checksum = 0;
    while (at.shared->method.load(std::memory_order_relaxed) == Method::ring) {
        const auto result = reader.drain([&](auto, auto, std::span<const std::byte> bytes) {
            Message message;
            FORKYARD_CHECK(bytes.size() == sizeof message, "a message of another length");
            std::memcpy(message.data(), bytes.data(), sizeof message);
            checksum += sum_of(message);
        });
        if (result.records == 0) {
            pause();
            continue;
        }
        received += result.records;
        at.shared->checksum.store(checksum, std::memory_order_relaxed);
        at.shared->received.store(received, std::memory_order_release);
    }
}

template <class Take>
void receive_queue(const Places& at, Method method, Take&& take) {
    std::uint64_t received = 0;
    std::uint64_t checksum = 0;
    while (at.shared->method.load(std::memory_order_relaxed) == method) {
        const std::size_t taken = take(checksum);
        if (taken == 0) {
            pause();
            continue;
        }
        received += taken;
        at.shared->checksum.store(checksum, std::memory_order_relaxed);
        at.shared->received.store(received, std::memory_order_release);
    }
}

void send_back(const Places& at) {
    RingReader reader{at.there};
    RingWriter writer{at.back};
    while (at.shared->method.load(std::memory_order_relaxed) == Method::round_trip) {
        const auto result =
            reader.drain([&](std::uint16_t type, auto, std::span<const std::byte> bytes) {
                (void)writer.push(type, bytes);
            });
        if (result.records != 0) {
            writer.publish();
        }
    }
}

void send_line_back(const Places& at) {
    Shared& shared = *at.shared;
    std::uint64_t last = 0;
    while (shared.method.load(std::memory_order_relaxed) == Method::line_trip) {
        const auto number = shared.line_there.load(std::memory_order_acquire);
        if (number != last) {
            shared.line_back.store(number, std::memory_order_release);
            last = number;
        }
    }
}

void receive_with(const Places& at, Method method) {
    switch (method) {
        case Method::ring:
            return receive_ring(at);
        case Method::spsc_batch:
            return receive_queue(at, method, [&at](std::uint64_t& checksum) {
                std::array<Message, batch> messages;
                const auto taken = at.queue->pop(messages.data(), batch);
                for (std::size_t i = 0; i < taken; ++i) {
                    checksum += sum_of(messages[i]);
                }
                return taken;
            });
        case Method::spsc_consume_all:
            return receive_queue(at, method, [&at](std::uint64_t& checksum) {
                return at.queue->consume_all(
                    [&checksum](const Message& message) { checksum += sum_of(message); });
            });
        case Method::round_trip:
            return send_back(at);
        case Method::line_trip:
            return send_line_back(at);
        case Method::none:
        case Method::end:
            return;
    }
}

}  // namespace

int ring_bench::receive(const ExecutorEnd& end) {
    const auto at = places(end.segment());
    stay_on_processor(1);
    while (true) {
        const auto method = at.shared->method.load(std::memory_order_acquire);
        if (method == Method::end || end.driver_gone()) {
            return 0;
        }
        if (at.shared->receiving.exchange(method) == method) {
            pause();
        }
        receive_with(at, method);
    }
}

Result<RingFigures> bench_ring(int windows) {
    auto end = DriverEnd::create({.slots_max = 2, .ring_bytes = segment_ring_bytes});
    if (!end) {
        return fail(std::move(end).error());
    }
    const auto at = places(end->segment());
    new (at.shared) Shared{};
    new (at.queue) Queue{};
    const auto slot = end->start({"bench-child", "ring"});
    if (!slot) {
        return fail(slot.error());
    }
    cpu_set_t before;
    const bool known = ::sched_getaffinity(0, sizeof before, &before) == 0;
    stay_on_processor(0);
    auto result = figures(at, windows);
    if (known) {
        (void)::sched_setaffinity(0, sizeof before, &before);
    }
    at.shared->method.store(Method::end, std::memory_order_release);
    return result;
}

}  // namespace forkyard::sim
