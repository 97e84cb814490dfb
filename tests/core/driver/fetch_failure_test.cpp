// The DAG scheduler when shuffle data is missing: which stages run again, after how
// long, on which partitions, and when a job is given up.
#include <doctest/doctest.h>

#include "core/driver/dag_scheduler.hpp"
#include "tests/builders/dag_world.hpp"

namespace forkyard::fetch_failure_test {
namespace {

// map p0 is on e1, p1 on e2; the reduce stage runs.
struct MapDone : DagWorld {
    explicit MapDone(AppSpec app) : DagWorld{std::move(app)} {
        (void)job(0);
        (void)success(task(0, 0, 0), 1);
        (void)success(task(0, 0, 1), 2);
    }
};

// a and b are done, p0 of each on e1 and p1 on e2; c runs.
struct TwoShufflesDone : DagWorld {
    TwoShufflesDone() : DagWorld{chain_of_three(2)} {
        (void)job(0);
        for (const std::uint32_t stage : {0U, 1U}) {
            (void)success(task(stage, 0, 0), 1);
            (void)success(task(stage, 0, 1), 2);
        }
    }
};

// Attempts 0 .. attempts - 1 of the reduce stage `reduce` fail to fetch; the map stage,
// whose last attempt was `map_attempt`, runs again each time but the last.
Lines fail_attempts(DagWorld& dag,
                    std::uint32_t map,
                    std::uint32_t map_attempt,
                    std::uint32_t attempts,
                    std::int64_t from_ms = 0) {
    Lines last;
    for (std::uint32_t i = 0; i < attempts; ++i) {
        last = dag.fetch_failure(task(map + 1, i, 0), 0, 1);
        if (i + 1 < attempts) {
            dag.at(from_ms + 200 * (std::int64_t{i} + 1));
            (void)dag.timers();
            (void)dag.success(task(map, map_attempt + i, 0), 1);
        }
    }
    return last;
}

TEST_SUITE("DAG scheduler: fetch failures") {
    TEST_CASE("SCH-DAG-33 DP-DAG-09 the lost map task runs again, then the rest of its children") {
        MapDone dag{map_reduce(2, 2)};
        (void)dag.success(task(1, 0, 0), 1);
        CHECK(dag.fetch_failure(task(1, 0, 1), 0, 1) ==
              Lines{"stage s1.0 failed", "h0/0 not at e1", "timer in 200 ms"});
        dag.at(200);
        CHECK(dag.timers() ==
              Lines{"resubmit s0", "stage s0.1 of 1", "resubmit s1", "run s0.1 on {0}"});
        CHECK(only(dag.success(task(0, 1, 0), 2), "run") == Lines{"run s1.1 on {1}"});
        CHECK(only(dag.success(task(1, 1, 1), 2), "job") == Lines{"job j0 succeeded"});
    }

    TEST_CASE("SCH-DAG-34 failures are gathered for 200 ms: one timer, jobs in order") {
        MapDone dag{map_reduce(2, 2)};
        CHECK(says(dag.fetch_failure(task(1, 0, 0), 0, 1), "timer in 200 ms"));
        dag.at(150);
        CHECK_FALSE(says(dag.fetch_failure(task(1, 0, 1), 0, 2), "timer"));
        dag.at(199);
        CHECK(dag.timers().empty());
        dag.at(200);
        CHECK(only(dag.timers(), "run") == Lines{"run s0.1 on {0, 1}"});
        CHECK(dag.timers().empty());
    }

    TEST_CASE("SCH-DAG-35 many fetch failures of one attempt count as one") {
        MapDone dag{map_reduce(2, 8)};
        Lines ends;
        for (std::uint32_t p = 0; p < 8; ++p) {
            for (const std::string& line : dag.fetch_failure(task(1, 0, p), 0, 1)) {
                ends.push_back(line);
            }
        }
        CHECK(only(ends, "stage") == Lines{"stage s1.0 failed"});
        CHECK(only(ends, "job").empty());
        dag.at(200);
        CHECK(only(dag.timers(), "run") == Lines{"run s0.1 on {0}"});
        CHECK(only(dag.success(task(0, 1, 0), 2), "run") ==
              Lines{"run s1.1 on {0, 1, 2, 3, 4, 5, 6, 7}"});
    }

    TEST_CASE("SCH-DAG-36 the fourth failed attempt in a row fails the job") {
        MapDone dag{map_reduce(2, 2)};
        CHECK(only(fail_attempts(dag, 0, 1, 3), "job").empty());
        dag.at(600);
        CHECK(only(dag.timers(), "run") == Lines{"run s0.3 on {0}"});
        (void)dag.success(task(0, 3, 0), 1);
        const Lines ended = dag.fetch_failure(task(1, 3, 0), 0, 1);
        CHECK(only(ended, "stage") == Lines{"stage s1.3 failed"});
        CHECK(says(ended, "job j0 failed: Job aborted due to stage failure: ResultStage"));
        CHECK(says(ended, "has failed the maximum allowable number of times: 4"));
        CHECK(says(ended, "Most recent failure reason: e1 is gone"));
        CHECK(dag.idle());
    }

    TEST_CASE("SCH-DAG-36 the number of attempts is spark.stage.maxConsecutiveAttempts") {
        AppSpec app = map_reduce(2, 1);
        app.conf.stage_attempts_consecutive_max = 2;
        MapDone dag{std::move(app)};
        CHECK(says(fail_attempts(dag, 0, 1, 2), "number of times: 2"));
    }

    TEST_CASE("SCH-DAG-36 the outputs of the lost holder go even when the job is given up") {
        AppSpec app = map_reduce(2, 1);
        app.conf.stage_attempts_consecutive_max = 1;
        MapDone dag{std::move(app)};
        CHECK(only(dag.fetch_failure(task(1, 0, 0), 0, 1), "h0") == Lines{"h0/0 not at e1"});
    }

    TEST_CASE("SCH-DAG-37 the limit is each stage's own") {
        AppSpec app = chain_of_three(1);
        app.conf.stage_attempts_consecutive_max = 3;
        DagWorld dag{std::move(app)};
        (void)dag.job(0);
        (void)dag.success(task(0, 0, 0), 1);
        // Stage 1 fails twice.
        for (std::uint32_t i = 0; i < 2; ++i) {
            CHECK(only(dag.fetch_failure(task(1, i, 0), 0, 1), "job").empty());
            dag.at(200 * (std::int64_t{i} + 1));
            (void)dag.timers();
            (void)dag.success(task(0, i + 1, 0), 1);
        }
        CHECK(only(dag.success(task(1, 2, 0), 2), "run") == Lines{"run s2.0 on {0}"});
        // And then stage 2.
        for (std::uint32_t i = 0; i < 2; ++i) {
            CHECK(only(dag.fetch_failure(task(2, i, 0), 1, 2), "job").empty());
            dag.at(400 + 200 * (std::int64_t{i} + 1));
            (void)dag.timers();
            (void)dag.success(task(1, 3 + i, 0), 2);
        }
        CHECK(only(dag.success(task(2, 2, 0), 1), "job") == Lines{"job j0 succeeded"});
    }

    TEST_CASE("SCH-DAG-38 a success in between clears the count") {
        AppSpec app = chain_of_three(1);
        app.conf.stage_attempts_consecutive_max = 2;
        DagWorld dag{std::move(app)};
        (void)dag.job(0);
        (void)dag.success(task(0, 0, 0), 1);
        (void)dag.fetch_failure(task(1, 0, 0), 0, 1);
        dag.at(200);
        (void)dag.timers();
        (void)dag.success(task(0, 1, 0), 1);
        (void)dag.success(task(1, 1, 0), 2);
        // Its output is lost; the next attempt fails again, which is the first in a row.
        (void)dag.fetch_failure(task(2, 0, 0), 1, 2);
        dag.at(400);
        CHECK(only(dag.timers(), "run") == Lines{"run s1.2 on {0}"});
        CHECK(only(dag.fetch_failure(task(1, 2, 0), 0, 1), "job").empty());
    }

    TEST_CASE("SCH-DAG-40 a late failure while the map stage runs again starts no other") {
        MapDone dag{map_reduce(2, 2)};
        (void)dag.fetch_failure(task(1, 0, 0), 0, 1);
        dag.at(200);
        CHECK(only(dag.timers(), "run") == Lines{"run s0.1 on {0}"});
        CHECK(only(dag.fetch_failure(task(1, 0, 1), 0, 2), "h0") == Lines{"h0/1 not at e2"});
        dag.at(400);
        CHECK(only(dag.timers(), "run").empty());
    }

    TEST_CASE("SCH-DAG-41 a fetch failure of an older attempt is ignored") {
        MapDone dag{map_reduce(2, 2)};
        (void)dag.fetch_failure(task(1, 0, 0), 0, 1);
        dag.at(200);
        (void)dag.timers();
        CHECK(only(dag.success(task(0, 1, 0), 1), "run") == Lines{"run s1.1 on {0, 1}"});
        CHECK(dag.fetch_failure(task(1, 0, 1), 0, 2).empty());
        dag.at(400);
        CHECK(dag.timers().empty());
    }

    TEST_CASE("SCH-DAG-42 the dead executor's outputs of all shuffles are made again") {
        TwoShufflesDone dag;
        CHECK(only(dag.fetch_failure(task(2, 0, 0), 1, 1), "h") ==
              Lines{"h0/0 not at e1", "h1/0 not at e1"});
        dag.at(200);
        CHECK(only(dag.timers(), "run") == Lines{"run s0.1 on {0}"});
        CHECK(only(dag.success(task(0, 1, 0), 2), "run") == Lines{"run s1.1 on {0}"});
        CHECK(only(dag.success(task(1, 1, 0), 2), "run") == Lines{"run s2.1 on {0, 1}"});
    }

    TEST_CASE("SCH-DAG-44 a result that comes after all cancels the map stage's new attempt") {
        MapDone dag{map_reduce(2, 2)};
        (void)dag.success(task(1, 0, 0), 1);
        (void)dag.fetch_failure(task(1, 0, 1, 1), 0, 1);
        dag.at(200);
        CHECK(only(dag.timers(), "run") == Lines{"run s0.1 on {0}"});
        const Lines ended = dag.success(task(1, 0, 1), 2);
        CHECK(only(ended, "stage s0.1 killed").size() == 1);
        CHECK(only(ended, "job") == Lines{"job j0 succeeded"});
        CHECK(only(ended, "stop s0").size() == 1);
    }

    TEST_CASE("SCH-DAG-45 outputs of one executor go, those of others stay") {
        DagWorld dag{map_reduce(3, 1)};
        (void)dag.job(0);
        (void)dag.success(task(0, 0, 0), 1);
        (void)dag.success(task(0, 0, 1), 2);
        (void)dag.success(task(0, 0, 2), 1);
        CHECK(only(dag.fetch_failure(task(1, 0, 0), 0, 1), "h0") ==
              Lines{"h0/0 not at e1", "h0/2 not at e1"});
    }

    TEST_CASE("SCH-DAG-42 outputs are dropped once an epoch") {
        MapDone dag{map_reduce(2, 2)};
        CHECK(only(dag.fetch_failure(task(1, 0, 0), 0, 1), "h0") == Lines{"h0/0 not at e1"});
        const std::uint64_t epoch = dag.epoch();
        CHECK(dag.fetch_failure(task(1, 0, 1), 0, 1).empty());
        CHECK(dag.epoch() == epoch);
    }

    TEST_CASE("SCH-DAG-46 without a shuffle service the files are lost with the executor") {
        MapDone dag{map_reduce(2, 2)};
        CHECK(dag.executor_lost(1) == Lines{"h0/0 not at e1"});
        // No stage is failed for it: the reduce stage meets the loss when it fetches.
        CHECK(dag.timers().empty());
    }
}

TEST_SUITE("DAG scheduler: attempts side by side") {
    TEST_CASE("SCH-DAG-18 a stage that is complete when it is tried again wakes its children") {
        DagWorld dag{chain_of_three(2)};
        (void)dag.job(0);
        (void)dag.success(task(0, 0, 0), 1);
        (void)dag.success(task(0, 0, 1), 2);
        (void)dag.success(task(1, 0, 0), 2);
        (void)dag.fetch_failure(task(1, 0, 1), 0, 1);
        // The other copy of the task has its data already.
        (void)dag.success(task(1, 0, 1, 1), 2);
        dag.at(200);
        const Lines again = dag.timers();
        CHECK(only(again, "run s0") == Lines{"run s0.1 on {0}"});
        CHECK(only(dag.success(task(0, 1, 0), 2), "run") == Lines{"run s2.0 on {0, 1}"});
    }

    TEST_CASE("SCH-DAG-29 outputs of an older attempt count") {
        DagWorld dag{chain_of_three(3)};
        (void)dag.job(0);
        for (std::uint32_t p = 0; p < 3; ++p) {
            (void)dag.success(task(0, 0, p), p == 2 ? 1 : 2);
        }
        (void)dag.fetch_failure(task(1, 0, 0), 0, 1);
        dag.at(200);
        CHECK(only(dag.timers(), "run") == Lines{"run s0.1 on {2}"});
        CHECK(only(dag.success(task(0, 1, 2), 2), "run") == Lines{"run s1.1 on {0, 1, 2}"});
        (void)dag.success(task(1, 1, 0), 2);
        (void)dag.success(task(1, 1, 1), 2);
        const Lines last = dag.success(task(1, 0, 2), 2);
        CHECK(only(last, "h1") == Lines{"h1/2 at e2"});
        CHECK(only(last, "run") == Lines{"run s2.0 on {0, 1, 2}"});
    }

    TEST_CASE("SCH-DAG-30 the newer attempt is told of what an older one made") {
        DagWorld dag{chain_of_three(4)};
        (void)dag.job(0);
        for (std::uint32_t p = 0; p < 4; ++p) {
            (void)dag.success(task(0, 0, p), p == 3 ? 1 : 2);
        }
        (void)dag.success(task(1, 0, 0), 2);
        (void)dag.fetch_failure(task(1, 0, 1), 0, 1);
        dag.at(200);
        (void)dag.timers();
        CHECK(only(dag.success(task(0, 1, 3), 2), "run") == Lines{"run s1.1 on {1, 2, 3}"});
        CHECK(only(dag.success(task(1, 0, 2), 2), "done") == Lines{"done s1/p2"});
        CHECK(only(dag.success(task(1, 0, 3), 2), "done") == Lines{"done s1/p3"});
        CHECK(only(dag.success(task(1, 1, 1), 2), "run") == Lines{"run s2.0 on {0, 1, 2, 3}"});
    }

    TEST_CASE("SCH-DAG-31 a late success of a dead executor makes no second active task set") {
        DagWorld dag{chain_of_three(2)};
        (void)dag.job(0);
        (void)dag.success(task(0, 0, 0), 1);
        (void)dag.success(task(0, 0, 1), 1);
        (void)dag.fetch_failure(task(1, 0, 0), 0, 1);
        dag.at(200);
        CHECK(only(dag.timers(), "run") == Lines{"run s0.1 on {0, 1}"});
        (void)dag.success(task(0, 1, 0), 2);
        CHECK(only(dag.success(task(0, 1, 1), 2), "run") == Lines{"run s1.1 on {0, 1}"});
        const Lines late = dag.success(task(1, 0, 1), 1);
        CHECK(only(late, "h1").empty());
        CHECK(only(late, "run").empty());
        CHECK(only(dag.success(task(1, 1, 0), 2), "run") == Lines{"run s1.2 on {1}"});
        CHECK(only(dag.success(task(1, 2, 1), 2), "run") == Lines{"run s2.0 on {0, 1}"});
    }
}

TEST_SUITE("DAG scheduler: giving up") {
    TEST_CASE("SCH-DAG-39 a stage is submitted at most spark.stage.maxAttempts times") {
        AppSpec app = map_reduce(1, 1);
        app.conf.stage_attempts_consecutive_max = 2;
        app.conf.stage_attempts_max = 1;  // the larger of the two holds
        DagWorld dag{std::move(app)};
        (void)dag.job(0);
        (void)dag.executor_lost(1);
        CHECK(only(dag.success(task(0, 0, 0), 1), "run") == Lines{"run s0.1 on {0}"});
        (void)dag.executor_lost(1);
        const Lines ended = dag.success(task(0, 1, 0), 1);
        CHECK(only(ended, "run").empty());
        CHECK(says(ended, "job j0 failed"));
        CHECK(says(ended, "spark.stage.maxAttempts"));
        CHECK(says(ended, "spark.stage.maxConsecutiveAttempts"));
        CHECK(dag.idle());
    }

    TEST_CASE("SCH-DAG-39 a stage whose parents may not be submitted again fails its job once") {
        AppSpec app = app_of({stage_of("a", 1, {}),
                              stage_of("b", 1, {}),
                              stage_of("c", 1, {}),
                              stage_of("join", 1, {"a", "b", "c"})},
                             {"join"});
        app.conf.stage_attempts_consecutive_max = 1;
        app.conf.stage_attempts_max = 1;
        DagWorld dag{std::move(app)};
        (void)dag.job(0);
        (void)dag.success(task(0, 0, 0), 1);
        (void)dag.success(task(1, 0, 0), 1);
        (void)dag.executor_lost(1);
        Lines ended;
        REQUIRE_NOTHROW(ended = dag.success(task(2, 0, 0), 2));
        CHECK(only(ended, "job").size() == 1);
    }

    TEST_CASE("SCH-DAG-51 after a job that was given up the next ones run and are retried") {
        AppSpec app = map_reduce(2, 2, 3);
        app.conf.stage_attempts_consecutive_max = 2;
        MapDone dag{std::move(app)};
        CHECK(says(fail_attempts(dag, 0, 1, 2), "job j0 failed"));
        // Job 1 has the same trouble: stages 2 and 3.
        CHECK(only(dag.job(1), "run") == Lines{"run s2.0 on {0}"});
        (void)dag.success(task(2, 0, 0), 1);
        CHECK(says(fail_attempts(dag, 2, 1, 2, 200), "job j1 failed"));
        CHECK(dag.idle());
        // Job 2 meets one failure: stages 4 and 5.
        dag.at(1000);
        CHECK(only(dag.job(2), "run") == Lines{"run s4.0 on {0}"});
        (void)dag.success(task(4, 0, 0), 1);
        (void)dag.fetch_failure(task(5, 0, 0), 0, 1);
        dag.at(1200);
        CHECK(only(dag.timers(), "run") == Lines{"run s4.1 on {0}"});
        CHECK(only(dag.success(task(4, 1, 0), 2), "run") == Lines{"run s5.1 on {0, 1}"});
        (void)dag.success(task(5, 1, 0), 2);
        CHECK(only(dag.success(task(5, 1, 1), 2), "job") == Lines{"job j2 succeeded"});
    }

    TEST_CASE("SCH-DAG-51 a job cancelled before its retry leaves the next job's retry alone") {
        MapDone dag{map_reduce(2, 1, 2)};
        CHECK(says(dag.fetch_failure(task(1, 0, 0), 0, 1), "timer in 200 ms"));
        dag.at(100);
        (void)dag.cancel(0);
        dag.at(200);
        CHECK(dag.timers().empty());
        dag.at(1000);
        CHECK(only(dag.job(1), "run") == Lines{"run s2.0 on {0}"});
        CHECK(only(dag.success(task(2, 0, 0), 2), "run") == Lines{"run s3.0 on {0}"});
        CHECK(says(dag.fetch_failure(task(3, 0, 0), 0, 2), "timer in 200 ms"));
        dag.at(1200);
        CHECK(only(dag.timers(), "run") == Lines{"run s2.1 on {0, 1}"});
    }
}

}  // namespace
}  // namespace forkyard::fetch_failure_test
