// Spark's standalone master: which executors are placed where.
#include "core/policy/standalone.hpp"

#include <doctest/doctest.h>

#include "tests/builders/manager_world.hpp"

namespace forkyard::standalone_test {
namespace {

constexpr bool spread = true;
constexpr bool packed = false;

Scenario standalone(const std::vector<WorkerSize>& workers,
                    const std::vector<Wish>& wishes,
                    const MasterConf& master) {
    Scenario scenario = managed_by("standalone", workers, wishes);
    scenario.master = master;
    return scenario;
}
Scenario standalone(const std::vector<WorkerSize>& workers,
                    const std::vector<Wish>& wishes,
                    bool spread_out = spread) {
    MasterConf master;
    master.spread_out = spread_out;
    return standalone(workers, wishes, master);
}

// Three workers of 10 cores and 4096 MiB, all free; one application that asks for
// `limit` executors: the cores it gets on each worker.
Cores placed(Wish wish, bool spread_out, std::uint32_t limit = RequestExecutors::unlimited) {
    ManagerWorld cluster{standalone({{}, {}, {}}, {wish}, spread_out)};
    (void)cluster.asks(0, limit);
    return cluster.cores(0);
}

TEST_SUITE("standalone master: placement") {
    TEST_CASE("CM-STA-01 with no limit the first application takes everything") {
        for (const bool spread_out : {spread, packed}) {
            for (const std::int64_t memory : {1024, 3072}) {
                ManagerWorld cluster{standalone({{}, {}, {}}, {{memory}}, spread_out)};
                (void)cluster.asks(0);
                CHECK(cluster.cores(0) == Cores{10, 10, 10});
                CHECK(cluster.executors(0).size() == 3);
            }
        }
    }

    TEST_CASE("CM-STA-02 spark.cores.max, spread and packed") {
        CHECK(placed({1024, {}, 8}, spread) == Cores{3, 3, 2});
        CHECK(placed({1024, {}, 8}, packed) == Cores{8, 0, 0});
        CHECK(placed({1024, {}, 16}, spread) == Cores{6, 5, 5});
        CHECK(placed({1024, {}, 16}, packed) == Cores{10, 6, 0});
    }

    TEST_CASE("CM-STA-03 with fixed executor cores only whole executors") {
        for (const bool spread_out : {spread, packed}) {
            CHECK(placed({1024, 2, {}}, spread_out) == Cores{8, 8, 8});
            CHECK(placed({256, 2, {}}, spread_out) == Cores{10, 10, 10});
            CHECK(placed({256, 3, {}}, spread_out) == Cores{9, 9, 9});
        }
    }

    TEST_CASE("CM-STA-04 executor cores and spark.cores.max together") {
        CHECK(placed({256, 2, 4}, spread) == Cores{2, 2, 0});
        CHECK(placed({256, 2, 4}, packed) == Cores{4, 0, 0});
        CHECK(placed({256, 2, 20}, spread) == Cores{8, 6, 6});
        CHECK(placed({256, 2, 20}, packed) == Cores{10, 10, 0});
        CHECK(placed({256, 3, 20}, spread) == Cores{6, 6, 6});
        CHECK(placed({256, 3, 20}, packed) == Cores{9, 9, 0});
    }

    TEST_CASE("CM-STA-05 no more executors than the application asked for") {
        const Wish plain{256, {}, {}};
        const Wish most16{256, {}, 16};
        const Wish of4{256, 4, {}};
        const Wish of4_most18{256, 4, 18};
        for (const bool spread_out : {spread, packed}) {
            CHECK(placed(plain, spread_out, 0) == Cores{0, 0, 0});
            CHECK(placed(plain, spread_out, 2) == Cores{10, 10, 0});
            CHECK(placed(plain, spread_out, 5) == Cores{10, 10, 10});
            CHECK(placed(most16, spread_out, 0) == Cores{0, 0, 0});
            CHECK(placed(of4, spread_out, 0) == Cores{0, 0, 0});
            CHECK(placed(of4, spread_out, 5) == Cores{8, 8, 4});
        }
        CHECK(placed(most16, spread, 2) == Cores{8, 8, 0});
        CHECK(placed(most16, packed, 2) == Cores{10, 6, 0});
        CHECK(placed(most16, spread, 5) == Cores{6, 5, 5});
        CHECK(placed(most16, packed, 5) == Cores{10, 6, 0});
        CHECK(placed(of4, spread, 2) == Cores{4, 4, 0});
        CHECK(placed(of4, packed, 2) == Cores{8, 0, 0});
        CHECK(placed(of4_most18, spread, 2) == Cores{4, 4, 0});
        CHECK(placed(of4_most18, packed, 2) == Cores{8, 0, 0});
        CHECK(placed(of4_most18, spread, 5) == Cores{8, 4, 4});
        CHECK(placed(of4_most18, packed, 5) == Cores{8, 8, 0});
    }

    TEST_CASE("CM-STA-06 a whole executor's cores at a time") {
        ManagerWorld cluster{standalone({{16}, {16}, {16}, {16}}, {{256, 16, 48}})};
        (void)cluster.asks(0);
        CHECK(cluster.cores(0) == Cores{16, 16, 16, 0});
    }

    TEST_CASE("CM-STA-08 most free cores first, then by number; only workers with room") {
        ManagerWorld cluster{standalone({{4}, {8}, {8}, {16, 128}}, {{256, {}, 4}}, packed)};
        CHECK(cluster.asks(0) == Lines{"grant e1 of 4 on w1 to a0"});
    }

    TEST_CASE("CM-STA-08 spark.deploy.workerSelectionPolicy says which comes first") {
        const auto first = [](WorkerSelection selection) {
            MasterConf master;
            master.selection = selection;
            master.spread_out = false;
            ManagerWorld cluster{
                standalone({{6, 2048}, {4, 4096}, {8, 1024}, {6, 3072}}, {{256, 4, 4}}, master)};
            return cluster.asks(0);
        };
        CHECK(first(WorkerSelection::cores_free_desc) == Lines{"grant e1 of 4 on w2 to a0"});
        CHECK(first(WorkerSelection::cores_free_asc) == Lines{"grant e1 of 4 on w1 to a0"});
        CHECK(first(WorkerSelection::memory_free_desc) == Lines{"grant e1 of 4 on w1 to a0"});
        CHECK(first(WorkerSelection::memory_free_asc) == Lines{"grant e1 of 4 on w2 to a0"});
        CHECK(first(WorkerSelection::worker_id) == Lines{"grant e1 of 4 on w0 to a0"});
    }

    TEST_CASE("CM-STA-10 what is left and smaller than an executor is never given") {
        CHECK(placed({256, 4, 18}, spread) == Cores{8, 4, 4});
        CHECK(placed({256, 4, 18}, packed) == Cores{8, 8, 0});
    }
}

TEST_SUITE("standalone master: executors that fail") {
    // How many are launched on one worker until the application is removed, at most 50.
    std::uint32_t launches_of(const MasterConf& master) {
        ManagerWorld cluster{standalone({{10}}, {{256, 10, {}}}, master)};
        (void)cluster.asks(0);
        for (std::uint32_t exec = 1; exec <= 50; ++exec) {
            const Lines lines = cluster.gone(exec, LossReason::launch_failed, 1);
            if (lines == Lines{"remove a0: Master removed our application: FAILED"}) {
                return exec;
            }
            REQUIRE(lines.size() == 1);  // the next one
        }
        return 0;
    }

    TEST_CASE("CM-STA-21 ten in a row end the application, if none runs") {
        MasterConf master;
        CHECK(launches_of(master) == 10);
        master.executor_retries_max = 3;
        CHECK(launches_of(master) == 3);
        master.executor_retries_max.reset();
        CHECK(launches_of(master) == 0);
    }

    TEST_CASE("CM-STA-21 one that runs protects it, and one that starts begins the count anew") {
        MasterConf master;
        master.executor_retries_max = 2;
        ManagerWorld cluster{standalone({{10}}, {{256, 5, {}}}, master)};
        (void)cluster.asks(0);
        (void)cluster.runs(1);
        CHECK(cluster.gone(2, LossReason::exited, 1) == Lines{"grant e3 of 5 on w0 to a0"});
        CHECK(cluster.gone(3, LossReason::exited, 1) == Lines{"grant e4 of 5 on w0 to a0"});
        (void)cluster.runs(4);
        CHECK(cluster.gone(1, LossReason::killed, 137) == Lines{"grant e5 of 5 on w0 to a0"});
        CHECK(cluster.gone(4, LossReason::killed, 137) ==
              Lines{"remove a0: Master removed our application: FAILED"});
    }

    TEST_CASE("CM-STA-21 a clean end, one that was asked for, and a lost worker do not count") {
        MasterConf master;
        master.executor_retries_max = 1;
        ManagerWorld cluster{standalone({{10}}, {{256, 10, {}}}, master)};
        (void)cluster.asks(0);
        CHECK(cluster.gone(1, LossReason::exited, 0) == Lines{"grant e2 of 10 on w0 to a0"});
        CHECK(cluster.gone(2, LossReason::idle, 137) == Lines{"grant e3 of 10 on w0 to a0"});
        CHECK(cluster.gone(3, LossReason::worker_lost, 137) == Lines{"grant e4 of 10 on w0 to a0"});
        CHECK(cluster.gone(4, LossReason::exited, 1) ==
              Lines{"remove a0: Master removed our application: FAILED"});
    }
}

TEST_SUITE("standalone master: applications in order") {
    TEST_CASE("CM-STA-07 the second application is placed on what the first leaves") {
        ManagerWorld cluster{standalone({{}, {}, {}}, {{1024, {}, 8}, {1024, {}, 8}})};
        (void)cluster.asks(0);
        CHECK(cluster.cores(0) == Cores{3, 3, 2});
        (void)cluster.asks(1);
        CHECK(cluster.cores(1) == Cores{3, 2, 3});
    }

    TEST_CASE("CM-STA-07 the second waits while the first has all, until that one ends") {
        ManagerWorld cluster{standalone({{}, {}, {}}, {{1024}, {1024}})};
        (void)cluster.asks(0);
        CHECK(cluster.asks(1).empty());
        (void)cluster.ends(0);
        CHECK(cluster.gone(1) == Lines{"grant e4 of 10 on w0 to a1"});
        (void)cluster.all_gone(0);
        CHECK(cluster.cores(1) == Cores{10, 10, 10});
    }

    TEST_CASE("CM-STA-07 the first that can take no more does not block the second") {
        ManagerWorld cluster{standalone({{}, {}, {}}, {{8192}, {1024}})};
        CHECK(cluster.asks(0).empty());
        (void)cluster.asks(1);
        CHECK(cluster.cores(1) == Cores{10, 10, 10});
    }

    TEST_CASE("CM-STA-07 the order is that of registration, not of number") {
        ManagerWorld cluster{standalone({{}}, {{1024}, {1024}})};
        (void)cluster.asks(1);
        CHECK(cluster.asks(0).empty());
        CHECK(cluster.cores(1) == Cores{10});
    }

    TEST_CASE("CM-STA-09 a second executor on the same worker, when cores become free there") {
        // a0 takes 4 of 10 cores at most, a1 the rest.
        ManagerWorld cluster{standalone({{}}, {{1024, {}, 4}, {1024, {}, {}}})};
        CHECK(cluster.asks(0) == Lines{"grant e1 of 4 on w0 to a0"});
        CHECK(cluster.asks(1) == Lines{"grant e2 of 6 on w0 to a1"});
        (void)cluster.ends(0);
        CHECK(cluster.gone(1) == Lines{"grant e3 of 4 on w0 to a1"});
        CHECK(cluster.executors(1).size() == 2);
    }

    TEST_CASE("an application that has ended gets nothing, though its request comes late") {
        ManagerWorld cluster{standalone({{}}, {{1024}, {1024}})};
        (void)cluster.ends(0);
        CHECK(cluster.asks(0).empty());
        CHECK(cluster.asks(1) == Lines{"grant e1 of 10 on w0 to a1"});
    }
}

TEST_SUITE("standalone master: changing limits") {
    TEST_CASE("CM-STA-11 raising and lowering how many executors are wanted") {
        ManagerWorld cluster{standalone({{10, 2048}, {10, 2048}}, {{256}})};
        const auto number = [&] { return cluster.executors(0).size(); };
        (void)cluster.asks(0);
        CHECK(number() == 2);
        (void)cluster.asks(0, 0);
        (void)cluster.all_gone(0);
        CHECK(number() == 0);
        (void)cluster.asks(0, 1);
        CHECK(number() == 1);
        (void)cluster.asks(0, 2);
        CHECK(number() == 2);
        (void)cluster.asks(0, 3);
        CHECK(number() == 2);
        (void)cluster.asks(0, 1);
        (void)cluster.all_gone(0);
        CHECK(number() == 1);
        (void)cluster.asks(0, 0);
        (void)cluster.all_gone(0);
        CHECK(number() == 0);
        (void)cluster.asks(0, 1000);
        CHECK(number() == 2);
    }

    TEST_CASE("CM-STA-12 lowering the limit kills nothing, and starts nothing") {
        ManagerWorld cluster{standalone({{10, 2048}, {10, 2048}}, {{256, 2, {}}})};
        (void)cluster.asks(0);
        CHECK(cluster.executors(0).size() == 10);
        CHECK(cluster.asks(0, 3).empty());
        CHECK(cluster.gone(1).empty());
    }
}

TEST_SUITE("standalone master: supervised drivers") {
    TEST_CASE("CM-STA-23 CM-STA-24 on another worker the pauses begin with the first again") {
        Scenario scenario = of_cores("standalone", {4, 4}, {2});
        scenario.apps[0].cluster_mode = true;
        scenario.apps[0].supervise = true;
        ManagerWorld world{scenario};
        CHECK(world.submits(0) == Lines{"launch driver of a0 on n0: 1 cores"});
        for (const std::int64_t at_ms : {1'000, 3'000, 7'000}) {
            (void)world.driver_starts(0);
            (void)world.driver_lost(0);
            CHECK(world.run_until(at_ms - 1).empty());
            CHECK(world.run_until(at_ms).back() == "launch driver of a0 on n0: 1 cores");
        }
        (void)world.driver_starts(0);
        (void)world.driver_lost(0, LossReason::worker_lost);
        CHECK(world.worker_lost(0) == Lines{"launch driver of a0 on n1: 1 cores"});
        (void)world.driver_starts(0);
        (void)world.driver_lost(0);
        CHECK(world.run_until(100'000) ==
              Lines{"at 8000 ms", "launch driver of a0 on n1: 1 cores"});
    }
}

TEST_SUITE("standalone master: workers") {
    TEST_CASE("an executor that is gone is replaced at once") {
        ManagerWorld cluster{standalone({{}, {}}, {{1024}})};
        (void)cluster.asks(0);
        CHECK(cluster.gone(2) == Lines{"grant e3 of 10 on w1 to a0"});
    }

    TEST_CASE("a worker that joins later is used") {
        ManagerWorld cluster{standalone({{}, {}}, {{1024}})};
        (void)cluster.worker_lost(1);
        CHECK(cluster.asks(0) == Lines{"grant e1 of 10 on w0 to a0"});
        CHECK(cluster.joins(1) == Lines{"grant e2 of 10 on w1 to a0"});
    }

    TEST_CASE("what ran on a lost worker gives nothing back to it when it returns") {
        ManagerWorld cluster{standalone({{}}, {{1024, 10, {}}})};
        (void)cluster.asks(0);
        (void)cluster.worker_lost(0);
        CHECK(cluster.joins(0) == Lines{"grant e2 of 10 on w0 to a0"});
        CHECK(cluster.gone(1).empty());
    }

    TEST_CASE("CM-STA-18 a worker that is silent for spark.worker.timeout is given up") {
        ManagerWorld cluster{standalone({{}, {}}, {{1024}})};
        (void)cluster.asks(0);
        (void)cluster.run_until(1'000);
        (void)cluster.falls_silent(0);
        // The master looks every 60 s; at 60 s the silence is not long enough.
        CHECK(cluster.run_until(119'999).empty());
        CHECK(cluster.run_until(120'000) == Lines{"at 120000 ms", "kill e1: worker-lost"});
        CHECK(cluster.run_until(600'000).empty());
        // Nothing is placed there any more.
        CHECK(cluster.killed_ones_go().empty());
    }

    TEST_CASE("CM-STA-18 one that is heard of again in time is kept") {
        ManagerWorld cluster{standalone({{}, {}}, {{1024}})};
        (void)cluster.asks(0);
        (void)cluster.falls_silent(0);
        (void)cluster.run_until(119'999);
        (void)cluster.is_back(0);
        CHECK(cluster.run_until(600'000).empty());
    }
}

}  // namespace
}  // namespace forkyard::standalone_test
