// Dispatch, start and notice: what a driver gets out of its executor processes.
#include <array>
#include <atomic>
#include <chrono>
#include <signal.h>
#include <string_view>
#include <unistd.h>
#include <utility>
#include <vector>

#include "sim/bench/block_bench.hpp"
#include "sim/bench/ipc_bench.hpp"
#include "sim/bench/ring_bench.hpp"
#include "sim/bench/statistics.hpp"
#include "sim/ipc/driver_end.hpp"
#include "sim/ipc/executor_end.hpp"
#include "sim/process/child_process.hpp"

namespace forkyard::sim {

namespace {

using Clock = std::chrono::steady_clock;
using ByteView = std::span<const std::byte>;

constexpr std::uint16_t task_type = 1;
constexpr std::uint16_t answer_type = 2;
constexpr std::array<std::byte, 56> task{};  // one line with its header
constexpr std::array<std::byte, 24> answer{};
// Time enough for both to be asleep, as they are when an executor dies at work.
constexpr std::chrono::microseconds sleep_before_kill{2'000};

double milliseconds_since(Clock::time_point start) {
    return std::chrono::duration<double, std::milli>{Clock::now() - start}.count();
}

// Processes that spin beside the measured ones, gone with the scope.
class Hogs {
public:
    static Result<Hogs> start(int count) {
        Hogs hogs;
        for (int i = 0; i < count; ++i) {
            auto pid = start_child({.binary = "/proc/self/exe",
                                    .argv = {"forkyard", "bench-child", "hog"},
                                    .added_environment = {},
                                    .inherited_fds = {}});
            if (!pid) {
                return fail(std::move(pid).error());
            }
            hogs.pids_.push_back(*pid);
        }
        return hogs;
    }
    Hogs(Hogs&& other) noexcept : pids_{std::exchange(other.pids_, {})} {}
    Hogs& operator=(Hogs&&) = delete;
    ~Hogs() {
        for (const auto pid : pids_) {
            ::kill(pid, SIGKILL);
            (void)reap_killed(pid);
        }
    }

private:
    Hogs() = default;
    std::vector<pid_t> pids_;
};

// A driver with that many executors, all registered.
Result<DriverEnd> start_all(std::uint32_t executors, std::string_view mode) {
    auto end = DriverEnd::create({.slots_max = executors});
    for (std::uint32_t i = 0; end && i < executors; ++i) {
        if (auto slot = end->start({"bench-child", std::string{mode}}); !slot) {
            return fail(std::move(slot).error());
        }
    }
    for (std::uint32_t registered = 0; end && registered < executors;) {
        if (end->wait().exits) {
            return fail({.what = "a process of the benchmark " + end->take_exits()[0].how.text(),
                         .where = "bench-child",
                         .mend = "run it alone to see why",
                         .exit = Exit::internal});
        }
        (void)end->drain([](SlotId, std::uint16_t, ByteView) {});
        registered += static_cast<std::uint32_t>(end->take_registered().size());
    }
    return end;
}

// Tasks a second over one run of rounds.
double run_rounds(DriverEnd& end, const DispatchOptions& options) {
    const auto per_round = std::uint64_t{options.executors} * options.tasks_per_wake;
    std::uint64_t done = 0;
    const auto start = Clock::now();
    const auto until = start + std::chrono::milliseconds{options.run_ms};
    while (Clock::now() < until) {
        for (std::uint32_t i = 0; i < options.executors; ++i) {
            for (std::uint32_t k = 0; k < options.tasks_per_wake; ++k) {
                (void)end.send(SlotId{i}, task_type, task);
            }
        }
        for (std::uint64_t answers = 0; answers < per_round;) {
            (void)end.wait();
            answers += end.drain([](SlotId, std::uint16_t, ByteView) {});
        }
        done += per_round;
    }
    return static_cast<double>(done) / (milliseconds_since(start) / 1000);
}

int answer_tasks(ExecutorEnd end) {
    while (end.wait() != ExecutorWake::driver_gone) {
        (void)end.receive([&end](std::uint16_t, ByteView) { (void)end.send(answer_type, answer); });
    }
    return 0;
}

int hog() {
    if (!bind_to_driver(::getppid())) {
        return 1;
    }
    while (true) {
        std::atomic_signal_fence(std::memory_order_seq_cst);
    }
}

int sleeper() {
    if (!bind_to_driver(::getppid())) {
        return 1;
    }
    while (true) {
        ::pause();
    }
}

// From the kill of a sleeping process to the end of a bare waitpid, microseconds: what
// the kernel takes, with no segment, no signalfd and no driver.
Result<double> bare_notice() {
    const auto pid = start_child({.binary = "/proc/self/exe",
                                  .argv = {"forkyard", "bench-child", "sleeper"},
                                  .added_environment = {},
                                  .inherited_fds = {}});
    if (!pid) {
        return fail(pid.error());
    }
    ::usleep(sleep_before_kill.count());
    const auto start = Clock::now();
    ::kill(*pid, SIGKILL);
    (void)reap_killed(*pid);
    return milliseconds_since(start) * 1000;
}

}  // namespace

Result<DispatchFigures> bench_dispatch(const DispatchOptions& options) {
    auto end = start_all(options.executors, "tasks");
    if (!end) {
        return fail(std::move(end).error());
    }
    const auto hogs = Hogs::start(options.hogs);
    if (!hogs) {
        return fail(hogs.error());
    }
    std::vector<double> rates;
    rates.reserve(static_cast<std::size_t>(options.runs));
    (void)run_rounds(*end, options);
    const auto sleeps = end->counts().sleeps;
    const auto tasks = end->counts().received;
    for (int run = 0; run < options.runs; ++run) {
        rates.push_back(run_rounds(*end, options));
    }
    return DispatchFigures{.tasks_per_second_median = median(rates),
                           .tasks_per_second_best = *std::ranges::max_element(rates),
                           .sleeps_per_task = static_cast<double>(end->counts().sleeps - sleeps) /
                                              static_cast<double>(end->counts().received - tasks)};
}

Result<StartFigures> bench_start(std::uint32_t executors, int runs) {
    std::vector<double> times;
    times.reserve(static_cast<std::size_t>(runs));
    for (int run = 0; run < runs; ++run) {
        const auto start = Clock::now();
        const auto end = start_all(executors, "tasks");
        if (!end) {
            return fail(end.error());
        }
        times.push_back(milliseconds_since(start));
    }
    return StartFigures{.median_ms = median(times), .best_ms = *std::ranges::min_element(times)};
}

Result<NoticeFigures> bench_notice(int kills) {
    std::vector<double> times;
    std::vector<double> bare;
    auto end = start_all(1, "tasks");
    for (int i = 0; end && i < kills; ++i) {
        const Result<double> without = bare_notice();
        if (!without) {
            return fail(without.error());
        }
        bare.push_back(*without);
        (void)end->wait(Clock::now() + sleep_before_kill);
        const auto start = Clock::now();
        end->kill(SlotId{0}, SIGKILL);
        while (!end->wait().exits) {
        }
        times.push_back(milliseconds_since(start) * 1000);
        (void)end->take_exits();
        end->release(SlotId{0});
        if (auto slot = end->start({"bench-child", "tasks"}); !slot) {
            return fail(std::move(slot).error());
        }
        while (end->take_registered().empty()) {
            (void)end->wait();
            (void)end->drain([](SlotId, std::uint16_t, ByteView) {});
        }
    }
    if (!end) {
        return fail(std::move(end).error());
    }
    return NoticeFigures{.p50_us = median(times),
                         .p99_us = percentile(times, 99),
                         .bare_p50_us = median(bare),
                         .bare_p99_us = percentile(bare, 99)};
}

int bench_child_main(int argc, char** argv) {
    const std::string_view mode = argc > 2 ? argv[2] : "";
    if (mode == "hog") {
        return hog();
    }
    if (mode == "sleeper") {
        return sleeper();
    }
    auto end = ExecutorEnd::attach();
    if (!end) {
        return static_cast<int>(end.error().exit);
    }
    if (mode == "blocks") {
        return block_bench::hold(std::move(*end));
    }
    return mode == "ring" ? ring_bench::receive(*end) : answer_tasks(std::move(*end));
}

}  // namespace forkyard::sim
