// Of several copies of a kept block, whose is read; in whole runs.
#include <algorithm>
#include <cstdint>
#include <string>
#include <vector>

#include <doctest/doctest.h>
#include <fmt/format.h>

#include "tests/sim/run/inline_run.hpp"

namespace forkyard::sim::remote_copies_test {

namespace {

using testing::InlineRun;

// 2,000 numbers that cost 100 ms, kept twice; and later tasks that read them, on as many executors.
// To read them from another takes a second.
std::string read_by(int readers, const std::string& workers, const std::string& conf = "") {
    std::string names;
    for (int i = 0; i < readers; ++i) {
        names += "\"base\",";
    }
    return "format = 1\n" + workers +
           "[conf]\n\"forkyard.offers\" = \"in-order\"\n\"spark.locality.wait\" = \"0s\"\n" + conf +
           "[[app]]\nname = \"a\"\n[[app.dataset]]\nname = \"base\"\nsteps = [{ range = 2000, "
           "partitions = 1 }, { map = \"square\", cost = \"100ms\" }, "
           "{ cache = \"MEMORY_ONLY_2\" }]\n[[app.dataset]]\nname = \"readers\"\nsteps = "
           "[{ union = [" +
           names +
           "] }]\n[[app.job]]\nof = \"base\"\naction = \"count\"\n[[app.job]]\nof = \"readers\"\n"
           "action = \"count\"\nat = \"1s\"\n";
}

std::string workers(int count) {
    return fmt::format(
        "[[cluster.worker]]\nname = \"w\"\ncount = {}\ncores = 1\nmemory = \"2g\"\n"
        "[cluster.network]\nbandwidth = \"8k/s\"\n",
        count);
}

std::string kill(const std::string& exec, const std::string& at) {
    return "[[fault]]\nkind = \"kill-executor\"\nexecutor = \"" + exec + "\"\nat = \"" + at +
           "\"\n";
}

std::int64_t run_in(const std::string& line) {
    return std::stoll(line.substr(line.find(" run=") + 5));
}

std::string exec_in(const std::string& line) {
    const std::size_t at = line.find("exec=") + 5;
    return line.substr(at, line.find(' ', at) - at);
}

// How long those readers ran that did not find it in their own executor, ascending. To count what
// they find takes 2 ms.
std::vector<std::int64_t> remote_reads(const InlineRun& run) {
    std::vector<std::int64_t> times;
    for (const std::string& line : run.records.of("task=s1.0/")) {
        if (line.find("status=success") != std::string::npos && run_in(line) > 3'000) {
            times.push_back(run_in(line));
        }
    }
    std::sort(times.begin(), times.end());
    return times;
}

}  // namespace

TEST_SUITE("copies of what is kept") {
    TEST_CASE("DP-BLK-13 a copy on the same rack is read before one on another") {
        const std::string racks =
            "[[cluster.worker]]\nname = \"a\"\ncores = 1\nmemory = \"2g\"\nrack = \"r1\"\n"
            "[[cluster.worker]]\nname = \"b\"\ncount = 2\ncores = 1\nmemory = \"2g\"\n"
            "rack = \"r2\"\n[cluster.network]\nlatency = \"10ms\"\n"
            "cross_rack_latency = \"50ms\"\n";
        for (int seed = 1; seed <= 8; ++seed) {
            const InlineRun run{read_by(3, racks), {fmt::format("seed={}", seed)}};
            const auto cached = run.records.of(" block.cached ");
            REQUIRE(cached.size() == 2);
            REQUIRE(exec_in(cached.front()) == "e1");  // on a; the copy is on one of the others
            const auto reads = remote_reads(run);
            REQUIRE(reads.size() == 1);
            CHECK(reads.front() < 50'000);
        }
    }

    TEST_CASE("DP-BLK-13 of copies that are as near each is read by some, the next if it is lost") {
        std::size_t undisturbed = 0;
        std::size_t again = 0;
        for (int seed = 1; seed <= 8; ++seed) {
            const InlineRun run{
                read_by(4, workers(4), "\"spark.storage.replication.proactive\" = false\n") +
                    kill("e1", "1500ms"),
                {fmt::format("seed={}", seed)}};
            CHECK(run.result.report.exit == Exit::ok);
            for (const std::int64_t time : remote_reads(run)) {
                const bool once = time < 1'200'000;
                CHECK((once || time > 1'400'000));
                ++(once ? undisturbed : again);
            }
        }
        CHECK(undisturbed + again == 16);
        CHECK(undisturbed > 3);
        CHECK(again > 3);
    }

    TEST_CASE("DP-BLK-13 when all that there were have failed it is computed, new copies or not") {
        const std::string text = read_by(3, workers(6));
        const auto cached = InlineRun{text}.records.of(" block.cached ");
        REQUIRE(cached.size() == 2);
        const InlineRun run{text + kill(exec_in(cached[0]), "1300ms") +
                            kill(exec_in(cached[1]), "1600ms")};
        CHECK(run.result.report.exit == Exit::ok);
        const auto reads = remote_reads(run);
        REQUIRE(reads.size() == 1);
        // 600 ms of reading, then 100 ms and what the range costs.
        CHECK(reads.front() > 700'000);
        CHECK(reads.front() < 710'000);
        // There is a copy, in an executor that is neither of the lost ones nor the reader.
        const auto now = run.records.of(" block.cached ");
        REQUIRE(now.size() >= 3);
        CHECK(exec_in(now[2]) != exec_in(now.back()));
    }
}

}  // namespace forkyard::sim::remote_copies_test
