#include "core/data/stage_program.hpp"

#include <doctest/doctest.h>

#include "tests/core/data/small_world.hpp"

namespace forkyard {

using test::n;
using test::p;
using test::t;

namespace {

std::vector<StageProgram> programs() {
    const StepCost cost{SimDuration{5'000}, SimDuration{2}};
    const std::vector<NarrowStep> steps{
        {NarrowKind::flat_map, {"split_words", {}}, {}},
        {NarrowKind::filter, {"greater_than", {Value{0.5}}}, cost},
        {NarrowKind::key_by, {"identity", {}}, {std::nullopt, SimDuration{0}}}};
    ShuffleSink by_range{4, std::nullopt, {}};
    by_range.range = RangePartitioner{{"mod", {n(7)}}, true, {n(1), t("x"), p(n(1), n(2))}};
    return {{TextSource{"alice.txt", Bytes{163'815}, 6}, cost, steps, ShuffleSink{3, {}, {}}},
            {RangeSource{-5, 50, -2, 3}, {}, {}, ShuffleSink{3, Call{"sum", {}}, {}}},
            {ValuesSource{{n(1), t("a"), Value{}}, 2}, {}, steps, by_range},
            {ShuffleSource{ShuffleId{7}, WideKind::sort, {}, true, 3},
             {},
             {},
             ResultSink{ActionKind::top, {n(10), t("value")}}},
            {ShuffleSource{ShuffleId{1}, WideKind::reduce, {"concat", {t(",")}}, false, 9},
             cost,
             steps,
             SampleSink{{"key", {}}, 60, 5, UINT64_MAX}}};
}

}  // namespace

TEST_SUITE("stage_program") {
    TEST_CASE("a program reads back as it was written") {
        for (const StageProgram& program : programs()) {
            const Computed<StageProgram> back = decode_program(encode_program(program));
            REQUIRE(back.has_value());
            CHECK(*back == program);
        }
    }

    TEST_CASE("bytes that are no program are refused, whatever they are") {
        for (const StageProgram& program : programs()) {
            const std::string good = encode_program(program);
            for (std::size_t cut = 0; cut < good.size(); ++cut) {
                CHECK(!decode_program(std::string_view{good}.substr(0, cut)).has_value());
            }
            CHECK(!decode_program(good + '\0').has_value());
            for (std::size_t at = 0; at < good.size(); ++at) {
                for (int change = 1; change < 256; ++change) {
                    std::string bad = good;
                    bad[at] = static_cast<char>(bad[at] ^ change);
                    static_cast<void>(decode_program(bad));
                }
            }
        }
    }

    TEST_CASE("a source says how many tasks its stage has") {
        CHECK(partitions_of(TextSource{"f", Bytes{10}, 3}) == 4);
        CHECK(partitions_of(RangeSource{0, 1, 1, 5}) == 5);
        CHECK(partitions_of(ValuesSource{{}, 2}) == 2);
        CHECK(partitions_of(ShuffleSource{ShuffleId{0}, WideKind::group, {}, false, 7}) == 7);
    }
}

}  // namespace forkyard
