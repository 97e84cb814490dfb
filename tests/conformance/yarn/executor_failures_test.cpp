// Executors that failed within a sliding window, as an application master counts them
// (CM-YARN-13).
#include "core/executor_failures.hpp"

#include <doctest/doctest.h>

#include "core/policy/yarn/am_allocator.hpp"

namespace forkyard::executor_failures_test {
namespace {

constexpr SimTime at_ms(std::int64_t milliseconds) {
    return SimTime{std::chrono::milliseconds{milliseconds}};
}
constexpr NodeId h1{1};
constexpr NodeId h2{2};

// Two failures on each of two nodes, one every 10 ms.
ExecutorFailures four_failures(std::optional<SimDuration> validity) {
    ExecutorFailures failures{validity};
    failures.add(at_ms(0), h1);
    failures.add(at_ms(10), h2);
    failures.add(at_ms(20), h1);
    failures.add(at_ms(30), h2);
    return failures;
}

TEST_SUITE("YARN: failures in a window") {
    TEST_CASE("CM-YARN-13 failures older than the window are forgotten one by one") {
        const ExecutorFailures failures = four_failures(std::chrono::milliseconds{100});
        CHECK(failures.count(at_ms(30)) == 4);
        CHECK(failures.count(at_ms(30), h1) == 2);
        CHECK(failures.count(at_ms(30), h2) == 2);
        CHECK(failures.count(at_ms(101)) == 3);
        CHECK(failures.count(at_ms(101), h1) == 1);
        CHECK(failures.count(at_ms(101), h2) == 2);
        CHECK(failures.count(at_ms(231)) == 0);
        CHECK(failures.count(at_ms(231), h1) == 0);
        CHECK(failures.count(at_ms(231), h2) == 0);
    }

    TEST_CASE("CM-YARN-13 one that is exactly as old as the window still counts") {
        const ExecutorFailures failures = four_failures(std::chrono::milliseconds{100});
        CHECK(failures.count(at_ms(100)) == 4);
        CHECK(failures.count(at_ms(130)) == 1);
        CHECK(failures.count(at_ms(131)) == 0);
    }

    TEST_CASE("CM-YARN-13 without a window nothing is forgotten") {
        CHECK(four_failures({}).count(at_ms(1000)) == 4);
    }

    TEST_CASE("CM-YARN-13 spark.executor.failuresValidityInterval is the allocator's window") {
        AppConf conf;
        conf.executor_failures_validity = std::chrono::seconds{100};
        conf.executor_failures_max = 1000;
        AmAllocator allocator{conf, {"r1"}};
        allocator.set_target(4);
        allocator.update();
        (void)allocator.take(std::vector<AmAllocator::Granted>(
            4, {NodeId{0}, "r1", container_memory(conf.executor_memory, conf.container)}));
        REQUIRE(allocator.running() == 4);
        const auto fails = [&](std::int64_t seconds) {
            (void)allocator.ended(at_ms(seconds * 1000), NodeId{0}, 1);
        };
        const auto count = [&](std::int64_t seconds) {
            return allocator.failures(at_ms(seconds * 1000));
        };
        fails(100);
        CHECK(count(100) == 1);
        CHECK(count(201) == 0);
        fails(201);
        fails(201);
        CHECK(count(201) == 2);
        fails(251);
        CHECK(count(251) == 3);
        CHECK(count(302) == 1);
        CHECK(count(352) == 0);
    }
}

}  // namespace
}  // namespace forkyard::executor_failures_test
