// A trace of one TPC-H query: its stages, and what their tasks took on a real Spark cluster at
// several executor counts. Published with Decima (H. Mao et al., SIGCOMM 2019), kept as JSON:
//
//   format        "tpch-trace/1"
//   query, size   3, "2g"
//   edges         [[parent, child], ...]; a parent's id is below its child's
//   stages[i]     id (equal to i), tasks, durations_ms: executor count -> three lists
//     first       what the first task took that an executor ran in this stage
//     rest        every later task of an executor in this stage
//     fresh       the very first task of the job on its executor, start-up included; these
//                 are among `first` too
//
// Reads and checks; what a task takes in a scenario is said in tpch_durations.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.hpp"
#include "core/sim_time.hpp"

namespace forkyard::sim {

struct TpchStage {
    struct Measured {
        std::uint32_t executors = 0;
        std::vector<SimDuration> first;  // the fresh ones included
        std::vector<SimDuration> rest;
        std::vector<SimDuration> fresh;
    };
    std::uint32_t tasks = 0;
    std::vector<std::uint32_t> parents;  // ascending
    std::vector<Measured> measured;      // at least one, by executors; none without any time
};

struct TpchTrace {
    std::string file;  // for messages
    std::uint32_t query = 0;
    std::string size;
    std::vector<TpchStage> stages;  // at least one
};

[[nodiscard]] Result<TpchTrace> parse_tpch_trace(std::string_view text, const std::string& file);
[[nodiscard]] Result<TpchTrace> read_tpch_trace(const std::string& path);

}  // namespace forkyard::sim
