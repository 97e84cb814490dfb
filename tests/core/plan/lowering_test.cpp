// What the tasks of a plan stage compute: the source, the chain of steps, the sink.
#include "core/plan/lowering.hpp"

#include <doctest/doctest.h>

#include "tests/builders/steps_of.hpp"

namespace forkyard {
namespace {

Value number(std::int64_t value) {
    return Value{value};
}

// range(10) in 4 -> key_by -> reduce_by_key in 3 -> map_values
struct Counts {
    AppSpec app = dataset_app({range_step(10, 4),
                               step_of(StepKind::key_by, "modulo", {std::int64_t{3}}),
                               wide_step(StepKind::reduce_by_key, "add", 3),
                               step_of(StepKind::map_values, "times", {std::int64_t{2}})});
    Program program{app, {}};

    [[nodiscard]] LoweringInput input(std::uint32_t plan, ShuffleId reads) const {
        return {.dataset = app.datasets[0],
                .stage = program.stages()[plan],
                .reads = reads,
                .path = {}};
    }
};

// range(100) in 4 -> sort_by in 3, with these arguments
struct Sorted {
    explicit Sorted(std::vector<Argument> args)
        : app{dataset_app(
              {range_step(100, 4), wide_step(StepKind::sort_by, "modulo", 3, std::move(args))})},
          program{app, {}} {}
    AppSpec app;
    Program program;

    [[nodiscard]] LoweringInput input(std::uint32_t plan, ShuffleId reads) const {
        return {.dataset = app.datasets[0],
                .stage = program.stages()[plan],
                .reads = reads,
                .path = {},
                .seed = 7};
    }
};

TEST_SUITE("lowering") {
    TEST_CASE("a map stage goes from its source to the shuffle, combining on the way") {
        const Counts counts;
        const StageProgram lowered = lower_map_stage(counts.input(0, ShuffleId{}), nullptr);
        CHECK(std::get<RangeSource>(lowered.source) == RangeSource{0, 10, 1, 4});
        REQUIRE(lowered.steps.size() == 1);
        CHECK(lowered.steps[0].kind == NarrowKind::key_by);
        CHECK(lowered.steps[0].call == Call{"modulo", {number(3)}});
        CHECK(std::get<ShuffleSink>(lowered.sink) == ShuffleSink{3, Call{"add", {}}, std::nullopt});
    }

    TEST_CASE("a result stage goes from its parent's shuffle to the action") {
        const Counts counts;
        JobSpec job;
        job.action = ActionKind::take;
        job.args = {std::int64_t{5}};
        const StageProgram lowered = lower_result_stage(counts.input(1, ShuffleId{9}), job);
        CHECK(std::get<ShuffleSource>(lowered.source) ==
              ShuffleSource{ShuffleId{9}, WideKind::reduce, Call{"add", {}}, false, 3});
        REQUIRE(lowered.steps.size() == 1);
        CHECK(lowered.steps[0].kind == NarrowKind::map_values);
        CHECK(std::get<ResultSink>(lowered.sink) == ResultSink{ActionKind::take, {number(5)}});
    }

    TEST_CASE("a range has an end, or start and end, or a step as well") {
        const auto source = [](std::vector<Argument> args) {
            const AppSpec app = dataset_app({wide_step(StepKind::range, "", 2, std::move(args))});
            const Program program{app, {}};
            const LoweringInput input{
                .dataset = app.datasets[0], .stage = program.stages()[0], .reads = {}, .path = {}};
            return std::get<RangeSource>(lower_result_stage(input, app.jobs[0]).source);
        };
        CHECK(source({std::int64_t{8}}) == RangeSource{0, 8, 1, 2});
        CHECK(source({std::int64_t{3}, std::int64_t{8}}) == RangeSource{3, 8, 1, 2});
        CHECK(source({std::int64_t{9}, std::int64_t{0}, std::int64_t{-3}}) ==
              RangeSource{9, 0, -3, 2});
    }

    TEST_CASE("a text source has its path, its size and how many splits are asked for") {
        AppSpec app = dataset_app({step_of(StepKind::read_text, "words.txt")});
        const std::vector<std::int64_t> sizes{1000};
        const Program program{app, sizes};
        LoweringInput input{.dataset = app.datasets[0],
                            .stage = program.stages()[0],
                            .reads = {},
                            .path = "/data/words.txt",
                            .input_bytes = 1000,
                            .parallelism = 8};
        CHECK(std::get<TextSource>(lower_result_stage(input, app.jobs[0]).source) ==
              TextSource{"/data/words.txt", Bytes{1000}, 2});
        app.datasets[0].steps[0].partitions = 5;
        CHECK(std::get<TextSource>(lower_result_stage(input, app.jobs[0]).source).partitions_min ==
              5);
    }

    TEST_CASE("a group is not combined on the map side") {
        const AppSpec app =
            dataset_app({range_step(10, 2), wide_step(StepKind::group_by_key, "", 2)});
        const Program program{app, {}};
        const LoweringInput map{
            .dataset = app.datasets[0], .stage = program.stages()[0], .reads = {}, .path = {}};
        CHECK(std::get<ShuffleSink>(lower_map_stage(map, nullptr).sink) ==
              ShuffleSink{2, std::nullopt, std::nullopt});
    }

    TEST_CASE("a sort sends by range; its order is not an argument of the key") {
        const Sorted sorted{{std::int64_t{5}, std::string{"desc"}}};
        const std::vector<Value> bounds{number(3), number(1)};
        const StageProgram writer = lower_map_stage(sorted.input(0, ShuffleId{}), &bounds);
        CHECK(std::get<ShuffleSink>(writer.sink).range ==
              RangePartitioner{Call{"modulo", {number(5)}}, true, bounds});
        const StageProgram reader =
            lower_result_stage(sorted.input(2, ShuffleId{0}), sorted.app.jobs[0]);
        CHECK(std::get<ShuffleSource>(reader.source) ==
              ShuffleSource{ShuffleId{0}, WideKind::sort, {}, true, 3});
    }

    TEST_CASE("`asc` is no argument of the key, either") {
        const Sorted sorted{{std::int64_t{5}, std::string{"asc"}}};
        const StageProgram writer = lower_map_stage(sorted.input(0, ShuffleId{}), nullptr);
        CHECK(std::get<ShuffleSink>(writer.sink).range ==
              RangePartitioner{Call{"modulo", {number(5)}}, false, {}});
    }

    TEST_CASE("a sample draws three times 20 keys a partition, shared among its tasks") {
        const Sorted sorted{{std::int64_t{5}}};
        const StageProgram sample = lower_sample_stage(sorted.input(1, ShuffleId{}), 3);
        // ceil(3 * 20 * 3 / 4)
        CHECK(std::get<SampleSink>(sample.sink) ==
              SampleSink{Call{"modulo", {number(5)}}, 45, 0, 7});
    }

    TEST_CASE("a step costs 1 us a record, unless it says otherwise") {
        AppSpec app = dataset_app({range_step(10, 2),
                                   step_of(StepKind::map, "identity"),
                                   step_of(StepKind::map, "identity")});
        app.datasets[0].steps[1].cost = SimDuration{50};
        app.datasets[0].steps[2].cost_per_record = SimDuration{3};
        const Program program{app, {}};
        const LoweringInput input{
            .dataset = app.datasets[0], .stage = program.stages()[0], .reads = {}, .path = {}};
        const StageProgram lowered = lower_result_stage(input, app.jobs[0]);
        CHECK(lowered.source_cost == StepCost{std::nullopt, SimDuration{1}});
        CHECK(lowered.steps[0].cost == StepCost{SimDuration{50}, SimDuration{1}});
        CHECK(lowered.steps[1].cost == StepCost{std::nullopt, SimDuration{3}});
    }
}

}  // namespace
}  // namespace forkyard
