// SCH-DAG-04, 05, 19 to 21 and 43: what is cached, and where tasks would rather run.
#include <doctest/doctest.h>

#include "tests/builders/dag_world.hpp"
#include "tests/builders/steps_of.hpp"

namespace forkyard::dag_places_test {
namespace {

// Plan stage 0 is read by plan stage 1, which stays in memory; a job of it for each number.
AppSpec cached_reduce(std::uint32_t tasks, std::size_t jobs = 1) {
    AppSpec app = map_reduce(tasks, tasks, jobs);
    app.stages[1].cache = StorageLevel{};
    return app;
}

AppSpec with_input(AppSpec app, std::size_t stage, std::vector<std::vector<std::string>> on) {
    app.stages[stage].input = InputSpec{.bytes = Bytes{1}, .on = std::move(on)};
    return app;
}

// Each map writes to all reducers alike.
AppSpec even_shuffle(std::uint32_t maps, std::uint32_t reduces) {
    AppSpec app = map_reduce(maps, reduces);
    app.stages[0].shuffle_write = Bytes{1'000'000'000};
    return app;
}

// All maps run on e1; the places of the first reducer.
Lines places_after_maps_on_one(AppSpec app, std::uint32_t maps) {
    DagWorld world{std::move(app)};
    (void)world.job(0);
    for (std::uint32_t p = 0; p < maps; ++p) {
        (void)world.success(task(0, 0, p), 1);
    }
    return world.places(1, 0, 0);
}

// The sizes of a dataset's map outputs are those that its tasks tell.
AppSpec measured_shuffle(std::uint32_t maps) {
    AppSpec app = dataset_app({range_step(100, maps), wide_step(StepKind::group_by_key, "", 1)});
    app.conf.offers = OfferOrder::in_order;
    return app;
}

// Pairs of two datasets by key, of two partitions each; each shuffle has two maps.
struct PairsWorld {
    explicit PairsWorld(StepKind kind) : dag{app_of_pairs(kind)} { (void)dag.job(0); }

    static AppSpec app_of_pairs(StepKind kind) {
        AppSpec app = dataset_app({step_of(StepKind::from, "left"), step_of(kind, "right")});
        for (const char* name : {"right", "left"}) {
            const DatasetSpec by_key{
                name, {range_step(100, 2), wide_step(StepKind::group_by_key, "", 2)}};
            app.datasets.insert(app.datasets.begin(), by_key);
        }
        return app;
    }
    // Each map of this stage half of what each reducer reads.
    void wrote(std::uint32_t stage, const std::vector<std::uint32_t>& on) {
        (void)dag.wrote(task(stage, 0, 0), on[0], {10, 10});
        (void)dag.wrote(task(stage, 0, 1), on[1], {10, 10});
    }

    DagWorld dag;
};

TEST_SUITE("conformance: caches and preferred places") {
    TEST_CASE("SCH-DAG-04 DP-DAG-05 what is fully cached needs no parents: they do not run") {
        DagWorld world{cached_reduce(1)};
        world.cached(1, 0, 1);
        world.cached(1, 0, 2);
        CHECK(world.job(0) == Lines{"stage s1.0 of 1", "skip s0 for j0", "run s1.0 on {0}"});
        CHECK(world.submitted().stages.size() == 2);
    }

    TEST_CASE("SCH-DAG-04 one partition that is not cached, and the parents run") {
        DagWorld world{cached_reduce(3)};
        world.cached(1, 0, 1);
        world.cached(1, 2, 1);
        CHECK(only(world.job(0), "run") == Lines{"run s0.0 on {0, 1, 2}"});
    }

    TEST_CASE("SCH-DAG-05 every job looks anew") {
        DagWorld world{cached_reduce(1, 2)};
        CHECK(only(world.job(0), "run") == Lines{"run s0.0 on {0}"});
        world.cached(1, 0, 3);
        CHECK(only(world.job(1), "run") == Lines{"run s2.0 on {0}"});
        CHECK(world.places(2, 0, 0) == Lines{"e3 on w3"});
    }

    TEST_CASE("SCH-DAG-05 a block reported after the loss of its executor is nowhere") {
        DagWorld world{cached_reduce(1)};
        world.forget_executor(3);
        (void)world.executor_lost(3);
        world.cached(1, 0, 3);
        CHECK(only(world.job(0), "run") == Lines{"run s0.0 on {0}"});
    }

    TEST_CASE("SCH-DAG-05 a map stage's end looks anew") {
        DagWorld world{cached_reduce(2)};
        (void)world.job(0);
        world.cached(1, 1, 4);
        (void)world.success(task(0, 0, 0), 1);
        CHECK(only(world.success(task(0, 0, 1), 1), "run") == Lines{"run s1.0 on {0, 1}"});
        CHECK(world.places(1, 0, 0).empty());
        CHECK(world.places(1, 0, 1) == Lines{"e4 on w4"});
    }

    TEST_CASE("SCH-DAG-05 failed stages that are submitted again look anew") {
        DagWorld world{cached_reduce(1)};
        (void)world.job(0);
        (void)world.success(task(0, 0, 0), 1);
        (void)world.fetch_failure(task(1, 0, 0), 0, 1);
        world.cached(1, 0, 5);
        world.at(200);
        CHECK(only(world.timers(), "run") == Lines{"run s0.1 on {0}", "run s1.1 on {0}"});
        CHECK(world.places(1, 1, 0) == Lines{"e5 on w5"});
    }

    TEST_CASE("SCH-DAG-05 the blocks of an executor that is lost are forgotten") {
        DagWorld world{cached_reduce(2, 2)};
        world.cached(1, 0, 1);
        world.cached(1, 1, 2);
        CHECK(only(world.job(0), "run") == Lines{"run s1.0 on {0, 1}"});
        (void)world.executor_lost(2);
        CHECK(only(world.job(1), "run") == Lines{"run s0.0 on {0, 1}"});
    }

    TEST_CASE("SCH-DAG-05 and those of one that a fetch failure names") {
        DagWorld world{cached_reduce(2)};
        (void)world.job(0);
        (void)world.success(task(0, 0, 0), 1);
        (void)world.success(task(0, 0, 1), 2);
        world.cached(1, 0, 1);
        world.cached(1, 1, 2);
        (void)world.fetch_failure(task(1, 0, 0), 0, 1);
        world.at(200);
        CHECK(only(world.timers(), "run") == Lines{"run s0.1 on {0}"});
        (void)world.success(task(0, 1, 0), 3);
        CHECK(world.places(1, 1, 0).empty());
        CHECK(world.places(1, 1, 1) == Lines{"e2 on w2"});
    }

    TEST_CASE("SCH-DAG-05 what is not to be kept is not looked up") {
        DagWorld world{map_reduce(1, 1)};
        world.cached(1, 0, 1);
        CHECK(only(world.job(0), "run") == Lines{"run s0.0 on {0}"});
        (void)world.success(task(0, 0, 0), 2);
        CHECK(world.places(1, 0, 0).empty());
    }

    TEST_CASE("SCH-DAG-19 DP-DAG-07 where it is cached, before where its input is") {
        AppSpec app = app_of({stage_of("work", 2, {})}, {"work"});
        app.stages[0].cache = StorageLevel{};
        DagWorld world{with_input(std::move(app), 0, {{"w5", "w6"}})};
        world.cached(0, 0, 1);
        world.cached(0, 0, 2);
        (void)world.job(0);
        CHECK(world.places(0, 0, 0) == Lines{"e1 on w1", "e2 on w2"});
        CHECK(world.places(0, 0, 1) == Lines{"w5", "w6"});
    }

    TEST_CASE("SCH-DAG-19 neither cached nor with input: no preference") {
        DagWorld world{app_of({stage_of("work", 1, {})}, {"work"})};
        (void)world.job(0);
        CHECK(world.places(0, 0, 0).empty());
    }

    TEST_CASE("SCH-DAG-20 the place of a reducer's own input wins over its shuffle's") {
        DagWorld world{with_input(even_shuffle(1, 1), 1, {{"w2"}})};
        (void)world.job(0);
        (void)world.success(task(0, 0, 0), 1);
        CHECK(world.places(1, 0, 0) == Lines{"w2"});
    }

    TEST_CASE("SCH-DAG-21 DP-DAG-08 reducers go to the nodes that have a fifth of their input") {
        DagWorld world{measured_shuffle(4)};
        (void)world.job(0);
        (void)world.wrote(task(0, 0, 0), 1, {10});
        (void)world.wrote(task(0, 0, 1), 2, {20});
        (void)world.wrote(task(0, 0, 2), 3, {30});
        CHECK(only(world.wrote(task(0, 0, 3), 4, {40}), "run") == Lines{"run s1.0 on {0}"});
        CHECK(world.places(1, 0, 0) == Lines{"w2", "w3", "w4"});
    }

    TEST_CASE("SCH-DAG-21 unless there are a thousand maps or a thousand reducers") {
        CHECK(places_after_maps_on_one(even_shuffle(999, 1), 999) == Lines{"w1"});
        CHECK(places_after_maps_on_one(even_shuffle(1000, 1), 1000).empty());
        CHECK(places_after_maps_on_one(even_shuffle(1, 999), 1) == Lines{"w1"});
        CHECK(places_after_maps_on_one(even_shuffle(1, 1000), 1).empty());
    }

    TEST_CASE("SCH-DAG-21 or spark.shuffle.reduceLocality.enabled is false") {
        AppSpec app = even_shuffle(1, 1);
        app.conf.reduce_locality = false;
        CHECK(places_after_maps_on_one(std::move(app), 1).empty());
    }

    TEST_CASE("DP-RDD-20 SCH-DAG-21 a cartesian goes where either side would, in any order") {
        PairsWorld world{StepKind::cartesian};
        world.wrote(0, {1, 2});
        world.wrote(1, {2, 3});
        CHECK(world.dag.places(2, 0, 0) == Lines{"w1", "w2", "w3"});
        CHECK(world.dag.places(2, 0, 3) == Lines{"w1", "w2", "w3"});
    }

    TEST_CASE("DP-RDD-20 SCH-DAG-21 a zip goes where both sides would, else where either would") {
        PairsWorld both{StepKind::zip};
        both.wrote(0, {1, 2});
        both.wrote(1, {2, 3});
        CHECK(both.dag.places(2, 0, 1) == Lines{"w2"});
        PairsWorld neither{StepKind::zip};
        neither.wrote(0, {1, 2});
        neither.wrote(1, {3, 4});
        CHECK(neither.dag.places(2, 0, 1) == Lines{"w1", "w2", "w3", "w4"});
    }

    TEST_CASE("DP-RDD-20 DP-DAG-07 with nothing of their own, pairs go where the left is kept") {
        AppSpec app = dataset_app({range_step(4, 2), step_of(StepKind::cache, "MEMORY_ONLY")});
        app.datasets.push_back(
            {"pairs", {step_of(StepKind::from, "data"), step_of(StepKind::cartesian, "data")}});
        app.jobs[0].of = "pairs";
        DagWorld world{std::move(app)};
        world.cached(0, 0, 3);
        world.cached(0, 1, 5);
        (void)world.job(0);
        CHECK(world.places(0, 0, 1) == Lines{"e3 on w3"});
        CHECK(world.places(0, 0, 2) == Lines{"e5 on w5"});
    }

    TEST_CASE("SCH-DAG-43 what is cached behind a shuffle shortens the way back") {
        AppSpec app = chain_of_three(2);
        app.stages[1].cache = StorageLevel{};
        DagWorld world{std::move(app)};
        (void)world.job(0);
        (void)world.success(task(0, 0, 0), 1);
        (void)world.success(task(0, 0, 1), 2);
        (void)world.success(task(1, 0, 0), 1);
        (void)world.success(task(1, 0, 1), 2);
        world.cached(1, 0, 4);
        world.cached(1, 1, 3);
        CHECK(only(world.fetch_failure(task(2, 0, 0), 1, 1), "h") ==
              Lines{"h0/0 not at e1", "h1/0 not at e1"});
        world.at(200);
        CHECK(only(world.timers(), "run") == Lines{"run s1.1 on {0}"});
        CHECK(world.places(1, 1, 0) == Lines{"e4 on w4"});
        CHECK(only(world.success(task(1, 1, 0), 4), "run") == Lines{"run s2.1 on {0, 1}"});
    }
}

}  // namespace
}  // namespace forkyard::dag_places_test
