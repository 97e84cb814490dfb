// Tasks of datasets that spill, and how many tasks an executor has at once.
#include <algorithm>
#include <string>

#include <doctest/doctest.h>
#include <fmt/format.h>

#include "tests/sim/run/inline_run.hpp"

namespace forkyard::sim::spill_run_test {

namespace {

using testing::InlineRun;

// 10,000 pairs of 100 keys are grouped by one task, on a disk of 1 MB/s.
std::string groups(const std::string& conf) {
    return fmt::format(
        "format = 1\n[[cluster.worker]]\nname = \"w\"\ncores = 1\nmemory = \"2g\"\n"
        "[cluster.disk]\nbandwidth = \"1000000/s\"\n[conf]\n{}\n[[app]]\nname = \"a\"\n"
        "[[app.dataset]]\nname = \"d\"\nsteps = [ {{ range = 10_000, partitions = 1, cost = "
        "\"0s\" }}, {{ key_by = \"mod\", args = [100], cost = \"0s\" }}, "
        "{{ group_by_key = true, partitions = 1, cost = \"0s\" }} ]\n"
        "[[app.job]]\nname = \"groups\"\nof = \"d\"\naction = \"count\"\n[[expect.result]]\njob = "
        "\"groups\"\n"
        "equals = [100]\n",
        conf);
}

std::int64_t number_after(const std::string& line, const std::string& key) {
    const std::size_t at = line.find(key);
    REQUIRE(at != std::string::npos);
    return std::stoll(line.substr(at + key.size()));
}

// Map tasks that do not combine hold their records, too.
const std::string sorts = "\"spark.shuffle.sort.bypassMergeThreshold\" = 0\n";

}  // namespace

TEST_SUITE("spilling tasks") {
    TEST_CASE("DP-MEM-09 nothing is said of a task that does not spill") {
        const InlineRun run{groups("")};
        CHECK(run.result.report.exit == Exit::ok);
        CHECK(run.records.of(" task.spilled ").empty());
    }

    TEST_CASE("DP-MEM-09 a spill is told once its task has ended, and takes the disk's time") {
        const InlineRun plain{groups("")};
        const std::string few = "\"spark.shuffle.spill.numElementsForceSpillThreshold\" = 900\n";
        const InlineRun run{groups(few + sorts)};
        CHECK(run.result.report.exit == Exit::ok);
        const auto spilled = run.records.of(" task.spilled ");
        REQUIRE(spilled.size() == 2);  // what is shuffled, what is grouped
        const auto ends = run.records.of(" status=success run=");
        const auto quick = plain.records.of(" status=success run=");
        // What is shuffled are more batches then.
        const std::int64_t more =
            number_after(ends[0], " bytes=") - number_after(quick[0], " bytes=");
        for (std::size_t task = 0; task < 2; ++task) {
            const std::int64_t disk = number_after(spilled[task], " disk=");
            CHECK(disk > 10'000);
            CHECK(number_after(spilled[task], " memory=") > 0);
            // Written and read again, a microsecond a byte.
            CHECK(number_after(ends[task], " run=") ==
                  number_after(quick[task], " run=") + more + 2 * disk);
        }
        const auto& stages = run.result.report.summary.apps[0].stages;
        CHECK(stages[1].metrics.disk_bytes_spilled == number_after(spilled[1], " disk="));
    }

    TEST_CASE("DP-SHUF-01 DP-SHUF-02 the writer of a few partitions does not spill") {
        const std::string few = "\"spark.shuffle.spill.numElementsForceSpillThreshold\" = 900\n";
        const auto spilled = InlineRun{groups(few)}.records.of(" task.spilled ");
        REQUIRE(spilled.size() == 1);
        CHECK(spilled[0].find("task=s1.0/") != std::string::npos);  // what is grouped
    }

    TEST_CASE("DP-MEM-08 a task has the share of memory that its executor promises it") {
        // Of 450 MiB 45 are for execution; a collection asks for more when it has 1 KiB.
        const std::string first =
            sorts + "\"spark.shuffle.spill.initialMemoryThreshold\" = \"1k\"\n";
        CHECK(InlineRun{groups(first)}.records.of(" task.spilled ").empty());
        const InlineRun run{groups(first + "\"spark.memory.fraction\" = 0.0001")};
        CHECK(run.result.report.exit == Exit::ok);
        CHECK(run.records.of(" task.spilled ").size() == 2);
    }

    TEST_CASE("DP-BC-11 an executor never has more tasks than it has cores for") {
        const InlineRun run{
            "format = 1\n[[cluster.worker]]\ncores = 4\nmemory = \"2g\"\n[[app]]\n" +
            testing::stage("s", 21, "1s")};
        int running = 0;
        int most = 0;
        for (const std::string& line : run.records.lines) {
            running += line.find(" task.launch ") != std::string::npos ? 1 : 0;
            running -= line.find(" task.finished ") != std::string::npos ? 1 : 0;
            most = std::max(most, running);
        }
        CHECK(most == 4);
        CHECK(run.records.of(" task.finished ").back().starts_with("6000000 "));
    }
}

}  // namespace forkyard::sim::spill_run_test
