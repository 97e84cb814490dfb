// forkyard bench: what this machine does, by the program's own measures.
//
// Figures are medians of five unless said; whatever is compared takes turns.
#include <array>
#include <cstdio>
#include <functional>
#include <string>
#include <string_view>

#include <fmt/format.h>

#include "sim/bench/ipc_bench.hpp"
#include "tools/bench_figures.hpp"
#include "tools/bench_managers.hpp"
#include "tools/bench_policy.hpp"
#include "tools/bench_runs.hpp"
#include "tools/bench_sim.hpp"
#include "tools/commands.hpp"

namespace forkyard::tools {

namespace {

Result<void> bench_ring(Figures& figures) {
    const Result<sim::RingFigures> ring = sim::bench_ring();
    if (!ring) {
        return fail(ring.error());
    }
    figures.add("ring, 64 B, 32 a batch, one way", ring->ring_median, "M messages/s");
    figures.add(
        "boost::lockfree::spsc_queue, batches of 32", ring->spsc_batch_median, "M messages/s");
    figures.add(
        "boost::lockfree::spsc_queue, consume_all", ring->spsc_consume_all_median, "M messages/s");
    figures.add("ring to the better spsc_queue, same window", ring->ratio_median, "x");
    figures.add("round trip, spinning, p50", static_cast<double>(ring->round_trip_p50_ns), "ns");
    figures.add("round trip, spinning, p99", static_cast<double>(ring->round_trip_p99_ns), "ns");
    figures.add(
        "a cache line there and back, p50", static_cast<double>(ring->line_trip_p50_ns), "ns");
    figures.add(
        "a cache line there and back, p99", static_cast<double>(ring->line_trip_p99_ns), "ns");
    return {};
}

Result<void> bench_dispatch(Figures& figures) {
    for (const int hogs : {0, 2}) {
        for (const std::uint32_t executors : {8U, 32U, 128U}) {
            const Result<sim::DispatchFigures> dispatch =
                sim::bench_dispatch({.executors = executors, .hogs = hogs});
            if (!dispatch) {
                return fail(dispatch.error());
            }
            figures.add(fmt::format("no-op tasks, one a wake, {} executors{}",
                                    executors,
                                    hogs > 0 ? ", two hogs beside" : ""),
                        dispatch->tasks_per_second_median,
                        "tasks/s");
        }
    }
    return {};
}

Result<void> bench_start(Figures& figures) {
    for (const std::uint32_t executors : {64U, 256U, 1024U}) {
        const Result<sim::StartFigures> start = sim::bench_start(executors);
        if (!start) {
            return fail(start.error());
        }
        figures.add(
            fmt::format("{} executors started and registered", executors), start->median_ms, "ms");
    }
    return {};
}

Result<void> bench_notice(Figures& figures) {
    const Result<sim::NoticeFigures> notice = sim::bench_notice();
    if (!notice) {
        return fail(notice.error());
    }
    figures.add("SIGKILLed executor noticed, p50", notice->p50_us, "us");
    figures.add("SIGKILLed executor noticed, p99", notice->p99_us, "us");
    figures.add("a bare process killed and waited for, p50", notice->bare_p50_us, "us");
    figures.add("a bare process killed and waited for, p99", notice->bare_p99_us, "us");
    return {};
}

Result<void> bench_blocks(Figures& figures) {
    const Result<sim::BlockFigures> blocks = sim::bench_blocks();
    if (!blocks) {
        return fail(blocks.error());
    }
    figures.add("shuffle blocks between two processes, one way", blocks->one_way_median, "GB/s");
    figures.add("the same without checksums", blocks->one_way_unchecked_median, "GB/s");
    figures.add("both ways, as in a shuffle", blocks->both_ways_median, "GB/s");
    figures.add("the same without checksums", blocks->both_ways_unchecked_median, "GB/s");
    return {};
}

Result<void> bench_run(Figures& figures) {
    const FlatStage stage{.workers = 8, .tasks = 100'000};
    const Result<sim::LoadedScenario> loaded = load_own(flat_scenario(stage));
    if (!loaded) {
        return fail(loaded.error());
    }
    return compare_runs(figures,
                        *loaded,
                        stage.tasks,
                        {{"whole run, virtual clock, 8 executor processes, no-op tasks",
                          {.executors = sim::ExecutorMode::process}}});
}

}  // namespace

int bench_command(const BenchFlags& flags) {
    if (!flags.tpch.empty() && flags.what != "sim" && flags.what != "all") {
        return complain({"only the group `sim` uses traces",
                         "--tpch",
                         "run `forkyard bench sim --tpch FOLDER`",
                         Exit::usage});
    }
    if ((flags.what == "policy") == flags.policy.empty()) {
        return complain({"the group `policy` and the option --policy go together",
                         "--policy",
                         "run `forkyard bench policy --policy 'exec:python3 policy.py'`",
                         Exit::usage});
    }
    struct Bench {
        const char* name;
        std::function<Result<void>(Figures&)> run;
    };
    const std::array benches{
        Bench{"ring", bench_ring},
        Bench{"dispatch", bench_dispatch},
        Bench{"start", bench_start},
        Bench{"notice", bench_notice},
        Bench{"blocks", bench_blocks},
        Bench{"run", bench_run},
        Bench{"managers", bench_managers},
        Bench{"policy", [&](Figures& figures) { return bench_policy(figures, flags.policy); }},
        Bench{"sim", [&](Figures& figures) { return bench_sim(figures, flags.tpch); }}};
    Figures figures{flags.json ? stderr : stdout};
    for (const Bench& bench : benches) {
        const bool in_all = flags.what == "all" && bench.name != std::string_view{"policy"};
        if (!in_all && flags.what != bench.name) {
            continue;
        }
        figures.title(bench.name);
        const Result<void> done = bench.run(figures);
        if (!done) {
            return complain(done.error());
        }
    }
    if (flags.json) {
        fmt::print("{}\n", figures.json().dump());
    }
    return 0;
}

}  // namespace forkyard::tools
