// Whole runs against the clock: what bench groups that run scenarios share.
//
// A rate is tasks a second from the first event to the last; making and loading the scenario
// is not in it. Runs up to two seconds are repeated five times, up to ten seconds three times,
// longer ones not at all; a figure is the median and says of how many.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/result.hpp"
#include "sim/run/run.hpp"
#include "tools/bench_figures.hpp"

namespace forkyard::tools {

// One stage without parents, preferences or bytes.
struct FlatStage {
    std::uint32_t workers = 0;  // with one executor each
    std::uint32_t cores = 16;
    std::uint32_t tasks = 0;
    std::string duration = R"("10ms")";  // TOML
};
[[nodiscard]] std::string flat_scenario(const FlatStage& stage);

// A scenario of the bench's own making: it is right, or this program is wrong.
[[nodiscard]] Result<sim::LoadedScenario> load_own(const std::string& text);

struct Variant {
    std::string name;
    sim::RunOptions options;
    bool journal = false;  // a full one, into memory
};

inline constexpr const char* rate_unit = "tasks/s";

// Runs of the same scenario that differ in their options; they take turns.
[[nodiscard]] Result<void> compare_runs(Figures& figures,
                                        const sim::LoadedScenario& loaded,
                                        std::size_t tasks,
                                        const std::vector<Variant>& variants);

}  // namespace forkyard::tools
