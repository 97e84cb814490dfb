// The command line: verbs and their flags. What a verb does stands in its command.
#include <algorithm>
#include <array>
#include <csignal>
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <unistd.h>
#include <vector>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "sim/bench/ipc_bench.hpp"
#include "sim/executor/executor_loop.hpp"
#include "sim/scenario/nearest.hpp"
#include "tools/commands.hpp"

#ifndef FORKYARD_VERSION
#define FORKYARD_VERSION "0.1.0"
#endif

namespace {

using forkyard::tools::RunFlags;

// Verbs of the contract that are still to come.
constexpr std::string_view later_verbs[] = {"debug",
                                            "diff",
                                            "why",
                                            "explore",
                                            "shrink",
                                            "repro",
                                            "import",
                                            "export",
                                            "whatif",
                                            "sweep",
                                            "lab",
                                            "top"};
// And options of its verbs.
constexpr std::array<std::string_view, 6> later_options{
    "-j", "--html", "--eventlog", "--perfetto", "--allow-bugs", "--live"};

int wrong_usage(const std::string& what, const std::string& mend) {
    return forkyard::tools::complain({what, {}, mend, forkyard::Exit::usage});
}

void add_scenario_flags(CLI::App& verb, RunFlags& flags) {
    verb.add_option("scenario", flags.scenarios, "scenario files, or folders of them")->required();
    verb.add_option("--set", flags.overrides, "override a key: KEY=VALUE, repeatable")
        ->take_all()
        ->allow_extra_args(false);
    verb.add_option(
        "--seed", flags.seed, "seed of all chance, a whole number (default: the scenario's)");
    verb.add_option("--clock", flags.clock, "virtual or wall (default: the scenario's)")
        ->check(CLI::IsMember({"virtual", "wall"}));
}

void add_run_flags(CLI::App& verb, RunFlags& flags) {
    add_scenario_flags(verb, flags);
    verb.add_option("--executors", flags.executors, "process or inline")
        ->check(CLI::IsMember({"process", "inline"}))
        ->capture_default_str();
    verb.add_option("--out", flags.out, "folder for relative paths of save")->capture_default_str();
}

}  // namespace

int main(int argc, char** argv) {
    const std::string_view first = argc > 1 ? argv[1] : "";
    if (first == "executor") {
        return forkyard::sim::executor_main();
    }
    if (first == "bench-child") {
        return forkyard::sim::bench_child_main(argc, argv);
    }
    for (const std::string_view verb : later_verbs) {
        if (first == verb) {
            return wrong_usage(fmt::format("the verb `{}` is not built yet", verb),
                               "see `forkyard --help` for those that are");
        }
    }
    // A failed check has said what it knows; its exit status is the contract's.
    std::signal(SIGABRT, [](int) { _exit(static_cast<int>(forkyard::Exit::internal)); });
    CLI::App app{"forkyard: a simulator of cluster execution, after Spark's runtime", "forkyard"};
    app.set_version_flag("--version", FORKYARD_VERSION);
    app.require_subcommand(1);

    RunFlags run;
    CLI::App& run_verb = *app.add_subcommand("run", "run scenario files");
    add_run_flags(run_verb, run);
    run_verb.add_option(
        "--journal", run.journal, "write the journal (.fyj, .fyj.zst; - is standard output)");
    run_verb.add_option("--junit", run.junit, "write a JUnit report");
    run_verb.add_flag("--quiet", run.quiet, "no table");
    run_verb.add_flag("--json", run.json, "the summary as JSON, one object a scenario");
    run_verb.add_flag("--no-invariants", run.no_invariants, "do not watch the invariants");

    RunFlags check;
    CLI::App& check_verb = *app.add_subcommand("check", "validate scenario files only");
    add_scenario_flags(check_verb, check);
    check_verb.add_flag("--quiet", check.quiet, "print problems only");

    RunFlags verify;
    CLI::App& verify_verb = *app.add_subcommand(
        "verify", "run twice, and inline against process; name the first difference");
    add_scenario_flags(verify_verb, verify);
    verify_verb.add_flag("--quiet", verify.quiet, "print differences only");

    std::string journal;
    bool unsealed = false;
    bool replay_quiet = false;
    CLI::App& replay_verb = *app.add_subcommand(
        "replay", "feed a journal's inputs to the schedulers; compare every decision");
    replay_verb.add_option("journal", journal, "a journal (.fyj or .fyj.zst)")->required();
    replay_verb.add_flag("--unsealed", unsealed, "pass over wrong checksums");
    replay_verb.add_flag("--quiet", replay_quiet, "print differences only");

    std::string bench_what = "all";
    bool bench_json = false;
    CLI::App& bench_verb = *app.add_subcommand("bench", "the program's own benchmarks");
    bench_verb.add_option("what", bench_what, "ring, dispatch, start, notice, sim, run or all")
        ->check(CLI::IsMember({"ring", "dispatch", "start", "notice", "sim", "run", "all"}))
        ->capture_default_str();
    bench_verb.add_flag("--json", bench_json, "the figures as JSON");

    app.add_subcommand("policies", "the cluster managers");
    std::string topic = "scenario";
    CLI::App& reference_verb =
        *app.add_subcommand("reference", "every key, property, fault, record, exit");
    reference_verb.add_option("topic", topic, "scenario, conf, faults, records, functions, exits")
        ->check(CLI::IsMember({"scenario", "conf", "faults", "records", "functions", "exits"}));

    std::vector<std::string> verbs;
    for (const CLI::App* verb : app.get_subcommands({})) {
        verbs.push_back(verb->get_name());
    }
    if (!first.empty() && first.front() != '-' &&
        std::find(verbs.begin(), verbs.end(), first) == verbs.end()) {
        return wrong_usage(fmt::format("there is no verb `{}`", first),
                           forkyard::sim::did_you_mean(first, verbs));
    }
    try {
        app.parse(argc, argv);
    } catch (const CLI::Success& done) {
        return app.exit(done);
    } catch (const CLI::ParseError& problem) {
        for (int i = 2; i < argc; ++i) {
            const std::string_view option = argv[i];
            if (std::find(later_options.begin(), later_options.end(), option) !=
                later_options.end()) {
                return wrong_usage(fmt::format("the option `{}` is not built yet", option),
                                   "see `forkyard " + std::string{first} + " --help`");
            }
        }
        return wrong_usage(problem.what(), "see `forkyard --help`");
    }
    using namespace forkyard::tools;
    if (run_verb.parsed()) {
        if (run.executors == "inline" && run.clock == "wall") {
            return wrong_usage("inline executors need the virtual clock",
                               "leave out --clock wall, or run with --executors process");
        }
        return run_command(run);
    }
    if (check_verb.parsed()) {
        return check_command(check);
    }
    if (verify_verb.parsed()) {
        return verify_command(verify);
    }
    if (replay_verb.parsed()) {
        return replay_command(journal, unsealed, replay_quiet);
    }
    if (reference_verb.parsed()) {
        return reference_command(topic);
    }
    if (bench_verb.parsed()) {
        return bench_command(bench_what, bench_json);
    }
    return policies_command();
}
