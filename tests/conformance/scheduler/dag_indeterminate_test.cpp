// SCH-DAG-52 to 60: stages whose tasks may give other output when they are tried again.
#include <doctest/doctest.h>

#include "tests/builders/dag_world.hpp"

namespace forkyard::dag_indeterminate_test {
namespace {

// What the first stage gives is another thing each time.
AppSpec indeterminate(AppSpec app) {
    app.stages[0].deterministic = false;
    return app;
}
AppSpec of_spark(Compat compat, AppSpec app) {
    app.conf.compat = compat;
    return app;
}

// Map stage 0 has run, partition p on e(p + 1); so its reader runs.
void run_maps(DagWorld& world) {
    (void)world.job(0);
    (void)world.success(task(0, 0, 0), 1);
    (void)world.success(task(0, 0, 1), 2);
}
Lines timers_at(DagWorld& world, std::int64_t milliseconds) {
    world.at(milliseconds);
    return world.timers();
}

// An attempt of the map stage was given up for a newer one, which still runs.
void run_maps_again(DagWorld& world) {
    run_maps(world);
    (void)world.fetch_failure(task(1, 0, 0), 0, 1);
    (void)timers_at(world, 200);
}

TEST_SUITE("conformance: indeterminate stages") {
    TEST_CASE("SCH-DAG-52 an indeterminate map stage that lost one output runs in full") {
        DagWorld world{indeterminate(map_reduce(2, 2))};
        run_maps(world);
        CHECK(only(world.fetch_failure(task(1, 0, 0), 0, 1), "h") == Lines{"h0/0 not at e1"});
        CHECK(timers_at(world, 200) == Lines{"resubmit s0",
                                             "h0/1 not at e2",
                                             "stage s0.1 of 2",
                                             "resubmit s1",
                                             "run s0.1 on {0, 1}"});
        (void)world.success(task(0, 1, 0), 3);
        CHECK(only(world.success(task(0, 1, 1), 3), "run") == Lines{"run s1.1 on {0, 1}"});
    }

    TEST_CASE("SCH-DAG-52 a determinate one makes what it lost") {
        DagWorld world{map_reduce(2, 2)};
        run_maps_again(world);
        CHECK(only(world.success(task(0, 1, 0), 3), "run") == Lines{"run s1.1 on {0, 1}"});
    }

    TEST_CASE("SCH-DAG-53 so do the indeterminate stages between it and the one that failed") {
        DagWorld world{indeterminate(app_of({stage_of("a", 2, {}),
                                             stage_of("b", 2, {"a"}),
                                             stage_of("c", 2, {"b"}),
                                             stage_of("d", 2, {"c"})},
                                            {"d"}))};
        run_maps(world);
        (void)world.success(task(1, 0, 0), 1);
        (void)world.success(task(1, 0, 1), 2);
        CHECK(only(world.fetch_failure(task(2, 0, 0), 1, 2), "job").empty());
        CHECK(only(timers_at(world, 200), "run") == Lines{"run s0.1 on {0, 1}"});
        (void)world.success(task(0, 1, 0), 3);
        CHECK(only(world.success(task(0, 1, 1), 3), "run") == Lines{"run s1.1 on {0, 1}"});
        (void)world.success(task(1, 1, 0), 3);
        CHECK(only(world.success(task(1, 1, 1), 3), "run") == Lines{"run s2.1 on {0, 1}"});
        (void)world.success(task(2, 1, 0), 3);
        CHECK(only(world.success(task(2, 1, 1), 3), "run") == Lines{"run s3.0 on {0, 1}"});
        (void)world.success(task(3, 0, 0), 3);
        CHECK(only(world.success(task(3, 0, 1), 3), "job") == Lines{"job j0 succeeded"});
    }

    TEST_CASE("SCH-DAG-54 a result that is out cannot be taken back: the job fails") {
        DagWorld world{indeterminate(map_reduce(2, 2))};
        run_maps(world);
        (void)world.success(task(1, 0, 0), 1);
        const Lines lines = world.fetch_failure(task(1, 0, 1), 0, 1);
        CHECK(only(lines, "job j0 failed: Job aborted due to stage failure").size() == 1);
        CHECK(says(lines, "cannot rollback the ResultStage"));
        CHECK(says(lines, "checkpointing the RDD before repartition"));
        CHECK(timers_at(world, 200).empty());
        CHECK(world.idle());
    }

    TEST_CASE("SCH-DAG-54 without a result the stage is tried again in full") {
        DagWorld world{indeterminate(map_reduce(2, 2))};
        run_maps_again(world);
        (void)world.success(task(0, 1, 0), 3);
        CHECK(only(world.success(task(0, 1, 1), 3), "run") == Lines{"run s1.1 on {0, 1}"});
        (void)world.success(task(1, 1, 0), 3);
        CHECK(only(world.success(task(1, 1, 1), 3), "job") == Lines{"job j0 succeeded"});
    }

    TEST_CASE("SCH-DAG-56 the old fetch protocol does not allow it") {
        AppSpec app = indeterminate(map_reduce(2, 2));
        app.conf.old_fetch_protocol = true;
        DagWorld world{std::move(app)};
        run_maps(world);
        const Lines lines = world.fetch_failure(task(1, 0, 0), 0, 1);
        CHECK(only(lines, "job j0 failed: Job aborted due to stage failure").size() == 1);
        CHECK(says(lines, "spark.shuffle.useOldFetchProtocol"));
        CHECK(world.idle());
    }

    TEST_CASE("SCH-DAG-56 which is no matter to a determinate stage, and not the default") {
        CHECK_FALSE(AppConf{}.old_fetch_protocol);
        AppSpec app = map_reduce(2, 2);
        app.conf.old_fetch_protocol = true;
        DagWorld world{std::move(app)};
        run_maps(world);
        CHECK(only(world.fetch_failure(task(1, 0, 0), 0, 1), "job").empty());
        CHECK(only(timers_at(world, 200), "run") == Lines{"run s0.1 on {0}"});
    }

    TEST_CASE("SCH-DAG-57 a success of an older attempt is void") {
        for (const Compat compat : {Compat::spark_3_5, Compat::spark_4_0}) {
            DagWorld world{of_spark(compat, indeterminate(map_reduce(2, 2)))};
            run_maps_again(world);
            CHECK(world.success(task(0, 0, 0), 3, 9).empty());
            CHECK(world.outputs().missing(ShuffleId{0}).size() == 2);
            // Partition 0 is still pending.
            CHECK(world.success(task(0, 1, 1), 3) == Lines{"h0/1 at e3"});
            CHECK(only(world.success(task(0, 1, 0), 3), "run") == Lines{"run s1.1 on {0, 1}"});
        }
    }

    TEST_CASE("SCH-DAG-57 but not before 3.4.2, nor of a determinate stage") {
        DagWorld before{of_spark(Compat::spark_3_0, indeterminate(map_reduce(2, 2)))};
        run_maps_again(before);
        CHECK(before.success(task(0, 0, 0), 3, 9) == Lines{"h0/0 at e3", "done s0/p0"});

        AppSpec app = map_reduce(3, 2);
        DagWorld determinate{std::move(app)};
        (void)determinate.job(0);
        (void)determinate.success(task(0, 0, 0), 1);
        (void)determinate.success(task(0, 0, 1), 1);
        (void)determinate.success(task(0, 0, 2), 2);
        (void)determinate.fetch_failure(task(1, 0, 0), 0, 1);
        (void)timers_at(determinate, 200);
        CHECK(determinate.success(task(0, 0, 0), 3, 9) == Lines{"h0/0 at e3", "done s0/p0"});
    }

    TEST_CASE("SCH-DAG-58 a result between the failure and the new attempt fails the job") {
        DagWorld world{indeterminate(map_reduce(2, 2))};
        run_maps(world);
        (void)world.fetch_failure(task(1, 0, 0), 0, 1);
        world.at(100);
        CHECK(only(world.success(task(1, 0, 1), 3), "job").empty());
        const Lines lines = timers_at(world, 200);
        CHECK(only(lines, "job j0 failed").size() == 1);
        CHECK(says(lines, "cannot rollback the ResultStage"));
        CHECK(only(lines, "run").empty());
        CHECK(world.idle());
    }

    TEST_CASE("SCH-DAG-58 so do outputs that are lost with their executor") {
        DagWorld world{indeterminate(map_reduce(2, 2, 2))};
        run_maps(world);
        (void)world.success(task(1, 0, 0), 3);
        CHECK(only(world.executor_lost(1), "job").empty());
        // Another job needs the map stage: for that one it runs.
        const Lines lines = world.job(1);
        CHECK(only(lines, "job j0 failed").size() == 1);
        CHECK(only(lines, "job j1").empty());
        CHECK(only(lines, "run") == Lines{"run s0.1 on {0, 1}"});
        CHECK(world.submitted_for(0) == JobId{1});
    }

    TEST_CASE("SCH-DAG-58 a result stage without a result goes on") {
        DagWorld world{indeterminate(map_reduce(2, 2, 2))};
        run_maps(world);
        (void)world.executor_lost(1);
        const Lines lines = world.job(1);
        CHECK(only(lines, "job").empty());
        CHECK(only(lines, "run") == Lines{"run s0.1 on {0, 1}"});
    }

    TEST_CASE("SCH-DAG-58 older releases do not look") {
        for (const Compat compat : {Compat::spark_3_0, Compat::spark_3_5}) {
            DagWorld world{of_spark(compat, indeterminate(map_reduce(2, 2)))};
            run_maps(world);
            (void)world.fetch_failure(task(1, 0, 0), 0, 1);
            world.at(100);
            (void)world.success(task(1, 0, 1), 3);
            const Lines lines = timers_at(world, 200);
            CHECK(only(lines, "job").empty());
            CHECK(only(lines, "run") == Lines{"run s0.1 on {0, 1}"});
        }
    }

    TEST_CASE("SCH-DAG-60 what reads indeterminate output is indeterminate") {
        DagWorld world{indeterminate(chain_of_three(2))};
        run_maps(world);
        (void)world.success(task(1, 0, 0), 3);
        (void)world.success(task(1, 0, 1), 4);
        (void)world.fetch_failure(task(2, 0, 0), 1, 3);
        CHECK(only(timers_at(world, 200), "run") == Lines{"run s1.1 on {0, 1}"});
    }

    TEST_CASE("SCH-DAG-60 and with one such parent among others it is, too") {
        AppSpec app = app_of({stage_of("drawn", 1, {}),
                              stage_of("plain", 1, {}),
                              stage_of("both", 2, {"drawn", "plain"}),
                              stage_of("end", 1, {"both"})},
                             {"end"});
        DagWorld world{indeterminate(std::move(app))};
        (void)world.job(0);
        (void)world.success(task(0, 0, 0), 1);
        (void)world.success(task(1, 0, 0), 1);
        (void)world.success(task(2, 0, 0), 3);
        (void)world.success(task(2, 0, 1), 4);
        (void)world.fetch_failure(task(3, 0, 0), 2, 3);
        CHECK(only(timers_at(world, 200), "run") == Lines{"run s2.1 on {0, 1}"});
    }

    TEST_CASE("SCH-DAG-60 a map stage that reads a shuffle in any order is not rolled back") {
        DagWorld world{chain_of_three(2)};
        run_maps(world);
        (void)world.success(task(1, 0, 0), 3);
        (void)world.success(task(1, 0, 1), 4);
        (void)world.fetch_failure(task(2, 0, 0), 1, 3);
        CHECK(only(timers_at(world, 200), "run") == Lines{"run s1.1 on {0}"});
    }
}

}  // namespace
}  // namespace forkyard::dag_indeterminate_test
