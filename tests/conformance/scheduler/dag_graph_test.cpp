// SCH-DAG-03, 07 and 17: what bounds a stage, which jobs cannot be, and in which order it is told
// of.
#include <algorithm>

#include <doctest/doctest.h>

#include "tests/builders/dag_world.hpp"
#include "tests/builders/steps_of.hpp"

namespace forkyard::dag_graph_test {
namespace {

// e reads the shuffles of a and of c, and c that of b; d is a narrow part of e.
AppSpec two_ways_to_e() {
    return app_of({stage_of("a", 1, {}),
                   stage_of("b", 1, {}),
                   stage_of("c", 1, {"b"}),
                   stage_of("e", 1, {"a", "c"})},
                  {"e"});
}

std::size_t place_of(const Lines& lines, const std::string& line) {
    return static_cast<std::size_t>(std::find(lines.begin(), lines.end(), line) - lines.begin());
}

TEST_SUITE("conformance: the graph of stages") {
    TEST_CASE("SCH-DAG-03 a stage waits for the shuffles that it reads itself") {
        DagWorld world{two_ways_to_e()};
        CHECK(only(world.job(0), "run") == Lines{"run s0.0 on {0}", "run s1.0 on {0}"});
        CHECK(only(world.success(task(0, 0, 0), 1), "run").empty());
        CHECK(only(world.success(task(1, 0, 0), 2), "run") == Lines{"run s2.0 on {0}"});
        CHECK(only(world.success(task(2, 0, 0), 3), "run") == Lines{"run s3.0 on {0}"});
    }

    TEST_CASE("SCH-DAG-03 and not for those behind a shuffle") {
        DagWorld world{two_ways_to_e()};
        (void)world.job(0);
        (void)world.success(task(1, 0, 0), 2);
        (void)world.success(task(2, 0, 0), 3);
        CHECK(world.executor_lost(2) == Lines{"h1/0 not at e2"});
        CHECK(only(world.success(task(0, 0, 0), 1), "run") == Lines{"run s3.0 on {0}"});
    }

    TEST_CASE("SCH-DAG-03 steps that need no shuffle are in the stage of what they read") {
        DagWorld world{dataset_app({range_step(10, 2),
                                    step_of(StepKind::map, "pair"),
                                    wide_step(StepKind::group_by_key, "", 3),
                                    step_of(StepKind::map, "pair"),
                                    step_of(StepKind::map, "pair"),
                                    wide_step(StepKind::group_by_key, "", 4),
                                    step_of(StepKind::map, "pair")})};
        CHECK(only(world.job(0), "run") == Lines{"run s0.0 on {0, 1}"});
        CHECK(world.submitted().stages == std::vector<StageId>{StageId{0}, StageId{1}, StageId{2}});
    }

    TEST_CASE("SCH-DAG-07 a job of a partition that does not exist is refused") {
        DagWorld world{map_reduce(1, 4, 2)};
        for (const std::uint32_t from : {0U, 4U}) {
            CHECK(world.job(0, 0, from, 5) ==
                  Lines{"job j0 failed: Attempting to access a non-existent partition: 4. Total "
                        "number of partitions: 4"});
            CHECK(world.submitted().stages.empty());
        }
        CHECK(world.idle());
        // Nothing of it is left: the next one has the first numbers.
        CHECK(world.job(1) == Lines{"stage s0.0 of 1", "run s0.0 on {0}"});
    }

    TEST_CASE("SCH-DAG-07 so is a map stage without partitions as a job") {
        AppSpec app = map_reduce(1, 4);
        app.jobs[0].of = "map";
        app.jobs[0].map_stage = true;
        DagWorld world{std::move(app)};
        CHECK(world.job(0, 0, 0, 0) ==
              Lines{"job j0 failed: Can't run submitMapStage on RDD with 0 partitions"});
        CHECK(world.idle());
    }

    TEST_CASE("SCH-DAG-17 a stage is submitted before it is completed, each of its attempts") {
        DagWorld world{map_reduce(1, 1)};
        Lines all = world.job(0);
        append(all, world.success(task(0, 0, 0), 1));
        append(all, world.fetch_failure(task(1, 0, 0), 0, 1));
        world.at(200);
        append(all, world.timers());
        append(all, world.success(task(0, 1, 0), 2));
        append(all, world.success(task(1, 1, 0), 2));
        CHECK(only(all, "stage") == Lines{"stage s0.0 of 1",
                                          "stage s0.0 succeeded",
                                          "stage s1.0 of 1",
                                          "stage s1.0 failed",
                                          "stage s0.1 of 1",
                                          "stage s0.1 succeeded",
                                          "stage s1.1 of 1",
                                          "stage s1.1 succeeded"});
    }

    TEST_CASE("SCH-DAG-17 also when it fails, and not at all if it never started") {
        DagWorld world{map_reduce(1, 1)};
        Lines all = world.job(0);
        append(all, world.set_failed(task(0, 0, 0), "no luck"));
        CHECK(place_of(all, "stage s0.0 of 1") < place_of(all, "stage s0.0 failed"));
        CHECK(only(all, "stage").size() == 2);
    }
}

}  // namespace
}  // namespace forkyard::dag_graph_test
