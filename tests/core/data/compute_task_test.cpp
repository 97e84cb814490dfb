#include "core/data/compute_task.hpp"

#include <algorithm>

#include <doctest/doctest.h>

#include "core/data/range_bounds.hpp"
#include "tests/core/data/small_world.hpp"

namespace forkyard::compute_task_test {

using test::answer;
using test::batches_of;
using test::failure;
using test::MemoryInput;
using test::merged;
using test::n;
using test::p;
using test::program;
using test::range;
using test::run_stage;
using test::shuffled;
using test::step;
using test::t;
using test::text;
using test::values;

namespace {

ResultSink action(ActionKind kind, std::vector<Value> args = {}) {
    return {kind, std::move(args)};
}

const ResultSink collect{ActionKind::collect, {}};
const Aggregation sum{ByKey::reduce, {"sum", {}}};

// (k, v) pairs in three partitions: a 1, b 2, a 3, c 4, b 5, a 6.
test::From letters() {
    return values({p(t("a"), n(1)),
                   p(t("b"), n(2)),
                   p(t("a"), n(3)),
                   p(t("c"), n(4)),
                   p(t("b"), n(5)),
                   p(t("a"), n(6))},
                  3);
}

}  // namespace

TEST_SUITE("compute_task") {
    TEST_CASE("DP-RDD-05: slices of a local sequence and of a range") {
        const auto slices = [](const test::From& source) {
            MemoryInput input;
            std::string out;
            for (const TaskOutput& task : run_stage(program(source, {}, collect), input)) {
                out += to_text(Value{*decode_rows(task.result)});
            }
            return out;
        };
        CHECK(slices(range(0, 10, 1, 3)) == "[0, 1, 2][3, 4, 5][6, 7, 8, 9]");
        CHECK(slices(values({n(1), n(2), n(3)}, 5)) == "[][1][][2][3]");
        CHECK(slices(range(5, 0, -2, 1)) == "[5, 3, 1]");
        CHECK(slices(range(5, 0, 1, 2)) == "[][]");
        CHECK(slices(range(INT64_MIN, INT64_MAX, INT64_MAX, 1)) ==
              "[-9223372036854775808, -1, 9223372036854775806]");
    }

    TEST_CASE("DP-RDD-04: each record goes through all steps before the next is read") {
        // A failing filter behind the map: had the map run first over all records, it
        // would have met the text.
        StageProgram p1 =
            program(values({n(2), n(3), t("x")}, 1),
                    {step(NarrowKind::map, "add", {n(1)}), step(NarrowKind::filter, "is_even")},
                    action(ActionKind::take, {n(1)}));
        CHECK(answer(p1) == "[4]");
        p1.sink = collect;
        CHECK(failure(p1) == "map add: cannot add a text and an integer");
    }

    TEST_CASE("narrow steps") {
        const test::From one_to_three = range(1, 4, 1, 2);
        CHECK(answer(program(one_to_three, {step(NarrowKind::map, "square")}, collect)) ==
              "[1, 4, 9]");
        CHECK(answer(program(one_to_three, {step(NarrowKind::filter, "is_odd")}, collect)) ==
              "[1, 3]");
        CHECK(answer(program(one_to_three, {step(NarrowKind::flat_map, "count_up")}, collect)) ==
              "[0, 0, 1, 0, 1, 2]");
        CHECK(answer(program(one_to_three,
                             {step(NarrowKind::key_by, "mod", {n(2)}),
                              step(NarrowKind::map_values, "multiply", {n(10)})},
                             collect)) == "[(1,10), (0,20), (1,30)]");
    }

    TEST_CASE("a failure names step and function") {
        const test::From word = values({t("x")}, 1);
        CHECK(failure(program(word, {step(NarrowKind::filter, "is_even")}, collect)) ==
              "filter is_even: needs an integer, found a text");
        CHECK(failure(program(word, {step(NarrowKind::map_values, "square")}, collect)) ==
              "map_values square: needs a pair, found a text");
        CHECK(failure(program(word, {step(NarrowKind::flat_map, "flatten")}, collect)) ==
              "flat_map flatten: needs a list, found a text");
        CHECK(failure(program(word, {step(NarrowKind::map, "no_such")}, collect)) ==
              "no function is called 'no_such'");
        CHECK(failure(program(word, {}, ShuffleSink{2, {}, {}})) ==
              "a shuffle by key needs pairs, found a text");
        CHECK(failure(program(
                  values({p(n(1), t("a")), p(n(1), n(2))}, 1), {}, ShuffleSink{2, sum, {}})) ==
              "sum: cannot add a text and an integer");
        CHECK(failure(program(range(0, 1, 0, 1), {}, collect)) ==
              "a range has a step other than 0");
        CHECK(failure(program(text("f", Bytes{3}, 1), {}, collect)) == "the file f is not there");
        CHECK(failure(program(values({}, 0), {}, collect)) == "there is no partition 0");
        // An error inside the steps after a flat map is that step's.
        CHECK(failure(program(
                  values({t("a b")}, 1),
                  {step(NarrowKind::flat_map, "split_words"), step(NarrowKind::map, "square")},
                  collect)) == "map square: cannot multiply a text and a text");
    }

    TEST_CASE("cost: a step's own, or 1 us for each record that enters it") {
        StageProgram counted = program(range(0, 10, 1, 1),
                                       {step(NarrowKind::flat_map, "repeat", {n(3)}),
                                        step(NarrowKind::filter, "is_even"),
                                        step(NarrowKind::map, "square")},
                                       collect);
        MemoryInput input;
        TaskOutput task = run_stage(counted, input)[0];
        CHECK(task.records_in == std::vector<std::uint64_t>{10, 10, 30, 15});
        CHECK(task.records_out == 15);
        CHECK(task.cost == SimDuration{65});
        counted.datasets[0].cost.per_record = SimDuration{0};
        counted.datasets[2].cost.per_task = SimDuration{5'000};
        counted.datasets[3].cost.per_record = SimDuration{100};
        task = run_stage(counted, input)[0];
        CHECK(task.cost == SimDuration{10 + 5'000 + 1'500});
        counted.datasets[2].cost.per_task = duration_forever;
        CHECK(run_stage(counted, input)[0].cost == duration_forever);
    }

    TEST_CASE("take stops reading: later records cost nothing") {
        MemoryInput input;
        const StageProgram take = program(range(0, 1'000, 1, 1),
                                          {step(NarrowKind::map, "square")},
                                          action(ActionKind::take, {n(3)}));
        const TaskOutput task = run_stage(take, input)[0];
        CHECK(task.records_in == std::vector<std::uint64_t>{3, 3});
        CHECK(task.result_records == 3);
        const StageProgram none =
            program(text("f", Bytes{3}, 1), {}, action(ActionKind::take, {n(0)}));
        CHECK(answer(none) == "[]");
    }

    TEST_CASE("actions") {
        const test::From ten = range(0, 10, 1, 3);
        const auto act = [&ten](ActionKind kind, std::vector<Value> args = {}) {
            return answer(program(ten, {}, action(kind, std::move(args))));
        };
        CHECK(act(ActionKind::count) == "10");
        CHECK(act(ActionKind::collect) == "[0, 1, 2, 3, 4, 5, 6, 7, 8, 9]");
        CHECK(act(ActionKind::take, {n(4)}) == "[0, 1, 2, 3]");
        CHECK(act(ActionKind::first) == "0");
        CHECK(act(ActionKind::top, {n(2)}) == "[9, 8]");
        CHECK(act(ActionKind::top, {n(0)}) == "[]");
        CHECK(act(ActionKind::reduce, {t("sum")}) == "45");
        CHECK(act(ActionKind::tree_reduce, {t("sum"), n(3)}) == "45");
        CHECK(act(ActionKind::foreach, {t("square")}) == "null");
        CHECK(act(ActionKind::foreach) == "null");
        CHECK(act(ActionKind::save, {t("out")}) == "10");
    }

    TEST_CASE("an empty dataset has no first and no sum, but a count and a top") {
        const test::From empty = range(0, 0, 1, 2);
        const auto act = [&empty](ActionKind kind, std::vector<Value> args = {}) {
            return answer(program(empty, {}, action(kind, std::move(args))));
        };
        CHECK(act(ActionKind::first) == "error: empty collection");
        CHECK(act(ActionKind::reduce, {t("sum")}) == "error: empty collection");
        CHECK(act(ActionKind::count) == "0");
        CHECK(act(ActionKind::collect) == "[]");
        CHECK(act(ActionKind::top, {n(3)}) == "[]");
    }

    TEST_CASE("arguments of an action that make no sense fail its tasks") {
        const test::From one = range(0, 1, 1, 1);
        CHECK(failure(program(one, {}, action(ActionKind::take))) ==
              "take takes a number of records");
        CHECK(failure(program(one, {}, action(ActionKind::take, {n(-1)}))) ==
              "take takes a number of records");
        CHECK(failure(program(one, {}, action(ActionKind::top, {n(1), t("size")}))) ==
              "top goes by \"record\", \"key\" or \"value\"");
        CHECK(failure(program(one, {}, action(ActionKind::reduce, {t("square")}))) ==
              "'square' is not a combiner of two values");
        CHECK(failure(program(one, {}, action(ActionKind::tree_reduce, {t("square")}))) ==
              "'square' is not a combiner of two values");
        CHECK(failure(program(one, {}, action(ActionKind::tree_reduce, {t("sum"), n(0)}))) ==
              "tree_reduce takes the name of a function, and a depth from 1 on");
        CHECK(failure(program(one, {}, action(ActionKind::lookup))) == "lookup takes a key");
        CHECK(failure(program(one, {}, action(ActionKind::lookup, {n(0)}))) ==
              "lookup needs pairs, found an integer");
        CHECK(failure(program(one, {}, action(ActionKind::top, {n(1), t("key")}))) ==
              "top by key or value needs pairs, found an integer");
    }

    TEST_CASE("DP-RDD-22: top by value holds n records a task; ties come in record order") {
        const StageProgram by_value = program(values({p(t("d"), n(1)),
                                                      p(t("b"), n(7)),
                                                      p(t("c"), n(7)),
                                                      p(t("a"), n(7)),
                                                      p(t("e"), n(9))},
                                                     2),
                                              {},
                                              action(ActionKind::top, {n(3), t("value")}));
        CHECK(answer(by_value) == "[(e,9), (a,7), (b,7)]");
        StageProgram by_key = by_value;
        by_key.sink = action(ActionKind::top, {n(2), t("key")});
        CHECK(answer(by_key) == "[(e,9), (d,1)]");
        MemoryInput input;
        for (const TaskOutput& task : run_stage(by_value, input)) {
            CHECK(task.result_records <= 3);
        }
    }

    TEST_CASE("save writes one record a line") {
        MemoryInput input;
        const StageProgram save = program(letters(), {}, action(ActionKind::save, {t("out")}));
        const std::vector<TaskOutput> tasks = run_stage(save, input);
        CHECK(tasks[0].saved == "(a,1)\n(b,2)\n");
        CHECK(tasks[2].saved == "(b,5)\n(a,6)\n");
    }
}

TEST_SUITE("shuffle") {
    TEST_CASE("reduce_by_key combines on the map side and keeps the order first seen") {
        MemoryInput input;
        input.maps = run_stage(program(letters(), {}, ShuffleSink{1, sum, {}}), input);
        CHECK(input.maps[0].region_records == std::vector<std::uint64_t>{2});
        const StageProgram reduce =
            program(shuffled(ByKey::reduce, {"sum", {}}, false, 1), {}, collect);
        CHECK(to_text(*merged(reduce, run_stage(reduce, input))) == "[(a,10), (b,7), (c,4)]");
    }

    TEST_CASE("group_by_key keeps every value, by map index, then row") {
        MemoryInput input;
        input.maps = run_stage(program(letters(), {}, ShuffleSink{1, {}, {}}), input);
        const StageProgram group = program(shuffled(ByKey::group, {}, false, 1), {}, collect);
        const std::vector<TaskOutput> tasks = run_stage(group, input);
        CHECK(to_text(*merged(group, tasks)) == "[(a,[1, 3, 6]), (b,[2, 5]), (c,[4])]");
        CHECK(tasks[0].records_in == std::vector<std::uint64_t>{6});
    }

    TEST_CASE("DP-RDD-14: at most one record a key and map task, against all of them") {
        const std::vector<ComputedDataset> keyed{step(NarrowKind::key_by, "mod", {n(100)})};
        const auto written = [&keyed](const ShuffleSink& sink) {
            MemoryInput input;
            std::uint64_t records = 0;
            for (const TaskOutput& map :
                 run_stage(program(range(0, 40'000, 1, 4), keyed, sink), input)) {
                for (const std::uint64_t count : map.region_records) {
                    records += count;
                }
            }
            return records;
        };
        CHECK(written(ShuffleSink{7, sum, {}}) == 400);
        CHECK(written(ShuffleSink{7, {}, {}}) == 40'000);
    }

    TEST_CASE(
        "DP-RDD-09: records lie where the JVM's hash puts them; empty regions have no bytes") {
        MemoryInput input;
        const test::From words = values({p(t("spark"), n(1)), p(t("hello"), n(1))}, 1);
        const TaskOutput map = run_stage(program(words, {}, ShuffleSink{8, {}, {}}), input)[0];
        CHECK(map.region_records == std::vector<std::uint64_t>{0, 0, 1, 0, 0, 1, 0, 0});
        CHECK(map.regions[0].size() == 0);
        CHECK(map.regions[2].size() > 0);
    }

    TEST_CASE("sort_by: sample, bounds, ranges, sorted partitions") {
        const auto sorted = [](bool descending) {
            const test::From numbers = range(0, 2'000, 1, 4);
            const std::vector<ComputedDataset> mixed{step(NarrowKind::map, "splitmix", {n(5'000)}),
                                                     step(NarrowKind::sort_key, "identity")};
            MemoryInput input;
            std::vector<KeySample> samples;
            const SampleSink sink{sample_size(5, 4), 0, 1};
            for (const TaskOutput& task : run_stage(program(numbers, mixed, sink), input)) {
                CHECK(task.result_records == 75);
                samples.push_back(*decode_sample(task.result));
            }
            const std::vector<Value> bounds = range_bounds(samples, 5);
            REQUIRE(bounds.size() == 4);
            ShuffleSink ranges{5, {}, RangePartitioner{descending, bounds}};
            input.maps = run_stage(program(numbers, mixed, ranges), input);
            const StageProgram sort = program(shuffled(ByKey::sort, {}, descending, 5),
                                              {step(NarrowKind::map, "value")},
                                              collect);
            return merged(sort, run_stage(sort, input))->list();
        };
        List up = sorted(false);
        CHECK(up.size() == 2'000);
        CHECK(std::is_sorted(up.begin(), up.end()));
        List down = sorted(true);
        CHECK(std::is_sorted(down.rbegin(), down.rend()));
        std::reverse(down.begin(), down.end());
        CHECK(up == down);
    }

    TEST_CASE("a sort is stable, also when descending") {
        MemoryInput input;
        const ShuffleSink ranges{1, {}, RangePartitioner{true, {}}};
        const test::From rows =
            values({p(t("x"), n(1)), p(t("y"), n(2)), p(t("z"), n(1)), p(t("a"), n(2))}, 2);
        input.maps = run_stage(program(rows, {step(NarrowKind::sort_key, "value")}, ranges), input);
        const StageProgram sort =
            program(shuffled(ByKey::sort, {}, true, 1), {step(NarrowKind::map, "value")}, collect);
        CHECK(to_text(*merged(sort, run_stage(sort, input))) == "[(y,2), (a,2), (x,1), (z,1)]");
    }

    TEST_CASE("DP-RDD-25: a sample is a function of seed and partition") {
        const auto sampled = [](std::uint64_t seed) {
            MemoryInput input;
            const SampleSink sink{5, 0, seed};
            return run_stage(
                       program(
                           range(0, 1'000, 1, 2), {step(NarrowKind::sort_key, "identity")}, sink),
                       input)[1]
                .result;
        };
        CHECK(sampled(1) == sampled(1));
        CHECK(sampled(1) != sampled(2));
        MemoryInput input;
        const SampleSink tenth{0, UINT32_MAX / 10, 1};
        const TaskOutput task = run_stage(
            program(range(0, 10'000, 1, 1), {step(NarrowKind::sort_key, "identity")}, tenth),
            input)[0];
        CHECK(task.result_records > 900);
        CHECK(task.result_records < 1'100);
        CHECK(decode_sample(task.result)->records == 10'000);
    }

    TEST_CASE("blocks that were damaged on the way fail the task") {
        MemoryInput input;
        input.maps = run_stage(program(letters(), {}, ShuffleSink{1, {}, {}}), input);
        input.maps[0].regions[0].batches[0].resize(3);
        const StageProgram group = program(shuffled(ByKey::group, {}, false, 1), {}, collect);
        CHECK(compute_task(group, 0, input, input.spills).error() == "a corrupt shuffle block");
        input.maps[0].regions[0].batches = {batches_of({n(1)})};
        CHECK(compute_task(group, 0, input, input.spills).error() == "a corrupt shuffle block");
    }
}

}  // namespace forkyard::compute_task_test
