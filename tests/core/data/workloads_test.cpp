// The teaching workloads whose answers are known in closed form or were computed by
// other means.
#include <string>

#include <doctest/doctest.h>

#include "tests/core/data/small_world.hpp"

namespace forkyard {

using test::MemoryInput;
using test::merged;
using test::n;
using test::p;
using test::run_stage;
using test::t;

namespace {

// 10,000 lines of 10 words; word n is "w" + (n^2 mod 997).
std::string word_file() {
    std::string text;
    for (std::int64_t i = 0; i < 100'000; ++i) {
        text += 'w' + std::to_string(i * i % 997);
        text += i % 10 == 9 ? '\n' : ' ';
    }
    return text;
}

StageProgram word_program(const std::string& text, ShuffleSink sink) {
    StageProgram program;
    program.source = TextSource{"words.txt", Bytes{static_cast<std::int64_t>(text.size())}, 8};
    program.steps = {{NarrowKind::flat_map, {"split_words", {}}, {}},
                     {NarrowKind::key_by, {"identity", {}}, {}},
                     {NarrowKind::map_values, {"constant", {n(1)}}, {}}};
    program.sink = std::move(sink);
    return program;
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
        input.text = word_file();
        REQUIRE(input.text.size() == 488'163);
        const Call sum{"sum", {}};
        const StageProgram map = word_program(input.text, ShuffleSink{4, sum, {}});
        REQUIRE(partitions_of(map.source) == 8);
        input.maps = run_stage(map, input);
        CHECK(shuffle_records(input.maps) == 3'992);
        CHECK(shuffle_records(run_stage(word_program(input.text, ShuffleSink{4, {}, {}}), input)) ==
              100'000);

        StageProgram reduce;
        reduce.source = ShuffleSource{ShuffleId{0}, WideKind::reduce, sum, false, 4};
        reduce.sink = ResultSink{ActionKind::collect, {}};
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
        StageProgram map;
        map.source = RangeSource{1, 10'001, 1, 8};
        map.steps = {{NarrowKind::flat_map, {"prime_factors", {}}, {}},
                     {NarrowKind::key_by, {"identity", {}}, {}}};
        map.sink = ShuffleSink{4, {}, {}};
        input.maps = run_stage(map, input);
        CHECK(shuffle_records(input.maps) == 24'300);
        StageProgram group;
        group.source = ShuffleSource{ShuffleId{0}, WideKind::group, {}, false, 4};
        group.steps = {{NarrowKind::map_values, {"size", {}}, {}}};
        group.sink = ResultSink{ActionKind::top, {n(1), t("value")}};
        CHECK(to_text(*merged(group, run_stage(group, input))) == "[(2,5000)]");
        group.sink = ResultSink{ActionKind::count, {}};
        CHECK(*merged(group, run_stage(group, input)) == n(1'229));
    }

    TEST_CASE("W8 top-N of a million without a shuffle") {
        MemoryInput input;
        StageProgram top;
        top.source = RangeSource{0, 1'000'000, 1, 8};
        top.steps = {{NarrowKind::map, {"splitmix", {n(1'000'000'007)}}, {}}};
        top.sink = ResultSink{ActionKind::top, {n(10)}};
        CHECK(to_text(*merged(top, run_stage(top, input))) ==
              "[999999854, 999996415, 999996335, 999994639, 999993488, 999990929, 999990815, "
              "999990063, 999989342, 999988713]");
    }

    TEST_CASE("W9 pi: 785,811 points in the circle, whatever the partitions") {
        for (const std::uint32_t partitions : {1U, 7U}) {
            MemoryInput input;
            StageProgram pi;
            pi.source = RangeSource{0, 1'000'000, 1, partitions};
            pi.steps = {{NarrowKind::filter, {"in_unit_circle", {}}, {}}};
            pi.sink = ResultSink{ActionKind::count, {}};
            CHECK(*merged(pi, run_stage(pi, input)) == n(785'811));
        }
    }
}

}  // namespace forkyard
