#include "tools/bench_sim.hpp"

#include <array>
#include <cstdint>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "sim/import/tpch_scenario.hpp"
#include "tools/bench_memory.hpp"
#include "tools/bench_runs.hpp"
#include "tools/import_command.hpp"

namespace forkyard::tools {

namespace {

sim::RunOptions bare() {
    return {.executors = sim::ExecutorMode::in_line, .check_invariants = false};
}

sim::RunOptions watched() {
    return {.executors = sim::ExecutorMode::in_line};
}

// 1000000 as 1 M, 10000 as 10 k.
std::string short_number(std::uint32_t n) {
    constexpr std::uint32_t thousand = 1'000;
    constexpr std::uint32_t million = 1'000'000;
    return n % million == 0    ? fmt::format("{} M", n / million)
           : n % thousand == 0 ? fmt::format("{} k", n / thousand)
                               : fmt::format("{}", n);
}

Result<void> compare(Figures& figures,
                     const FlatStage& stage,
                     const std::vector<Variant>& variants) {
    const Result<sim::LoadedScenario> loaded = load_own(flat_scenario(stage));
    return loaded ? compare_runs(figures, *loaded, stage.tasks, variants) : fail(loaded.error());
}

// The two sizes that are watched from version to version.
Result<void> bench_clusters(Figures& figures) {
    constexpr const char* drawn = R"({ uniform = ["100ms", "200ms"] })";
    const FlatStage small{.workers = 100, .tasks = 100'000};
    Result<void> done = compare(figures,
                                small,
                                {{"virtual, 100 workers, 100 k tasks, inline", bare()},
                                 {"  with all invariants", watched()},
                                 {"  with a full journal", bare(), true}});
    if (!done) {
        return done;
    }
    FlatStage uneven = small;
    uneven.duration = drawn;
    done = compare(figures, uneven, {{"  with drawn durations", bare()}});
    if (!done) {
        return done;
    }
    const FlatStage large{.workers = 1000, .tasks = 1'000'000};
    done = compare(figures,
                   large,
                   {{"virtual, 1,000 workers, 1 M tasks, inline", bare()},
                    {"  with all invariants", watched()}});
    if (!done) {
        return done;
    }
    uneven = large;
    uneven.duration = drawn;
    return compare(figures, uneven, {{"  with drawn durations", bare()}});
}

// How the cost of a task grows with what else there is.
Result<void> bench_scaling(Figures& figures) {
    figures.note("scaling, executors of one core:");
    for (const std::uint32_t executors : {10U, 100U, 1'000U, 10'000U}) {
        const FlatStage stage{.workers = executors, .cores = 1, .tasks = 1'000'000};
        const std::string name = fmt::format("1 M tasks on {} executors", short_number(executors));
        Result<void> done = compare(figures, stage, {{name, bare()}});
        if (!done) {
            return done;
        }
    }
    for (const std::uint32_t tasks : {1'000U, 10'000U, 100'000U, 1'000'000U, 10'000'000U}) {
        const FlatStage stage{.workers = 100, .cores = 1, .tasks = tasks};
        const std::string name = fmt::format("{} tasks on 100 executors", short_number(tasks));
        Result<void> done = compare(figures, stage, {{name, bare()}});
        if (!done) {
            return done;
        }
    }
    return {};
}

Result<void> bench_memory(Figures& figures) {
    figures.note("memory, peak resident size (VmHWM) of a forked process, one run:");
    constexpr double megabyte = 1'000'000;
    for (const std::uint32_t tasks : {100'000U, 1'000'000U, 10'000'000U}) {
        const Result<sim::LoadedScenario> loaded =
            load_own(flat_scenario({.workers = 100, .cores = 16, .tasks = tasks}));
        const Result<PeakMemory> peak =
            loaded ? peak_memory(*loaded, bare()) : fail(loaded.error());
        if (!peak) {
            return fail(peak.error());
        }
        const std::string name = fmt::format("{} tasks on 100 workers", short_number(tasks));
        figures.add(name + ", the process", peak->bytes / megabyte, "MB");
        figures.add(name + ", growth a finished task", peak->growth_bytes / tasks, "bytes/task");
    }
    return {};
}

// Mixes of TPC-H jobs as the published simulators run them.
struct Mix {
    std::string name;
    sim::TpchScenario made;
};

Result<std::vector<Mix>> mixes_of(const std::string& folder) {
    std::vector<Mix> mixes;
    for (const char* mode : {"FIFO", "FAIR"}) {
        ImportTpchFlags flags;
        flags.paths = {folder};
        flags.jobs = 200;
        flags.poisson = true;
        flags.mode = mode;
        Result<sim::TpchScenario> made = import_tpch(flags);
        if (!made) {
            return fail(made.error());
        }
        const std::string name = fmt::format("TPC-H, {} jobs, {:.0f} k tasks, 50 executors, {}",
                                             made->jobs,
                                             static_cast<double>(made->tasks) / 1e3,
                                             mode);
        mixes.push_back({name, std::move(*made)});
    }
    return mixes;
}

Result<void> bench_mix(Figures& figures, const Mix& mix) {
    const Result<sim::LoadedScenario> loaded = load_own(mix.made.text);
    if (!loaded) {
        figures.note(fmt::format("{}: left out, {}", mix.name, loaded.error().what));
        return {};
    }
    return compare_runs(figures,
                        *loaded,
                        mix.made.tasks,
                        {{mix.name, bare()}, {"  with all invariants", watched()}});
}

}  // namespace

Result<void> bench_sim(Figures& figures, const std::string& tpch) {
    // Before anything that takes time: the folder may be wrong.
    const Result<std::vector<Mix>> mixes =
        tpch.empty() ? Result<std::vector<Mix>>{} : mixes_of(tpch);
    if (!mixes) {
        return fail(mixes.error());
    }
    for (const auto part : std::array{bench_clusters, bench_scaling, bench_memory}) {
        Result<void> done = part(figures);
        if (!done) {
            return done;
        }
    }
    for (const Mix& mix : *mixes) {
        Result<void> done = bench_mix(figures, mix);
        if (!done) {
            return done;
        }
    }
    return {};
}

}  // namespace forkyard::tools
