// Faults that a policy asks for: they are recorded and counted, and only where they may be.
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "tests/sim/run/inline_run.hpp"

namespace forkyard::sim::policy_faults_test {

namespace {

using testing::InlineRun;
using testing::stage;

std::string chaotic(const std::string& cluster, const std::string& rest = {}) {
    return "format = 1\n[cluster]\nmanager = \"chaos\"\n" + cluster +
           "[[cluster.worker]]\nname = \"w\"\ncount = 2\ncores = 4\nmemory = \"8g\"\n[conf]\n"
           "\"spark.executor.cores\" = 2\n[[app]]\nname = \"a\"\n" +
           stage("map", 60, "1s") + rest;
}

const std::string allowed = "policy_faults = true\nchaos = { every = \"1s\" }\n";

}  // namespace

TEST_SUITE("faults that a policy asks for") {
    TEST_CASE("each is the very next record after the wish, and counts on from the scenario's") {
        const InlineRun run{chaotic(allowed,
                                    "[[fault]]\nkind = \"kill-executor\"\nat = \"500ms\"\n"
                                    "executor = \"e1\"\n")};
        std::vector<std::string> asked;
        std::uint64_t applied = 0;
        for (std::size_t i = 0; i < run.records.lines.size(); ++i) {
            const std::string& line = run.records.lines[i];
            if (line.find("fault.inject") == std::string::npos) {
                continue;
            }
            const std::string kind = line.find("fault=slow-worker") == std::string::npos
                                         ? "kill-executor"
                                         : "slow-worker";
            std::size_t next = i + 1;
            while (run.records.lines[next].front() == 'A') {
                ++next;
            }
            ++applied;
            CHECK(run.records.lines[next].find(
                      kind + " applied fault=" + std::to_string(applied)) != std::string::npos);
        }
        CHECK(applied > 3);
        CHECK(run.result.report.summary.faults.planned == 1);
        CHECK(run.result.report.summary.faults.applied == 1);
        CHECK(run.result.report.summary.faults.asked == applied);
        CHECK(run.result.report.exit == Exit::ok);
    }

    TEST_CASE("a slow worker heals when its time is over") {
        const InlineRun run{
            chaotic("policy_faults = true\nchaos = { every = \"1s\", for = \"2s\" }\n")};
        REQUIRE(!run.records.of("slow-worker applied").empty());
        CHECK(!run.records.of("slow-worker ended").empty());
    }

    TEST_CASE("without policy_faults the scenario is refused") {
        const LoadResult loaded = load_scenario_text({chaotic(""), "s.toml", "."}, {});
        REQUIRE(!loaded.loaded);
        CHECK(loaded.diagnostics.at(0).text().find("s.toml:3:11: error: the manager `chaos` asks "
                                                   "for faults") != std::string::npos);
    }
}

}  // namespace forkyard::sim::policy_faults_test
