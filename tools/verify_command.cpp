// forkyard verify: a run must repeat itself. Under the virtual clock each scenario runs
// inline twice and in executor processes once, and the digests must agree; under the
// wall clock no two runs are alike, so one is recorded, and its replay must agree.
#include <cstdio>
#include <memory>
#include <string>

#include <fmt/format.h>

#include "core/report/run_report.hpp"
#include "sim/journal/journal_compare.hpp"
#include "sim/journal/journal_writer.hpp"
#include "sim/replay/replay.hpp"
#include "tools/caught_signal.hpp"
#include "tools/commands.hpp"

namespace forkyard::tools {

namespace {

bool stops_verb(Exit exit) {
    return exit == Exit::interrupted || exit == Exit::terminated;
}

Result<sim::RunResult> run(const sim::LoadedScenario& loaded,
                           sim::ExecutorMode mode,
                           sim::RecordSink* sink) {
    Result<sim::RunResult> result = sim::run_scenario(
        loaded,
        {.executors = mode, .out_folder = "", .journal = sink, .poll = [](SimTime, std::uint64_t) {
             return caught_signal();
         }});
    if (result && stops_verb(result->report.exit)) {  // what there is of it shows nothing
        return fail({"it was interrupted", {}, {}, result->report.exit});
    }
    return result;
}

// The run's journal as text.
Result<std::string> record(const sim::LoadedScenario& loaded, sim::ExecutorMode mode) {
    std::string text;
    sim::JournalWriter writer{sim::memory_output(text)};
    writer.begin(loaded.scenario, loaded.lines, "verify");
    Result<sim::RunResult> result = run(loaded, mode, &writer);
    if (!result) {
        return fail(result.error());
    }
    Result<void> written = writer.finish("ended", static_cast<int>(result->report.exit));
    if (!written) {
        return fail(written.error());
    }
    return text;
}

int show_difference(const std::string& path,
                    const sim::LoadedScenario& loaded,
                    sim::ExecutorMode mode,
                    const char* name) {
    Result<std::string> first = record(loaded, sim::ExecutorMode::in_line);
    Result<std::string> second = record(loaded, mode);
    if (!first || !second) {
        return complain(first ? second.error() : first.error());
    }
    const auto difference = sim::first_difference(*first, *second);
    fmt::print("{}: {}",
               path,
               difference ? sim::to_text(*difference, "inline", name)
                          : "NONDETERMINISM: the digests of two runs differ, and when they were "
                            "run again they agreed: the difference comes and goes\n");
    return static_cast<int>(Exit::divergence);
}

int verify_virtual(const std::string& path, const sim::LoadedScenario& loaded, bool quiet) {
    struct Again {
        const char* name;
        sim::ExecutorMode mode;
    };
    const Result<sim::RunResult> first = run(loaded, sim::ExecutorMode::in_line, nullptr);
    if (!first) {
        return complain(first.error());
    }
    for (const Again& again : {Again{"again", sim::ExecutorMode::in_line},
                               Again{"process", sim::ExecutorMode::process}}) {
        const Result<sim::RunResult> second = run(loaded, again.mode, nullptr);
        if (!second) {
            return complain(second.error());
        }
        if (second->report.digest != first->report.digest) {
            return show_difference(path, loaded, again.mode, again.name);
        }
    }
    if (!quiet) {
        fmt::print("{}: ok, {} events, digest {}, inline twice and process once\n",
                   path,
                   first->events,
                   digest_text(first->report.digest));
    }
    return 0;
}

int verify_wall(const std::string& path, const sim::LoadedScenario& loaded, bool quiet) {
    Result<std::string> recorded = record(loaded, sim::ExecutorMode::process);
    if (!recorded) {
        return complain(recorded.error());
    }
    Result<sim::ReplayReport> report =
        sim::parse_journal(path, std::move(*recorded))
            .and_then([&](const sim::JournalFile& journal) {
                return sim::replay(journal, nullptr, loaded.scenario.folder);
            });
    if (!report) {
        return complain(report.error());
    }
    if (report->divergence) {
        fmt::print("{}: {}", path, sim::to_text(*report));
        return static_cast<int>(Exit::divergence);
    }
    if (!quiet) {
        fmt::print("{}: ok, {} events, digest {}, recorded once and replayed\n",
                   path,
                   report->events,
                   digest_text(report->digest));
    }
    return 0;
}

int verify_one(const std::string& path, const RunFlags& flags) {
    int exit = 0;
    const std::optional<sim::LoadedScenario> loaded = load(path, flags, exit);
    if (!loaded) {
        return exit;
    }
    return loaded->scenario.clock == ClockKind::wall ? verify_wall(path, *loaded, flags.quiet)
                                                     : verify_virtual(path, *loaded, flags.quiet);
}

}  // namespace

int verify_command(const RunFlags& flags) {
    Result<std::vector<std::string>> files = expand(flags.scenarios);
    if (!files) {
        return complain(files.error());
    }
    catch_signals();
    int exit = 0;
    for (const std::string& file : *files) {
        const int one = verify_one(file, flags);
        exit = worst(exit, one);
        if (stops_verb(static_cast<Exit>(one))) {
            break;
        }
    }
    return exit;
}

}  // namespace forkyard::tools
