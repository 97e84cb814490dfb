// SCH-DAG-45 to 50: which outputs are lost with an executor, and what counts as a failure.
#include <doctest/doctest.h>

#include "tests/builders/dag_world.hpp"

namespace forkyard::dag_losses_test {
namespace {

// Two shuffles, and a stage that reads both. Of each, map 0 is on e1, 1 on e21, 2 on e2;
// e21 is on e1's node.
class TwoShuffles {
public:
    explicit TwoShuffles(const AppConf& conf) : world{app(conf)} {
        world.executor_on(1, 21);
        (void)world.job(0);
        for (const std::uint32_t stage : {0U, 1U}) {
            (void)world.success(task(stage, 0, 0), 1);
            (void)world.success(task(stage, 0, 1), 21);
            (void)world.success(task(stage, 0, 2), 2);
        }
    }
    DagWorld world;

private:
    static AppSpec app(const AppConf& conf) {
        AppSpec app = app_of(
            {stage_of("a", 3, {}), stage_of("b", 3, {}), stage_of("c", 2, {"a", "b"})}, {"c"});
        app.conf = conf;
        return app;
    }
};

AppConf service(bool on, bool of_host = false) {
    AppConf conf;
    conf.offers = OfferOrder::in_order;
    conf.shuffle_service = on;
    conf.unregister_output_on_host = of_host;
    return conf;
}

const Lines of_the_executor{"h0/1 not at e21", "h1/1 not at e21"};
const Lines of_the_node{"h0/0 not at e1", "h0/1 not at e21", "h1/0 not at e1", "h1/1 not at e21"};

Lines unregistered_by_fetch_failure(const AppConf& conf) {
    TwoShuffles shuffles{conf};
    return only(shuffles.world.fetch_failure(task(2, 0, 0), 0, 21), "h");
}
Lines unregistered_by_loss(const AppConf& conf, LossReason reason) {
    TwoShuffles shuffles{conf};
    return only(shuffles.world.executor_lost(21, reason), "h");
}

// So often does the reduce stage fail to fetch from e1, one attempt after another; the
// map runs there again each time.
Lines jobs_after_failures(DagWorld& world, std::uint32_t times) {
    Lines ends;
    for (std::uint32_t n = 0; n < times; ++n) {
        for (const std::string& line :
             only(world.fetch_failure_of(task(1, n, 0), 0, 0, 1), "job")) {
            ends.push_back(line);
        }
        world.at(200 * (n + 1));
        if (!world.timers().empty()) {
            world.executor_added(1);
            (void)world.success(task(0, n + 1, 0), 1);
        }
    }
    return ends;
}

DagWorld fetching_from_one(const AppConf& conf) {
    AppSpec app = map_reduce(1, 1);
    app.conf = conf;
    return DagWorld{std::move(app)};
}

TEST_SUITE("conformance: outputs that are lost") {
    TEST_CASE("SCH-DAG-45 the outputs of the executor that is named, of all shuffles") {
        CHECK(unregistered_by_fetch_failure(service(false)) == of_the_executor);
        CHECK(unregistered_by_fetch_failure(service(true)) == of_the_executor);
        CHECK(unregistered_by_fetch_failure(service(false, true)) == of_the_executor);
    }

    TEST_CASE("SCH-DAG-45 those of its node with a shuffle service and unRegisterOutputOnHost") {
        CHECK(unregistered_by_fetch_failure(service(true, true)) == of_the_node);
    }

    TEST_CASE("SCH-DAG-45 unRegisterOutputOnHost is false by default") {
        CHECK_FALSE(AppConf{}.unregister_output_on_host);
    }

    TEST_CASE("SCH-DAG-45 the one that is named goes only if it is where it is said to be") {
        TwoShuffles shuffles{service(true)};
        CHECK(only(shuffles.world.fetch_failure_of(task(2, 0, 0), 0, 2, 21), "h") ==
              of_the_executor);
        CHECK(shuffles.world.outputs().location(ShuffleId{0}, 2) == ExecutorId{2});
    }

    TEST_CASE("SCH-DAG-46 a shuffle service keeps the files of a process that is gone") {
        CHECK(unregistered_by_loss(service(true), LossReason::exited).empty());
        CHECK(unregistered_by_loss(service(true), LossReason::killed).empty());
    }

    TEST_CASE("SCH-DAG-46 with the worker the files of its node are lost, service or not") {
        CHECK(unregistered_by_loss(service(true), LossReason::worker_lost) == of_the_node);
        CHECK(unregistered_by_loss(service(false), LossReason::worker_lost) == of_the_node);
    }

    TEST_CASE("SCH-DAG-46 without a shuffle service a killed executor loses its own") {
        CHECK(unregistered_by_loss(service(false), LossReason::killed) == of_the_executor);
    }

    TEST_CASE("SCH-DAG-46 what it had in memory is gone in any case") {
        for (const bool on : {true, false}) {
            for (const LossReason reason :
                 {LossReason::exited, LossReason::killed, LossReason::worker_lost}) {
                AppSpec app = map_reduce(1, 1);
                app.stages[1].cache = StorageLevel{};
                app.conf = service(on);
                DagWorld world{std::move(app)};
                world.cached(1, 0, 1);
                (void)world.executor_lost(1, reason);
                CHECK(only(world.job(0), "run") == Lines{"run s0.0 on {0}"});
            }
        }
    }

    TEST_CASE("SCH-DAG-47 files that outlived their executor go with the first fetch failure") {
        AppSpec app = map_reduce(3, 3);
        app.conf = service(true);
        DagWorld world{std::move(app)};
        (void)world.job(0);
        (void)world.success(task(0, 0, 0), 1);
        (void)world.success(task(0, 0, 1), 1);
        (void)world.success(task(0, 0, 2), 2);
        CHECK(world.executor_lost(1).empty());
        CHECK(only(world.fetch_failure(task(1, 0, 0), 0, 1), "h") ==
              Lines{"h0/0 not at e1", "h0/1 not at e1"});
        const std::uint64_t epoch = world.epoch();
        CHECK(only(world.fetch_failure(task(1, 0, 1), 0, 1), "h").empty());
        CHECK(world.epoch() == epoch);
    }

    TEST_CASE("SCH-DAG-49 a removed worker takes its node's outputs, whatever was lost before") {
        TwoShuffles shuffles{service(true)};
        (void)shuffles.world.executor_lost(1);
        (void)shuffles.world.executor_lost(21);
        std::uint64_t epoch = shuffles.world.epoch();
        CHECK(shuffles.world.worker_removed(1) == of_the_node);
        CHECK(shuffles.world.epoch() == epoch + 1);
        CHECK(shuffles.world.worker_removed(1).empty());
        CHECK(shuffles.world.epoch() == epoch + 2);
    }

    TEST_CASE("SCH-DAG-50 failures to fetch from an executor that is on its way out do not count") {
        DagWorld world = fetching_from_one(service(false));
        (void)world.job(0);
        (void)world.success(task(0, 0, 0), 1);
        world.decommission(1);
        CHECK(jobs_after_failures(world, 6).empty());
        CHECK(world.success(task(1, 6, 0), 3).back() == "stop s1: Stage finished");
        CHECK(world.idle());
    }

    TEST_CASE("SCH-DAG-50 they do without ignoreDecommissionFetchFailure, which 4.0 has on") {
        CHECK(AppConf{}.ignore_decommission_fetch_failure);
        AppConf conf = service(false);
        conf.ignore_decommission_fetch_failure = false;
        DagWorld world = fetching_from_one(conf);
        (void)world.job(0);
        (void)world.success(task(0, 0, 0), 1);
        world.decommission(1);
        CHECK(jobs_after_failures(world, 3).empty());
        CHECK(says(world.fetch_failure_of(task(1, 3, 0), 0, 0, 1),
                   "maximum allowable number of times: 4"));
    }

    TEST_CASE("SCH-DAG-50 nor from one that went that way and is remembered") {
        AppConf conf = service(true);
        conf.retained_decommissioned = 1;
        DagWorld world = fetching_from_one(conf);
        (void)world.job(0);
        (void)world.success(task(0, 0, 0), 1);
        world.decommission(1);
        world.forget_executor(1);
        CHECK(jobs_after_failures(world, 6).empty());
    }

    TEST_CASE("SCH-DAG-50 by default none is remembered") {
        CHECK(AppConf{}.retained_decommissioned == 0);
        DagWorld world = fetching_from_one(service(true));
        (void)world.job(0);
        (void)world.success(task(0, 0, 0), 1);
        world.decommission(1);
        world.forget_executor(1);
        CHECK(jobs_after_failures(world, 4).size() == 1);
    }
}

}  // namespace
}  // namespace forkyard::dag_losses_test
