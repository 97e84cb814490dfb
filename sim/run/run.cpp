#include "sim/run/run.hpp"

#include <algorithm>
#include <csignal>
#include <memory>
#include <utility>

#include "core/check.hpp"
#include "core/model/cluster_rules.hpp"
#include "sim/host/inline_host.hpp"
#include "sim/host/process_host.hpp"
#include "sim/plugin/make_manager.hpp"

namespace forkyard::sim {

namespace {

// A scenario may want to see that an application never ends.
bool wants_time_out(const Expectations& expect) {
    return expect.all.outcome == Outcome::timed_out ||
           std::any_of(expect.apps.begin(), expect.apps.end(), [](const AppExpectation& app) {
               return app.outcome == Outcome::timed_out;
           });
}

Exit exit_of(const LoopOutcome& outcome, const Expectations& expect) {
    if (outcome.verdict == Verdict::interrupted) {
        return outcome.signal == SIGTERM ? Exit::terminated : Exit::interrupted;
    }
    if (outcome.verdict != Verdict::ended && !wants_time_out(expect)) {
        const bool settled =
            std::any_of(outcome.expectations.begin(),
                        outcome.expectations.end(),
                        [](const ExpectationResult& e) { return !e.ok && e.settled; });
        return settled ? Exit::failed : Exit::inconclusive;
    }
    const bool as_expected = std::all_of(outcome.expectations.begin(),
                                         outcome.expectations.end(),
                                         [](const ExpectationResult& e) { return e.ok; });
    return as_expected && !outcome.fault_failed ? Exit::ok : Exit::failed;
}

// How many executors a node can have at the same time: by cores, where these are counted, else
// by memory.
std::uint64_t executors_on(const NodeSpec& node, const Scenario& scenario) {
    if (counts_cores(scenario)) {
        return node.cores;
    }
    std::int64_t smallest = node.memory.count;
    for (const AppSpec& app : scenario.apps) {
        smallest = std::min(smallest, app.conf.executor_memory.count);
    }
    return static_cast<std::uint64_t>(node.memory.count / std::max<std::int64_t>(1, smallest));
}

// A place for each executor that may be alive at the same time, with room for those
// that replace lost ones before they are cleared away.
std::uint32_t places(const Scenario& scenario) {
    std::uint64_t executors = 0;
    for (const NodeSpec& node : scenario.cluster.nodes) {
        executors += executors_on(node, scenario);
    }
    return static_cast<std::uint32_t>(std::clamp<std::uint64_t>(executors + 8, 16, 4096));
}

}  // namespace

Result<RunResult> run_scenario(const LoadedScenario& loaded, const RunOptions& options) {
    Result<std::unique_ptr<ClusterManager>> manager =
        make_manager(loaded.scenario, loaded.scenario.folder);
    if (!manager) {
        return fail(manager.error());
    }
    std::unique_ptr<ExecutorHost> host;
    LiveHost* live = nullptr;
    const ClockKind clock = loaded.scenario.clock;
    FORKYARD_CHECK(options.executors == ExecutorMode::process || clock == ClockKind::virtual_time,
                   "inline executors take no real time");
    // Under the wall clock the one of a local master has a process too: a task that is to hang
    // or to be killed must not take the simulator with it.
    const bool in_driver =
        loaded.scenario.cluster.manager == "local" && clock == ClockKind::virtual_time;
    if (options.executors == ExecutorMode::in_line || in_driver) {
        host = std::make_unique<InlineHost>();
    } else {
        Result<std::unique_ptr<ProcessHost>> made =
            ProcessHost::create(places(loaded.scenario), clock);
        if (!made) {
            return fail(made.error());
        }
        live = clock == ClockKind::wall ? made->get() : nullptr;
        host = std::move(*made);
    }
    EventLoop loop{loaded.scenario,
                   std::move(*manager),
                   loaded.lines,
                   *host,
                   {.out_folder = options.out_folder,
                    .check_invariants = options.check_invariants,
                    .journal = options.journal,
                    .progress = options.progress,
                    .live = live,
                    .note = options.note,
                    .poll = options.poll}};
    Result<LoopOutcome> outcome = loop.run();
    RunResult result;
    result.pids = host->pids();
    host->close();
    if (!outcome) {
        return fail(outcome.error());
    }
    result.verdict = outcome->verdict;
    result.events = outcome->events;
    result.waiting = std::move(outcome->waiting);
    result.report.exit = exit_of(*outcome, loaded.scenario.expect);
    result.report.summary = std::move(outcome->summary);
    result.report.results = std::move(outcome->results);
    result.report.expectations = std::move(outcome->expectations);
    result.report.violations = std::move(outcome->violations);
    result.report.invariants_checked = options.check_invariants ? InvariantChecker::count : 0;
    result.report.digest = outcome->digest;
    return result;
}

}  // namespace forkyard::sim
