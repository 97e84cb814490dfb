// Pairs of the records of two datasets: all of them, and those at the same places.
#include <cstdint>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "core/data/spilling_rows.hpp"
#include "tests/core/data/small_world.hpp"

namespace forkyard::test::pairs_test {

namespace {

const ResultSink collect{ActionKind::collect, {}};

ComputedDataset source(From from) {
    return {std::move(from.op), {}, from.partitions, {}};
}
ComputedDataset numbers(std::int64_t from, std::int64_t until, std::uint32_t partitions) {
    return source(range(from, until, 1, partitions));
}
ComputedDataset narrow(ComputedDataset step, std::uint32_t parent, std::uint32_t partitions) {
    step.parents = {parent};
    step.partitions = partitions;
    return step;
}
ComputedDataset pairs(Operator op,
                      std::uint32_t left,
                      std::uint32_t right,
                      std::uint32_t partitions) {
    return {std::move(op), {left, right}, partitions, {}};
}

StageProgram stage(std::vector<ComputedDataset> datasets, Sink sink = collect) {
    return {std::move(datasets), {ShuffleId{0}}, std::move(sink), {}};
}

// Pairs (i % 3, i) of 0 .. n - 1, as maps write them for so many reducers.
std::vector<TaskOutput> written(std::int64_t n, std::uint32_t reducers) {
    MemoryInput input;
    return run_stage(program(range(0, n, 1, 2),
                             {step(NarrowKind::key_by, "mod", {Value{std::int64_t{3}}})},
                             ShuffleSink{reducers, {}, {}}),
                     input);
}

}  // namespace

TEST_SUITE("pairs of datasets") {
    TEST_CASE("DP-RDD-20 partition i of a cartesian is of i / n and i % n, all pairs in order") {
        const StageProgram all =
            stage({numbers(0, 4, 2), numbers(10, 13, 3), pairs(Cartesian{}, 0, 1, 6)});
        MemoryInput input;
        const std::vector<TaskOutput> tasks = run_stage(all, input);
        std::vector<std::string> found;
        for (const TaskOutput& task : tasks) {
            found.push_back(to_text(l(*decode_rows(task.result))));
        }
        CHECK(found == std::vector<std::string>{"[(0,10), (1,10)]",
                                                "[(0,11), (1,11)]",
                                                "[(0,12), (1,12)]",
                                                "[(2,10), (3,10)]",
                                                "[(2,11), (3,11)]",
                                                "[(2,12), (3,12)]"});
        CHECK(answer(stage({numbers(0, 2, 1), numbers(5, 8, 1), pairs(Cartesian{}, 0, 1, 1)})) ==
              "[(0,5), (0,6), (0,7), (1,5), (1,6), (1,7)]");
    }

    TEST_CASE("DP-RDD-20 the right side of a cartesian is made anew for each record of the left") {
        const StageProgram all = stage({numbers(0, 4, 1),
                                        numbers(0, 5, 1),
                                        narrow(step(NarrowKind::map, "square"), 1, 1),
                                        pairs(Cartesian{}, 0, 2, 1)});
        MemoryInput input;
        const Computed<TaskOutput> task = compute_task(all, 0, input, input.spills);
        REQUIRE(task);
        CHECK(task->records_out == 20);
        // Of the pairs' own: 4 of the left, and 5 of the right 4 times.
        CHECK(task->records_in == std::vector<std::uint64_t>{4, 20, 20, 24});
        CHECK(task->records_read == 24);
        CHECK(task->cost == SimDuration{68});
        CHECK(input.spills.runs() == 0);
    }

    TEST_CASE("DP-RDD-20 no more is read than is wanted of the pairs") {
        const StageProgram all =
            stage({numbers(0, 1000, 1), numbers(0, 1000, 1), pairs(Cartesian{}, 0, 1, 1)},
                  ResultSink{ActionKind::take, {n(3)}});
        MemoryInput input;
        const Computed<TaskOutput> task = compute_task(all, 0, input, input.spills);
        REQUIRE(task);
        CHECK(to_text(l(*decode_rows(task->result))) == "[(0,0), (0,1), (0,2)]");
        CHECK(task->records_in == std::vector<std::uint64_t>{1, 3, 4});
    }

    TEST_CASE("DP-RDD-20 a kept right side is made once, and read as it was kept") {
        StageProgram all = stage({numbers(0, 4, 1),
                                  numbers(0, 5, 1),
                                  narrow(step(NarrowKind::map, "square"), 1, 1),
                                  pairs(Cartesian{}, 0, 2, 1)});
        all.datasets[2].kept = RddId{7};
        MemoryInput input;
        Computed<TaskOutput> task = compute_task(all, 0, input, input.spills);
        REQUIRE(task);
        CHECK(task->records_out == 20);
        CHECK(task->records_in == std::vector<std::uint64_t>{4, 5, 5, 24});
        REQUIRE(task->made.size() == 1);
        CHECK(task->made[0].block == RddBlock{RddId{7}, 0});
        input.blocks_kept[task->made[0].block] = batches_of({n(8), n(9)});  // not what it made
        task = compute_task(all, 0, input, input.spills);
        REQUIRE(task);
        CHECK(to_text(l(*decode_rows(task->result))).starts_with("[(0,8), (0,9), (1,8), "));
        CHECK(task->records_in == std::vector<std::uint64_t>{4, 0, 0, 12});
        CHECK(task->made.empty());
    }

    TEST_CASE("DP-RDD-20 a shuffle is read as often as it is asked for, on either side") {
        MemoryInput input;
        input.maps = written(6, 1);
        const ComputedDataset sums = source(shuffled(ByKey::reduce, {"sum", {}}, false, 1));
        CHECK(answer(stage({numbers(0, 2, 1), sums, pairs(Cartesian{}, 0, 1, 1)}), input) ==
              "[(0,(0,3)), (0,(1,5)), (0,(2,7)), (1,(0,3)), (1,(1,5)), (1,(2,7))]");
        const StageProgram itself = stage({sums, pairs(Cartesian{}, 0, 0, 1)});
        CHECK(merged(itself, run_stage(itself, input))->list().size() == 9);
        CHECK(answer(stage({sums, pairs(Zip{}, 0, 0, 1)}), input) ==
              "[((0,3),(0,3)), ((1,5),(1,5)), ((2,7),(2,7))]");
        for (const bool zip : {false, true}) {
            StageProgram both = stage({numbers(0, 6, 2),
                                       source(shuffled(ByKey::rows, {}, false, zip ? 2 : 3)),
                                       pairs(Zip{}, 0, 1, 2)});
            if (!zip) {
                both.datasets.back() = pairs(Cartesian{}, 0, 1, 6);
            }
            CHECK(shuffle_parts(both, 1) == std::vector<ShufflePart>{{0, 1}});
            CHECK(shuffle_parts(both, zip ? 0 : 3) == std::vector<ShufflePart>{{0, 0}});
        }
    }

    TEST_CASE("DP-RDD-20 what is found kept of either side is all that is looked for") {
        StageProgram all = stage({numbers(0, 4, 2),
                                  source(shuffled(ByKey::rows, {}, false, 3)),
                                  pairs(Cartesian{}, 0, 1, 6)});
        all.datasets[0].kept = RddId{1};
        all.datasets[1].kept = RddId{2};
        const FoundBlocks found = find_blocks(all, 5, [](RddBlock) { return true; });
        CHECK(found == FoundBlocks{{RddId{1}, 1}, {RddId{2}, 2}});
        CHECK(shuffle_parts(all, 5, found).empty());
        CHECK(shuffle_parts(all, 4, found) == std::vector<ShufflePart>{{0, 1}});
    }

    TEST_CASE("DP-RDD-20 a cartesian whose left side is empty does not come to the right one") {
        StageProgram none =
            stage({numbers(0, 0, 1), numbers(0, 5, 1), pairs(Cartesian{}, 0, 1, 1)});
        for (ComputedDataset& dataset : none.datasets) {
            dataset.cost.per_task = SimDuration{100};
        }
        MemoryInput input;
        const Computed<TaskOutput> task = compute_task(none, 0, input, input.spills);
        REQUIRE(task);
        CHECK(task->records_out == 0);
        CHECK(task->cost == SimDuration{200});
        CHECK(least_cost(none, 0) == SimDuration{200});
        none.datasets.back().op = Zip{};
        CHECK(least_cost(none, 0) == SimDuration{300});
    }

    TEST_CASE("DP-RDD-20 a zip pairs what stands at the same places of the same partitions") {
        const StageProgram zipped =
            stage({numbers(0, 5, 2), numbers(10, 15, 2), pairs(Zip{}, 0, 1, 2)});
        MemoryInput input;
        const std::vector<TaskOutput> tasks = run_stage(zipped, input);
        CHECK(to_text(*merged(zipped, tasks)) == "[(0,10), (1,11), (2,12), (3,13), (4,14)]");
        CHECK(tasks[1].records_in == std::vector<std::uint64_t>{3, 3, 6});
        CHECK(tasks[1].cost == SimDuration{12});
    }

    TEST_CASE("DP-RDD-20 a zip of partitions with unequal numbers of records fails") {
        const std::string unequal = "zip: the partitions do not have equally many records";
        const auto zipped = [](std::int64_t left, std::int64_t right, const Sink& sink = collect) {
            return stage({numbers(0, left, 1), numbers(0, right, 1), pairs(Zip{}, 0, 1, 1)}, sink);
        };
        CHECK(failure(zipped(3, 2)) == unequal);
        CHECK(failure(zipped(2, 3)) == unequal);
        CHECK(failure(zipped(0, 1)) == unequal);
        CHECK(failure(zipped(1, 0)) == unequal);
        CHECK(answer(zipped(0, 0)) == "[]");
        // Nobody comes to the place from which on they are unequal.
        CHECK(answer(zipped(2, 5, ResultSink{ActionKind::take, {n(2)}})) == "[(0,0), (1,1)]");
        // What went wrong before is what is said.
        StageProgram failing = zipped(3, 2);
        failing.datasets[1] = source(values({n(1), n(2), n(0)}, 1));
        failing.datasets.insert(failing.datasets.begin() + 2,
                                narrow(step(NarrowKind::map, "length"), 1, 1));
        failing.datasets[3].parents = {0, 2};
        CHECK(failure(failing).starts_with("map length: "));
    }

    TEST_CASE("DP-RDD-20 what waits to be zipped is spilled, and pairs stay the same") {
        StageProgram zipped =
            stage({numbers(0, 2000, 1), numbers(5000, 7000, 1), pairs(Zip{}, 0, 1, 1)});
        MemoryInput roomy;
        const std::string expected = answer(zipped, roomy);
        CHECK(roomy.spills.runs() == 0);
        zipped.memory = {.task = 300, .unasked = 200, .records = INT32_MAX};
        MemoryInput cramped;
        CHECK(answer(zipped, cramped) == expected);
        CHECK(cramped.spills.runs() > 5);
        zipped.memory = {.task = INT64_MAX, .unasked = INT64_MAX, .records = 5};
        MemoryInput few;
        CHECK(answer(zipped, few) == expected);
        CHECK(few.spills.runs() > 100);
    }

    TEST_CASE("DP-RDD-20 what waits can be put away while it is read") {
        const MemoryLimits limits{.task = 10'000, .unasked = 100, .records = INT32_MAX};
        TaskMemory memory{limits};
        MemorySpills spills;
        SpillingRows rows{{memory, spills}};
        for (std::int64_t i = 0; i < 100; ++i) {
            REQUIRE(rows.add(n(i)));
        }
        std::vector<std::int64_t> read;
        for (std::int64_t i = 0; i < 100; ++i) {
            if (i == 30) {
                CHECK(*rows.spill(1) > 0);
                CHECK(*rows.spill(1) == 0);  // nothing is left of it
                CHECK(spills.runs() == 1);
                CHECK(memory.used() == 0);
            }
            read.push_back(rows.next()->integer());
        }
        CHECK(rows.left() == 0);
        for (std::int64_t i = 0; i < 100; ++i) {
            CHECK(read[static_cast<std::size_t>(i)] == i);
        }
    }

    TEST_CASE("DP-RDD-20 rows that were spilled and are not there any more are an error") {
        StageProgram zipped =
            stage({numbers(0, 200, 1), numbers(1000, 1200, 1), pairs(Zip{}, 0, 1, 1)});
        zipped.memory = {.task = INT64_MAX, .unasked = INT64_MAX, .records = 50};
        MemoryInput input;
        input.spills.lost = 1;
        const auto task = compute_task(zipped, 0, input, input.spills);
        CHECK((task ? "" : task.error()) == "what was spilled cannot be read again");
        input.spills.lost = 0;
        input.spills.room = 20;
        const auto full = compute_task(zipped, 0, input, input.spills);
        CHECK((full ? "" : full.error()) == "the disk is full");
    }
}

}  // namespace forkyard::test::pairs_test
