// forkyard run: one scenario or several, and what came of each.
#include <csignal>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <map>
#include <optional>
#include <unistd.h>
#include <utility>

#include <fmt/format.h>

#include "core/report/table.hpp"
#include "tools/caught_signal.hpp"
#include "tools/commands.hpp"
#include "tools/journal_output.hpp"
#include "tools/progress.hpp"
#include "tools/report_json.hpp"
#include "tools/report_junit.hpp"

namespace forkyard::tools {

namespace {

void print_waiting(const sim::RunResult& result) {
    const char* why = result.verdict == sim::Verdict::stuck ? "nothing can happen any more"
                                                            : "the time limit has come";
    fmt::print(stderr, "forkyard: {}: {}\n", result.report.summary.scenario, why);
    for (const std::string& line : result.waiting) {
        fmt::print(stderr, "  {}\n", line);
    }
}

int run_one(const std::string& path,
            const RunFlags& flags,
            bool several,
            std::optional<RunReport>& report) {
    int exit = 0;
    std::optional<sim::LoadedScenario> loaded = load(path, flags, exit);
    if (!loaded) {
        return exit;
    }
    if (loaded->scenario.clock == ClockKind::wall && flags.executors == "inline") {
        return complain({"the scenario goes by the wall clock, and that needs executor processes",
                         path,
                         "run it with --clock virtual, or leave out --executors inline",
                         Exit::usage});
    }
    Result<JournalOutput> journal = JournalOutput::open(flags.journal, path, several, *loaded);
    if (!journal) {
        return complain(journal.error());
    }
    Progress progress{loaded->scenario, !flags.quiet && !flags.json};
    Result<sim::RunResult> result =
        sim::run_scenario(*loaded,
                          {.executors = flags.executors == "inline" ? sim::ExecutorMode::in_line
                                                                    : sim::ExecutorMode::process,
                           .out_folder = flags.out,
                           .check_invariants = !flags.no_invariants,
                           .journal = journal->sink(),
                           .progress = progress.bar(),
                           .note =
                               [&](const std::string& text) {
                                   progress.clear();
                                   fmt::print(stderr, "forkyard: {}\n", text);
                               },
                           .poll =
                               [&](SimTime now, std::uint64_t events) {
                                   progress.show(now, events);
                                   return caught_signal();
                               }});
    progress.clear();
    if (!result) {
        (void)journal->abandon(result.error().exit);
        const int failed = complain(result.error());
        const int signal = caught_signal();  // it may be what made it fail
        return signal == 0 ? failed : 128 + signal;
    }
    Result<void> closed = journal->finish(
        result->verdict, result->report, result->events, flags.executors, result->pids);
    if (!closed) {
        return complain(closed.error());
    }
    if (result->verdict == sim::Verdict::stuck || result->verdict == sim::Verdict::timed_out) {
        print_waiting(*result);
    }
    if (flags.json) {
        fmt::print("{}\n", report_json(result->report));
    } else if (!flags.quiet && journal->path() != "-") {
        fmt::print("{}", run_table(result->report, {path, journal->path()}));
    }
    exit = static_cast<int>(result->report.exit);
    report = std::move(result->report);
    return exit;
}

// With several scenarios what is written is called after their files.
Result<void> check_names(const std::vector<std::string>& files) {
    std::map<std::string, std::string> by_name;
    for (const std::string& file : files) {
        const auto [other, added] =
            by_name.emplace(std::filesystem::path{file}.stem().string(), file);
        if (!added) {
            return fail(
                {fmt::format("what is written for it would overwrite that of {}", other->second),
                 file,
                 "give the files different names, or run them one by one",
                 Exit::usage});
        }
    }
    return {};
}

int write_junit(const std::string& path, const RunReport& report) {
    std::ofstream out{path, std::ios::binary | std::ios::trunc};
    out << report_junit(report);
    if (out.flush()) {
        return 0;
    }
    return complain({"the JUnit report cannot be written",
                     path,
                     "check the folder's permissions and free space",
                     Exit::cannot_write});
}

}  // namespace

int run_command(const RunFlags& flags) {
    Result<std::vector<std::string>> files = expand(flags.scenarios);
    if (!files) {
        return complain(files.error());
    }
    const bool several = files->size() > 1;
    if (several && ((!flags.journal.empty() && flags.journal != "-") || !flags.junit.empty())) {
        const Result<void> names = check_names(*files);
        if (!names) {
            return complain(names.error());
        }
    }
    std::signal(SIGPIPE, SIG_IGN);  // a closed standard output does not stop a run
    catch_signals();
    int exit = 0;
    for (const std::string& file : *files) {
        std::optional<RunReport> report;
        const int one = run_one(file, flags, several, report);
        exit = worst(exit, one);
        if (!flags.junit.empty() && report) {
            exit =
                worst(exit, write_junit(output_path(flags.junit, file, several, ".xml"), *report));
        }
        if (one == static_cast<int>(Exit::interrupted) ||
            one == static_cast<int>(Exit::terminated)) {
            break;
        }
    }
    std::fflush(stdout);
    return exit;
}

int check_command(const RunFlags& flags) {
    Result<std::vector<std::string>> files = expand(flags.scenarios);
    if (!files) {
        return complain(files.error());
    }
    int exit = 0;
    for (const std::string& file : *files) {
        int one = 0;
        const auto loaded = load(file, flags, one);
        exit = worst(exit, one);
        if (loaded && !flags.quiet) {
            fmt::print("{}: ok\n", file);
        }
    }
    return exit;
}

}  // namespace forkyard::tools
