// Measures sim/ipc between real processes: the ring, dispatch, start, notice of a death.
//
// The processes at the other end are this same binary, started as `bench-child MODE`:
// the main of whoever calls these must hand that command line to bench_child_main().
// Figures are medians of several runs of the same length. Anything else that runs on
// the machine shows in them; whatever is compared takes turns within one run.
#pragma once

#include <cstdint>

#include "core/result.hpp"

namespace forkyard::sim {

struct RingFigures {
    // 64-byte messages, one way, 32 a batch, million a second.
    double ring_median = 0;
    double ring_best = 0;
    // boost::lockfree::spsc_queue of the same size in the same mapping.
    double spsc_batch_median = 0;        // push and pop of 32
    double spsc_consume_all_median = 0;  // push of 32, consume_all
    double spsc_best = 0;                // of either
    double ratio_median = 0;             // ring to the better spsc_queue of the same window
    // A message there and back, both sides spinning, without the clock's own cost.
    std::uint64_t round_trip_p50_ns = 0;
    std::uint64_t round_trip_p99_ns = 0;
    // A bare number there and back, one cache line each way: the floor of this machine.
    std::uint64_t line_trip_p50_ns = 0;
    std::uint64_t line_trip_p99_ns = 0;
};
[[nodiscard]] Result<RingFigures> bench_ring(int windows = 101);

struct DispatchOptions {
    std::uint32_t executors = 8;
    std::uint32_t tasks_per_wake = 1;
    int hogs = 0;  // processes that spin beside
    int runs = 5;
    int run_ms = 300;
};
struct DispatchFigures {
    double tasks_per_second_median = 0;
    double tasks_per_second_best = 0;
    double sleeps_per_task = 0;  // of the driver, in all runs
};
// Tasks that do nothing, in rounds: every executor answers before any gets its next.
[[nodiscard]] Result<DispatchFigures> bench_dispatch(const DispatchOptions& options);

// From making the segment until that many executors have registered, milliseconds.
struct StartFigures {
    double median_ms = 0;
    double best_ms = 0;
};
[[nodiscard]] Result<StartFigures> bench_start(std::uint32_t executors, int runs = 5);

// From kill(SIGKILL) of a sleeping executor to its ExecutorExit in a sleeping driver.
struct NoticeFigures {
    double p50_us = 0;
    double p99_us = 0;
    // Of a process that only sleeps, by a bare waitpid: what the kernel takes of it.
    double bare_p50_us = 0;
    double bare_p99_us = 0;
};
[[nodiscard]] Result<NoticeFigures> bench_notice(int kills = 300);

// Shuffle blocks of 1 MiB between two processes. One way: written by one, granted, mapped, checked
// and read by the other while the next ones are written. Both ways: each writes as much as the
// other, and then reads what the other has written. 10^9 bytes a second.
struct BlockFigures {
    double one_way_median = 0;
    double one_way_unchecked_median = 0;  // no checksums
    double both_ways_median = 0;
    double both_ways_unchecked_median = 0;
};
[[nodiscard]] Result<BlockFigures> bench_blocks(int runs = 5);

// argv as main got it, argv[1] being "bench-child". The exit status of the process.
[[nodiscard]] int bench_child_main(int argc, char** argv);

}  // namespace forkyard::sim
