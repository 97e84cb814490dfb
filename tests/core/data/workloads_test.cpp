// The teaching workloads whose answers are known in closed form or were computed by
// other means.
#include <string>

#include <doctest/doctest.h>

#include "tests/core/data/small_world.hpp"

namespace forkyard::workloads_test {

using test::MemoryInput;
using test::merged;
using test::n;
using test::program;
using test::range;
using test::run_stage;
using test::shuffled;
using test::step;
using test::t;
using test::text;

namespace {

// 10,000 lines of 10 words; word n is "w" + (n^2 mod 997).
std::string word_file() {
    std::string words;
    for (std::int64_t i = 0; i < 100'000; ++i) {
        words += 'w' + std::to_string(i * i % 997);
        words += i % 10 == 9 ? '\n' : ' ';
    }
    return words;
}

StageProgram word_program(const std::string& words, ShuffleSink sink) {
    return program(text("words.txt", Bytes{static_cast<std::int64_t>(words.size())}, 8),
                   {step(NarrowKind::flat_map, "split_words"),
                    step(NarrowKind::key_by, "identity"),
                    step(NarrowKind::map_values, "constant", {n(1)})},
                   std::move(sink));
}

std::uint64_t shuffle_records(const std::vector<TaskOutput>& maps) {
    std::uint64_t records = 0;
    for (const TaskOutput& map : maps) {
        for (const std::uint64_t count : map.region_records) {
            records += count;
        }
    }
    return records;
}

}  // namespace

TEST_SUITE("workloads") {
    TEST_CASE("W1 word count: 499 words, 3,992 shuffle records against 100,000") {
        MemoryInput input;
        const std::string& words = input.files["words.txt"] = word_file();
        REQUIRE(words.size() == 488'163);
        const Aggregation sum{ByKey::reduce, {"sum", {}}};
        const StageProgram map = word_program(words, ShuffleSink{4, sum, {}});
        REQUIRE(map.datasets.back().partitions == 8);
        input.maps = run_stage(map, input);
        CHECK(shuffle_records(input.maps) == 3'992);
        CHECK(shuffle_records(run_stage(word_program(words, ShuffleSink{4, {}, {}}), input)) ==
              100'000);

        const StageProgram reduce = program(
            shuffled(ByKey::reduce, sum.call, false, 4), {}, ResultSink{ActionKind::collect, {}});
        const Value counts = *merged(reduce, run_stage(reduce, input));
        CHECK(counts.list().size() == 499);
        int words_201 = 0;
        int words_200 = 0;
        std::int64_t total = 0;
        for (const Value& count : counts.list()) {
            total += count.second().integer();
            words_201 += count.second() == n(201) ? 1 : 0;
            words_200 += count.second() == n(200) ? 1 : 0;
            if (count.first() == t("w0")) {
                CHECK(count.second() == n(101));
            }
        }
        CHECK(total == 100'000);
        CHECK(words_201 == 299);
        CHECK(words_200 == 199);
    }

    TEST_CASE("W7 inverted index, counted: 1,229 words, 24,300 postings, 2 has 5,000") {
        MemoryInput input;
        const StageProgram map = program(
            range(1, 10'001, 1, 8),
            {step(NarrowKind::flat_map, "prime_factors"), step(NarrowKind::key_by, "identity")},
            ShuffleSink{4, {}, {}});
        input.maps = run_stage(map, input);
        CHECK(shuffle_records(input.maps) == 24'300);
        StageProgram group = program(shuffled(ByKey::group, {}, false, 4),
                                     {step(NarrowKind::map_values, "size")},
                                     ResultSink{ActionKind::top, {n(1), t("value")}});
        CHECK(to_text(*merged(group, run_stage(group, input))) == "[(2,5000)]");
        group.sink = ResultSink{ActionKind::count, {}};
        CHECK(*merged(group, run_stage(group, input)) == n(1'229));
    }

    TEST_CASE("W8 top-N of a million without a shuffle") {
        MemoryInput input;
        const StageProgram top = program(range(0, 1'000'000, 1, 8),
                                         {step(NarrowKind::map, "splitmix", {n(1'000'000'007)})},
                                         ResultSink{ActionKind::top, {n(10)}});
        CHECK(to_text(*merged(top, run_stage(top, input))) ==
              "[999999854, 999996415, 999996335, 999994639, 999993488, 999990929, 999990815, "
              "999990063, 999989342, 999988713]");
    }

    TEST_CASE("W9 pi: 785,811 points in the circle, whatever the partitions") {
        for (const std::uint32_t partitions : {1U, 7U}) {
            MemoryInput input;
            const StageProgram pi = program(range(0, 1'000'000, 1, partitions),
                                            {step(NarrowKind::filter, "in_unit_circle")},
                                            ResultSink{ActionKind::count, {}});
            CHECK(*merged(pi, run_stage(pi, input)) == n(785'811));
        }
    }
}

}  // namespace forkyard::workloads_test
