// Random programs against a plain evaluation of the same steps over whole vectors.
#include <algorithm>
#include <map>

#include <doctest/doctest.h>

#include "core/data/range_bounds.hpp"
#include "core/random.hpp"
#include "tests/core/data/small_world.hpp"

namespace forkyard::data_property_test {

using test::MemoryInput;
using test::merged;
using test::n;
using test::program;
using test::range;
using test::run_stage;
using test::shuffled;
using test::step;

namespace {

constexpr std::uint64_t rounds = 300;
const ResultSink collect{ActionKind::collect, {}};

void append(StageProgram& program, ComputedDataset step) {
    step.parents = {static_cast<std::uint32_t>(program.datasets.size() - 1)};
    step.partitions = program.datasets.back().partitions;
    program.datasets.push_back(std::move(step));
}

struct RandomProgram {
    std::uint64_t key;
    std::uint64_t next = 0;

    std::uint64_t below(std::uint64_t bound) { return draw_below(key, next++, bound); }

    std::vector<ComputedDataset> integer_steps() {
        const std::vector<ComputedDataset> choices{
            step(NarrowKind::map, "add", {n(7)}),
            step(NarrowKind::map, "multiply", {n(-3)}),
            step(NarrowKind::map, "mod", {n(11)}),
            step(NarrowKind::filter, "is_even"),
            step(NarrowKind::filter, "greater_than", {n(3)}),
            step(NarrowKind::flat_map, "repeat", {n(2)}),
        };
        std::vector<ComputedDataset> steps;
        for (std::uint64_t left = below(5); left > 0; --left) {
            steps.push_back(choices[below(choices.size())]);
        }
        return steps;
    }
};

// One step over a whole vector, written without the pipeline.
std::vector<std::int64_t> evaluate(const ComputedDataset& step,
                                   const std::vector<std::int64_t>& in) {
    std::vector<std::int64_t> out;
    for (const std::int64_t x : in) {
        const std::string& name = std::get<Apply>(step.op).call.function;
        if (name == "add") {
            out.push_back(x + 7);
        } else if (name == "multiply") {
            out.push_back(x * -3);
        } else if (name == "mod") {
            out.push_back(((x % 11) + 11) % 11);
        } else if (name == "is_even") {
            out.insert(out.end(), x % 2 == 0 ? 1 : 0, x);
        } else if (name == "greater_than") {
            out.insert(out.end(), x > 3 ? 1 : 0, x);
        } else {
            out.insert(out.end(), 2, x);
        }
    }
    return out;
}

std::vector<std::int64_t> integers(const Value& list) {
    std::vector<std::int64_t> out;
    for (const Value& value : list.list()) {
        out.push_back(value.integer());
    }
    return out;
}

struct Case {
    StageProgram program;
    std::vector<std::int64_t> expected;
};

Case random_case(RandomProgram& random) {
    Case out;
    const auto end = static_cast<std::int64_t>(random.below(60));
    out.program = program(range(0, end, 1, static_cast<std::uint32_t>(1 + random.below(6))),
                          random.integer_steps(),
                          ResultSink{ActionKind::collect, {}});
    for (std::int64_t x = 0; x < end; ++x) {
        out.expected.push_back(x);
    }
    for (std::size_t i = 1; i < out.program.datasets.size(); ++i) {
        out.expected = evaluate(out.program.datasets[i], out.expected);
    }
    return out;
}

}  // namespace

TEST_SUITE("data properties") {
    TEST_CASE("narrow chains give what whole-vector evaluation gives") {
        for (std::uint64_t round = 0; round < rounds; ++round) {
            RandomProgram random{mix(random_key(11, Stream::test), round)};
            const Case each = random_case(random);
            CAPTURE(round);
            MemoryInput input;
            const std::vector<TaskOutput> tasks = run_stage(each.program, input);
            REQUIRE(integers(*merged(each.program, tasks)) == each.expected);
            for (const TaskOutput& task : tasks) {
                std::int64_t records = 0;
                for (const std::uint64_t in : task.records_in) {
                    records += static_cast<std::int64_t>(in);
                }
                REQUIRE(task.cost == SimDuration{records});
            }
        }
    }

    TEST_CASE("reduce_by_key and group_by_key agree with a map, for any partition count") {
        for (std::uint64_t round = 0; round < rounds; ++round) {
            RandomProgram random{mix(random_key(12, Stream::test), round)};
            Case each = random_case(random);
            std::map<std::int64_t, std::int64_t> expected;
            for (const std::int64_t x : each.expected) {
                expected[((x % 5) + 5) % 5] += x;
            }
            const auto partitions = static_cast<std::uint32_t>(1 + random.below(6));
            const bool combined = random.below(2) == 0;
            const Call sum{"sum", {}};
            append(each.program, step(NarrowKind::key_by, "mod", {n(5)}));
            ShuffleSink sink{partitions, {}, {}};
            StageProgram child;
            if (combined) {
                sink.combine = Aggregation{ByKey::reduce, sum};
                child = program(shuffled(ByKey::reduce, sum, false, partitions), {}, collect);
            } else {
                child = program(shuffled(ByKey::group, {}, false, partitions),
                                {step(NarrowKind::map_values, "sum")},
                                collect);
            }
            each.program.sink = sink;
            MemoryInput input;
            input.maps = run_stage(each.program, input);
            std::map<std::int64_t, std::int64_t> found;
            const Value rows = *merged(child, run_stage(child, input));
            for (const Value& row : rows.list()) {
                REQUIRE(found.emplace(row.first().integer(), row.second().integer()).second);
            }
            CAPTURE(round);
            REQUIRE(found == expected);
        }
    }

    TEST_CASE("sort_by gives the sorted rows, for any partition count and sample") {
        for (std::uint64_t round = 0; round < rounds; ++round) {
            RandomProgram random{mix(random_key(13, Stream::test), round)};
            Case each = random_case(random);
            std::stable_sort(each.expected.begin(), each.expected.end());
            const auto wanted = static_cast<std::uint32_t>(1 + random.below(6));
            append(each.program, step(NarrowKind::sort_key, "identity"));
            each.program.sink = SampleSink{4, 0, round};
            MemoryInput input;
            std::vector<KeySample> samples;
            for (const TaskOutput& task : run_stage(each.program, input)) {
                samples.push_back(*decode_sample(task.result));
            }
            const std::vector<Value> bounds = range_bounds(samples, wanted);
            const auto partitions = static_cast<std::uint32_t>(bounds.size() + 1);
            REQUIRE(partitions <= wanted);
            each.program.sink = ShuffleSink{partitions, {}, RangePartitioner{false, bounds}};
            input.maps = run_stage(each.program, input);
            const StageProgram child = program(shuffled(ByKey::sort, {}, false, partitions),
                                               {step(NarrowKind::map, "value")},
                                               collect);
            CAPTURE(round);
            REQUIRE(integers(*merged(child, run_stage(child, input))) == each.expected);
        }
    }

    TEST_CASE("the same task computed twice gives the same bytes") {
        for (std::uint64_t round = 0; round < 50; ++round) {
            RandomProgram random{mix(random_key(14, Stream::test), round)};
            Case each = random_case(random);
            append(each.program, step(NarrowKind::key_by, "mod", {n(5)}));
            each.program.sink = ShuffleSink{3, Aggregation{ByKey::reduce, {"sum", {}}}, {}};
            MemoryInput input;
            const std::vector<TaskOutput> first = run_stage(each.program, input);
            const StageProgram travelled = *decode_program(encode_program(each.program));
            const std::vector<TaskOutput> second = run_stage(travelled, input);
            for (std::size_t i = 0; i < first.size(); ++i) {
                REQUIRE(first[i].regions == second[i].regions);
            }
        }
    }
}

}  // namespace forkyard::data_property_test
