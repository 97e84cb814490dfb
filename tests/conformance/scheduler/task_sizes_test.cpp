// SCH-BE-04, TSI-05 and TSI-14: tasks that no message can hold, and what tasks need besides
// cores.
#include <doctest/doctest.h>

#include "tests/builders/driver_world.hpp"
#include "tests/builders/offers_world.hpp"
#include "tests/builders/steps_of.hpp"

namespace forkyard::task_sizes_test {
namespace {

constexpr ExecutorId exec1{1};
constexpr ExecutorId exec2{2};
constexpr std::size_t mib = std::size_t{1} << 20;

StepSpec values_step(const std::vector<std::size_t>& sizes, std::uint32_t partitions) {
    StepSpec step;
    step.kind = StepKind::values;
    step.partitions = partitions;
    for (const std::size_t size : sizes) {
        step.args.emplace_back(std::string(size, 'x'));
    }
    return step;
}

// Values of these sizes, and after it a job over small ones.
AppSpec big_then_small(const std::vector<std::size_t>& sizes, std::uint32_t partitions) {
    AppSpec app = dataset_app({values_step(sizes, partitions)});
    app.datasets.push_back({"small", {values_step({1, 1}, 1)}});
    app.jobs.push_back(app.jobs.front());
    app.jobs.back().name = app.jobs.back().of = "small";
    app.conf.rpc_message_max = Bytes{mib};
    app.conf.offers = OfferOrder::in_order;
    return app;
}

TEST_SUITE("conformance: tasks that cannot be sent") {
    TEST_CASE("SCH-BE-04 a task of spark.rpc.message.maxSize is too big: its job fails") {
        DriverWorld world{big_then_small({1, mib}, 2)};
        const Lines lines = world.start(1, 2);
        CHECK(only(lines, "launch").empty());
        CHECK(only(lines, "job") ==
              Lines{"job j0 failed: Job aborted due to stage failure: Serialized task s0.0:0 was "
                    "1048576 bytes, which exceeds max allowed: spark.rpc.message.maxSize (1048576 "
                    "bytes). Consider increasing spark.rpc.message.maxSize or using broadcast "
                    "variables for large values."});
        // Later jobs run.
        CHECK(only(world.job(1), "launch") == Lines{"launch s1.0/p0#0 on e1"});
        CHECK(only(world.success(task(1, 0, 0), 1), "job") == Lines{"job j1 succeeded"});
    }

    TEST_CASE("SCH-BE-04 a byte less is not, and counts for each task by itself") {
        DriverWorld world{big_then_small({mib - 1, mib - 1}, 2)};
        CHECK(only(world.start(1, 2), "launch").size() == 2);
        DriverWorld together{big_then_small({mib / 2, mib / 2}, 1)};
        CHECK(only(together.start(1, 2), "job j0 failed").size() == 1);
    }

    TEST_CASE("SCH-BE-04 it is found when a task would be sent") {
        DriverWorld world{big_then_small({mib}, 1)};
        (void)world.submitted();
        CHECK(world.job(0) == Lines{"stage s0.0 of 1"});
        CHECK(only(world.executor(1, 1), "job j0 failed").size() == 1);
    }

    TEST_CASE("SCH-BE-04 what is behind a shuffle brings nothing along") {
        AppSpec app = big_then_small({1}, 1);
        app.datasets[0].steps.push_back(wide_step(StepKind::group_by_key, "", 1));
        app.conf.rpc_message_max = Bytes{2};
        DriverWorld world{std::move(app)};
        CHECK(only(world.start(1, 1), "launch") == Lines{"launch s0.0/p0#0 on e1"});
        CHECK(only(world.success(task(0, 0, 0), 1), "launch") == Lines{"launch s1.0/p0#0 on e1"});
    }

    TEST_CASE("SCH-TSI-14 a set that cannot be sent is not in the way of others in its round") {
        OffersWorld world;
        world.executor(exec1, host1, 1);
        TaskSet bad = task_set_of(1);
        bad.task_bytes = std::int64_t{1} << 30;
        world.submit(std::move(bad));
        TaskSet good = task_set_of(1);
        good.stage = {StageId{1}, 0};
        world.submit(std::move(good));
        CHECK(world.round() == Lines{"s1.0/p0#0 on e1 at PROCESS_LOCAL"});
        const Lines given_up = world.given_up();
        CHECK(given_up.size() == 1);
        CHECK(only(given_up, "s0.0: Serialized task s0.0:0 was 1073741824 bytes").size() == 1);
    }
}

TEST_SUITE("conformance: other resources of a task") {
    AppConf with_gpus(std::uint32_t per_executor, std::int64_t millionths_per_task) {
        AppConf conf;
        conf.resources = {{"gpu", per_executor, Millionths{millionths_per_task}}};
        return conf;
    }
    std::size_t launched(const AppConf& conf, std::uint32_t cores, std::uint32_t tasks) {
        OffersWorld world{conf};
        world.executor(exec1, host1, cores);
        world.submit(task_set_of(tasks));
        return world.round().size();
    }

    TEST_CASE("SCH-TSI-05 a task takes a whole one: as many tasks as there are, or cores") {
        CHECK(launched(with_gpus(0, 1'000'000), 2, 3) == 0);
        CHECK(launched(with_gpus(4, 1'000'000), 2, 3) == 2);
        CHECK(launched(with_gpus(1, 1'000'000), 2, 3) == 1);
        CHECK(launched(with_gpus(4, 2'000'000), 4, 3) == 2);
    }

    TEST_CASE("SCH-TSI-05 or a part of one, which others share") {
        CHECK(launched(with_gpus(1, 330'000), 4, 5) == 3);
        CHECK(launched(with_gpus(2, 500'000), 8, 5) == 4);
        // No task has parts of two.
        CHECK(launched(with_gpus(2, 600'000), 8, 5) == 2);
    }

    TEST_CASE("SCH-TSI-05 of several resources the scarcest counts") {
        AppConf conf = with_gpus(4, 1'000'000);
        conf.resources.push_back({"fpga", 1, Millionths{500'000}});
        CHECK(launched(conf, 8, 5) == 2);
    }

    TEST_CASE("SCH-TSI-05 what ends gives it back, and its executor is offered again") {
        OffersWorld world{with_gpus(1, 1'000'000)};
        world.executor(exec1, host1, 4);
        world.executor(exec2, host2, 4);
        world.submit(task_set_of(3));
        CHECK(world.round().size() == 2);
        CHECK(world.offer(exec1).empty());
        (void)world.success(task(0, 0, 0), exec1);
        CHECK(world.offer(exec1) == Lines{"s0.0/p2#0 on e1 at PROCESS_LOCAL"});
    }

    TEST_CASE("SCH-TSI-05 SCH-BAR-01 the slots of a barrier are those of its scarcest resource") {
        for (const std::uint32_t executors : {2U, 3U}) {
            CAPTURE(executors);
            AppSpec app = app_of({stage_of("work", 3, {})}, {"work"});
            app.stages[0].barrier = true;
            app.conf.resources = with_gpus(1, 1'000'000).resources;
            DriverWorld world{std::move(app)};
            CHECK(only(world.start(executors, 4), "launch").size() == (executors == 3 ? 3 : 0));
        }
    }
}

}  // namespace
}  // namespace forkyard::task_sizes_test
