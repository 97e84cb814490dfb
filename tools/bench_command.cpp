// forkyard bench: what this machine does, by the program's own measures.
//
// Figures are medians of five unless said; whatever is compared takes turns in one run.
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <functional>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "sim/bench/ipc_bench.hpp"
#include "sim/bench/statistics.hpp"
#include "sim/journal/journal_writer.hpp"
#include "sim/run/run.hpp"
#include "tools/commands.hpp"

namespace forkyard::tools {

namespace {

using nlohmann::ordered_json;

struct Row {
    std::string name;
    double value = 0;
    std::string unit;
};

class Figures {
public:
    // `out`: where the table goes, row by row.
    explicit Figures(std::FILE* out) : out_{out} {}

    void title(std::string_view name) const { print(fmt::format("{}\n", name)); }
    void add(std::string name, double value, std::string unit) {
        print(fmt::format("  {:<58} {:>14.1f} {}\n", name, value, unit));
        rows_.push_back({std::move(name), value, std::move(unit)});
    }
    [[nodiscard]] ordered_json json() const {
        ordered_json all = ordered_json::array();
        for (const Row& row : rows_) {
            all.push_back({{"name", row.name}, {"value", row.value}, {"unit", row.unit}});
        }
        return all;
    }

private:
    void print(const std::string& line) const {
        fmt::print(out_, "{}", line);
        std::fflush(out_);
    }

    std::FILE* out_;
    std::vector<Row> rows_;
};

std::string flat_scenario(unsigned workers, unsigned tasks, const char* duration) {
    return fmt::format(R"(format = 1
[cluster]
[[cluster.worker]]
name = "w"
count = {}
cores = 16
memory = "64g"
[conf]
"spark.executor.cores" = 16
[[app]]
name = "bench"
[[app.stage]]
name = "map"
tasks = {}
duration = {}
)",
                       workers,
                       tasks,
                       duration);
}

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

// Tasks a second of a whole run, from the first event to the last.
Result<double> timed_run(const sim::LoadedScenario& loaded,
                         const sim::RunOptions& options,
                         unsigned tasks) {
    const auto begin = std::chrono::steady_clock::now();
    const Result<sim::RunResult> result = sim::run_scenario(loaded, options);
    if (!result) {
        return fail(result.error());
    }
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begin;
    return tasks / took.count();
}

struct Variant {
    std::string name;
    sim::RunOptions options;
    bool journal = false;
};

// The variants take turns, five times each.
Result<void> compare_runs(Figures& figures,
                          const std::string& text,
                          unsigned tasks,
                          const std::vector<Variant>& variants) {
    const sim::LoadResult loaded = sim::load_scenario_text({text, "bench.toml", "."});
    if (!loaded.loaded) {
        return fail({"the benchmark's own scenario is wrong", {}, {}, Exit::internal});
    }
    std::vector<std::vector<double>> rates(variants.size());
    constexpr int rounds = 5;
    for (int round = 0; round < rounds; ++round) {
        for (std::size_t v = 0; v < variants.size(); ++v) {
            sim::RunOptions options = variants[v].options;
            std::string bytes;
            sim::JournalWriter journal{sim::memory_output(bytes)};
            if (variants[v].journal) {
                journal.begin(loaded.loaded->scenario, loaded.loaded->lines, "bench");
                options.journal = &journal;
            }
            const Result<double> rate = timed_run(*loaded.loaded, options, tasks);
            if (!rate) {
                return fail(rate.error());
            }
            rates[v].push_back(*rate);
        }
    }
    for (std::size_t v = 0; v < variants.size(); ++v) {
        figures.add(variants[v].name, sim::median(rates[v]), "tasks/s");
    }
    return {};
}

Result<void> bench_sim(Figures& figures) {
    const auto in_line = sim::ExecutorMode::in_line;
    constexpr unsigned tasks = 100'000;
    Result<void> done = compare_runs(
        figures,
        flat_scenario(100, tasks, R"({ uniform = ["100ms", "200ms"] })"),
        tasks,
        {{"virtual, 100 workers, 100 k tasks, inline",
          {.executors = in_line, .check_invariants = false}},
         {"  with all invariants", {.executors = in_line}},
         {"  with a full journal", {.executors = in_line, .check_invariants = false}, true}});
    if (!done) {
        return done;
    }
    constexpr unsigned many = 1'000'000;
    return compare_runs(figures,
                        flat_scenario(1000, many, R"({ uniform = ["100ms", "200ms"] })"),
                        many,
                        {{"virtual, 1,000 workers, 1 M tasks, inline",
                          {.executors = in_line, .check_invariants = false}}});
}

Result<void> bench_run(Figures& figures) {
    constexpr unsigned tasks = 100'000;
    return compare_runs(figures,
                        flat_scenario(8, tasks, R"("10ms")"),
                        tasks,
                        {{"whole run, virtual clock, 8 executor processes, no-op tasks",
                          {.executors = sim::ExecutorMode::process}}});
}

}  // namespace

int bench_command(const std::string& what, bool json) {
    struct Bench {
        const char* name;
        Result<void> (*run)(Figures&);
    };
    constexpr Bench benches[] = {{"ring", bench_ring},
                                 {"dispatch", bench_dispatch},
                                 {"start", bench_start},
                                 {"notice", bench_notice},
                                 {"run", bench_run},
                                 {"sim", bench_sim}};
    Figures figures{json ? stderr : stdout};
    for (const Bench& bench : benches) {
        if (what != "all" && what != bench.name) {
            continue;
        }
        figures.title(bench.name);
        const Result<void> done = bench.run(figures);
        if (!done) {
            return complain(done.error());
        }
    }
    if (json) {
        fmt::print("{}\n", figures.json().dump());
    }
    return 0;
}

}  // namespace forkyard::tools
