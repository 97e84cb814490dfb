// The command line: verbs and their flags. What a verb does stands in its command.
#include <algorithm>
#include <array>
#include <csignal>
#include <functional>
#include <string>
#include <string_view>
#include <unistd.h>
#include <utility>
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
                return forkyard::tools::replay_command(journal_, unsealed_, quiet_);
            });
        verb.add_option("journal", journal_, "a journal (.fyj or .fyj.zst)")->required();
        verb.add_flag("--unsealed", unsealed_, "pass over wrong checksums");
        verb.add_flag("--quiet", quiet_, "print differences only");
    }

    void add_bench() {
        CLI::App& verb = add_verb("bench", "the program's own benchmarks", [this] {
            return forkyard::tools::bench_command(bench_, bench_json_);
        });
        verb.add_option("what", bench_, "ring, dispatch, start, notice, sim, run or all")
            ->check(CLI::IsMember({"ring", "dispatch", "start", "notice", "sim", "run", "all"}))
            ->capture_default_str();
        verb.add_flag("--json", bench_json_, "the figures as JSON");
    }

    void add_reference() {
        add_verb("policies", "the cluster managers", forkyard::tools::policies_command);
        CLI::App& verb = add_verb("reference", "every key, property, fault, record, exit", [this] {
            return forkyard::tools::reference_command(topic_);
        });
        verb.add_option("topic", topic_, "scenario, conf, faults, records, functions, exits")
            ->check(CLI::IsMember({"scenario", "conf", "faults", "records", "functions", "exits"}));
    }

    CLI::App app_{"forkyard: a simulator of cluster execution, after Spark's runtime", "forkyard"};
    std::function<int()> chosen_;
    RunFlags run_;
    RunFlags check_;
    RunFlags verify_;
    std::string journal_;
    bool unsealed_ = false;
    bool quiet_ = false;
    std::string bench_ = "all";
    bool bench_json_ = false;
    std::string topic_ = "scenario";
};

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
    return CommandLine{}.run(argc, argv);
}
