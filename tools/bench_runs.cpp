#include "tools/bench_runs.hpp"

#include <algorithm>
#include <chrono>
#include <utility>

#include <fmt/format.h>

#include "sim/bench/statistics.hpp"
#include "sim/journal/journal_writer.hpp"

namespace forkyard::tools {

namespace {

using Seconds = std::chrono::duration<double>;

Result<Seconds> timed_run(const sim::LoadedScenario& loaded, const Variant& variant) {
    sim::RunOptions options = variant.options;
    std::string bytes;
    sim::JournalWriter journal{sim::memory_output(bytes)};
    if (variant.journal) {
        journal.begin(loaded.scenario, loaded.lines, "bench");
        options.journal = &journal;
    }
    const auto begin = std::chrono::steady_clock::now();
    const Result<sim::RunResult> result = sim::run_scenario(loaded, options);
    if (!result) {
        return fail(result.error());
    }
    if (result->report.exit != Exit::ok) {
        return fail({"a run of the benchmark did not end well", {}, {}, Exit::internal});
    }
    return std::chrono::steady_clock::now() - begin;
}

int rounds_for(Seconds run) {
    constexpr Seconds short_run{2};
    constexpr Seconds long_run{10};
    return run < short_run ? 5 : run < long_run ? 3 : 1;
}

}  // namespace

std::string flat_scenario(const FlatStage& stage) {
    return fmt::format(R"(format = 1
[cluster]
[[cluster.worker]]
name = "w"
count = {0}
cores = {1}
memory = "64g"
[conf]
"spark.executor.cores" = {1}
[[app]]
name = "bench"
[[app.stage]]
name = "map"
tasks = {2}
duration = {3}
)",
                       stage.workers,
                       stage.cores,
                       stage.tasks,
                       stage.duration);
}

Result<sim::LoadedScenario> load_own(const std::string& text) {
    sim::LoadResult result = sim::load_scenario_text({text, "bench.toml", "."});
    if (!result.loaded) {
        const std::string why =
            result.diagnostics.empty() ? "" : ": " + result.diagnostics.front().text();
        return fail({"the benchmark's own scenario is refused" + why, {}, {}, Exit::internal});
    }
    return std::move(*result.loaded);
}

Result<void> compare_runs(Figures& figures,
                          const sim::LoadedScenario& loaded,
                          std::size_t tasks,
                          const std::vector<Variant>& variants) {
    std::vector<std::vector<double>> rates(variants.size());
    int rounds = 1;
    for (int round = 0; round < rounds; ++round) {
        Seconds longest{0};
        for (std::size_t v = 0; v < variants.size(); ++v) {
            const Result<Seconds> took = timed_run(loaded, variants[v]);
            if (!took) {
                return fail(took.error());
            }
            rates[v].push_back(static_cast<double>(tasks) / took->count());
            longest = std::max(longest, *took);
        }
        if (round == 0) {
            rounds = rounds_for(longest);
        }
    }
    for (std::size_t v = 0; v < variants.size(); ++v) {
        figures.add({variants[v].name,
                     sim::median(rates[v]),
                     rate_unit,
                     rounds == 1 ? "one run" : fmt::format("median of {}", rounds)});
    }
    return {};
}

}  // namespace forkyard::tools
