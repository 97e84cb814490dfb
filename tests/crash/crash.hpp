// Crash tests: processes killed at random and after every instruction, and what the
// survivors then find in the shared memory. Run as a program of its own, since each
// test forks and kills thousands of times.
#pragma once

#include <cstdint>
#include <cstdio>
#include <string>

namespace forkyard::sim::crash {

struct Plan {
    int random_kills = 500;
    int wrong_writer_kills = 200;
    // Kills of each operation, spread evenly over its instructions; 0 is one for each.
    std::uint64_t points = 60;
    std::uint64_t seed = 1;
};

// What the survivors saw, over all kills.
struct Tally {
    std::uint64_t kills = 0;
    std::uint64_t records = 0;
    std::uint64_t torn = 0;          // content that the writer never wrote
    std::uint64_t out_of_order = 0;  // lost, twice, or out of order
    std::uint64_t corrupt = 0;       // the reader gave the ring up
    std::uint64_t in_write = 0;      // deaths with unpublished records

    [[nodiscard]] bool good() const { return torn == 0 && out_of_order == 0 && corrupt == 0; }
};

// Records that were published arrive once and whole, whenever the writer dies.
[[nodiscard]] Tally kill_writers(const Plan& plan);
// A dead reader's records may arrive again, but none is skipped.
[[nodiscard]] Tally kill_readers(const Plan& plan);
// The control: a writer that publishes before it fills must be found out.
[[nodiscard]] Tally kill_wrong_writers(const Plan& plan);

// Kills after instructions of each operation of an executor; prints a line for each;
// false if anything was wrong.
[[nodiscard]] bool step_all(const Plan& plan, const std::string& self);
// The main of the processes that step_all() starts.
[[nodiscard]] int victim_main(const std::string& operation);

}  // namespace forkyard::sim::crash
