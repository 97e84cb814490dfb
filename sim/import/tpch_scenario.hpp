// A workload of TPC-H queries as a scenario: one application on one cluster, a job for each
// query, jobs arriving one after another and running side by side.
//
// The application stays for all jobs, as a shared Spark session does; each job has stages of
// its own, so that none finds the shuffle files of another and skips its work. What a trace
// does not hold (bytes, failures, driver time) the scenario does not make up.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/sim_time.hpp"
#include "sim/import/tpch_trace.hpp"

namespace forkyard::sim {

struct TpchWorkload {
    enum class Arrivals { regular, poisson };
    enum class Mode { fifo, fair };
    // each: a partition's time is fixed; values: drawn from the stage's when it is launched.
    enum class Durations { each, values };

    std::uint32_t executors = 50;       // of one core, on a worker each
    std::optional<std::uint32_t> jobs;  // so many, drawn; none: each trace once, in order
    SimDuration every = std::chrono::seconds{25};
    Arrivals arrivals = Arrivals::regular;
    Mode mode = Mode::fifo;
    Durations durations = Durations::each;
    std::uint64_t seed = 1;
};

struct TpchScenario {
    std::string text;  // TOML
    std::size_t jobs = 0;
    std::size_t stages = 0;
    std::size_t tasks = 0;
};

// `made_by` is shown in the opening comment: the command that makes the same text again.
[[nodiscard]] TpchScenario tpch_scenario(const std::vector<TpchTrace>& traces,
                                         const TpchWorkload& workload,
                                         std::string_view made_by);

}  // namespace forkyard::sim
