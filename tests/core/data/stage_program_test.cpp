#include "core/data/stage_program.hpp"

#include <doctest/doctest.h>

#include "tests/core/data/small_world.hpp"

namespace forkyard::stage_program_test {

using test::n;
using test::p;
using test::t;

namespace {

std::vector<StageProgram> programs() {
    const StepCost cost{SimDuration{5'000}, SimDuration{2}};
    std::vector<ComputedDataset> steps{test::step(NarrowKind::flat_map, "split_words"),
                                       test::step(NarrowKind::filter, "greater_than", {Value{0.5}}),
                                       test::step(NarrowKind::key_by, "identity")};
    steps[1].cost = cost;
    steps[2].cost = {std::nullopt, SimDuration{0}};
    ShuffleSink by_range{4, std::nullopt, {}};
    by_range.range = RangePartitioner{true, {n(1), t("x"), p(n(1), n(2))}};
    const Aggregation sum{ByKey::reduce, {"sum", {}}};
    StageProgram wide;
    wide.shuffles = {ShuffleId{7}, ShuffleId{9}};
    wide.datasets = {{GeneratedSource{10, {"splitmix", {n(3)}}}, {}, 2, cost},
                     {ShuffleRead{1, {ByKey::aggregate, {"count", {n(0)}}}, false}, {}, 3, {}},
                     {Union{}, {0, 1}, 5, {}},
                     {Coalesce{}, {2}, 3, {}},
                     {Sample{1U << 31U, 5}, {3}, 3, {}},
                     {CoGroup{{{false, 0}, {true, 0}}}, {4}, 3, {}},
                     {InPlace{{ByKey::group, {}}}, {5}, 3, {}},
                     {Deal{4}, {6}, 3, {}},
                     {KeyByPlace{2}, {7}, 3, {}},
                     {Zip{}, {8, 3}, 3, {}},
                     {Cartesian{}, {9, 0}, 6, {}}};
    wide.sink = SampleSink{60, 5, UINT64_MAX};
    FileSource table;
    table.format = FileFormat::csv;
    table.options.mode = ParseMode::fail_fast;
    table.options.schema = {{"name", ColumnType::text}, {"sure", ColumnType::boolean}};
    table.options.separator = ";";
    table.options.header = true;
    table.files = {{"a.csv", "/data/a.csv", Bytes{700}}, {"b.csv", "/data/b.csv", Bytes{20}}};
    table.partitions = {{{0, {0, 500}}}, {{0, {500, 700}}, {1, {0, 20}}}};
    return {
        test::program(test::text("alice.txt", Bytes{163'815}, 6), steps, ShuffleSink{3, {}, {}}),
        test::program(test::range(-5, 50, -2, 3), {}, ShuffleSink{3, sum, {}}),
        test::program(test::values({n(1), t("a"), Value{}}, 2), steps, by_range),
        test::program(test::shuffled(ByKey::sort, {}, true, 3),
                      {},
                      ResultSink{ActionKind::top, {n(10), t("value")}}),
        test::program({table, 2}, {}, ShuffleSink{3, {}, {}}),
        wide};
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

    TEST_CASE("a program that speaks of what is not in it is refused") {
        const auto refused = [](auto&& change) {
            StageProgram program = programs().back();
            change(program);
            return !decode_program(encode_program(program)).has_value();
        };
        CHECK_FALSE(refused([](StageProgram& /*as it is*/) {}));
        CHECK(refused([](StageProgram& program) { program.datasets.clear(); }));
        CHECK(refused([](StageProgram& program) { program.shuffles.pop_back(); }));
        CHECK(refused([](StageProgram& program) { program.datasets[3].parents = {3}; }));
        CHECK(refused([](StageProgram& program) { program.datasets[3].parents.clear(); }));
        CHECK(refused([](StageProgram& program) { program.datasets[5].parents.clear(); }));
        CHECK(refused([](StageProgram& program) { program.datasets[9].parents = {8}; }));
        CHECK(refused([](StageProgram& program) { program.datasets[9].parents = {8, 2}; }));
        CHECK(refused([](StageProgram& program) { program.datasets[9].partitions = 2; }));
        CHECK(refused([](StageProgram& program) { program.datasets[10].partitions = 5; }));
        CHECK(refused([](StageProgram& program) { program.datasets[10].parents = {9, 0, 0}; }));
        CHECK(refused([](StageProgram& program) {
            program.datasets[0].op = FileSource{};  // of no partitions
        }));
        const auto refused_piece = [&](const FilePiece& piece) {
            return refused([&](StageProgram& program) {
                FileSource source;
                source.files = {{"f", "f", Bytes{10}}};
                source.partitions = {{{0, {0, 10}}}, {piece}};
                program.datasets[0].op = std::move(source);
            });
        };
        CHECK_FALSE(refused_piece({0, {3, 10}}));
        CHECK(refused_piece({1, {3, 10}}));
        CHECK(refused_piece({0, {3, 11}}));
        CHECK(refused_piece({0, {4, 3}}));
        CHECK(refused_piece({0, {-1, 3}}));
    }

    TEST_CASE("a task reads the shuffle partitions that its own is made of") {
        using Parts = std::vector<ShufflePart>;
        const StageProgram wide = programs().back();
        // Of the union's 5 partitions two are generated, three are the second shuffle's; they
        // are coalesced to [0], [1, 2], [3, 4].
        // Each of these is paired with each of two generated ones.
        for (const std::uint32_t with : {0U, 1U}) {
            CHECK(shuffle_parts(wide, with) == Parts{{0, 0}});
            CHECK(shuffle_parts(wide, 2 + with) == Parts{{0, 1}, {1, 0}});
            CHECK(shuffle_parts(wide, 4 + with) == Parts{{0, 2}, {1, 1}, {1, 2}});
        }
    }

    TEST_CASE("what a task reads is told at once, however often it is read") {
        StageProgram deep;
        deep.shuffles = {ShuffleId{0}};
        deep.datasets = {{ShuffleRead{0, {ByKey::group, {}}, false}, {}, 2, {}}};
        for (std::uint32_t i = 0; i < 60; ++i) {  // 2^60 times
            deep.datasets.push_back({Union{true}, {i, i}, 2, {}});
        }
        CHECK(shuffle_parts(deep, 1) == std::vector<ShufflePart>{{0, 1}});
        CHECK(least_cost(deep, 1) == SimDuration{0});
    }

    TEST_CASE("a task costs at least what the steps cost that it computes") {
        const StageProgram wide = programs().back();
        CHECK(least_cost(wide, 0) == SimDuration{5'000});
        StageProgram stopping = wide;
        stopping.datasets.resize(4);  // in its second partition the coalesce has one of each
        CHECK(least_cost(stopping, 1) == SimDuration{5'000});
        stopping.datasets[1].cost.per_task = SimDuration{300};
        CHECK(least_cost(stopping, 1) == SimDuration{5'300});
        stopping.sink = ResultSink{ActionKind::count, {}};
        CHECK(least_cost(stopping, 1) == SimDuration{5'300});
        for (const ActionKind action : {ActionKind::take, ActionKind::first, ActionKind::show}) {
            stopping.sink = ResultSink{action, {n(1)}};
            CHECK(least_cost(stopping, 1) == SimDuration{5'000});
        }
        CHECK(least_cost(wide, 4) == SimDuration{0});  // nothing of it need be generated
    }
}

}  // namespace forkyard::stage_program_test
