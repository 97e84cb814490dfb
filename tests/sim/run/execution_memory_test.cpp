// Execution memory of synthetic tasks: who waits, who spills, what is evicted for it.
#include <string>

#include <doctest/doctest.h>
#include <fmt/format.h>

#include "tests/sim/run/inline_run.hpp"

namespace forkyard::sim::execution_memory_test {

namespace {

using testing::InlineRun;

// One executor with 106 MiB for execution and storage, half of them protected, and a disk of
// 100 MiB/s.
std::string app(int cores, const std::string& text) {
    return fmt::format(
        "format = 1\n[[cluster.worker]]\nname = \"w\"\ncores = {}\nmemory = \"1g\"\n"
        "[cluster.disk]\nbandwidth = \"100m/s\"\n"
        "[conf]\n\"spark.executor.memory\" = \"512m\"\n\"spark.memory.fraction\" = 0.5\n"
        "[[app]]\nname = \"a\"\n{}",
        cores,
        text);
}

std::string stage(const std::string& name, int tasks, const std::string& more) {
    return testing::stage(name, tasks, "1s") + more;
}

}  // namespace

TEST_SUITE("execution memory") {
    TEST_CASE("a task spills what it does not get, and reads it again") {
        const InlineRun run{app(1, stage("s", 1, "memory = \"206m\"\n"))};
        CHECK(run.result.report.exit == Exit::ok);
        // 100 MiB are written and read at 100 MiB/s.
        CHECK(run.records.of(" status=success run=3000000 ").size() == 1);
        const InlineRun fits{app(1, stage("s", 1, "memory = \"106m\"\n"))};
        CHECK(fits.records.of(" status=success run=1000000 ").size() == 1);
    }

    TEST_CASE("DP-MEM-06 a task waits until it can have half its share") {
        const InlineRun run{app(2, stage("s", 3, "memory = \"100m\"\n"))};
        CHECK(run.result.report.exit == Exit::ok);
        // The first has nearly all, the second nothing until that has ended.
        const auto ends = run.records.of(" task.finished ");
        REQUIRE(ends.size() == 3);
        CHECK(ends[0].starts_with("1000000 "));
        CHECK(ends[1].starts_with("2000000 "));
        CHECK(ends[2].starts_with("3000000 "));
    }

    TEST_CASE("DP-MEM-10 what a task had is free when it has ended, however it ended") {
        const InlineRun run{app(1, stage("s", 2, "memory = \"106m\"\n")) +
                            "[[fault]]\nkind = \"fail-task\"\nstage = \"s\"\npartition = 0\n"};
        CHECK(run.result.report.exit == Exit::ok);
        CHECK(run.records.of(" status=success run=1000000 ").size() == 2);
    }

    TEST_CASE("DP-MEM-03 execution evicts what storage has beyond its half") {
        const InlineRun run{
            app(1,
                stage("kept", 4, "cache = \"MEMORY_ONLY\"\ncache_size = \"25m\"\n") +
                    stage("big", 1, "memory = \"50m\"\n") +
                    "[[app.job]]\nof = \"kept\"\n[[app.job]]\nof = \"big\"\n"
                    "[[app.job]]\nof = \"kept\"\n")};
        CHECK(run.result.report.exit == Exit::ok);
        // 100 of 106 MiB are taken: two blocks have to go for 44 more.
        const auto dropped = run.records.of(" block.dropped ");
        REQUIRE(dropped.size() == 2);
        CHECK(dropped[0].find("rdd_0_0") != std::string::npos);
        CHECK(dropped[1].find("rdd_0_1") != std::string::npos);
        CHECK(run.records.of(" status=success run=0 ").size() == 2);
    }

    TEST_CASE("a task that waits for memory can be told to hang, to end, or be lost") {
        const std::string text = app(2, stage("s", 2, "memory = \"100m\"\n"));
        const InlineRun hangs{text +
                              "[[fault]]\nkind = \"hang-task\"\nstage = \"s\"\npartition = 1\n"
                              "for = \"5s\"\n"};
        CHECK(hangs.result.report.exit == Exit::ok);
        // The other's second, the five that it hangs, its own.
        const auto ends = hangs.records.of(" task.finished ");
        REQUIRE(ends.size() == 2);
        CHECK(ends[1].starts_with("6000000 "));
        const InlineRun lost{text +
                             "[[fault]]\nkind = \"kill-executor\"\nexecutor = \"e1\"\n"
                             "at = \"500ms\"\n"};
        CHECK(lost.result.report.exit == Exit::ok);
        CHECK(lost.records.of(" status=success ").size() == 2);
        const InlineRun cancelled{app(2,
                                      stage("s", 2, "memory = \"100m\"\n") +
                                          "[[app.job]]\nof = \"s\"\ncancel_at = \"500ms\"\n")};
        CHECK(cancelled.records.of(" status=killed run=").size() == 2);
    }
}

}  // namespace forkyard::sim::execution_memory_test
