// What the tasks of a plan stage compute: the datasets of the stage, and the sink.
#include "core/plan/lowering.hpp"

#include <doctest/doctest.h>

#include "tests/builders/steps_of.hpp"

namespace forkyard::lowering_test {
namespace {

Value number(std::int64_t value) {
    return Value{value};
}

struct Lowered {
    explicit Lowered(std::vector<StepSpec> steps, std::vector<InputFile> inputs = {})
        : app{dataset_app(std::move(steps))}, program{app, inputs} {}
    AppSpec app;
    Program program;
    std::vector<ShuffleId> reads{ShuffleId{9}};

    [[nodiscard]] LoweringInput input(std::uint32_t plan) const {
        return {program, program.stages()[plan], reads, 7};
    }
    [[nodiscard]] StageProgram result(std::uint32_t plan) const {
        return lower_result_stage(input(plan), app.jobs[0]);
    }
};

// range(10) in 4 -> key_by -> reduce_by_key in 3 -> map_values
Lowered counts() {
    return Lowered{{range_step(10, 4),
                    step_of(StepKind::key_by, "modulo", {std::int64_t{3}}),
                    wide_step(StepKind::reduce_by_key, "add", 3),
                    step_of(StepKind::map_values, "times", {std::int64_t{2}})}};
}

// range(100) in 4 -> sort_by in 3, with these arguments
Lowered sorted(std::vector<Argument> args) {
    return Lowered{
        {range_step(100, 4), wide_step(StepKind::sort_by, "modulo", 3, std::move(args))}};
}

template <class Op>
const Op& op(const StageProgram& program, std::size_t dataset) {
    return std::get<Op>(program.datasets.at(dataset).op);
}

TEST_SUITE("lowering") {
    TEST_CASE("a map stage goes from its source to the shuffle, combining on the way") {
        const Lowered world = counts();
        const StageProgram lowered = lower_map_stage(world.input(0), nullptr);
        REQUIRE(lowered.datasets.size() == 2);
        CHECK(op<RangeSource>(lowered, 0) == RangeSource{0, 10, 1});
        CHECK(lowered.datasets[0].partitions == 4);
        CHECK(op<Apply>(lowered, 1) == Apply{NarrowKind::key_by, {"modulo", {number(3)}}});
        CHECK(std::get<ShuffleSink>(lowered.sink) ==
              ShuffleSink{3, Aggregation{ByKey::reduce, {"add", {}}}, std::nullopt});
    }

    TEST_CASE("a result stage goes from its parent's shuffle to the action") {
        Lowered world = counts();
        world.app.jobs[0].action = ActionKind::take;
        world.app.jobs[0].args = {std::int64_t{5}};
        const StageProgram lowered = world.result(1);
        REQUIRE(lowered.datasets.size() == 2);
        CHECK(op<ShuffleRead>(lowered, 0) == ShuffleRead{0, {ByKey::reduce, {"add", {}}}, false});
        CHECK(lowered.shuffles == std::vector<ShuffleId>{ShuffleId{9}});
        CHECK(lowered.datasets[1].parents == std::vector<std::uint32_t>{0});
        CHECK(op<Apply>(lowered, 1).kind == NarrowKind::map_values);
        CHECK(std::get<ResultSink>(lowered.sink) == ResultSink{ActionKind::take, {number(5)}});
    }

    TEST_CASE("a range has an end, or start and end, or a step as well") {
        const auto source = [](std::vector<Argument> args) {
            const Lowered world{{wide_step(StepKind::range, "", 2, std::move(args))}};
            return op<RangeSource>(world.result(0), 0);
        };
        CHECK(source({std::int64_t{8}}) == RangeSource{0, 8, 1});
        CHECK(source({std::int64_t{3}, std::int64_t{8}}) == RangeSource{3, 8, 1});
        CHECK(source({std::int64_t{9}, std::int64_t{0}, std::int64_t{-3}}) ==
              RangeSource{9, 0, -3});
    }

    TEST_CASE("a text source has its file, its size and as many splits as are asked for") {
        StepSpec read = step_of(StepKind::read_text, "words.txt");
        const std::vector<InputFile> words{{0, "", Bytes{1000}}};
        const Lowered two{{read}, words};
        const StageProgram program = two.result(0);
        const auto& source = op<FileSource>(program, 0);
        CHECK(source.files == std::vector<SourceFile>{{"words.txt", "", Bytes{1000}}});
        CHECK(source.partitions == std::vector<FilePieces>{{{0, {0, 500}}}, {{0, {500, 1000}}}});
        read.partitions = 5;
        CHECK(Lowered{{read}, words}.result(0).datasets[0].partitions == 5);
    }

    TEST_CASE("a folder's files are packed into tasks; each knows its options") {
        StepSpec read = step_of(
            StepKind::read_csv, "people", {std::string{"sep=;"}, std::string{"header=true"}});
        const std::vector<InputFile> files{{0, "a.csv", Bytes{30}}, {0, "b.csv.gz", Bytes{40}}};
        const Lowered world{{read}, files};
        const StageProgram lowered = world.result(0);
        const auto& source = op<FileSource>(lowered, 0);
        CHECK(source.format == FileFormat::csv);
        CHECK(source.options.separator == ";");
        CHECK(source.options.header);
        CHECK(source.files == std::vector<SourceFile>{{"people/a.csv", "", Bytes{30}},
                                                      {"people/b.csv.gz", "", Bytes{40}}});
        CHECK(source.partitions == std::vector<FilePieces>{{{1, {0, 40}}}, {{0, {0, 30}}}});
        CHECK(lowered.datasets[0].partitions == 2);
        read.partitions = 1;
        const StageProgram one = Lowered{{read}, files}.result(0);
        CHECK(op<FileSource>(one, 0).partitions ==
              std::vector<FilePieces>{{{1, {0, 40}}, {0, {0, 30}}}});
    }

    TEST_CASE("each file source of an application has its own files") {
        AppSpec app = dataset_app({step_of(StepKind::read_text, "a.txt")});
        app.datasets.push_back({"more", {step_of(StepKind::read_json, "b.json")}});
        app.datasets.push_back({"numbers", {range_step(3, 1)}});
        app.datasets.push_back({"last", {step_of(StepKind::read_text, "c")}});
        const std::vector<InputFile> inputs{
            {0, "", Bytes{10}}, {1, "", Bytes{20}}, {2, "x", Bytes{30}}, {2, "y", Bytes{40}}};
        const Program program{app, inputs};
        CHECK(program.stages()[0].tasks == 2);
        CHECK(program.stages()[1].tasks == 1);
        CHECK(program.stages()[3].tasks == 3);  // 30, 35 and 5 bytes
    }

    TEST_CASE("a group is not combined on the map side") {
        const Lowered world{{range_step(10, 2), wide_step(StepKind::group_by_key, "", 2)}};
        CHECK(std::get<ShuffleSink>(lower_map_stage(world.input(0), nullptr).sink) ==
              ShuffleSink{2, std::nullopt, std::nullopt});
    }

    TEST_CASE("a sort keys, sends by range and drops the keys; its order is no argument") {
        const Lowered world = sorted({std::int64_t{5}, std::string{"desc"}});
        const std::vector<Value> bounds{number(3), number(1)};
        const StageProgram writer = lower_map_stage(world.input(0), &bounds);
        CHECK(op<Apply>(writer, 1) == Apply{NarrowKind::sort_key, {"modulo", {number(5)}}});
        CHECK(std::get<ShuffleSink>(writer.sink).range == RangePartitioner{true, bounds});
        const StageProgram reader = world.result(2);
        CHECK(op<ShuffleRead>(reader, 0) == ShuffleRead{0, {ByKey::sort, {}}, true});
        CHECK(op<Apply>(reader, 1) == Apply{NarrowKind::map, {"value", {}}});
        const Lowered up = sorted({std::int64_t{5}, std::string{"asc"}});
        CHECK(std::get<ShuffleSink>(lower_map_stage(up.input(0), nullptr).sink).range ==
              RangePartitioner{false, {}});
    }

    TEST_CASE("a sample draws three times 20 keys a partition, shared among its tasks") {
        const Lowered world = sorted({std::int64_t{5}});
        // ceil(3 * 20 * 3 / 4)
        CHECK(std::get<SampleSink>(lower_sample_stage(world.input(1), 3).sink) ==
              SampleSink{45, 0, 7});
    }

    TEST_CASE("a step costs 1 us a record, unless it says otherwise; what it adds is free") {
        std::vector<StepSpec> steps{range_step(10, 2),
                                    step_of(StepKind::map, "identity"),
                                    step_of(StepKind::map, "identity"),
                                    wide_step(StepKind::sort_by, "identity", 1)};
        steps[1].cost = SimDuration{50};
        steps[2].cost_per_record = SimDuration{3};
        const Lowered world{steps};
        const StageProgram writer = lower_map_stage(world.input(0), nullptr);
        CHECK(writer.datasets[0].cost == StepCost{std::nullopt, SimDuration{1}});
        CHECK(writer.datasets[1].cost == StepCost{SimDuration{50}, SimDuration{1}});
        CHECK(writer.datasets[2].cost == StepCost{std::nullopt, SimDuration{3}});
        CHECK(writer.datasets[3].cost == StepCost{std::nullopt, SimDuration{0}});
        const StageProgram reader = world.result(1);
        CHECK(reader.datasets[0].cost == StepCost{std::nullopt, SimDuration{1}});
        CHECK(reader.datasets[1].cost == StepCost{std::nullopt, SimDuration{0}});
    }
}

}  // namespace
}  // namespace forkyard::lowering_test
