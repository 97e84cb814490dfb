// When things happen, to the microsecond, with every part of the cost model at work: message
// delays, start of executors, overhead, a slow node, racks, disks, skew. All numbers are worked out
// by hand.
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "tests/tools/binary.hpp"

namespace forkyard::cli_testing::times_test {

namespace {

const std::string everything = R"(format = 1
[cluster]
message_delay = "1ms"
executor_start = "10ms"
task_overhead = "500us"
[[cluster.worker]]
name = "w"
count = 2
cores = 1
memory = "2g"
[[cluster.worker]]
name = "slow"
cores = 1
memory = "2g"
speed = 0.3
joins_at = "2ms"
rack = "r2"
[cluster.network]
latency = "200us"
bandwidth = "1000000/s"
cross_rack_latency = "700us"
cross_rack_bandwidth = "300000/s"
[cluster.disk]
bandwidth = "2000000/s"
[conf]
"spark.executor.cores" = 1
"forkyard.offers" = "in-order"
[[app]]
name = "a"
submit_at = "100us"
[[app.stage]]
name = "map"
tasks = 3
duration = "10ms"
shuffle_write = 10000
[[app.stage]]
name = "reduce"
tasks = 3
parents = ["map"]
duration = "5ms"
rate = "1000000/s"
)";

struct Attempt {
    long long ended;
    long long run;
};

Attempt attempt(const std::string& journal, const std::string& task) {
    const auto lines = lines_with(journal, {"task.finished", "task=" + task + " "});
    REQUIRE(lines.size() == 1);
    return {time_of(lines[0]), std::stoll(value_of(lines[0], "run"))};
}

std::string journal_of(Workplace& place, const std::vector<std::string>& changes) {
    std::vector<std::string> arguments{"run", "s.toml", "--quiet", "--journal", "-"};
    for (const std::string& change : changes) {
        arguments.insert(arguments.end(), {"--set", change});
    }
    const Finished run = place.run(arguments);
    REQUIRE(run.exit == 0);
    return run.out;
}

long long when(const std::string& journal, const std::vector<std::string>& parts) {
    const auto lines = lines_with(journal, parts);
    REQUIRE(!lines.empty());
    return time_of(lines[0]);
}

}  // namespace

TEST_SUITE("times") {
    TEST_CASE("messages, starts and the parts of a task") {
        Workplace place;
        place.write("s.toml", everything);
        const std::string journal = journal_of(place, {});
        CHECK(when(journal, {"app.submitted"}) == 100);
        CHECK(when(journal, {"executor.requested"}) == 1'100);
        CHECK(when(journal, {"executor.registered", "exec=e1"}) == 12'100);  // + 10 ms + 1 ms
        CHECK(when(journal, {"executor.registered", "exec=e3"}) == 13'000);  // granted at 2 ms
        // 0.5 ms overhead, 10 ms work, 5 ms to disk; the launch and the report a message each.
        CHECK(attempt(journal, "s0.0/p0#0").run == 15'500);
        CHECK(attempt(journal, "s0.0/p0#0").ended == 12'100 + 1'000 + 15'500 + 1'000);
        // 10 ms / 0.3 is 33,333.3 us, rounded up.
        CHECK(attempt(journal, "s0.0/p2#0").run == 500 + 33'334 + 5'000);
        CHECK(attempt(journal, "s0.0/p2#0").ended == 53'834);
        // 10,000 bytes are 3,334 and twice 3,333. Own by disk, one in the rack, one across:
        // 1,666.5 + 200 + 3,333 + 700 + 11,110 us; then 5 ms and 9,999 us for the bytes.
        CHECK(attempt(journal, "s1.0/p1#0").run == 500 + 17'010 + 14'999);
        // 1,667 + 200 + 3,334 + 700 + 11,113.3; 5 ms and 10,002 us.
        CHECK(attempt(journal, "s1.0/p0#0").run == 500 + 17'015 + 15'002);
        // 1,666.5 + 2 x (700 + 11,110), and 14,999 us at 0.3.
        CHECK(attempt(journal, "s1.0/p2#0").run == 500 + 25'287 + 49'997);
        CHECK(when(journal, {"app.closed"}) == 53'834 + 2'000 + 75'784);
        // They hear of the end a message later.
        CHECK(when(journal, {"executor.lost", "reason=app-finished"}) == 132'618);
    }

    TEST_CASE("skew by weights and by Zipf's law, down to the byte") {
        Workplace place;
        place.write("s.toml", everything);
        // 6,001 + 2,000 + 2,000: what is left goes to the first.
        const std::string weights = journal_of(
            place, {"app.a.stage.map.skew.weights=[3,1,1]", "app.a.stage.map.shuffle_write=10001"});
        // 3,000.5 + 200 + 6,001 + 700 + 20,003.3, rounded once.
        CHECK(attempt(weights, "s1.0/p0#0").run == 500 + 29'905 + 5'000 + 18'003);
        CHECK(attempt(weights, "s1.0/p1#0").run == 500 + 10'567 + 5'000 + 6'000);
        CHECK(attempt(weights, "s1.0/p2#0").run == 500 + 15'734 + 36'667);
        // Shares 1, 2^-1.2 and 3^-1.2 of 10,001 bytes: 5,873 + 2,556 + 1,571, and one left.
        const std::string zipf = journal_of(
            place, {"app.a.stage.map.skew.zipf=1.2", "app.a.stage.map.shuffle_write=10001"});
        CHECK(attempt(zipf, "s1.0/p0#0").run == 500 + 29'291 + 5'000 + 17'622);
        CHECK(attempt(zipf, "s1.0/p1#0").run == 500 + 13'254 + 5'000 + 7'668);
    }

    TEST_CASE("faults that change how long a task takes") {
        Workplace place;
        place.write("s.toml", everything);
        const std::string slow = journal_of(
            place, {R"(fault=[{kind="slow-task",stage="reduce",partition=1,factor=3}])"});
        CHECK(attempt(slow, "s1.0/p1#0").run == 500 + 17'010 + 3 * 14'999);
        const std::string node =
            journal_of(place, {R"(fault=[{kind="slow-worker",worker="w-2",at="20ms",factor=2}])"});
        CHECK(attempt(node, "s0.0/p1#0").run == 15'500);  // launched before
        CHECK(attempt(node, "s1.0/p1#0").run == 500 + 17'010 + 2 * 14'999);
        // Frozen for 4 ms in the midst of its work: it goes on with what was left.
        const std::string frozen = journal_of(
            place, {R"(fault=[{kind="freeze-executor",executor="e2",at="20ms",for="4ms"}])"});
        CHECK(attempt(frozen, "s0.0/p1#0").run == 15'500 + 4'000);
        const std::string failed = journal_of(
            place, {R"(fault=[{kind="fail-task",stage="map",partition=0,progress=20}])"});
        CHECK(attempt(failed, "s0.0/p0#0").run == 3'100);  // a fifth of 15.5 ms
        CHECK(attempt(failed, "s0.0/p0#1").run == 15'500);
    }

    TEST_CASE("times bounds a fault that hits all attempts") {
        Workplace place;
        place.write("s.toml", everything);
        const Finished run = place.run(
            {"run",
             "s.toml",
             "--quiet",
             "--journal",
             "-",
             "--set",
             R"(fault=[{kind="fail-task",stage="map",partition=0,attempt="all",times=2}])"});
        CHECK(lines_with(run.out, {"task.finished", "status=failed"}).size() == 2);
    }
}

}  // namespace forkyard::cli_testing::times_test
