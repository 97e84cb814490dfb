// SCH-MAP-01 to 05: what the driver knows of map outputs.
#include <numeric>

#include <doctest/doctest.h>

#include "core/model/map_sizes.hpp"
#include "tests/builders/dag_world.hpp"
#include "tests/builders/steps_of.hpp"

namespace forkyard::map_outputs_test {
namespace {

constexpr std::int64_t mib = std::int64_t{1} << 20;

// `maps` map tasks and one reducer; the sizes are those that the tasks tell.
AppSpec measured_shuffle(std::uint32_t maps) {
    AppSpec app = dataset_app({range_step(100, maps), wide_step(StepKind::group_by_key, "", 1)});
    app.conf.offers = OfferOrder::in_order;
    return app;
}

struct Output {
    std::uint32_t exec;
    std::int64_t bytes;
};

// Where the reducer would rather run, executor 21 being on e1's node.
Lines preferred(const std::vector<Output>& outputs) {
    DagWorld world{measured_shuffle(static_cast<std::uint32_t>(outputs.size()))};
    world.executor_on(1, 21);
    (void)world.job(0);
    for (std::uint32_t p = 0; p < outputs.size(); ++p) {
        (void)world.wrote(task(0, 0, p), outputs[p].exec, {outputs[p].bytes});
    }
    return world.places(1, 0, 0);
}

TEST_SUITE("conformance: map outputs") {
    TEST_CASE("SCH-MAP-01 DP-SHUF-06 a size is one byte on a scale of 1.1, rounded up") {
        const std::vector<std::pair<std::int64_t, int>> codes{{0, 0},
                                                              {1, 1},
                                                              {2, 8},
                                                              {10, 25},
                                                              {1'000'000, 145},
                                                              {1'000'000'000, 218},
                                                              {1'000'000'000'000'000'000, 255}};
        for (const auto& [bytes, code] : codes) {
            CHECK(int{compress_size(bytes)} == code);
        }
        CHECK(decompress_size(0) == 0);
    }

    TEST_CASE("SCH-MAP-01 what is read back is 1 % too little or 11 % too much at most") {
        for (const std::int64_t bytes :
             {2LL, 10LL, 100LL, 50'000LL, 1'000'000LL, 1'000'000'000LL}) {
            const std::int64_t read = decompress_size(compress_size(bytes));
            CHECK(read * 100 >= bytes * 99);
            CHECK(read * 100 <= bytes * 111);
        }
    }

    TEST_CASE("SCH-MAP-02 DP-SHUF-07 beyond 2000 reducers an average stands for each block") {
        CHECK(MapSizesConf{}.average_above == 2000);
        const MapSizes alike{std::vector<std::int64_t>(2001, 150), {}};
        for (std::uint32_t reducer = 0; reducer < 2001; ++reducer) {
            REQUIRE(alike.of(reducer) == 150);
        }
        CHECK(alike.of(2001) == 0);
    }

    TEST_CASE("SCH-MAP-02 of the blocks that are not empty, which stay empty") {
        std::vector<std::int64_t> sizes(3000);
        std::iota(sizes.begin(), sizes.end(), 0);
        const MapSizes sized{sizes, {}};
        CHECK(sized.of(0) == 0);
        for (std::uint32_t reducer = 1; reducer < 3000; ++reducer) {
            REQUIRE(sized.of(reducer) == 1500);
        }
    }

    TEST_CASE("SCH-MAP-02 with 2000 each has its own size") {
        std::vector<std::int64_t> sizes(2000, 150);
        sizes[7] = 2;
        const MapSizes sized{sizes, {}};
        CHECK(sized.of(7) == decompress_size(compress_size(2)));
        CHECK(sized.of(8) == decompress_size(compress_size(150)));
    }

    TEST_CASE("SCH-MAP-02 blocks of 100 MiB or more keep theirs and are left out") {
        CHECK(MapSizesConf{}.accurate.count == 100 * mib);
        std::vector<std::int64_t> sizes(2001, 150);
        sizes[3] = 100 * mib;
        sizes[4] = 100 * mib - 1;
        const MapSizes sized{sizes, {}};
        CHECK(sized.of(3) == decompress_size(compress_size(100 * mib)));
        const std::int64_t average = (1999 * 150 + 100 * mib - 1) / 2000;
        CHECK(sized.of(4) == average);
        CHECK(sized.of(5) == average);
    }

    TEST_CASE("SCH-MAP-03 two outputs at one executor count together") {
        CHECK(preferred({{1, 2}, {1, 2}, {2, 3}}) == Lines{"w1", "w2"});
        // A tenth and a tenth are a fifth.
        CHECK(preferred({{1, 1000}, {1, 1000}, {2, 6000}}) == Lines{"w1", "w2"});
    }

    TEST_CASE("SCH-MAP-03 those of two executors on a node do not") {
        CHECK(preferred({{1, 1000}, {21, 1000}, {2, 6000}}) == Lines{"w2"});
        CHECK(preferred({{1, 4000}, {21, 4000}, {2, 1000}}) == Lines{"w1"});
    }

    TEST_CASE("SCH-MAP-04 a late report does not take an output that was made elsewhere") {
        DagWorld world{map_reduce(2, 2)};
        (void)world.job(0);
        (void)world.success(task(0, 0, 0), 1);
        (void)world.success(task(0, 0, 1), 2);
        (void)world.fetch_failure_of(task(1, 0, 0), 0, 0, 1);
        world.at(200);
        (void)world.timers();
        (void)world.success(task(0, 1, 0), 3);
        CHECK(only(world.fetch_failure_of(task(1, 1, 0), 0, 0, 1), "h").empty());
        CHECK(world.outputs().location(ShuffleId{0}, 0) == ExecutorId{3});
    }

    TEST_CASE("SCH-MAP-04 an output that is missing fails the stage, and no executor") {
        DagWorld world{map_reduce(2, 2)};
        (void)world.job(0);
        (void)world.success(task(0, 0, 0), 1);
        (void)world.success(task(0, 0, 1), 2);
        const Lines lines = world.fetch_failure(task(1, 0, 0), 0, ExecutorId{}.value);
        CHECK(only(lines, "stage") == Lines{"stage s1.0 failed"});
        CHECK(only(lines, "timer") == Lines{"timer in 200 ms"});
        CHECK(only(lines, "h").empty());
        world.at(200);
        CHECK(only(world.timers(), "run") == Lines{"run s1.1 on {0, 1}"});
    }

    TEST_CASE("SCH-MAP-05 a reducer has no preference for maps that wrote it nothing") {
        CHECK(preferred({{1, 0}, {2, 0}}).empty());
        CHECK(preferred({{1, 0}, {2, 5}}) == Lines{"w2"});
    }

    TEST_CASE("SCH-MAP-05 an output that moves is where it moved, with its size") {
        DagWorld world{measured_shuffle(2)};
        (void)world.job(0);
        (void)world.wrote(task(0, 0, 0), 1, {5});
        CHECK(world.moved(0, 0, 3) == Lines{"h0/0 at e3"});
        CHECK(only(world.executor_lost(1), "h").empty());
        (void)world.wrote(task(0, 0, 1), 2, {5});
        CHECK(world.places(1, 0, 0) == Lines{"w2", "w3"});
    }

    TEST_CASE("SCH-MAP-05 one that was given up before it moved is available again") {
        DagWorld world{map_reduce(2, 1, 2)};
        (void)world.job(0);
        (void)world.success(task(0, 0, 0), 1);
        (void)world.success(task(0, 0, 1), 2);
        (void)world.executor_lost(1);
        CHECK_FALSE(world.outputs().available(ShuffleId{0}));
        CHECK(world.moved(0, 0, 3) == Lines{"h0/0 at e3"});
        CHECK(world.outputs().available(ShuffleId{0}));
        CHECK(only(world.job(1), "run") == Lines{"run s2.0 on {0}"});
    }
}

}  // namespace
}  // namespace forkyard::map_outputs_test
