#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "core/report/invariants/invariant_checker.hpp"
#include "core/report/summary.hpp"
#include "tests/core/report/small_cluster.hpp"

namespace forkyard::driven_run_test {
namespace {

StageSpec stage(std::string name, std::uint32_t tasks, std::vector<std::string> parents) {
    StageSpec spec;
    spec.name = std::move(name);
    spec.tasks = tasks;
    spec.parents = std::move(parents);
    return spec;
}

JobSpec job(std::string name, std::string of) {
    JobSpec spec;
    spec.name = std::move(name);
    spec.of = std::move(of);
    spec.action = ActionKind::run;
    return spec;
}

// Three nodes, two applications; a diamond of stages and a second job on top of it.
Scenario diamond() {
    Scenario scenario;
    for (const char* name : {"w-1", "w-2", "w-3"}) {
        NodeSpec& node = scenario.cluster.nodes.emplace_back();
        node.name = name;
        node.cores = 4;
        node.memory = Bytes{std::int64_t{8} << 30};
    }
    for (const char* name : {"first", "second"}) {
        AppSpec app;
        app.name = name;
        app.conf.executor_cores = 2;
        app.conf.cores_max = 6;
        app.conf.stage_attempts_consecutive_max = 10;
        app.stages = {stage("a", 7, {}),
                      stage("b", 5, {"a"}),
                      stage("c", 4, {"a"}),
                      stage("d", 6, {"b", "c"}),
                      stage("e", 3, {"d"})};
        app.jobs = {job("one", "d"), job("two", "e")};
        scenario.apps.push_back(std::move(app));
    }
    return scenario;
}

struct Outcomes {
    std::vector<std::string> broken;
    Summary summary;
    bool ended = false;
};

Outcomes watch(const Scenario& scenario, Chances chances) {
    SmallCluster cluster{scenario, chances};
    InvariantChecker checker{scenario, &cluster};
    SummaryFold fold{scenario};
    Outcomes out;
    const auto keep = [&](const std::vector<Violation>& violations) {
        for (const Violation& violation : violations) {
            out.broken.push_back(violation.invariant + ": " + violation.text);
        }
    };
    out.ended = cluster.run(
        100'000, [&] { keep(checker.check()); }, checker, fold);
    keep(checker.finish());
    out.summary = fold.summary();
    return out;
}

TEST_SUITE("folds over real decisions") {
    TEST_CASE("a calm run breaks no invariant and runs each partition once") {
        const Outcomes out = watch(diamond(), {.seed = 1});
        CHECK(out.ended);
        CHECK(out.broken == std::vector<std::string>{});
        CHECK(out.summary.outcome == Outcome::succeeded);
        CHECK(out.summary.tasks.launched == 2 * (7 + 5 + 4 + 6 + 6 + 3));
        CHECK(out.summary.tasks.succeeded == out.summary.tasks.launched);
        CHECK(out.summary.losses.empty());
    }

    TEST_CASE("whatever dies and fails, no invariant breaks and every attempt is accounted for") {
        std::uint64_t losses = 0;
        std::uint64_t fetches = 0;
        std::uint64_t again = 0;
        for (std::uint64_t seed = 1; seed <= 300; ++seed) {
            CAPTURE(seed);
            const Outcomes out = watch(diamond(),
                                       {.seed = seed,
                                        .kills = static_cast<std::uint32_t>(seed % 6),
                                        .failures_percent = static_cast<std::uint32_t>(seed % 4)});
            CHECK(out.ended);
            CHECK(out.broken == std::vector<std::string>{});
            const auto& tasks = out.summary.tasks;
            CHECK(tasks.launched >= tasks.succeeded + tasks.failed + tasks.killed);
            losses += out.summary.losses.size();
            for (const LossSummary& loss : out.summary.losses) {
                fetches += loss.fetches;
                again += loss.again.size();
            }
        }
        CHECK(losses > 100);
        CHECK(fetches > 20);
        CHECK(again > 100);
    }
}

}  // namespace
}  // namespace forkyard::driven_run_test
