// spark.excludeOnFailure and its kin as a scenario sets them: the switches, and what
// Spark refuses when an application starts.
#include <doctest/doctest.h>
#include <fmt/format.h>

#include "tests/sim/scenario/loading.hpp"

namespace forkyard::sim::exclusion_conf_test {
namespace {

std::string with_conf(const std::string& entries) {
    return small_scenario + fmt::format("conf = {{ {} }}\n", entries) +
           "[[app.stage]]\nname = \"work\"\ntasks = 1\n";
}

TEST_SUITE("scenario: exclude on failure") {
    TEST_CASE("SCH-HLT-14 a switch for both levels, and one that overrides it for each") {
        struct Row {
            const char* entries;
            bool application;
            bool task_and_stage;
        };
        for (const Row& row :
             {Row{"", false, false},
              Row{R"("spark.excludeOnFailure.enabled" = true)", true, true},
              Row{R"("spark.excludeOnFailure.application.enabled" = true)", true, false},
              Row{R"("spark.excludeOnFailure.taskAndStage.enabled" = true)", false, true},
              Row{R"("spark.excludeOnFailure.enabled" = true,
                     "spark.excludeOnFailure.application.enabled" = false)",
                  false,
                  true},
              Row{R"("spark.excludeOnFailure.enabled" = true,
                     "spark.excludeOnFailure.taskAndStage.enabled" = false)",
                  true,
                  false}}) {
            CAPTURE(row.entries);
            std::string entries = row.entries;
            if (const auto newline = entries.find('\n'); newline != std::string::npos) {
                entries[newline] = ' ';
            }
            const LoadResult loaded = load_text(with_conf(entries));
            REQUIRE_MESSAGE(loaded.loaded.has_value(), shown(loaded));
            const ExclusionConf& exclusion = loaded.loaded->scenario.apps[0].conf.exclusion;
            CHECK(exclusion.application == row.application);
            CHECK(exclusion.task_and_stage == row.task_and_stage);
        }
    }

    TEST_CASE("SCH-HLT-14 a node must be excluded before the task is given up") {
        const std::string on = R"("spark.excludeOnFailure.enabled" = true, )";
        const auto limits = [&](int per_node, int failures) {
            return problems(with_conf(
                on + fmt::format("\"spark.excludeOnFailure.task.maxTaskAttemptsPerNode\" = {}, "
                                 "\"spark.task.maxFailures\" = {}",
                                 per_node,
                                 failures)));
        };
        CHECK(limits(3, 4).empty());
        for (const int per_node : {4, 5}) {
            CHECK(limits(per_node, 4).find("must be below `spark.task.maxFailures` (4)") !=
                  std::string::npos);
        }
        // The default of two attempts a node does not go with two failures in all.
        CHECK_FALSE(problems(with_conf(on + "\"spark.task.maxFailures\" = 2")).empty());
    }

    TEST_CASE("SCH-HLT-14 no limit may be 0, nor the time-out") {
        for (const char* name : {"task.maxTaskAttemptsPerExecutor",
                                 "task.maxTaskAttemptsPerNode",
                                 "stage.maxFailedTasksPerExecutor",
                                 "stage.maxFailedExecutorsPerNode",
                                 "application.maxFailedTasksPerExecutor",
                                 "application.maxFailedExecutorsPerNode",
                                 "timeout"}) {
            const std::string property = fmt::format("spark.excludeOnFailure.{}", name);
            CAPTURE(property);
            const std::string on = R"("spark.excludeOnFailure.enabled" = true, )";
            const std::string value = property == "spark.excludeOnFailure.timeout" ? "\"0s\"" : "0";
            const std::string found =
                problems(with_conf(on + fmt::format("\"{}\" = {}", property, value)));
            CHECK(found.find(property) != std::string::npos);
        }
    }
}

}  // namespace
}  // namespace forkyard::sim::exclusion_conf_test
