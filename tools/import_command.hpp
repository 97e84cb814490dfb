// forkyard import tpch: the flags, as the user gave them, and what is done with them.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/result.hpp"
#include "sim/import/tpch_scenario.hpp"

namespace forkyard::tools {

struct ImportTpchFlags {
    std::vector<std::string> paths;
    std::vector<std::string> sizes;      // empty: all
    std::vector<std::uint32_t> queries;  // empty: all
    std::string out = "-";
    std::optional<std::uint32_t> jobs;
    std::string every = "25s";
    bool poisson = false;
    std::uint32_t executors = 50;
    std::string mode = "FIFO";
    std::string durations = "each";
    std::int64_t seed = 1;
};

// The scenario that these flags ask for.
[[nodiscard]] Result<sim::TpchScenario> import_tpch(const ImportTpchFlags& flags);

int import_tpch_command(const ImportTpchFlags& flags);

}  // namespace forkyard::tools
