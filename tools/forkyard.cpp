// The command line: verbs and their flags. What a verb does stands in its command.
#include <algorithm>
#include <array>
#include <csignal>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <unistd.h>
#include <utility>
#include <vector>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "sim/bench/ipc_bench.hpp"
#include "sim/executor/executor_loop.hpp"
#include "sim/plugin/policy_host.hpp"
#include "sim/scenario/nearest.hpp"
#include "sim/session/program_registry.hpp"
#include "tools/commands.hpp"
#include "tools/import_command.hpp"

#ifndef FORKYARD_VERSION
#define FORKYARD_VERSION "0.1.0"
#endif

namespace {

using forkyard::tools::RunFlags;

// Verbs of the contract that are still to come.
constexpr std::string_view later_verbs[] = {
    "debug", "diff", "explore", "shrink", "repro", "export", "whatif", "sweep", "lab", "top"};
// And options of its verbs.
constexpr std::array<std::string_view, 5> later_options{
    "-j", "--html", "--eventlog", "--perfetto", "--live"};

// Kinds of `import` that are still to come.
constexpr std::array<std::string_view, 3> later_kinds{"eventlog", "alibaba", "wfcommons"};

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
    verb.add_flag("--allow-bugs", flags.allow_bugs, "accept forkyard.bug");
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

// The verbs with their flags; parsing chooses one.
class CommandLine {
public:
    CommandLine() {
        app_.set_version_flag("--version", FORKYARD_VERSION);
        app_.require_subcommand(1);
        add_run();
        add_check();
        add_verify();
        add_replay();
        add_why();
        add_import();
        add_bench();
        add_reference();
    }

    int run(int argc, char** argv) {
        const std::string_view first = argc > 1 ? argv[1] : "";
        const std::vector<std::string> known = verbs();
        if (!first.empty() && first.front() != '-' &&
            std::find(known.begin(), known.end(), first) == known.end()) {
            return wrong_usage(fmt::format("there is no verb `{}`", first),
                               forkyard::sim::did_you_mean(first, known));
        }
        if (first == "import") {
            const std::string_view kind = argc > 2 ? argv[2] : "";
            if (const std::optional<int> refused = refuse_kind(kind)) {
                return *refused;
            }
        }
        try {
            app_.parse(argc, argv);
        } catch (const CLI::Success& done) {
            return app_.exit(done);
        } catch (const CLI::ParseError& problem) {
            return explain(problem, {argv + 1, argv + argc});
        }
        return chosen_();
    }

private:
    [[nodiscard]] std::vector<std::string> verbs() const {
        std::vector<std::string> names;
        for (const CLI::App* verb : app_.get_subcommands({})) {
            names.push_back(verb->get_name());
        }
        return names;
    }

    // Of `import`, by a message that says more than the parser can.
    static std::optional<int> refuse_kind(std::string_view kind) {
        if (kind == "tpch" || kind == "--help" || kind == "-h") {
            return std::nullopt;
        }
        if (std::find(later_kinds.begin(), later_kinds.end(), kind) != later_kinds.end()) {
            return wrong_usage(fmt::format("`import {}` is not built yet", kind),
                               "see `forkyard import --help` for what is");
        }
        return wrong_usage(kind.empty() ? "`import` needs the kind of the recording"
                                        : fmt::format("there is no kind `{}` to import", kind),
                           "give `forkyard import tpch PATH`");
    }

    static int explain(const CLI::ParseError& problem, const std::vector<std::string>& words) {
        for (const std::string& word : words) {
            if (std::find(later_options.begin(), later_options.end(), word) !=
                later_options.end()) {
                return wrong_usage(fmt::format("the option `{}` is not built yet", word),
                                   "see `forkyard " + words.front() + " --help`");
            }
        }
        return wrong_usage(problem.what(), "see `forkyard --help`");
    }

    CLI::App& add_verb(const std::string& name,
                       const std::string& help,
                       std::function<int()> does) {
        CLI::App& verb = *app_.add_subcommand(name, help);
        verb.callback([this, does = std::move(does)] { chosen_ = does; });
        return verb;
    }

    void add_run() {
        CLI::App& verb = add_verb("run", "run scenario files", [this] {
            if (run_.executors == "inline" && run_.clock == "wall") {
                return wrong_usage("inline executors need the virtual clock",
                                   "leave out --clock wall, or run with --executors process");
            }
            return forkyard::tools::run_command(run_);
        });
        add_run_flags(verb, run_);
        verb.add_option(
            "--journal", run_.journal, "write the journal (.fyj, .fyj.zst; - is standard output)");
        verb.add_option("--junit", run_.junit, "write a JUnit report");
        verb.add_flag("--quiet", run_.quiet, "no table");
        verb.add_flag("--json", run_.json, "the summary as JSON, one object a scenario");
        verb.add_flag("--no-invariants", run_.no_invariants, "do not watch the invariants");
    }

    void add_check() {
        CLI::App& verb = add_verb("check", "validate scenario files only", [this] {
            return forkyard::tools::check_command(check_);
        });
        add_scenario_flags(verb, check_);
        verb.add_flag("--quiet", check_.quiet, "print problems only");
    }

    void add_verify() {
        CLI::App& verb = add_verb(
            "verify", "run twice, and inline against process; name the first difference", [this] {
                return forkyard::tools::verify_command(verify_);
            });
        add_scenario_flags(verb, verify_);
        verb.add_flag("--quiet", verify_.quiet, "print differences only");
    }

    void add_replay() {
        CLI::App& verb = add_verb(
            "replay", "feed a journal's inputs to the schedulers; compare every decision", [this] {
                return forkyard::tools::replay_command(journal_, policy_folder_, unsealed_, quiet_);
            });
        verb.add_option("journal", journal_, "a journal (.fyj or .fyj.zst)")->required();
        add_policy_folder(verb);
        verb.add_flag("--unsealed", unsealed_, "pass over wrong checksums");
        verb.add_flag("--quiet", quiet_, "print differences only");
    }

    void add_import() {
        CLI::App& verb = *app_.add_subcommand("import", "print a scenario made of a recording");
        verb.require_subcommand(1);
        CLI::App& tpch = *verb.add_subcommand("tpch", "traces of TPC-H queries (tpch-*.json)");
        tpch.callback(
            [this] { chosen_ = [this] { return forkyard::tools::import_tpch_command(tpch_); }; });
        add_import_tpch(tpch);
    }

    void add_import_tpch(CLI::App& kind) {
        constexpr int jobs_max = 10'000;
        constexpr int executors_max = 100'000;
        constexpr int query_max = 99;
        kind.add_option("path", tpch_.paths, "trace files, or folders of them")->required();
        kind.add_option("-o", tpch_.out, "the scenario file (- is standard output)")
            ->capture_default_str();
        kind.add_option("--size", tpch_.sizes, "only these input sizes, as 2g,10g")
            ->delimiter(',')
            ->allow_extra_args(false);
        kind.add_option("--query", tpch_.queries, "only these queries, as 1,3,17")
            ->delimiter(',')
            ->allow_extra_args(false)
            ->check(CLI::Range(1, query_max));
        kind.add_option("--jobs", tpch_.jobs, "so many jobs, drawn (default: one a trace)")
            ->check(CLI::Range(1, jobs_max));
        kind.add_option("--every", tpch_.every, "from one job's arrival to the next one's")
            ->capture_default_str();
        kind.add_flag("--poisson", tpch_.poisson, "draw these gaps: exponential, of that mean");
        kind.add_option("--executors", tpch_.executors, "of one core, on a worker each")
            ->check(CLI::Range(1, executors_max))
            ->capture_default_str();
        kind.add_option("--mode", tpch_.mode, "FIFO, or FAIR with a pool for each job")
            ->check(CLI::IsMember({"FIFO", "FAIR"}))
            ->capture_default_str();
        kind.add_option("--durations",
                        tpch_.durations,
                        "each: by partition, in order; values: drawn from the stage's")
            ->check(CLI::IsMember({"each", "values"}))
            ->capture_default_str();
        kind.add_option("--seed", tpch_.seed, "of what is drawn, and of the scenario")
            ->check(CLI::NonNegativeNumber)
            ->capture_default_str();
    }

    void add_why() {
        CLI::App& verb = add_verb("why", "why a decision of a journal was made", [this] {
            return forkyard::tools::why_command(journal_, record_, policy_folder_);
        });
        verb.add_option("journal", journal_, "a journal file (.fyj, .fyj.zst)")->required();
        verb.add_option("record", record_, "an event (15), a decision (15.3), a task (s1.0/p0#0)")
            ->required();
        add_policy_folder(verb);
    }

    void add_policy_folder(CLI::App& verb) {
        verb.add_option(
                "--policy-dir",
                policy_folder_,
                "where a policy of plugin: or exec: is; - starts none, and takes what it did "
                "from the journal")
            ->capture_default_str();
    }

    void add_bench() {
        CLI::App& verb = add_verb("bench", "the program's own benchmarks", [this] {
            return forkyard::tools::bench_command(bench_);
        });
        verb.add_option("what",
                        bench_.what,
                        "ring, dispatch, start, notice, blocks, run, managers, policy, sim or all")
            ->check(CLI::IsMember({"ring",
                                   "dispatch",
                                   "start",
                                   "notice",
                                   "blocks",
                                   "run",
                                   "managers",
                                   "policy",
                                   "sim",
                                   "all"}))
            ->capture_default_str();
        verb.add_option("--tpch", bench_.tpch, "a folder of TPC-H traces: sim runs a mix of them");
        verb.add_option(
            "--policy", bench_.policy, "the policy that `policy` measures, as in cluster.manager");
        verb.add_flag("--json", bench_.json, "the figures as JSON");
    }

    void add_reference() {
        add_verb("policies", "the cluster managers", forkyard::tools::policies_command);
        CLI::App& verb = add_verb("reference", "every key, property, fault, record, exit", [this] {
            return forkyard::tools::reference_command(topic_);
        });
        verb.add_option("topic",
                        topic_,
                        "scenario, conf, faults, records, functions, programs, bugs, exits")
            ->check(CLI::IsMember({"scenario",
                                   "conf",
                                   "faults",
                                   "records",
                                   "functions",
                                   "programs",
                                   "bugs",
                                   "exits"}));
    }

    CLI::App app_{"forkyard: a simulator of cluster execution, after Spark's runtime", "forkyard"};
    std::function<int()> chosen_;
    RunFlags run_;
    RunFlags check_;
    RunFlags verify_;
    std::string journal_;
    std::string record_;
    std::string policy_folder_ = ".";
    bool unsealed_ = false;
    bool quiet_ = false;
    forkyard::tools::ImportTpchFlags tpch_;
    forkyard::tools::BenchFlags bench_;
    std::string topic_ = "scenario";
};

}  // namespace

int forkyard::driver_main(int argc, char** argv) {
    const std::string_view first = argc > 1 ? argv[1] : "";
    if (first == "executor") {
        return forkyard::sim::executor_main();
    }
    if (first == "policy-host" && argc == 3) {
        return forkyard::sim::policy_host_main(argv[2]);
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
    const auto added = forkyard::sim::added_programs();
    if (argc == 1 && added.size() == 1) {
        return forkyard::tools::program_command(*added.front());
    }
    // A failed check has said what it knows; its exit status is the contract's.
    std::signal(SIGABRT, [](int) { _exit(static_cast<int>(forkyard::Exit::internal)); });
    return CommandLine{}.run(argc, argv);
}
