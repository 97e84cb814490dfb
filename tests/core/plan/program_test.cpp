// How an application's stages, datasets and jobs become the numbered program: lineage
// is cut at every shuffle.
#include "core/plan/program.hpp"

#include <doctest/doctest.h>

#include "tests/builders/app_of.hpp"
#include "tests/builders/steps_of.hpp"

namespace forkyard::program_test {
namespace {

std::vector<PlanId> plans(std::initializer_list<std::uint32_t> numbers) {
    std::vector<PlanId> ids;
    for (const std::uint32_t number : numbers) {
        ids.emplace_back(number);
    }
    return ids;
}

TEST_SUITE("program: synthetic stages") {
    TEST_CASE("a stage keeps its number, its tasks and its parents") {
        const Program program{map_reduce(3, 2), {}};
        REQUIRE(program.stages().size() == 2);
        CHECK(program.stages()[0].name == "map");
        CHECK(program.stages()[0].tasks == 3);
        CHECK(program.stages()[0].parents.empty());
        CHECK(program.stages()[1].parents == plans({0}));
        CHECK(program.jobs()[0].final_stage == PlanId{1});
    }

    TEST_CASE("a shuffle is cut into as many partitions as its largest child has tasks") {
        const Program program{app_of({stage_of("map", 4, {}),
                                      stage_of("small", 2, {"map"}),
                                      stage_of("large", 5, {"map"})},
                                     {"small", "large"}),
                              {}};
        CHECK(program.stages()[0].children_partitions == 5);
        CHECK(program.stages()[1].children_partitions == 0);
    }

    TEST_CASE("a parent may stand behind its child") {
        const Program program{
            app_of({stage_of("reduce", 2, {"map"}), stage_of("map", 3, {})}, {"reduce"}), {}};
        CHECK(program.stages()[0].parents == plans({1}));
        CHECK(program.stages()[1].children_partitions == 2);
        CHECK(program.jobs()[0].final_stage == PlanId{0});
    }
}

TEST_SUITE("program: datasets") {
    TEST_CASE("narrow steps stay in one stage") {
        const Program program{dataset_app({range_step(10, 4), step_of(StepKind::map, "inc")}), {}};
        REQUIRE(program.stages().size() == 1);
        CHECK(program.stages()[0].tasks == 4);
        CHECK_FALSE(program.stages()[0].synthetic);
        CHECK(program.stages()[0].root == DatasetId{1});
    }

    TEST_CASE("a wide step cuts the lineage; its writer is called by the step") {
        const Program program{dataset_app({range_step(10, 4),
                                           step_of(StepKind::key_by, "mod"),
                                           wide_step(StepKind::reduce_by_key, "add", 3),
                                           step_of(StepKind::map_values, "inc")}),
                              {}};
        REQUIRE(program.stages().size() == 2);
        const PlanStage& writer = program.stages()[0];
        CHECK(writer.name == "data:2");
        CHECK(writer.tasks == 4);
        CHECK(writer.children_partitions == 3);
        CHECK(writer.root == DatasetId{1});
        CHECK(writer.writes == 0U);
        const PlanStage& reader = program.stages()[1];
        CHECK(reader.name == "data");
        CHECK(reader.tasks == 3);
        CHECK(reader.parents == plans({0}));
        CHECK(reader.root == DatasetId{3});
        CHECK_FALSE(reader.writes.has_value());
        CHECK(program.jobs()[0].final_stage == PlanId{1});
    }

    TEST_CASE("DP-RDD-08 a wide step has its parent's partitions, or those of the conf") {
        AppSpec app =
            dataset_app({range_step(10, 4), wide_step(StepKind::group_by_key, "", std::nullopt)});
        CHECK(Program(app, {}).stages()[1].tasks == 4);
        app.conf.default_parallelism = 7;
        CHECK(Program(app, {}).stages()[1].tasks == 7);
    }

    TEST_CASE("DP-RDD-06 a source that does not say has spark.default.parallelism, or 2") {
        AppSpec app = dataset_app({range_step(10, std::nullopt)});
        CHECK(Program(app, {}).stages()[0].tasks == 2);
        app.conf.default_parallelism = 5;
        CHECK(Program(app, {}).stages()[0].tasks == 5);
    }

    TEST_CASE("a text has at least min(spark.default.parallelism, 2) splits, empty none") {
        const AppSpec app = dataset_app({step_of(StepKind::read_text, "words.txt")});
        const std::vector<InputFile> small{{0, "", Bytes{1000}}};
        CHECK(Program(app, small).stages()[0].tasks == 2);
        const std::vector<InputFile> blocks{{0, "", Bytes{std::int64_t{96} << 20}}};
        CHECK(Program(app, blocks).stages()[0].tasks == 3);
        const std::vector<InputFile> empty{{0, "", Bytes{0}}};
        CHECK(Program(app, empty).stages()[0].tasks == 0);
    }

    TEST_CASE("a sort has a hidden job that samples the keys before each of its jobs") {
        AppSpec app =
            dataset_app({range_step(100, 4), wide_step(StepKind::sort_by, "identity", 3)});
        app.jobs.push_back(app.jobs.front());
        const Program program{app, {}};
        REQUIRE(program.stages().size() == 3);
        CHECK(program.stages()[1].name == "data:1:sample");
        CHECK(program.stages()[1].tasks == 4);
        CHECK(program.stages()[1].children_partitions == 0);
        REQUIRE(program.jobs().size() == 4);
        for (const std::size_t j : {std::size_t{0}, std::size_t{2}}) {
            CHECK(program.jobs()[j].samples);
            CHECK(program.jobs()[j].spec == j / 2);
            CHECK(program.jobs()[j].final_stage == PlanId{1});
            CHECK(program.jobs()[j].bounds_for == PlanId{0});
            CHECK_FALSE(program.jobs()[j + 1].samples);
        }
    }

    TEST_CASE("what a step is not said to cost it costs in virtual time alone") {
        AppSpec app = dataset_app({range_step(10, 4), step_of(StepKind::map, "inc")});
        app.datasets[0].steps[1].cost_per_record = SimDuration{3};
        const auto cost = [&](ClockKind clock, std::uint32_t dataset) {
            return Program(app, {}, clock).lineage().at(DatasetId{dataset}).computed.cost;
        };
        CHECK(cost(ClockKind::virtual_time, 0) == StepCost{std::nullopt, SimDuration{1}});
        CHECK(cost(ClockKind::virtual_time, 1) == StepCost{std::nullopt, SimDuration{3}});
        CHECK(cost(ClockKind::wall, 0) == StepCost{std::nullopt, SimDuration{0}});
        CHECK(cost(ClockKind::wall, 1) == StepCost{std::nullopt, SimDuration{3}});
    }

    TEST_CASE("a sort into one partition needs no sample") {
        const Program program{
            dataset_app({range_step(100, 4), wide_step(StepKind::sort_by, "identity", 1)}), {}};
        CHECK(program.stages().size() == 2);
        CHECK(program.jobs().size() == 1);
    }
}

}  // namespace
}  // namespace forkyard::program_test
